"""One voice for wrong arguments: "Argument `x` must ..., but has ..."."""

import math
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np


def check(condition: bool, name: str, must: str, has: object) -> None:
    """Raise the house's `ValueError` unless `condition` holds.

    Only for conditions that plain Python can decide: shapes, kinds, static values.
    """
    if not condition:
        raise ValueError(f"Argument `{name}` must {must}, but has {has}.")


def check_positive(name: str, value: float) -> None:
    """Refuse zero, negative numbers, infinities and NaN."""
    check(bool(math.isfinite(value) and value > 0), name, "be positive and finite", value)


def check_count(name: str, value: Any, least: int = 1) -> None:
    """Refuse anything but a whole number of at least `least`."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    check(
        bool(whole and value >= least), name, f"be a whole number of at least {least}", repr(value)
    )


def check_choice(name: str, value: object, choices: Collection[str]) -> None:
    """Refuse a name that is not among `choices`."""
    check(value in choices, name, f"be one of {', '.join(sorted(choices))}", repr(value))


def check_shape(name: str, array: Any, shape: Iterable[int | str | None]) -> None:
    """Refuse an array of another shape; a name or `None` stands for any length."""
    wanted = tuple(shape)
    has = np.shape(array)
    fits = len(has) == len(wanted) and all(
        not isinstance(w, int) or w == h for w, h in zip(wanted, has, strict=False)
    )
    text = ", ".join("any" if w is None else str(w) for w in wanted)
    check(fits, name, f"have shape ({text})", f"shape {has}")


def check_finite(name: str, array: Any) -> None:
    """Refuse NaN and infinities in an array that is not traced, naming the first place."""
    values = np.asarray(array)
    bad = ~np.isfinite(values)
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        check(False, name, "be finite", f"{values[place]} at index {place}")
