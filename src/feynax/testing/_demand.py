"""One voice for everything that a check finds wrong."""

from typing import Any

import numpy as np


def demand(holds: Any, sentence: str) -> None:
    """Raise an `AssertionError` of one sentence where something does not hold."""
    if not holds:
        raise AssertionError(f"{sentence}.")


def distance(one: Any, other: Any) -> float:
    """Largest difference, relative to the second's size or one; infinite where not finite."""
    one, other = np.asarray(one), np.asarray(other)
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return np.inf
    return float(
        np.max(np.abs(one - other), initial=0.0) / max(np.abs(other).max(initial=0.0), 1.0)
    )
