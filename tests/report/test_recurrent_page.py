"""The page of a recurrent network is whole, and its numbers are those of the mathematics."""

import html
import json
import math
import os
import re
import shutil

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

SECTIONS = (
    "portrait", "evidence", "integrator", "certificate", "memory", "rest", "growth", "quantum",
    "paths", "training", "details",
)  # fmt: skip


@pytest.fixture(scope="module")
def reading():
    """A stack of two GRU layers, read along three ragged series."""
    net = fx.networks.RecurrentStack(2, cell="GRU", hidden=3, layers=2, key=jax.random.key(1))
    rng = np.random.default_rng(0)
    series = [rng.normal(size=(length, 2)) for length in (9, 14, 5)]
    return fx.report.read_recurrent(net, series, series_name="<three> series")


@pytest.fixture(scope="module")
def folder(reading, tmp_path_factory):
    """Its page."""
    home = tmp_path_factory.mktemp("recurrent")
    fx.report.write_report(home, reading, notes=["A <note>."])
    return home


def linear_cell():
    """A tanh cell that is nearly linear: tiny states, W = diag(0.9, 0.5), no biases."""
    cell = fx.networks.RNN(2, 2, key=jax.random.key(0))
    new = (1e-8 * jnp.eye(2), jnp.diag(jnp.array([0.9, 0.5])), jnp.zeros(2), jnp.zeros(2))
    where = lambda c: (c.weight_ih, c.weight_hh, c.bias_ih, c.bias_hh)
    return eqx.tree_at(where, cell, new)


def test_numbers_of_a_linear_cell():
    xs = np.random.default_rng(1).normal(size=(30, 2))
    found = fx.report.read_recurrent(linear_cell(), [xs]).cells[0]
    assert found.memory.median == pytest.approx(-1 / math.log(0.9), rel=1e-9)
    assert found.growth.log_singular / 30 == pytest.approx(np.log([0.9, 0.5]), rel=1e-9)
    assert found.lyapunov.value == pytest.approx(math.log(0.9), rel=1e-6)
    assert found.rest.stability == ("stable",)
    np.testing.assert_allclose(found.rest.eigenvalues[0], [0.9, 0.5], rtol=1e-9)


def test_each_cell_sees_what_the_layer_below_gives(reading):
    stack = fx.networks.RecurrentStack(2, cell="GRU", hidden=3, layers=2, key=jax.random.key(1))
    first = np.random.default_rng(0).normal(size=(9, 2))
    np.testing.assert_allclose(reading.cells[1].paths[0][1:], stack(jnp.asarray(first)), atol=1e-9)
    assert [len(path) for path in reading.cells[0].paths] == [10, 15, 6]


def test_backward_cells_run_from_the_end():
    key = jax.random.key(2)
    net = fx.networks.RecurrentStack(1, cell="GRU", hidden=2, bidirectional=True, key=key)
    xs = np.random.default_rng(0).normal(size=(6, 1))
    found = fx.report.read_recurrent(net, [xs]).cells
    assert [cell.name for cell in found] == ["the cell", "the cell, backwards"]
    both = np.asarray(net(jnp.asarray(xs)))
    np.testing.assert_allclose(found[1].paths[0][1:][::-1], both[:, 2:], atol=1e-9)


def test_sections_are_there_and_full(folder):
    text = (folder / "report.html").read_text(encoding="utf-8")
    sections = re.findall(r'<section id="(\w+)">(.*?)</section>', text, re.DOTALL)
    assert tuple(name for name, _ in sections) == SECTIONS
    for name, body in sections:
        assert len(re.sub(r"<[^>]*>", "", body).strip()) > 80, name
    assert text.count("<svg") == text.count("</svg>") == 6
    assert "<script" not in text
    assert "&lt;three&gt; series" in text
    assert "A &lt;note&gt;." in text
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert len(ids) == len(set(ids))


def test_numbers_are_those_of_the_result(folder, reading):
    text = (folder / "report.html").read_text(encoding="utf-8")
    written = (folder / "result.json").read_text(encoding="utf-8")
    assert written.strip() in html.unescape(re.sub(r"<[^>]*>", "", text))
    cells = json.loads(written)["reading"]["cells"]
    assert [cell["name"] for cell in cells] == ["layer 1", "layer 2"]
    for told, cell in zip(cells, reading.cells, strict=True):
        assert told["lyapunov"]["value"] == cell.lyapunov.value < 0
        assert told["fixed_points"]["points"][0]["stability"] == "stable"
        assert told["equation"]["integrator"] == "forward Euler"
        assert set(told["missing"]) == {"quantum", "paths"}


def test_same_reading_same_bytes(folder, reading):
    again = fx.report.page(reading, notes=["A <note>."])
    assert again == (folder / "report.html").read_text(encoding="utf-8")


def test_what_cannot_be_computed_says_why(monkeypatch):
    def refuse(*args, **options):
        raise ValueError("a <reason> of its own.")

    for name in ("certify", "fixed_points", "jacobian_spectrum", "gradient_growth"):
        monkeypatch.setattr(f"feynax.report._recurrent_read.{name}", refuse)
    cell = fx.networks.GRU(2, 3, key=jax.random.key(0))
    found = fx.report.read_recurrent(cell, [np.ones((6, 2))])
    refused = {"spectrum", "growth", "fixed points", "certificate"}
    assert set(found.cells[0].missing) == refused | {"quantum", "paths"}
    text = fx.report.page(found)
    assert text.count("a &lt;reason&gt; of its own.") >= 8
    assert "could not be measured" in fx.report.summary(found)


@pytest.mark.parametrize(
    ("series", "says"),
    [
        ([], "at least one series"),
        ([np.ones((0, 2))], "at least one step"),
        ([np.ones((4, 3))], "shape"),
        ([np.ones((4, 2)), np.full((4, 2), np.nan)], r"series\[1\]"),
    ],
)
def test_bad_series_are_refused(series, says):
    cell = fx.networks.GRU(2, 3, key=jax.random.key(0))
    with pytest.raises(ValueError, match=says):
        fx.report.read_recurrent(cell, series)
    with pytest.raises(TypeError, match="PDENet"):
        fx.report.read_recurrent(fx.networks.PDENet(key=jax.random.key(0)), series)


@pytest.mark.slow
def test_a_browser_shows_it(folder):
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium on this machine to look at the page with")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    said, asked = [], []
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for width, scheme in ((1100, "light"), (1100, "dark"), (390, "dark")):
            view = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            view.on("console", lambda message: said.append(message.text))
            view.on("pageerror", lambda error: said.append(str(error)))
            view.on("request", lambda request: asked.append(request.url))
            view.goto((folder / "report.html").as_uri())
            inner = view.evaluate("document.documentElement.scrollWidth")
            assert inner <= width, "the page is wider than its window"
            shown = [p for p in view.query_selector_all("svg") if p.is_visible()]
            assert len(shown) == 5
        browser.close()
    assert said == []
    assert [os.path.basename(url) for url in asked] == ["report.html"] * 3
