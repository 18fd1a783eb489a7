"""`feynax read` of recurrent networks: PyTorch's files and our own, series of every kind."""

import json
import pathlib

import jax
import numpy as np
import pytest

import feynax as fx
from feynax import interop
from feynax.cli._app import run

RECORDED = pathlib.Path(__file__).parent.parent / "recorded"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A small GRU of three inputs in a file of its own, trained on data of mean 1 and std 2."""
    net = fx.networks.RecurrentStack(3, cell="GRU", hidden=3, key=jax.random.key(0))
    path = tmp_path_factory.mktemp("model") / "small.safetensors"
    return interop.save_model(path, net, extra={"mean": [1.0, 1.0, 1.0], "std": [2.0, 2.0, 2.0]})


@pytest.fixture(scope="module")
def series():
    """One series of 12 steps and three channels."""
    return np.random.default_rng(0).normal(size=(12, 3))


def reading_of(folder):
    """What the command wrote."""
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))["reading"]


def test_csv_is_standardised_as_in_training(model, series, tmp_path, capsys):
    file = tmp_path / "a.csv"
    np.savetxt(file, series, delimiter=",", header="a,b,c", comments="")
    assert run(["read", str(model), "--series", str(file), "--out", str(tmp_path / "o")]) == 0
    found = reading_of(tmp_path / "o")
    whole = fx.report.read_recurrent(interop.load_model(model), [(series - 1) / 2])
    assert found["cells"][0]["memory"]["median"] == pytest.approx(whole.cells[0].memory.median)
    assert found["series"] == {"name": "a.csv", "lengths": [12]}
    said = capsys.readouterr().out
    assert "remembers for about" in said
    assert "certificate" in said


def test_torch_file_without_series_says_noise(tmp_path, capsys):
    out = tmp_path / "o"
    assert run(["read", str(RECORDED / "recurrent_rnn.pt"), "--out", str(out)]) == 0
    assert "white noise" in capsys.readouterr().out
    found = reading_of(out)
    assert [cell["name"] for cell in found["cells"]] == ["the cell", "the cell, backwards"]
    assert found["series"]["name"] == "white noise"
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "No series was named: white noise" in page


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p, s: np.save(p.with_suffix(".npy"), s[:, :2]), "takes 3 channels"),
        (lambda p, s: np.save(p.with_suffix(".npy"), s[:0]), "without a step"),
        (lambda p, s: np.save(p.with_suffix(".npy"), s * np.nan), "NaN or infinity at step 0"),
        (lambda p, s: np.save(p.with_suffix(".npy"), s.astype(str)), "must hold real numbers"),
        (lambda p, s: np.save(p.with_suffix(".npy"), s[None, None]), "must hold (time, channels)"),
        (lambda p, s: p.with_suffix(".npy").write_bytes(b"nothing"), "not an array"),
        (lambda p, s: p.with_suffix(".csv").write_text("1,2,3\n1,2\n"), "must be alike"),
        (lambda p, s: p.with_suffix(".csv").write_text("1,2,3\n1,x,3\n"), "than numbers"),
        (lambda p, s: p.with_suffix(".csv").write_bytes(b"\xff\xfe\x00"), "not a text file"),
        (lambda p, s: p.with_suffix(".csv").write_text(""), "without a step"),
        (lambda p, s: p.with_suffix(".xls").write_text("1"), "end in .csv, .npy or .ts"),
        (lambda p, s: None, "no file"),
    ],
)
def test_bad_series_are_refused_in_a_sentence(model, series, make, says, tmp_path, capsys):
    make(tmp_path / "bad", series)
    files = [*tmp_path.iterdir(), tmp_path / "bad.npy"]
    out = tmp_path / "never"
    assert run(["read", str(model), "--series", str(files[0]), "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("tokens", "says"),
    [
        (["--image", "3"], "`image`"),
        (["--data", "japanese_vowels"], "3 channels"),
        (["--mean", "1", "--std", "-1"], "`std`"),
    ],
)
def test_options_that_do_not_fit(model, series, tokens, says, tmp_path, capsys):
    np.save(tmp_path / "a.npy", series)
    given = [] if "--data" in tokens else ["--series", str(tmp_path / "a.npy")]
    out = tmp_path / "never"
    assert run(["read", str(model), *given, *tokens, "--out", str(out)]) == 2
    assert says in capsys.readouterr().err
    assert not out.exists()


def test_image_networks_take_no_series(tmp_path, capsys):
    net = fx.networks.PDENet(channels=(2,), steps=1, key=jax.random.key(0))
    path = interop.save_model(tmp_path / "net.safetensors", net)
    assert run(["read", str(path), "--series", "a.csv"]) == 2
    assert "`series`" in capsys.readouterr().err
