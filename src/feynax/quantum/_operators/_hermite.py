"""Functions of the harmonic oscillator, by the normalised recurrence."""

import numpy as np
from jaxtyping import Float

_LARGE = 1e100  # rescale from here, far from overflow


def hermite_functions(
    x: Float[np.ndarray, " points"], count: int
) -> Float[np.ndarray, "points count"]:
    r"""Return $(2^n n! \sqrt\pi)^{-1/2} H_n(x) e^{-x^2/2}$ for n < count, at any n and x.

    The Gaussian is kept as a logarithm, so that it cannot underflow where a high function is
    still large.
    """
    values = np.empty((len(x), count))
    last, this = np.zeros_like(x), np.full_like(x, np.pi**-0.25)
    log = -x * x / 2
    for n in range(count):
        values[:, n] = this * np.exp(log)
        last, this = this, np.sqrt(2 / (n + 1)) * x * this - np.sqrt(n / (n + 1)) * last
        large = np.abs(this) > _LARGE
        shrink = np.where(large, 1 / _LARGE, 1.0)
        last, this, log = last * shrink, this * shrink, log - np.log(shrink)
    return values
