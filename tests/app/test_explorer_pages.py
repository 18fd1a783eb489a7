"""The explorer in a real browser: every slider answers, and nobody else is asked for anything."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from feynax.cli._app import run

pytest.importorskip("marimo", reason="the explorer's pages need marimo")
BROWSER = os.environ.get("CHROMIUM") or shutil.which("chromium")
PAGES = {"plane": 7, "stability": 3, "paths": 4, "digits": 3}  # sliders that can be moved
TEXT = "[...document.querySelectorAll('.fx-answer')].map(e => e.innerText).join('|')"
DRAWN = f"() => document.querySelector('.fx-answer svg') && {TEXT}"
PATIENCE = 120_000  # milliseconds, for machines that do other things too


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A server of its own, on a free port, with an empty home."""
    if BROWSER is None:
        pytest.skip("no Chromium is at hand to open the pages in")
    home = str(tmp_path_factory.mktemp("home"))
    cache = os.path.join(os.path.dirname(__file__), "..", "..", ".pytest_cache", "jax")
    surroundings = os.environ | {"HOME": home, "JAX_COMPILATION_CACHE_DIR": os.path.abspath(cache)}
    command = [sys.executable, "-m", "feynax.cli", "explore"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=surroundings) as server:
        yield re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())[0]
        server.terminate()


@pytest.fixture(scope="module")
def tabs(address):
    """All pages, opened at once, with what each asked for and complained of."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1400, "height": 1200})
        opened = {name: _open(context.new_page(), f"{address}/{name}/") for name in PAGES}
        yield opened
        browser.close()


def _open(tab, address):
    asked, told = [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("websocket", lambda socket: asked.append(socket.url))
    tab.on("pageerror", lambda error: told.append(str(error)))
    tab.on("console", lambda line: told.append(line.text) if line.type == "error" else None)
    tab.goto(address, wait_until="commit")
    tab.wait_for_function(DRAWN, timeout=PATIENCE)
    return tab, asked, told


def moved(tab, act):
    """Do something and wait until the answer is another one."""
    settled(tab)
    before = tab.evaluate(TEXT)
    act()
    tab.wait_for_function(f"was => {TEXT} != was", arg=before, timeout=PATIENCE)


def settled(tab):
    """Wait until the page has stood still for a moment, so that no earlier answer is taken."""
    before, now = None, tab.evaluate(TEXT)
    while before != now:
        tab.wait_for_timeout(300)
        before, now = now, tab.evaluate(TEXT)


@pytest.mark.parametrize("name", PAGES)
def test_every_slider_changes_the_answer_and_nobody_else_is_asked(tabs, name, address):
    tab, asked, told = tabs[name]
    sliders = tab.get_by_role("slider")
    free = [one for one in sliders.all() if one.get_attribute("data-disabled") is None]
    assert len(free) == PAGES[name]
    for slider in free:
        moved(tab, lambda slider=slider: slider.press("ArrowRight"))
    assert told == []
    host = address.removeprefix("http://")
    elsewhere = [url for url in asked if url.split(":")[0] not in ("data", "blob")]
    assert {url.split("/")[2] for url in elsewhere} == {host}


def test_letting_volumes_change_frees_a_weight_and_takes_the_levels_away(tabs):
    tab = tabs["plane"][0]
    assert "spacing of levels" in tab.evaluate(TEXT)
    tab.get_by_role("switch").click()
    moved(tab, lambda: tab.get_by_role("slider").nth(3).press("End"))
    settled(tab)
    assert "spacing of levels" not in tab.evaluate(TEXT)
    assert "open system" in tab.evaluate(TEXT)


def test_a_digit_can_be_drawn(tabs):
    tab = tabs["digits"][0]
    moved(tab, lambda: _draw_a_line(tab))
    assert "it is a" not in tab.evaluate(TEXT)


def _draw_a_line(tab):
    box = tab.get_by_role("application").locator("canvas").bounding_box()
    place = lambda x, y: (box["x"] + x * box["width"], box["y"] + y * box["height"])
    tab.get_by_role("switch").click()
    tab.keyboard.down("Shift")
    tab.mouse.move(*place(0.52, 0.15))
    tab.mouse.down()
    for step in range(1, 9):
        tab.mouse.move(*place(0.52 - 0.01 * step, 0.15 + 0.085 * step))
    tab.mouse.up()
    tab.keyboard.up("Shift")


def test_a_formula_can_be_typed_and_a_wrong_one_is_answered(tabs):
    tab = tabs["paths"][0]
    box = tab.get_by_role("textbox")
    box.fill("import os")
    moved(tab, lambda: box.press("Enter"))
    assert "cannot" in tab.evaluate(TEXT)


def test_names_that_only_point_here_are_turned_away(address):
    import urllib.error
    import urllib.request

    there = urllib.request.Request(address, headers={"Host": "elsewhere.example"})
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(there)


def test_without_marimo_it_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "marimo", None)
    assert run(["explore"]) == 2
    assert "pip install" in capsys.readouterr().err
