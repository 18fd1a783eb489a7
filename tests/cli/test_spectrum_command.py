"""`feynax spectrum`: networks from TOML and from model files, and what it refuses."""

import json
import pathlib

import jax
import numpy as np
import pytest

import feynax as fx
from feynax import interop
from feynax.cli._app import run
from feynax.cli._network_file import read_network

EXAMPLES = sorted((pathlib.Path(__file__).parents[2] / "examples" / "networks").glob("*.toml"))

CENTRE = """
[network]
weights = [[1.5, -1.0], [1.2, 0.5]]
current = [0.7, -0.5]
[quantum]
hbar = 0.02
levels = 3
"""


@pytest.fixture
def centre(tmp_path):
    """A network of two neurons that has levels."""
    path = tmp_path / "centre.toml"
    path.write_text(CENTRE)
    return path


def test_levels_of_a_network_in_toml(centre, tmp_path, capsys):
    assert run(["spectrum", str(centre), "--out", str(tmp_path / "o")]) == 0
    said = capsys.readouterr().out
    assert "with levels" in said
    assert "certified" in said
    found = json.loads((tmp_path / "o" / "result.json").read_text(encoding="utf-8"))["reading"]
    weights = np.array([[1.5, -1.0], [1.2, 0.5]])
    field = fx.equations.ReLUField.ctrnn(weights, current=[0.7, -0.5])
    assert np.allclose(found["levels"], fx.quantize(field, hbar=0.02).levels(3), rtol=1e-12)
    assert (tmp_path / "o" / "report.html").is_file()


def test_flags_win_over_the_file_and_json_is_plain(centre, tmp_path, capsys):
    flags = ["--hbar", "0.5", "--levels", "2", "--regime", "10", "--json"]
    assert run(["spectrum", str(centre), "--out", str(tmp_path / "o"), *flags]) == 0
    found = json.loads(capsys.readouterr().out)["reading"]
    assert (found["hbar"], found["regime"], found["levels"]) == (0.5, "10", None)
    assert found["open_system"]["rate"] == pytest.approx(-0.5)


def test_a_model_file_with_a_network_inside(tmp_path, capsys):
    net = fx.networks.RecurrentStack(
        2, cell="CTRNN", hidden=2, options={"activation": "relu"}, key=jax.random.key(0)
    )
    path = interop.save_model(tmp_path / "stack.safetensors", net)
    assert run(["spectrum", str(path), "--out", str(tmp_path / "o")]) == 0
    assert "quantum system" in capsys.readouterr().out


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_networks(path):
    file = read_network(path)
    assert fx.report.read_spectrum(file.network, **file.asked).levels is not None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[network]\nweights = [[1.0, nan], [0.0, 1.0]]", "finite numbers"),
        ("[network]\nweights = [[1.0, 2.0]]", "`network.weights` must have shape"),
        ("[network]\nweights = 'exit()'", "rows of finite numbers"),
        ("[network]\nweights = [[1.0]]\ntau = -1.0", "`network.tau` must be positive"),
        ("[network]\nwieghts = [[1.0]]", "did you mean `weights`"),
        ("[network]\nactivation = 'relu'", "`network.weights` is missing"),
        ("[network]\nweights = [[1.0]]\nactivation = 3", "must be text"),
        ("[network]\nweights = [[1.0]]\nactivation = 'os'", "must be one of"),
        ("[netwrk]\nweights = [[1.0]]", "did you mean `network`"),
        ("network = 3", "must be a section"),
        ("[network\n", "not TOML"),
        ("[network]\nweights = [[1.0]]\n[quantum]\nhbar = 'x'", "`quantum.hbar` must be a number"),
        ("[network]\nweights = [[1.0]]\n[quantum]\nlevels = 2.5", "count"),
        ("[network]\nweights = [[1.0]]\n[quantum]\nregime = [1, 0]", "mask"),
    ],
)
def test_bad_files_are_refused_in_a_sentence(text, says, tmp_path, capsys):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    assert run(["spectrum", str(path), "--out", str(tmp_path / "o")]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert "Traceback" not in said
    assert "unexpected" not in said
    assert not (tmp_path / "o").exists()


def test_a_missing_file_and_a_wrong_mask(centre, tmp_path, capsys):
    assert run(["spectrum", str(tmp_path / "none.toml")]) == 2
    assert "no file" in capsys.readouterr().err
    assert run(["spectrum", str(centre), "--regime", "12"]) == 2
    assert "zeros and ones" in capsys.readouterr().err


def test_a_model_without_such_a_network(tmp_path, capsys):
    net = fx.networks.RecurrentStack(2, cell="GRU", hidden=2, key=jax.random.key(0))
    path = interop.save_model(tmp_path / "gru.safetensors", net)
    assert run(["spectrum", str(path)]) == 2
    assert "holds 0 continuous-time networks" in capsys.readouterr().err


def test_as_a_process(centre, tmp_path, start):
    process = start("spectrum", centre, "--out", tmp_path / "o")
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert "levels:" in out
    assert err == ""
