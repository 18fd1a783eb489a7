"""The bundled digits and MNIST in a folder."""

import numpy as np
import pytest

from feynax import data
from feynax.data import FileFormatError, MissingDataError


def test_bundled():
    train, test = data.digits(), data.digits("test")
    assert train.images.shape == (6000, 28, 28)
    assert test.images.shape == (2000, 28, 28)
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(train.labels).min() > 500


def test_bundled_are_the_first_of_mnist(mnist_folder):
    for part in ("train", "test"):
        few, whole = data.digits(part), data.mnist(part, mnist_folder)
        np.testing.assert_array_equal(few.images, whole.images[: len(few)])
        np.testing.assert_array_equal(few.labels, whole.labels[: len(few)])


def test_statistics_of_mnist(mnist_folder):
    train = data.mnist("train", mnist_folder)
    assert len(train) == 60000
    grey = train.images / 255
    assert grey.mean() == pytest.approx(train.mean, abs=5e-5)
    assert grey.std() == pytest.approx(train.std, abs=5e-5)


def test_standard():
    few = data.digits().take(range(50))
    x = few.standard()
    assert x.shape == (50, 1, 28, 28)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x[:, 0], (few.images / 255 - 0.1307) / 0.3081, atol=1e-6)


def test_split():
    few = data.digits().take(range(100))
    rest, held = few.split(30, seed=4)
    again = few.split(30, seed=4)[1]
    other = few.split(30, seed=5)[1]
    assert (len(rest), len(held)) == (70, 30)
    np.testing.assert_array_equal(held.images, again.images)
    assert not np.array_equal(held.images, other.images)
    both = np.concatenate([rest.images, held.images]).reshape(100, -1)
    assert len(np.unique(both, axis=0)) == len(np.unique(few.images.reshape(100, -1), axis=0))
    for wrong in (0, 100):
        with pytest.raises(ValueError, match="holdout"):
            few.split(wrong)


def test_missing_says_what_to_put_where(tmp_path, monkeypatch):
    monkeypatch.setenv("FEYNAX_DATA", str(tmp_path))
    with pytest.raises(MissingDataError, match=r"train-images-idx3-ubyte\.gz.*mnist"):
        data.mnist()


def test_wrong_content(tmp_path):
    data.write_idx(tmp_path / "train-images-idx3-ubyte.gz", np.zeros((3, 4, 4), np.uint8))
    data.write_idx(tmp_path / "train-labels-idx1-ubyte", np.zeros(2, np.uint8))
    with pytest.raises(FileFormatError, match=r"labels of shape \(2,\)"):
        data.from_folder(tmp_path)
    with pytest.raises(ValueError, match="`part`"):
        data.from_folder(tmp_path, "valid")


def test_labels_name_the_place():
    images = np.zeros((3, 2, 2), np.uint8)
    with pytest.raises(ValueError, match="10 at index 1"):
        data.ImageData(images, np.array([0, 10, 11], np.int32), "a", "b")
    with pytest.raises(ValueError, match="uint8"):
        data.ImageData(images.astype(float), np.zeros(3, np.int32), "a", "b")
