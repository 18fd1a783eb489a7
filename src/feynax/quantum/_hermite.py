"""Functions of the harmonic oscillator, by the normalised recurrence."""

import itertools
import math
from collections.abc import Iterator

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

_FAR = 1e60  # where every function is 0, and a step of the recurrence cannot overflow
_TALL = 2.0**300


def hermite_function(
    n: int, x: Float[np.ndarray, "*points"], exponent: Float[ArrayLike, "*points"] = 0.0
) -> Float[np.ndarray, "*points"]:
    r"""Return $h_n(x) = (2^n n! \sqrt\pi)^{-1/2} H_n(x) e^{-x^2/2}$ times $e^{\text{exponent}}$.

    For `n` up to many thousands.
    """
    return next(itertools.islice(_functions(x, exponent), n, None))


def hermite_functions(
    x: Float[np.ndarray, " points"], count: int
) -> Float[np.ndarray, "points count"]:
    """Return the first so many of them, one a column."""
    return np.stack(list(itertools.islice(_functions(x, 0.0), count)), axis=-1)


def _functions(
    x: Float[np.ndarray, "*points"], exponent: Float[ArrayLike, "*points"]
) -> Iterator[Float[np.ndarray, "*points"]]:
    """All of them in turn.

    The exponential is kept apart as a logarithm: it alone is less than the smallest float long
    before a high function is small.
    """
    x = np.clip(x, -_FAR, _FAR)
    last, now = np.zeros_like(x), np.full_like(x, math.pi**-0.25)
    grown = exponent - x * x / 2
    for k in itertools.count():
        yield now * np.exp(grown)
        last, now = now, math.sqrt(2 / (k + 1)) * x * now - math.sqrt(k / (k + 1)) * last
        tall = np.abs(now) > _TALL
        if tall.any():
            shrink = np.where(tall, 1 / _TALL, 1.0)
            last, now = last * shrink, now * shrink
            grown = grown - np.log(shrink)
