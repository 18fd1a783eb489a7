"""The page is whole, safe, the same twice, and says the numbers of `result.json`."""

import html
import json
import os
import re
import shutil

import pytest

import feynax as fx


@pytest.fixture(scope="module")
def folder(reading, rows, training, tmp_path_factory):
    """A written page."""
    home = tmp_path_factory.mktemp("page") / "new"
    fx.report.write_report(home, reading, rows=rows, training=training, notes=["A <note>."])
    return home


@pytest.fixture(scope="module")
def text(folder):
    """Its source."""
    return (folder / "report.html").read_text(encoding="utf-8")


def test_nothing_is_fetched_or_run(text):
    assert "<script" not in text
    assert "javascript:" not in text
    links = re.findall(r'(?:src|href|action)="([^"]*)"|url\(([^)]*)\)', text)
    for link in (a or b for a, b in links):
        assert link.startswith(("#", "data:image/png;base64,"))
    assert "@import" not in text
    assert "<link" not in text


def test_names_are_escaped(text):
    assert "a &lt;bar&gt; &amp; co" in text
    assert "A &lt;note&gt;." in text
    assert "<bar>" not in text


def test_numbers_are_those_of_the_result(text, folder):
    written = (folder / "result.json").read_text(encoding="utf-8")
    shown = html.unescape(re.sub(r"<[^>]*>", "", text))
    assert written.strip() in shown
    values = json.loads(written)
    assert values["accuracy"] == 0.9675
    sums = values["reading"]["paths"]
    for number in (f"{sums['total']:.6g}", f"{100 * values['accuracy']:.2f} %"):
        assert number.replace("-", "−") in shown


def test_sections_are_there_and_full(text):
    sections = re.findall(r'<section id="(\w+)">(.*?)</section>', text, re.DOTALL)
    assert [name for name, _ in sections] == [
        "evolution", "evidence", "paths", "equation", "depth", "certificate", "quantum",
        "training", "details",
    ]  # fmt: skip
    for name, body in sections:
        assert len(re.sub(r"<[^>]*>", "", body).strip()) > 100, name
    assert text.count("<svg") == text.count("</svg>") == 12


def test_names_inside_pictures_are_unique(text):
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    targets = re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', text)
    assert {a or b for a, b in targets} <= set(ids)


def test_same_reading_same_bytes(reading, rows, training, text):
    again = fx.report.page(reading, rows=rows, training=training, notes=["A <note>."])
    assert again == text


def test_failed_write_leaves_the_old_page(folder, text, reading, monkeypatch):
    def full(*args):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        fx.report.write_report(folder, reading)
    assert (folder / "report.html").read_text(encoding="utf-8") == text
    assert sorted(os.listdir(folder)) == ["report.html", "result.json"]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (0.0, "0"),
        (-1234.5678, "−1235"),
        (0.00123, "0.001230"),
        (6.2e13, "6.20\u00a0×\u00a010¹³"),
        (-2e-16, "−2.00\u00a0×\u00a010⁻¹⁶"),
        (float("nan"), "none"),
        (None, "none"),
    ],
)
def test_numbers_in_words(value, says):
    from feynax._words import number

    assert number(value) == says


def test_values_with_errors():
    from feynax._words import percent, with_error

    assert with_error(12.345, 0.0678) == "12.345 ± 0.068"
    assert with_error(-1234.5, 12.0) == "−1234 ± 12"
    assert percent(0.99994) == "99.9940 %"
    assert percent(0.5) == "50.0 %"
    assert percent(1.0) == "100 %"


@pytest.mark.slow
def test_a_browser_shows_it(folder):
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium on this machine to look at the page with")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    said, asked = [], []
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for width, scheme in ((1100, "light"), (390, "dark")):
            view = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            view.on("console", lambda message: said.append(message.text))
            view.on("pageerror", lambda error: said.append(str(error)))
            view.on("request", lambda request: asked.append(request.url))
            view.goto((folder / "report.html").as_uri())
            inner = view.evaluate("document.documentElement.scrollWidth")
            assert inner <= width, "the page is wider than its window"
            for section in view.query_selector_all("section"):
                box = section.bounding_box()
                assert box["height"] > 60
                assert box["width"] > 300
            shown = [
                picture
                for picture in view.query_selector_all("svg")
                if picture.is_visible() and picture.bounding_box()["height"] > 50
            ]
            assert len(shown) == 11  # one of the two large ones, and all others
            ground = view.evaluate("getComputedStyle(document.body).backgroundColor")
            ink = view.evaluate("getComputedStyle(document.querySelector('svg text')).fill")
            light = [sum(int(n) for n in re.findall(r"\d+", c)[:3]) for c in (ground, ink)]
            assert (light[0] > light[1]) == (scheme == "light")
        browser.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
