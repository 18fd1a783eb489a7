"""`feynax reproduce`: the documents' claims, checked one by one."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ._jobs import start_jax
from ._print import print_json

if TYPE_CHECKING:
    from ..reproduce import Checked

Document = Literal["ctrnn", "odernn-2018", "odernn", "paths", "residual", "all"]


def reproduce(
    document: Document = "all",
    /,
    *,
    budget: Literal["quick", "full"] = "quick",
    out: Path | None = None,
    json: bool = False,
) -> None:
    """Check every numbered claim of a document and write a page with its errata.

    The folder gets report.html, to look at, and result.json; for all documents, one folder each.

    Parameters
    ----------
    document
        Short name of the document.
    budget
        quick for small sizes (all five in ten minutes), full for those that are printed.
    out
        The folder to write; by default runs/reproduce.
    json
        Print result.json instead of sentences.
    """
    start_jax()
    from ..reproduce import DOCUMENTS, headline, reproduce, write_pages

    home, values, surprises = out or Path("runs") / "reproduce", {}, 0
    for name in DOCUMENTS if document == "all" else [document]:
        found = reproduce(name, budget=budget, tell=None if json else _tell)
        page = write_pages(home / name, found)
        values[name] = found.to_dict()
        surprises += len(found.surprises)
        if not json:
            print(f"{found.title}\n{headline(found)}\npage: {page}")
    if json:
        print_json(values)
    if surprises:
        raise RuntimeError(f"{surprises} claims came out otherwise than feynax says.")


def _tell(checked: "Checked") -> None:
    mark = "" if checked.expected else f" (expected: {checked.claim.expects})"
    print(f"{checked.ruling:>10}{mark}  {checked.claim.name}  {checked.seconds:.1f} s", flush=True)
