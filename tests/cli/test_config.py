"""Wrong configurations: one sentence that names the key."""

import pytest

from feynax._errors import ConfigError
from feynax.cli._config import first_difference, parse_config, read_toml, to_toml


def parsed(tmp_path, text):
    path = tmp_path / "c.toml"
    path.write_text(text)
    return parse_config(read_toml(path), path.name)


def test_everything_that_examples_say(pytestconfig):
    for path in sorted((pytestconfig.rootpath / "examples").glob("*.toml")):
        raw = read_toml(path)
        settings = parse_config(raw, path.name)
        for key, value in raw["train"].items():
            holder = settings if key in ("devices", "loss", "method") else settings.options
            assert getattr(holder, key) == value
        assert settings.network == raw["network"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[network]\n[train]\nepoch = 3", r"`train.epoch` is not known; did you mean `epochs`"),
        ("[network]\n[trian]\nepochs = 3", r"`trian` is not known; did you mean `train`"),
        ("[network]\n[data]\nnmae = 'a'", r"`data.nmae` is not known; did you mean `name`"),
        ("[train]\nepochs = 3", r"`network` is missing"),
        ("[network]\n[train]\nepochs = 'x'", r"`train.epochs` must be a valid integer.*'x'"),
        ("[network]\n[train]\nepochs = true", r"`train.epochs` must be a valid integer.*True"),
        ("[network]\n[train]\nrate = -1.0", r"`train.rate` must be positive.*-1.0"),
        ("[network]\n[train]\nrate = nan", r"`train.rate` must be positive.*nan"),
        ("[network]\n[train]\nrandom_steps = [3, 'a']", r"`train.random_steps.1` must be"),
        ("[network]\n[train]\ndevices = 0", r"`train.devices` must not be so small"),
        ("[network]\n[train]\nschedule = 'steps'", r"`train.schedule` must be one of"),
        ("seed = 1.5\n[network]", r"`seed` must be a valid integer"),
        ("[network", r"is not TOML"),
        ("a = 1\na = 2", r"is not TOML"),
    ],
)
def test_wrong(tmp_path, text, says):
    with pytest.raises(ConfigError, match=says) as error:
        parsed(tmp_path, text)
    assert "\n" not in str(error.value)
    assert "http" not in str(error.value)
    assert "c.toml" in str(error.value)


def test_whole_numbers_are_floats_too(tmp_path):
    assert parsed(tmp_path, "[network]\n[train]\nshift = 2").options.shift == 2.0


def test_what_is_written_is_read(tmp_path):
    raw = {
        "seed": 3,
        "out": 'a "b" \\ \u00e9\n',
        "network": {"name": "PDENet", "channels": (4, 8), "shared": True},
        "train": {"rate": 8e-3, "random_steps": (), "clip": 1e-30},
    }
    path = tmp_path / "c.toml"
    path.write_text(to_toml(raw))
    assert read_toml(path) == raw


def test_first_difference():
    one = {"seed": 1, "train": {"rate": 0.1, "devices": 1}, "out": "a"}
    assert first_difference(one, {**one, "out": "b", "train": {"rate": 0.1}}) is None
    two = {"seed": 1, "train": {"rate": 0.2}}
    assert first_difference(one, two) == "`train.rate` was 0.2 and is now 0.1"
    assert first_difference({}, {"seed": 1}) == "`seed` was 1 and is now not set"
