"""`feynax read` of every kind of network, without data beside the model: no part is empty."""

import html
import json
import re

import jax
import numpy as np
import pytest

import feynax as fx
from feynax import interop, networks
from feynax.cli._app import run

CENTRE = """
[network]
weights = [[1.5, -1.0], [1.2, 0.5]]
current = [0.7, -0.5]
[quantum]
hbar = 0.02
levels = 3
"""
QUANTUM = ("levels", "packet", "regimes", "conditions", "open")
CELLS = ("integrator", "certificate", "memory", "rest", "growth", "paths")
IMAGES = ("evolution", "paths", "equation", "depth", "certificate", "quantum")


def make(kind, folder, key):
    """A small network of a kind, in a file."""
    if kind == "toml":
        path = folder / "centre.toml"
        path.write_text(CENTRE)
        return path
    if kind == "resnet":
        net = networks.ResNet(1, 3, stages=(1,), widths=(2,), key=key)
    elif kind == "flow":
        net = networks.NeuralODE(networks.MLPField(2, 3, key=key), steps=4, method="heun", key=key)
    elif kind == "block":
        net = networks.HamiltonianBlock(2, steps=1, key=key)
    else:
        options = {"block": 3} if kind == "QUNN" else {}
        net = getattr(networks, kind)(1, 2, key=key, **options)
    return interop.save_model(folder / f"{kind}.safetensors", net)


@pytest.fixture
def told(tmp_path, key, capsys):
    """Read a network of a kind; return the page's sections, the result, and what was printed."""

    def read(kind, *more):
        out = tmp_path / "out"
        path = make(kind, tmp_path, key)
        assert run(["read", str(path), "--out", str(out), "--paths", "100", *more]) == 0
        page = (out / "report.html").read_text(encoding="utf-8")
        ids = re.findall(r'\bid="([^"]*)"', page)
        assert len(ids) == len(set(ids))
        sections = dict(re.findall(r'<section id="(\w+)">(.*?)</section>', page, re.DOTALL))
        for name, body in sections.items():
            words = re.sub(r"<svg.*?</svg>|<h2>.*?</h2>|<[^>]*>", " ", body, flags=re.DOTALL)
            assert len(words.split()) > 5, name
        shown = html.unescape(re.sub(r"<pre>.*?</pre>|<[^>]*>", " ", page, flags=re.DOTALL))
        assert not re.search(r"\b(nan|inf|None)\b(?!:)", shown)
        result = json.loads((out / "result.json").read_text(encoding="utf-8"))
        return sections, result["reading"], capsys.readouterr().out

    return read


def test_a_cell_that_forgets_says_why_it_has_no_levels(told):
    sections, found, said = told("LRU")
    assert {*CELLS, "quantum"} <= sections.keys()
    assert found["cells"][0]["quantum"] is None
    assert found["cells"][0]["volume"] < 0
    assert "shrink volumes" in sections["quantum"]
    assert "no quantum reading of the cell" in said
    assert "white noise" in said


def test_a_ring_of_inputs_remembers_so_many_samples_and_no_more(told):
    sections, found, said = told("QUNN")
    assert {*CELLS, "quantum"} <= sections.keys()
    assert found["cells"][0]["window"] == 3
    assert "keeps the last 3 inputs whole" in said
    cell = networks.QUNN(1, 2, block=3, key=jax.random.key(0))
    xs = np.random.default_rng(0).normal(size=(2, 6, 1))
    xs[1, 3:] = xs[0, 3:]  # what came before the last three leaves no trace
    ends = [
        networks.run(cell, jax.numpy.asarray(row, jax.numpy.result_type(float))).outputs[-1]
        for row in xs
    ]
    np.testing.assert_array_equal(ends[0], ends[1])


def test_a_network_in_toml_has_the_levels_that_its_file_asks_for(told):
    sections, found, said = told("toml", "--json")
    assert {*CELLS, "quantum0", *(f"{name}0" for name in QUANTUM)} <= sections.keys()
    assert "This network is a quantum system with levels" in sections["quantum0"]
    field = fx.equations.ReLUField.ctrnn(
        np.array([[1.5, -1.0], [1.2, 0.5]]), current=np.array([0.7, -0.5])
    )
    wanted = fx.quantize(field, hbar=0.02).levels(3)
    np.testing.assert_allclose(found["cells"][0]["quantum"]["levels"], wanted, rtol=1e-9)
    assert json.loads(said)["reading"] == found
    assert found["series"]["name"] == "a run without input"


def test_an_image_network_without_an_image_reads_a_bundled_digit(told):
    sections, found, said = told("resnet")
    assert set(IMAGES) <= sections.keys()
    assert found["image"]["label"] == 7
    assert "first of the bundled test set" in said


def test_a_block_alone_turns_fields_into_fields(told):
    sections, found, said = told("block")
    assert set(IMAGES) <= sections.keys()
    assert found["image"]["shape"] == [2, 16, 16]
    assert "turns fields into fields" in said
    assert found["paths"]["completeness"] < 1e-12
    assert "can change the answer" not in sections["certificate"]


def test_a_flow_is_read_from_random_states(told):
    sections, found, said = told("flow")
    assert {"equation", "certificate", "rest", "quantum", "paths"} <= sections.keys()
    assert found["state"] == 2
    assert found["certificate"]["attained"] <= found["certificate"]["proven"]
    assert "normal states of unit variance" in said
    assert "A flow of 2 numbers" in said


def test_a_flow_takes_neither_images_nor_series(tmp_path, key, capsys):
    path = str(make("flow", tmp_path, key))
    for option in (["--image", "0"], ["--series", "x.csv"]):
        assert run(["read", path, *option]) == 2
        assert "must be left out for a neural ODE" in capsys.readouterr().err
