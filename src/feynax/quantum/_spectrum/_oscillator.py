"""Solutions of u'' = (curvature x^2 + shift) u by Taylor steps, as far as they are wanted."""

import math

import numpy as np
from jaxtyping import Float, Inexact

_TERMS = 34
_REACH = 1.5  # of a step, in local units of length: 3^34/34! is below rounding


def march(
    curvature: float,
    shift: complex,
    start: float,
    value: complex,
    slope: complex,
    points: Float[np.ndarray, " points"],
) -> Inexact[np.ndarray, " points"]:
    """Return $u$ at points on one side of `start`, sorted by their distance from it.

    A solution that decays away from `start` is lost in the one that grows: errors are of the size
    of rounding times the largest solution.
    """
    found = np.empty(len(points), np.result_type(shift, value, slope, np.float64))
    way = 1.0 if len(points) and points[-1] > start else -1.0
    ahead, x, done = way * (points - start), start, 0
    gone = 0.0
    while done < len(points):
        step = _REACH / _rate(curvature, shift, x)
        series = _series(curvature, shift, x, value, slope)
        stop = int(np.searchsorted(ahead, gone + step, side="right"))
        found[done:stop] = np.polyval(series[::-1], points[done:stop] - x)
        end = x + way * step
        value, slope = _advance(series, end - x)
        x, gone, done = end, way * (end - start), stop
    return found


def even_and_odd(
    curvature: float, shift: complex, x: Float[np.ndarray, " points"]
) -> tuple[Inexact[np.ndarray, " points"], Inexact[np.ndarray, " points"]]:
    """Return the solutions with $u, u' = 1, 0$ and $0, 1$ at 0, at points in any order."""
    order = np.argsort(np.abs(x))
    far, even, odd = np.abs(x)[order], *np.empty((2, len(x)), np.result_type(shift, np.float64))
    even[order] = march(curvature, shift, 0.0, 1.0, 0.0, far)
    odd[order] = march(curvature, shift, 0.0, 0.0, 1.0, far)
    return even, np.sign(x) * odd


def steps(curvature: float, shift: complex, distance: float) -> float:
    """About how many steps lead this far from 0."""
    return distance * _rate(curvature, shift, distance) / _REACH


def _rate(curvature: float, shift: complex, x: float) -> float:
    return math.sqrt(abs(shift)) + math.sqrt(abs(curvature)) * abs(x) + abs(curvature) ** 0.25


def _series(
    curvature: float, shift: complex, x: float, value: complex, slope: complex
) -> list[complex]:
    here, linear = curvature * x * x + shift, 2 * curvature * x
    c = [value, slope, here * value / 2, (here * slope + linear * value) / 6]
    for k in range(2, _TERMS - 2):
        total = here * c[k] + linear * c[k - 1] + curvature * c[k - 2]
        c.append(total / ((k + 2) * (k + 1)))
    return c


def _advance(series: list[complex], step: float) -> tuple[complex, complex]:
    value, slope = 0.0, 0.0
    for coefficient in reversed(series):
        value, slope = value * step + coefficient, slope * step + value
    return value, slope
