"""Commands in this process: what they write and what they refuse."""

import json

import jax
import numpy as np
import pytest

from feynax import data, interop, training
from feynax.cli._app import run


@pytest.fixture
def fails(capsys):
    """Run a command that must fail; return what it says: one line, no traceback."""

    def call(*tokens, code=2):
        capsys.readouterr()
        assert run([str(token) for token in tokens]) == code
        said = capsys.readouterr().err
        assert said.startswith("feynax: ")
        assert said.count("\n") == 1
        return said

    return call


def leaves(network):
    return jax.tree.leaves(network)


def test_train_makes_a_run_folder(config, tmp_path, capsys):
    out = tmp_path / "run"
    assert run(["train", str(config), "--out", str(out), "--quiet"]) == 0
    assert "% of 2000 test images right" in capsys.readouterr().out
    result = json.loads((out / "result.json").read_text())
    assert result["steps"] == 30
    assert (out / "config.toml").read_text() == config.read_text()
    model = out / "model.safetensors"
    network = interop.load_model(model)
    again = training.evaluate(network, data.digits("test"))
    assert again["accuracy"] == pytest.approx(result["accuracy"])
    assert training.read_metrics(out / "metrics.jsonl")[-1]["step"] == 30
    # The same again changes nothing.
    assert run(["train", str(out / "config.toml"), "--resume", "--quiet"]) == 0
    for one, other in zip(leaves(network), leaves(interop.load_model(model)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_seed_of_the_command_is_kept(config, tmp_path, fails):
    out = tmp_path / "run"
    assert run(["train", str(config), "--out", str(out), "--seed", "7", "--quiet"]) == 0
    assert json.loads((out / "result.json").read_text())["seed"] == 7
    assert (out / "config.toml").read_text().startswith("seed = 7\n")
    assert "`seed` was 7" in fails("train", config, "--out", out, "--resume")


def test_train_refuses(config, tmp_path, fails):
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.tex").write_text("precious")
    assert "not empty" in fails("train", config, "--out", full)
    assert "no run to resume" in fails("train", config, "--out", full, "--resume")
    assert [file.name for file in full.iterdir()] == ["thesis.tex"]
    assert "No such file" in fails("train", tmp_path / "none.toml")
    text = config.read_text()
    for old, new, says in [
        ("PDENet", "PDENot", "did you mean `PDENet`"),
        ("channels", "chanels", "did you mean `channels`"),
        ("steps = 1", "steps = -1", "network"),
        ("steps = 1", "steps = 'a'", "network"),
        ("channels = [2, 2]", "channels = 'a'", "network"),
        ("[data]", "[data]\nname = 'minst'", "did you mean `mnist`"),
        ("[data]", "[data]\nholdout = 300", "`data.holdout` must lie between"),
        ("batch = 20", "batch = 301", "`batch` must be at most the 300"),
    ]:
        config.write_text(text.replace(old, new))
        assert says in fails("train", config, "--out", tmp_path / "never")


def test_failed_run_has_another_code(config, tmp_path, fails):
    config.write_text(config.read_text() + "rate = 1e30\nschedule = 'constant'\n")
    assert "at step" in fails("train", config, "--out", tmp_path / "run", "--quiet", code=1)


def test_unknown_words(fails, config):
    assert "trian" in fails("trian")
    assert "--resume" in fails("train", config, "--resum")
    assert "CONFIG" in fails("train")
    assert "int" in fails("train", config, "--seed", "x")
    assert "mnist" in fails("data", "fetch", "minst")


def test_data_commands(tmp_path, mnist_folder, monkeypatch, capsys, fails):
    monkeypatch.setenv("FEYNAX_DATA", str(tmp_path))
    assert run(["data", "list"]) == 0
    listed = capsys.readouterr().out
    assert "6000 + 2000 images" in listed
    assert "not here" in listed
    assert run(["data", "fetch", "mnist", "--from", str(mnist_folder)]) == 0
    assert run(["data", "list"]) == 0
    assert "60000 + 10000 images" in capsys.readouterr().out
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "train-images" in fails("data", "fetch", "mnist", "--from", empty, "--to", empty)


def test_truncated_data(config, tmp_path, fails):
    folder = tmp_path / "set"
    folder.mkdir()
    for part, stem in (("train", "train"), ("test", "t10k")):
        few = data.digits(part).take(range(300))
        data.write_idx(folder / f"{stem}-images-idx3-ubyte.gz", few.images)
        data.write_idx(folder / f"{stem}-labels-idx1-ubyte", few.labels.astype(np.uint8))
    hurt = folder / "train-images-idx3-ubyte.gz"
    hurt.write_bytes(hurt.read_bytes()[:-100])
    config.write_text(config.read_text().replace("[data]", f"[data]\nfolder = '{folder}'"))
    assert "damaged" in fails("train", config, "--out", tmp_path / "run", "--quiet")


def test_model_that_cannot_be_written(config, tmp_path, fails, monkeypatch):
    import os

    def full(*args):
        raise OSError(28, os.strerror(28))

    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        assert "No space left" in fails("train", config, "--out", out, "--quiet", code=1)
    assert [file for file in out.rglob("*") if file.is_file()] == []


def test_debug_shows_where(config, capsys):
    assert run(["train", "nowhere.toml"], debug=True) == 2
    assert "Traceback" in capsys.readouterr().err
