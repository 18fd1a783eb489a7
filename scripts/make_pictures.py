"""Make docs/images/demo.png, the picture of README: the top of the demo's page in a browser.

Run `feynax demo` first, then `python scripts/make_pictures.py`; it needs Chromium and Playwright.
"""

import pathlib
import shutil

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = pathlib.Path(__file__).parents[1]


def photograph(page: pathlib.Path, target: pathlib.Path) -> None:
    """Photograph the top of a page, and keep it small by a palette."""
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        view = browser.new_page(viewport={"width": 1120, "height": 1010})
        view.goto(page.as_uri())
        view.screenshot(path=target)
        browser.close()
    small = Image.open(target).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    small.save(target, optimize=True)


def main() -> None:
    """Make every picture."""
    report = HERE / "runs" / "demo" / "report.html"
    if not report.is_file():
        raise SystemExit(f"There is no {report}: run `feynax demo` first.")
    target = HERE / "docs" / "images" / "demo.png"
    photograph(report, target)
    print(f"{target}: {target.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main()
