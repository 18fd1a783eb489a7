"""Check all claims of a document, one after the other, and keep what each of them showed."""

import dataclasses
import importlib
import time
from collections.abc import Callable, Sequence
from typing import Any

from .._checks import check_choice
from ._claim import Budget, Claim, Finding, Ruling, count

DOCUMENTS = {
    "ctrnn": "The Wavefunction of Continuous-Time Recurrent Neural Networks",
    "odernn-2018": "Unification of RNN architectures and quantum inspired stable design (2018)",
    "odernn": "Unification of RNN architectures and quantum inspired stable design (later version)",
    "paths": "Neural network representation of quantum systems",
    "residual": "Analogous View Between Residual Networks and Partial Differential Equations",
}
_BUDGETS = ("quick", "full")


@dataclasses.dataclass(frozen=True)
class Checked:
    """A claim and what its check found.

    **Fields:**

    - `claim`; `finding`: `None` where there is no check or it failed; `failure` says how.
    - `seconds`: wall time of the check, compilation included.
    """

    claim: Claim
    finding: Finding | None
    seconds: float
    failure: str = ""

    @property
    def ruling(self) -> Ruling:
        """What the check decided."""
        return "unchecked" if self.finding is None else self.finding.ruling

    @property
    def expected(self) -> bool:
        """Whether it came out as the library says it does."""
        return self.ruling == self.claim.expects

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `result.json`."""
        found = self.finding
        return {
            "where": self.claim.where,
            "kind": self.claim.kind,
            "printed": self.claim.printed,
            "right": self.claim.right,
            "ruling": self.ruling,
            "as_expected": self.expected,
            "says": found.says if found else self.failure or self.claim.right,
            "numbers": dict(found.numbers) if found else {},
            "seconds": round(self.seconds, 3),
        }


@dataclasses.dataclass(frozen=True)
class Reproduction:
    """All claims of one document, checked.

    **Fields:**

    - `document`: its short name; `title`; `budget`; `checked`: in the order of the document.
    """

    document: str
    title: str
    budget: Budget
    checked: tuple[Checked, ...]

    @property
    def counts(self) -> dict[Ruling, int]:
        """How many claims hold, are corrected, are false, and are not checked."""
        return count([checked.ruling for checked in self.checked])

    @property
    def surprises(self) -> tuple[Checked, ...]:
        """Claims that came out otherwise than the library says."""
        return tuple(checked for checked in self.checked if not checked.expected)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `result.json`."""
        return {
            "document": self.document,
            "title": self.title,
            "budget": self.budget,
            "counts": self.counts,
            "claims": [checked.to_dict() for checked in self.checked],
        }


def claims(document: str) -> tuple[Claim, ...]:
    """Return the claims of a document, unchecked.

    **Arguments:**

    - `document`: "ctrnn", "odernn-2018", "odernn", "paths" or "residual".

    **Raises:**

    - `ValueError` for another name.

    ```python
    import feynax as fx
    assert all(claim.document == "paths" for claim in fx.reproduce.claims("paths"))
    ```
    """
    check_choice("document", document, DOCUMENTS)
    home = importlib.import_module(f"._{document.replace('-', '_')}", __package__)
    return tuple(home.CLAIMS.all)


def reproduce(
    document: str,
    *,
    budget: Budget = "quick",
    only: Sequence[str] = (),
    tell: Callable[[Checked], None] | None = None,
) -> Reproduction:
    """Check every claim of a document.

    **Arguments:**

    - `document`: as in [`feynax.reproduce.claims`][].
    - `budget`: "quick" for small sizes, "full" for those of the document.
    - `only`: places such as "eq. (3.3)"; by default all.
    - `tell`: called after each claim, for progress.

    **Returns:**

    A [`feynax.reproduce.Reproduction`][]; a check that fails is kept with its message.

    ```python
    import feynax as fx
    found = fx.reproduce.reproduce("paths", only=["eq. (3.17)"])
    assert found.checked[0].ruling == "holds"
    ```
    """
    check_choice("budget", budget, _BUDGETS)
    asked = [claim for claim in claims(document) if not only or claim.where in only]
    found = []
    for claim in asked:
        found.append(_checked(claim, budget))
        if tell is not None:
            tell(found[-1])
    return Reproduction(document, DOCUMENTS[document], budget, tuple(found))


def _checked(claim: Claim, budget: Budget) -> Checked:
    start = time.perf_counter()
    if claim.check is None:
        return Checked(claim, None, 0.0)
    try:
        finding, failure = claim.check(budget), ""
    except Exception as err:  # one check that fails must not take the others with it
        finding, failure = None, f"the check failed: {type(err).__name__}: {err}"
    return Checked(claim, finding, time.perf_counter() - start, failure)
