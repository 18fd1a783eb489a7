"""Explicit Runge-Kutta methods as tables of numbers, and the one step that reads them."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Float, PyTree

Rate = Callable[[Any, Any], Any]


class Tableau(NamedTuple):
    """Coefficients of an explicit method: strictly lower rows `a`, weights `b`, nodes `c`."""

    a: tuple[tuple[float, ...], ...]
    b: tuple[float, ...]
    c: tuple[float, ...]
    order: int


def _tableau(order: int, weights: str, *rows: str) -> Tableau:
    """Read rows of exact fractions; the nodes are the sums of the rows."""
    a = [[Fraction(entry) for entry in row.split()] for row in ("", *rows)]
    b = [Fraction(entry) for entry in weights.split()]
    return Tableau(
        tuple(tuple(float(entry) for entry in row) for row in a),
        tuple(float(entry) for entry in b),
        tuple(float(sum(row, Fraction(0))) for row in a),
        order,
    )


METHODS: dict[str, Tableau] = {
    "euler": _tableau(1, "1"),
    "midpoint": _tableau(2, "0 1", "1/2"),
    "heun": _tableau(2, "1/2 1/2", "1"),
    "ssprk3": _tableau(3, "1/6 1/6 2/3", "1", "1/4 1/4"),
    "rk4": _tableau(4, "1/6 1/3 1/3 1/6", "1/2", "0 1/2", "0 0 1"),
    "dopri5": _tableau(
        5,
        "35/384 0 500/1113 125/192 -2187/6784 11/84",
        "1/5",
        "3/40 9/40",
        "44/45 -56/15 32/9",
        "19372/6561 -25360/2187 64448/6561 -212/729",
        "9017/3168 -355/33 46732/5247 49/176 -5103/18656",
    ),
}


def increment(
    tableau: Tableau, rate: Rate, t: Float[Array, ""], y: PyTree[Array], h: Float[Array, ""]
) -> PyTree[Array]:
    r"""Return $\Psi_h(t, y) = h \sum_i b_i k_i$ with $k_i = f(t + c_i h, y + h \sum_j a_{ij} k_j)$.

    One step is $y + \Psi_h(t, y)$; a negative `h` steps backwards. Any tree of arrays.
    """
    slopes: list[Any] = []
    for row, node in zip(tableau.a, tableau.c, strict=True):
        slopes.append(rate(t + node * h, _along(y, row, slopes, h)))
    total = [(w, k) for w, k in zip(tableau.b, slopes, strict=True) if w]
    weights, kept = zip(*total, strict=True)
    return jax.tree.map(lambda *ks: h * _sum(weights, ks), *kept)


def _along(y: Any, row: tuple[float, ...], slopes: list[Any], h: Array) -> Any:
    used = [(w, k) for w, k in zip(row, slopes, strict=True) if w]
    if not used:
        return y
    weights, kept = zip(*used, strict=True)
    return jax.tree.map(lambda start, *ks: start + h * _sum(weights, ks), y, *kept)


def _sum(weights: tuple[float, ...], slopes: tuple[Array, ...]) -> Array:
    total = weights[0] * slopes[0]
    for weight, slope in zip(weights[1:], slopes[1:], strict=True):
        total = total + weight * slope
    return total
