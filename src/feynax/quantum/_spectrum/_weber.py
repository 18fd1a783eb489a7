"""Weber's real parabolic cylinder function W(a, x) in double precision."""

import math

import numpy as np
from jaxtyping import Float

from ._oscillator import march

LARGEST = 200.0  # of |a|


def weber(a: float, x: Float[np.ndarray, " points"]) -> Float[np.ndarray, " points"]:
    r"""Return $W(a, x)\,(1 + e^{2\pi a})^{-1/4}$ for $|a| \le 200$; $W'' = (a - x^2/4) W$.

    Each side is integrated in the direction in which the solution grows: from 0 to the left,
    from far right to 0. Farther out the asymptotic series holds. Error: about 1e-13 in value and
    $10^{-16} x^2$ in phase, also of the exponentially small right side.

    Source: NIST Digital Library of Mathematical Functions, 12.14.
    """
    edge = max(10.0, 3 * math.sqrt(abs(a)), abs(a) / 2)
    order = np.argsort(x)
    below, middle, above = np.searchsorted(x[order], [-edge, 0.0, edge])
    far_left, left = order[:below][::-1], order[below:middle][::-1]
    right, far_right = order[middle:above][::-1], order[above:]
    found = np.empty(len(x))
    value, slope = _at_zero(a)
    found[left] = march(-0.25, a, 0.0, value, -slope, -x[left])
    value, slope = (float(part[0]) for part in _outside(a, np.array([edge]), 1))
    found[right] = march(-0.25, a, edge, value, slope, x[right])
    found[far_left] = _outside(a, -x[far_left], -1)[0]
    found[far_right] = _outside(a, x[far_right], 1)[0]
    return found


def _at_zero(a: float) -> tuple[float, float]:
    from scipy.special import loggamma

    share = (loggamma(0.25 + 0.5j * a) - loggamma(0.75 + 0.5j * a)).real / 2
    size = -np.logaddexp(0, 2 * math.pi * a) / 4
    log2 = math.log(2)
    return math.exp(size + share - 0.75 * log2), -math.exp(size - share - 0.25 * log2)


def _outside(
    a: float, x: Float[np.ndarray, " points"], side: int
) -> tuple[Float[np.ndarray, " points"], Float[np.ndarray, " points"]]:
    """$W(a, x)$ (side 1) or $W(a, -x)$ (side -1) for large x > 0, and the slope by x."""
    from scipy.special import loggamma

    angle = x * x / 4 - a * np.log(x) + math.pi / 4 + loggamma(0.5 + 1j * a).imag / 2
    total, change = _expansion(a, x)
    log_k = -math.asinh(math.exp(math.pi * a))
    size = math.exp((side * log_k + math.log(2)) / 2 - np.logaddexp(0, 2 * math.pi * a) / 4)
    wave = size * np.exp(1j * angle) / np.sqrt(x)
    slope = wave * (change + total * (1j * (x / 2 - a / x) - 0.5 / x))
    if side > 0:
        return (wave * total).real, slope.real
    return (wave * total).imag, slope.imag


def _expansion(a: float, x: Float[np.ndarray, " points"]) -> tuple[np.ndarray, np.ndarray]:
    """The series $s_1 + i s_2$ in $1/x^2$ and its slope."""
    term = np.ones(len(x), complex)
    total, change = term.copy(), np.zeros(len(x), complex)
    for r in range(1, 60):
        ahead = -1j * (2 * r - 1.5 + 1j * a) * (2 * r - 0.5 + 1j * a) / (2 * r * x * x)
        term = term * ahead
        total, change = total + term, change - 2 * r * term / x
        if np.all(np.abs(term) < 1e-18):
            break
    return total, change
