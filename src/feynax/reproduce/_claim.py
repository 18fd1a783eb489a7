"""A claim of a document: what is printed, what is right, and the check that decides."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from .._checks import check, check_choice

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Budget = Literal["quick", "full"]
Kind = Literal["equation", "theorem", "table", "figure", "statement"]
Ruling = Literal["holds", "corrected", "false", "unchecked"]
RULINGS: tuple[Ruling, ...] = ("holds", "corrected", "false", "unchecked")


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A table or a figure made again, beside what is printed.

    **Fields:**

    - `columns`, `rows`: plain text and numbers; one column says what is printed where something is.
    - `draw`: returns a figure, for figures.
    - `caption`: what to see.
    """

    caption: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    draw: "Callable[[], Figure] | None" = None


@dataclasses.dataclass(frozen=True)
class Finding:
    """What a check found.

    **Fields:**

    - `ruling`: "holds", "corrected" (the printed form fails, the right one passes) or "false"
      (it fails, and there is a counterexample or another number in its place).
    - `says`: one sentence with the numbers that decided.
    - `numbers`: the same as plain values.
    - `comparison`: a table or figure beside the printed one.
    """

    ruling: Ruling
    says: str
    numbers: Mapping[str, float] = dataclasses.field(default_factory=dict)
    comparison: Comparison | None = None

    @classmethod
    def compare(
        cls,
        says: str,
        *,
        printed: float,
        right: float | None = None,
        tolerance: float,
        comparison: Comparison | None = None,
    ) -> "Finding":
        """Let two errors decide: of the printed form, and of the form that is right.

        **Arguments:**

        - `says`: may use `{printed}`, `{right}` and `{tolerance}`.
        - `printed`, `right`: largest error of each form; `right` is left out where there is none.
        - `tolerance`: up to which a form passes.

        ```python
        from feynax.reproduce import Finding
        found = Finding.compare("off by {printed}", printed=0.5, right=1e-16, tolerance=1e-12)
        assert found.ruling == "corrected"
        ```
        """
        errors = {"printed": float(printed), "tolerance": float(tolerance)}
        if right is not None:
            errors["right"] = float(right)
        text = says.format(**{name: f"{value:.2g}" for name, value in errors.items()})
        return cls(_ruling(printed, right, tolerance), text, errors, comparison)


def _ruling(printed: float, right: float | None, tolerance: float) -> Ruling:
    passes = lambda error: math.isfinite(error) and error <= tolerance
    if passes(printed):
        return "holds"
    return "corrected" if right is not None and passes(right) else "false"


@dataclasses.dataclass(frozen=True)
class Claim:
    """One numbered claim of a document.

    **Fields:**

    - `document`: its short name; `where`: equation, table, figure or theorem; `kind`.
    - `printed`: what is printed, in words that stand alone; `right`: what is right instead.
    - `expects`: the ruling that this library stands for.
    - `check`: computes a [`feynax.reproduce.Finding`][]; `None` where nothing decides it, and then
      `right` says why.
    """

    document: str
    where: str
    kind: Kind
    printed: str
    right: str
    expects: Ruling
    check: Callable[[Budget], Finding] | None

    @property
    def name(self) -> str:
        """Document and place, as one writes it."""
        return f"{self.document}: {self.where}"


class Claims:
    """Collects the claims of one document; each is a function that checks it.

    ```python
    from feynax.reproduce import Claims, Finding
    claims = Claims("arithmetic")

    @claims.add("eq. (1)", printed="1 + 1 = 2", expects="holds")
    def sum_of_ones(budget):
        return Finding.compare("off by {printed}", printed=abs(1 + 1 - 2), tolerance=0)

    assert claims.all[0].check("quick").ruling == "holds"
    ```
    """

    def __init__(self, document: str):
        self.document = document
        self.all: list[Claim] = []

    def add(
        self,
        where: str,
        *,
        printed: str,
        expects: Ruling,
        right: str = "",
        kind: Kind = "equation",
    ) -> Callable[[Callable[[Budget], Finding]], Callable[[Budget], Finding]]:
        """Register the check that follows; `right` is needed unless the claim holds."""
        check_choice("expects", expects, RULINGS[:3])
        check(bool(right) or expects == "holds", "right", "be said where the print is wrong", "")

        def keep(function: Callable[[Budget], Finding]) -> Callable[[Budget], Finding]:
            self.all.append(Claim(self.document, where, kind, printed, right, expects, function))
            return function

        return keep

    def unchecked(
        self, where: str, *, printed: str, because: str, kind: Kind = "statement"
    ) -> None:
        """List a claim that nothing here decides, with the reason."""
        self.all.append(Claim(self.document, where, kind, printed, because, "unchecked", None))


def count(claims: Sequence[Ruling]) -> dict[Ruling, int]:
    """Return how many claims there are of each ruling."""
    return {ruling: claims.count(ruling) for ruling in RULINGS}
