"""The page of a quantum reading is whole, and its numbers are those of the mathematics."""

import json
import math
import os
import re
import shutil

import numpy as np
import pytest

import feynax as fx

SECTIONS = (
    "portrait", "evidence", "levels", "packet", "regimes", "conditions", "open", "details",
)  # fmt: skip
CTRNN = fx.equations.ReLUField.ctrnn


def networks():
    """One of each class, and sizes other than two."""
    rng = np.random.default_rng(0)
    pairs = np.kron(np.eye(2), [[0.0, 1.0], [-1.0, 0.0]])
    half = rng.normal(size=(4, 4))
    four = pairs @ (half @ half.T + 0.5 * np.eye(4))
    tanh = fx.networks.CTRNN.from_arrays([[1.6, -1.4], [1.5, 0.4]], activation="tanh")
    return {
        "centre": CTRNN([[1.5, -1.0], [1.2, 0.5]], current=[0.7, -0.5]),
        "saddle": CTRNN([[1.5, 1.0], [1.2, 0.5]]),
        "lossy": CTRNN([[0.6, -1.0], [1.0, 0.5]], current=[0.5, 0.1]),
        "zero": CTRNN(np.eye(2)),
        "linear": CTRNN(np.eye(2), current=[1.0, 0.0]),
        "one": CTRNN([[0.5]], current=1.0),
        "three": CTRNN(rng.normal(size=(3, 3))),
        "four": CTRNN(four + np.eye(4), current=four @ np.array([-1.0, -2.0, -1.0, -1.5])),
        "smooth": tanh,
    }


@pytest.fixture(scope="module")
def readings():
    """Each of them, read at a small Planck constant."""
    return {name: fx.report.read_spectrum(net, hbar=0.02) for name, net in networks().items()}


@pytest.mark.parametrize("name", networks())
def test_every_section_is_there_and_full(readings, name):
    text = fx.report.page(readings[name])
    sections = re.findall(r'<section id="(\w+)">(.*?)</section>', text, re.DOTALL)
    assert tuple(title for title, _ in sections) == SECTIONS
    for title, body in sections:
        words = re.sub(r"<svg.*?</svg>|<h2>.*?</h2>|<[^>]*>", " ", body, flags=re.DOTALL)
        assert len(words.split()) > 8, title
    assert not re.search(r"\bnan\b|\binf\b|None", re.sub(r"<pre>.*?</pre>", "", text, flags=re.S))
    assert not re.findall(r"https?://(?!www\.w3\.org)", text)


def test_a_centre_has_the_levels_of_its_closed_form(readings):
    found = readings["centre"]
    omega = math.sqrt(1.2 - 0.25)
    steps = np.diff(found.levels)
    assert found.hamiltonian.kind == "elliptic"
    assert np.allclose(np.abs(steps), 0.02 * omega, rtol=1e-12)
    assert found.packet.inside.all()
    assert found.packet.difference < 1e-12
    assert found.packet.leakage.max() < 1e-7
    assert found.certificate.margin > 0
    assert [regime.name for regime in found.regimes if regime.own] == ["11"]
    assert found.open_system.jumps == 0


def test_what_has_no_levels_says_why(readings):
    saddle, lossy = readings["saddle"], readings["lossy"]
    assert "whole line" in saddle.missing["levels"]
    assert saddle.printed is not None  # the document's own equation has eigenvalues here
    assert lossy.hamiltonian is None
    assert "trace" in lossy.missing["Hamiltonian"]
    assert lossy.open_system.rate == pytest.approx(-0.9)
    assert lossy.packet.difference < 1e-12  # means follow the network, noise or not
    wider = np.linalg.eigvalsh(lossy.packet.covariances[-1]).min()
    assert wider > 0


def test_an_odd_number_of_neurons_is_padded(readings):
    found = readings["three"]
    assert "pairs" in found.missing["Hamiltonian"]
    assert found.open_system.padded
    assert found.open_system.rate == pytest.approx(np.trace(found.piece.matrix))
    assert found.packet.means.shape[1] == 3


def test_a_smooth_network_differs_by_what_is_not_linear(readings):
    found = readings["smooth"]
    near = fx.report.read_spectrum(networks()["smooth"], hbar=0.02, start=[1e-4, 0.0], duration=3.0)
    assert found.hamiltonian.kind == "elliptic"
    assert found.packet.leakage is None
    assert found.packet.difference > 1e-3
    assert near.packet.difference < 1e-10  # cubic in the size of the orbit


def test_a_cell_that_stays_hamiltonian_is_read_in_double_precision(key):
    cell = fx.networks.HamiltonianCTRNN(1, 4, dtype=np.float32, key=key)
    found = fx.report.read_spectrum(cell, hbar=0.02)
    assert found.network == "HamiltonianCTRNN"
    assert abs(found.conditions[0].value) < 1e-14
    assert np.array_equal(found.hamiltonian.poisson, cell.poisson)
    assert np.allclose(found.levels, fx.quantize(cell, hbar=0.02).levels(6), rtol=1e-12)


def test_result_holds_the_numbers(readings, tmp_path):
    fx.report.write_report(tmp_path, readings["four"])
    found = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["reading"]
    assert found["hamiltonian"]["signs"] == [1, 1]
    assert found["levels"] == readings["four"].levels.tolist()
    assert len(found["regimes"]) == 16


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"count": 0}, "count"),
        ({"hbar": -1.0}, "hbar"),
        ({"at": [0.0, 0.0]}, "at"),
        ({"regime": (1, 2)}, "mask"),
    ],
)
def test_bad_arguments(arguments, name):
    with pytest.raises(ValueError, match=f"`{name}`"):
        fx.report.read_spectrum(networks()["centre"], **arguments)


def test_a_browser_shows_it_whole(readings, tmp_path):
    browser = shutil.which("chromium") or os.environ.get("CHROMIUM")
    if browser is None:
        pytest.skip("no Chromium is at hand to open the page in")
    from playwright.sync_api import sync_playwright

    page = fx.report.write_report(tmp_path, readings["centre"])
    with sync_playwright() as play:
        shown = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for width in (1100, 390):
            tab = shown.new_page(viewport={"width": width, "height": 900})
            told, asked = [], []
            tab.on("console", lambda message, told=told: told.append(message.text))
            tab.on("request", lambda request, asked=asked: asked.append(request.url))
            tab.goto(page.as_uri())
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            assert tab.locator("figure.large:visible svg").count() == 1
            assert told == []
            assert len(asked) == 1
        shown.close()
