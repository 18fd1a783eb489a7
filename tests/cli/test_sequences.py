"""Tasks and series by their names in a configuration, from the file to the page."""

import json

import pytest

from feynax._errors import ConfigError
from feynax.cli._build import build_network, load_data
from feynax.cli._config import DataConfig, parse_config, read_toml
from feynax.cli._sets import SETS, fields_of

TINY = """
[data]
name = "adding"
length = 12
[network]
cell = "MinGRU"
hidden = 4
block = "plain"
options = { longest_memory = 50.0 }
[train]
updates = 4
batch = 8
"""


def parsed(tmp_path, text):
    path = tmp_path / "c.toml"
    path.write_text(text)
    return parse_config(read_toml(path), path.name)


def test_from_the_file_to_the_page(start, tmp_path):
    (tmp_path / "tiny.toml").write_text(TINY)
    out, err = start(
        "train", tmp_path / "tiny.toml", "--out", tmp_path / "run", "--quiet"
    ).communicate()
    assert "mean square error" in out, err
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert result["steps"] == 4
    assert result["count"] == 500
    assert result["data"] == "adding problem, T = 12"
    again = start("train", tmp_path / "tiny.toml", "--out", tmp_path / "run", "--resume", "--quiet")
    assert "mean square error" in again.communicate()[0]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("length = 12", "lenght = 12", r"`data.lenght` is not known; did you mean `length`"),
        ("length = 12", "length = 'x'", r"`data.length` must be a valid integer"),
        ("length = 12", "length = 12\npermuted = true", r"`data.permuted` is not known"),
        (
            "batch = 8",
            "batch = 8\nmethod = 'cmaes'",
            r"`train.method` has 'cmaes'; did you mean `cma`",
        ),
        ("batch = 8", "batch = 8\nloss = 'huber'", r"`train.loss` has 'huber'"),
    ],
)
def test_wrong(tmp_path, old, new, says):
    with pytest.raises(ConfigError, match=says):
        parsed(tmp_path, TINY.replace(old, new))


def test_sizes_follow_from_the_data(tmp_path):
    settings = parsed(tmp_path, TINY.replace("adding", "copy"))
    task, held_out, test = load_data(settings.data)
    net = build_network(settings.network, task, 0)
    assert (net.input_size, net.output_size, net.readout) == (10, 8, "each")
    assert held_out is None
    assert test == task


def test_what_only_a_set_with_an_end_can_give():
    with pytest.raises(ConfigError, match=r"`data.holdout` must be left out for a task"):
        load_data(DataConfig("adding", holdout=5, options={}))
    with pytest.raises(ConfigError, match=r"`data.length` must be a whole number"):
        load_data(DataConfig("adding", options={"length": 0}))
    with pytest.raises(ConfigError, match=r"`data.by` must be one of"):
        load_data(DataConfig("digits", by="column"))


def test_images_as_series():
    train, held_out, test = load_data(DataConfig("digits", holdout=1000, limit=2000, by="row"))
    assert (len(train), len(held_out), len(test)) == (1000, 1000, 2000)
    assert train.channels == 28


def test_archives_from_a_folder(tmp_path):
    head = "@problemName two\n@classLabel true a b\n@data\n"
    for part in ("TRAIN", "TEST"):
        (tmp_path / f"two_{part}.ts").write_text(head + "1,2,3:a\n4,5:b\n")
    train, _, test = load_data(DataConfig("two", folder=str(tmp_path)))
    assert train.classes == 2
    assert test.mean == train.mean


def test_every_set_says_what_it_takes():
    for name in SETS:
        assert all(kind in (int, float, str) for kind, _ in fields_of(name).values())
