"""The explicit Runge-Kutta methods of a neural ODE, and the one step that reads them."""

from collections.abc import Callable
from typing import Any

import jax
from jaxtyping import Array, Float, PyTree

from ..equations import TABLEAUX, Tableau

Rate = Callable[[Any, Any], Any]

METHODS: dict[str, Tableau] = {
    name: TABLEAUX[name] for name in ("euler", "midpoint", "heun", "ssprk3", "rk4", "dopri5")
}


def increment(
    tableau: Tableau, rate: Rate, t: Float[Array, ""], y: PyTree[Array], h: Float[Array, ""]
) -> PyTree[Array]:
    r"""Return $\Psi_h(t, y) = h \sum_i b_i k_i$ with $k_i = f(t + c_i h, y + h \sum_j a_{ij} k_j)$.

    One step is $y + \Psi_h(t, y)$; a negative `h` steps backwards. Any tree of arrays.
    """
    slopes: list[Any] = []
    nodes, weights = tableau.nodes.tolist(), tableau.weights.tolist()
    for index, (row, node) in enumerate(zip(tableau.matrix.tolist(), nodes, strict=True)):
        slopes.append(rate(t + node * h, _along(y, row[:index], slopes, h)))
    total = [(w, k) for w, k in zip(weights, slopes, strict=True) if w]
    weights, kept = zip(*total, strict=True)
    return jax.tree.map(lambda *ks: h * _sum(weights, ks), *kept)


def _along(y: Any, row: list[float], slopes: list[Any], h: Array) -> Any:
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
