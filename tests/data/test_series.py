"""Series are what their files say, and refuse what they cannot be."""

import numpy as np
import pytest

from feynax import data
from feynax.data import FileFormatError, MissingDataError, SeriesData

TS = "@problemName p\n@timeStamps false\n@classLabel true up down\n@data\n"


def written(tmp_path, text, name="p.ts"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_japanese_vowels_is_what_the_archive_holds():
    train, test = data.japanese_vowels(), data.japanese_vowels("test")
    # Speakers' shares and the first and last value, as printed in the archive's files.
    assert np.bincount(train.targets).tolist() == [30] * 9
    assert np.bincount(test.targets).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    assert train.series(0).shape == (20, 12)
    np.testing.assert_array_equal(
        train.series(0)[:2, :2].astype(np.float64).round(6),
        [[1.860936, -0.207383], [1.891651, -0.193249]],
    )
    assert train.lengths.sum() == 4274
    assert test.lengths.sum() == 5687


def test_padding_is_never_seen(tmp_path):
    two = data.read_ts(written(tmp_path, TS + "1,2,3:4,5,6:up\n7,8:9,10:down\n"))
    assert two.mask.tolist() == [[True] * 3, [True, True, False]]
    assert two.inputs[1].tolist() == [[7, 9], [8, 10], [0, 0]]
    scaled = two.standardised()
    assert scaled.mean == (4.2, 6.8)
    np.testing.assert_allclose(scaled.series(1)[:, 0], (np.array([7, 8]) - 4.2) / scaled.std[0])


def test_missing_values_are_held(tmp_path):
    read = data.read_ts(written(tmp_path, TS + "?,2,?,?,5:up\n1,1,1,1,1:down\n"))
    assert read.inputs[0, :, 0].tolist() == [2, 2, 2, 2, 5]


def test_arff_is_the_same(tmp_path):
    text = (
        "@relation p\n@attribute t1 numeric\n@attribute class {up,down}\n@data\n1,2,up\n3,4,down\n"
    )
    flat = data.read_ts(written(tmp_path, text, "p.arff"))
    assert flat.inputs[..., 0].tolist() == [[1, 2], [3, 4]]
    assert flat.targets.tolist() == [0, 1]
    text = "@relation p\n@attribute a relational\n@attribute c {u,d}\n@data\n'1,2\\n3,4',d\n"
    deep = data.read_ts(written(tmp_path, text, "q.arff"))
    assert deep.inputs.tolist() == [[[1, 3], [2, 4]]]
    assert deep.targets.tolist() == [1]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no line `@data`"),
        (TS, "holds no series"),
        (TS + "1,x:up\n", "line 5: could not convert"),
        (TS + "1,2:3:up\n", "line 5: channels of"),
        (TS + "1,2:up\n1,2:3,4:up\n", r"series of \[1, 2\] channels"),
        (TS + "1,2:left\n", "hold the labels"),
        (TS + "?,?:up\n", "channel without values"),
        (TS + "1,inf:up\n", "infinite"),
        (TS + "up\n", "or none"),
        ("@timeStamps true\n@data\n", "time stamps"),
        ("@targetLabel true\n@data\n", "no classes"),
        ("1,2:up\n", "is no .ts file: see its line 1"),
    ],
)
def test_damaged_files_name_the_line(tmp_path, text, says):
    with pytest.raises((FileFormatError, ValueError), match=says):
        data.read_ts(written(tmp_path, text))


def test_bad_series():
    values, labels = np.zeros((2, 3, 1), np.float32), np.array([0, 1])
    bad = values.copy()
    bad[1, 2] = np.nan
    with pytest.raises(ValueError, match=r"`inputs` must be finite, but has nan at index \(1, 2"):
        SeriesData(bad, labels, "x", "y", 2)
    hidden = np.array([[True] * 3, [True, True, False]])
    SeriesData(bad, labels, "x", "y", 2, hidden)
    with pytest.raises(ValueError, match="`mask` must leave a step"):
        SeriesData(values, labels, "x", "y", 2, np.array([[True] * 3, [False] * 3]))
    with pytest.raises(ValueError, match="`targets` must lie between 0 and 0"):
        SeriesData(values, labels, "x", "y", 1)
    with pytest.raises(ValueError, match="at least one step"):
        SeriesData(values[:, :0], labels, "x", "y", 2)


def test_windows_ask_for_what_comes_later_and_keep_the_test_apart():
    record = np.arange(100.0)
    train, test = data.windows(record, 10, ahead=3, test=0.3)
    back = lambda values: np.round(values * record[:70].std() + record[:70].mean())
    np.testing.assert_array_equal(back(train.targets[5]), back(train.inputs[5]) + 3)
    assert back(train.targets).max() == 69
    assert back(test.inputs).min() == 70
    assert len(train) == 58


