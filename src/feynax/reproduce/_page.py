"""One page a document: its errata, then every claim with the check that decided it."""

import json
import os
import pathlib
from typing import Any

from .. import plot
from .._atomic import write_atomically
from ..report import render
from ._claim import Comparison
from ._run import Checked, Reproduction


def page(found: Reproduction) -> str:
    """Return a document's claims as one HTML page that fetches nothing and needs no script.

    ```python
    import feynax as fx
    found = fx.reproduce.reproduce("paths", only=["eq. (3.17)"])
    assert fx.reproduce.page(found).startswith("<!doctype html>")
    ```
    """
    rows = [_row(index, checked) for index, checked in enumerate(found.checked, 1)]
    return render(
        "claims.html",
        title=found.title,
        budget=found.budget,
        headline=headline(found),
        findings=_findings(found),
        errata=[row for row in rows if row["ruling"] in ("corrected", "false")],
        rows=rows,
        numbers=json.dumps(found.to_dict(), indent=2, ensure_ascii=False),
    )


def headline(found: Reproduction) -> str:
    """Return how many claims hold, in one sentence."""
    counts = found.counts
    return (
        f"Of {len(found.checked)} claims {counts['holds']} hold, {counts['corrected']} hold in a "
        f"corrected form, {counts['false']} do not hold, and {counts['unchecked']} are not checked."
    )


def write_pages(folder: str | os.PathLike[str], found: Reproduction) -> pathlib.Path:
    """Write `report.html` and `result.json` of a document into a folder.

    **Returns:**

    The path of the page.

    ```python
    import tempfile, feynax as fx
    found = fx.reproduce.reproduce("paths", only=["eq. (3.17)"])
    assert fx.reproduce.write_pages(tempfile.mkdtemp(), found).name == "report.html"
    ```
    """
    home = pathlib.Path(folder)
    text = page(found)
    home.mkdir(parents=True, exist_ok=True)
    values = json.dumps(found.to_dict(), indent=2, ensure_ascii=False)
    write_atomically(home / "result.json", (values + "\n").encode())
    return write_atomically(home / "report.html", text.encode())


def _findings(found: Reproduction) -> list[str]:
    said = []
    for checked in found.surprises:
        said.append(
            f"{checked.claim.where} came out as {checked.ruling}, where {checked.claim.expects} "
            f"was expected: {checked.failure or 'see below'}."
        )
    return said


def _row(index: int, checked: Checked) -> dict[str, Any]:
    shown = checked.finding.comparison if checked.finding else None
    return {
        "index": index,
        "where": checked.claim.where,
        "ruling": checked.ruling,
        "printed": checked.claim.printed,
        "right": checked.claim.right,
        "says": checked.finding.says if checked.finding else checked.failure,
        **_comparison(shown, f"claim{index}"),
    }


def _comparison(shown: Comparison | None, name: str) -> dict[str, Any]:
    if shown is None:
        return {"picture": None, "columns": (), "lines": (), "caption": ""}
    picture = None
    if shown.draw is not None:
        svg = plot.svg(shown.draw(), label=shown.caption, name=name)
        picture = {"svg": svg, "caption": shown.caption}
    lines = [[_cell(cell) for cell in row] for row in shown.rows]
    return {"picture": picture, "columns": shown.columns, "lines": lines, "caption": shown.caption}


def _cell(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
