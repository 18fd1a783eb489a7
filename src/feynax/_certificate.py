"""A claim with its verdict, and the evidence that anyone can replay."""

import dataclasses
import enum
from collections.abc import Callable
from typing import Any

import numpy as np

from ._checks import check
from ._html import html_table


class Verdict(enum.Enum):
    """What is known about a claim."""

    CERTIFIED = "certified"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclasses.dataclass(frozen=True)
class Witness:
    """Two inputs that a map drives apart further than was claimed.

    `first` and `second` are arrays of one shape; `stretch` is
    $|f(first) - f(second)| / |first - second|$ as it was measured (2-norms).
    """

    first: np.ndarray
    second: np.ndarray
    stretch: float

    def replay(self, function: Callable[[Any], Any]) -> float:
        """Measure the stretch again with any callable, in float64 norms.

        ```python
        import numpy as np, feynax as fx
        witness = fx.Witness(np.array([1.0]), np.array([2.0]), stretch=3.0)
        assert witness.replay(lambda y: 3 * y) == 3.0
        ```
        """
        apart = np.asarray(function(self.first), np.float64) - np.asarray(
            function(self.second), np.float64
        )
        start = np.asarray(self.first, np.float64) - np.asarray(self.second, np.float64)
        return float(np.linalg.norm(apart) / np.linalg.norm(start))


@dataclasses.dataclass(frozen=True)
class Certificate:
    """The answer of `feynax.certify`: a claim, its verdict, and why.

    **Fields:**

    - `claim`: the claim as a sentence.
    - `verdict`: certified, refuted (then `witness` shows it), or undecided (then `bounds` has
      both sides).
    - `because`: the reason in one sentence, with the method.
    - `domain`: for which inputs, times or parameters the claim is meant.
    - `margin`: how far the certified number lies inside its limit (never negative when certified).
    - `rate`: the factor by which distances can grow per layer or unit of time.
    - `bounds`: `(lower, upper)`; the lower one was attained, the upper one was proven.
    - `parts`: certificates of the pieces this one was made of.
    """

    claim: str
    verdict: Verdict
    because: str
    domain: str
    margin: float | None = None
    rate: float | None = None
    bounds: tuple[float, float] | None = None
    witness: Witness | None = None
    parts: tuple["Certificate", ...] = ()

    def __post_init__(self):
        if self.verdict is Verdict.CERTIFIED:
            sound = self.margin is not None and self.margin >= 0
            check(sound, "margin", "be at least 0 for a certified claim", self.margin)
        if self.verdict is Verdict.REFUTED:
            check(self.witness is not None, "witness", "be given for a refuted claim", None)
        if self.verdict is Verdict.UNDECIDED:
            check(self.bounds is not None, "bounds", "be given for an undecided claim", None)

    def __bool__(self) -> bool:
        """Only a certified claim counts as true."""
        return self.verdict is Verdict.CERTIFIED

    def __str__(self) -> str:
        lines = [f"{self.verdict.value}: {self.claim}", f"  because {self.because}"]
        lines.append(f"  for {self.domain}")
        if self.margin is not None:
            lines.append(f"  margin {self.margin:.3g}")
        if self.rate is not None:
            lines.append(f"  rate {self.rate:.4g}")
        if self.bounds is not None:
            lines.append(f"  between {self.bounds[0]:.4g} (attained) and {self.bounds[1]:.4g}")
        if self.witness is not None:
            lines.append(
                f"  witness: two inputs whose distance grows {self.witness.stretch:.4g}-fold"
            )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = {"because": self.because, "for": self.domain, "margin": _short(self.margin)}
        rows |= {"rate": _short(self.rate)}
        if self.bounds is not None:
            lower, upper = map(_short, self.bounds)
            rows["bounds"] = f"{lower} (attained), {upper} (proven)"
        if self.witness is not None:
            rows["witness"] = f"two inputs whose distance grows {self.witness.stretch:.4g}-fold"
        return html_table(f"{self.verdict.value}: {self.claim}", rows)


def _short(number: float | None) -> str | None:
    return None if number is None else f"{number:.4g}"