def test_pixels_are_rows_read_through():
    images = data.digits("test").take(range(5))
    rows, pixels = data.image_series(images), data.image_series(images, "pixel")
    np.testing.assert_array_equal(rows.inputs.reshape(5, -1), pixels.inputs[..., 0])
    np.testing.assert_allclose(pixels.series(3).reshape(28, 28), images.standard()[3, 0], atol=1e-6)
    mixed = data.image_series(images, "pixel", permuted=True)
    np.testing.assert_array_equal(np.sort(mixed.inputs, 1), np.sort(pixels.inputs, 1))
    assert not np.array_equal(mixed.inputs, pixels.inputs)


def test_slower_is_held():
    twice = data.japanese_vowels().take(range(3)).slower(2)
    once = data.japanese_vowels().take(range(3))
    np.testing.assert_array_equal(twice.inputs[:, ::2], once.inputs)
    np.testing.assert_array_equal(twice.inputs[:, 1::2], once.inputs)
    assert (twice.lengths == 2 * once.lengths).all()


def test_silverbox_is_linear_for_small_forces():
    """Against the exact response of the linear oscillator, by its transfer function."""
    from scipy.signal import lsim

    from feynax.data._duffing import DAMPING, FREQUENCY, RATE

    made = data.silverbox(count=1, length=200, level=1e-4, noise=0.0)
    force, omega = made.inputs[0, :, 0].astype(float), 2 * np.pi * FREQUENCY
    fine = np.repeat(force, 20)
    system = ([omega**2], [1, 2 * DAMPING * omega, omega**2])
    _, moved, _ = lsim(system, fine, np.arange(len(fine)) / (20 * RATE), interp=False)
    wanted = np.append(moved[20::20], np.nan) / 1.9
    np.testing.assert_allclose(made.targets[0, :-1, 0], wanted[:-1], atol=2e-3)


def test_laser_says_where_it_could_be(tmp_path):
    with pytest.raises(MissingDataError, match="put it there"):
        data.santa_fe_laser(tmp_path)
    (tmp_path / "santafe_laser.npy").write_bytes(b"not an array")
    with pytest.raises(FileFormatError, match="is no array"):
        data.santa_fe_laser(tmp_path)


def test_rare_characters_are_one_class(tmp_path):
    train, _ = data.characters(written(tmp_path, "ab" * 200 + "xyz" + "ab" * 200, "t"), 16)
    assert train.classes == 3


def test_neurogym_trials():
    pytest.importorskip("neurogym", reason="NeuroGym is an optional extra")
    trials = data.neurogym_trials("PerceptualDecisionMaking-v0", 5)
    assert trials.classes == 3
    assert len(trials) == 5


def test_ragged_series_are_padded_and_masked():
    rng = np.random.default_rng(0)
    ragged = [rng.normal(size=(length, 2)) for length in (3, 1, 5)]
    data_set = SeriesData.from_list(ragged, np.array([0, 1, 1]), classes=2)
    assert data_set.inputs.shape == (3, 5, 2)
    for index, part in enumerate(ragged):
        np.testing.assert_allclose(data_set.series(index), part, rtol=1e-6)


def test_ragged_series_must_fit_one_another():
    ones = np.ones((2, 2))
    for bad in ([], [ones, np.ones((0, 2))], [ones, np.ones((2, 3))], [ones, np.ones(2)]):
        with pytest.raises(ValueError, match="Argument `series` must hold"):
            SeriesData.from_list(bad, np.zeros(len(bad)))
    with pytest.raises(ValueError, match="from_list"):
        SeriesData([[1.0], [1.0, 2.0]], np.zeros(2))
    with pytest.raises(ValueError, match="say how many"):
        SeriesData(np.ones((2, 3, 1)), np.zeros(2, int))


def test_at_rates_holds_each_series_at_one_of_them():
    values = np.arange(12.0, dtype=np.float32).reshape(2, 3, 2)
    targets = np.array([[0, 1, 2], [2, 1, 0]])
    data = SeriesData(np.repeat(values, 20, 0), np.repeat(targets, 20, 0), classes=3)
    mixed = data.at_rates((1, 2), seed=4)
    fast = mixed.dts[:, 0] == 0.5
    assert 8 < fast.sum() < 32
    assert (mixed.lengths == np.where(fast, 6, 3)).all()
    for factor, rows in ((2, fast), (1, ~fast)):
        slow = data.slower(factor).take(np.flatnonzero(rows))
        steps = 3 * factor
        some = mixed.take(np.flatnonzero(rows))
        assert (some.inputs[:, :steps] == slow.inputs).all()
        assert (some.targets[:, :steps] == slow.targets).all()
        assert (some.dts[:, :steps] == slow.dts).all()
        assert not some.mask[:, steps:].any()


def test_at_rates_keeps_what_was_missing():
    ragged = SeriesData.from_list([np.ones((2, 1)), np.ones((3, 1))], np.array([0, 1]), classes=2)
    mixed = ragged.at_rates((3,))
    assert mixed.lengths.tolist() == [6, 9]
    with pytest.raises(ValueError, match="`factors` must hold"):
        ragged.at_rates(())
