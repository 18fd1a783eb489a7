"""Which past state each stage reads."""

import warnings
from typing import Literal, NamedTuple

from ..._checks import check_choice, check_count

Variant = Literal["later", "earlier"]


class Lags(NamedTuple):
    """Places in the history, newest first: of each stage, the output's argument, and its skip."""

    stages: tuple[int, ...]
    output: int
    skip: int
    length: int


def schedule(n: int, t: int, variant: Variant) -> Lags:
    """Return where the history is read, and how long it must be.

    The later document reads `Y_{l - floor(t (q-1)/n)}`. The earlier one reads
    `Y_{l + floor(t (q-1)/n)}` on the way to the output `Y_{l+t}`.
    """
    check_count("stages", n)
    check_count("lags", t)
    check_choice("variant", variant, ("later", "earlier"))
    if t > n:
        text = f"With {n} stages only {n} of {t} lags are used; give as many stages as lags."
        warnings.warn(text, stacklevel=4)
    marks = [t * (q - 1) // n for q in range(1, n + 1)]
    if variant == "later":
        return Lags(tuple(marks), marks[-1], 0, marks[-1] + 1)
    places = tuple(t - mark - 1 for mark in marks)
    return Lags(places, places[-1], t - 1, t)
