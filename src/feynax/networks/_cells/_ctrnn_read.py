"""What the constructors of a continuous-time network read from arrays."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int8

from ..._checks import check, check_finite, check_shape


def read_mask(
    mask: Any, autapses: bool, square: tuple[int, int]
) -> Bool[Array, "hidden hidden"] | None:
    """Connections that exist; `None` where all of them do."""
    if mask is None and autapses:
        return None
    there = np.ones(square, bool) if mask is None else np.asarray(mask).astype(bool)
    check_shape("mask", there, square)
    return jnp.asarray(there if autapses else there & ~np.eye(len(there), dtype=bool))


def read_signs(signs: Any, hidden: int) -> Int8[Array, " hidden"] | None:
    """One sign for each unit."""
    if signs is None:
        return None
    array = np.asarray(signs)
    check_shape("signs", array, (hidden,))
    check(bool(np.all(np.abs(array) == 1)), "signs", "be +1 or -1", array)
    return jnp.asarray(array, jnp.int8)


def read_row(name: str, value: ArrayLike, hidden: int) -> np.ndarray:
    """One number for each unit."""
    array = np.asarray(value, np.float64)
    check(array.shape in ((), (hidden,)), name, f"have shape () or ({hidden},)", array.shape)
    check_finite(name, array)
    return np.broadcast_to(array, (hidden,))


def solve_rates(
    weights: Float[np.ndarray, "hidden hidden"], pushed: Float[np.ndarray, " hidden"]
) -> Float[np.ndarray, " hidden"]:
    """Rates that the weights turn into the given potentials."""
    rates = np.linalg.lstsq(weights, pushed, rcond=None)[0]
    left = float(np.abs(weights @ rates - pushed).max())
    reached = left <= 1e-10 * (1 + float(np.abs(pushed).max()))
    check(reached, "state", "be reached by rates (in the range of the weights)", left)
    return rates
