"""Gradients of a solved equation, one by name: what is kept, what is computed again."""

import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from ..equations import Tableau
from ._reversible import relative_distance, reversible_scan, round_trip
from ._runge_kutta import Rate, increment

Solve = Callable[[Rate, Any, Array, Array], Any]


def fixed_solve(tableau: Tableau, steps: int, checkpoint: bool) -> Solve:
    """Equal steps in a scan; with `checkpoint` its gradient keeps about 2 sqrt(steps) states."""

    def solve(rate: Rate, y0: Any, t0: Array, t1: Array) -> Any:
        h = (t1 - t0) / steps

        def step(y, n):
            push = increment(tableau, rate, t0 + n.astype(h.dtype) * h, y, h)
            return jax.tree.map(jnp.add, y, push), None

        def some(y, numbers):
            return jax.lax.scan(step, y, numbers)

        if not checkpoint:
            return some(y0, jnp.arange(steps))[0]
        inner = math.isqrt(steps)
        outer = steps // inner
        chunk = jax.checkpoint(some, prevent_cse=False)  # pyright: ignore[reportPrivateImportUsage]
        y, _ = jax.lax.scan(chunk, y0, jnp.arange(inner * outer).reshape(outer, inner))
        return chunk(y, jnp.arange(inner * outer, steps))[0]

    return solve


def reversible_solve(
    tableau: Tableau, steps: int, coupling: float, field: Any, y0: Array, t0: Array, t1: Array
) -> Array:
    """Equal steps of the two-state scheme; the gradient walks the states back exactly."""
    forward, backward = _coupled_steps(tableau, coupling)
    params = (field, t0, (t1 - t0) / steps)
    return reversible_scan(forward, backward, params, (y0, y0), jnp.arange(steps))[0]


def reversible_error(
    tableau: Tableau, steps: int, coupling: float, field: Any, y0: Array, t0: Array, t1: Array
) -> Array:
    """Relative round-trip error of the two-state scheme."""
    forward, backward = _coupled_steps(tableau, coupling)
    params = (field, t0, (t1 - t0) / steps)
    return round_trip(forward, backward, params, (y0, y0), jnp.arange(steps))


def _coupled_steps(tableau: Tableau, coupling: float) -> tuple[Any, Any]:
    def push(params, n, y, direction):
        field, t0, h = params
        t = t0 + n.astype(h.dtype) * h
        return increment(tableau, field, t, y, direction * h)

    def forward(params, state, n):
        y, z = state
        y = coupling * y + (1 - coupling) * z + push(params, n, z, 1)
        return y, z - push(params, n + 1, y, -1)

    def backward(params, state, n):
        y, z = state
        z = z + push(params, n + 1, y, -1)
        return (y - (1 - coupling) * z - push(params, n, z, 1)) / coupling, z

    return forward, backward


def backsolve(
    solve: Solve, limit: float | None, field: Any, y0: Array, t0: Array, t1: Array
) -> Array:
    """Solve; the gradient integrates state, adjoint and parameters' gradient backwards."""
    return _backsolve((field, y0, t0, t1), solve, limit)


def backsolve_error(solve: Solve, field: Any, y0: Array, t0: Array, t1: Array) -> Array:
    """Relative distance of psi(t0) from where the solved state, integrated back, arrives."""
    return relative_distance(solve(field, solve(field, y0, t0, t1), t1, t0), y0)


@eqx.filter_custom_vjp
def _backsolve(given: Any, solve: Solve, limit: float | None) -> Array:
    field, y0, t0, t1 = given
    return solve(field, y0, t0, t1)


@_backsolve.def_fwd
def _(perturbed, given, solve, limit):
    y1 = _backsolve(given, solve, limit)
    return y1, y1


@_backsolve.def_bwd
def _(y1, cotangent, perturbed, given, solve, limit):
    field, y0, t0, t1 = given
    learned, fixed = eqx.partition(field, eqx.is_inexact_array)

    def rate(t, state):
        y, a, _ = state
        f, pull = jax.vjp(lambda p, y: eqx.combine(p, fixed)(t, y), learned, y)
        grown, pulled = pull(a)
        return f, -pulled, jax.tree.map(jnp.negative, grown)

    start = (y1, cotangent, jax.tree.map(jnp.zeros_like, learned))
    y, a, total = solve(rate, start, t1, t0)
    if limit is not None:
        error = relative_distance(y, y0)
        a = eqx.error_if(
            a,
            ~(error <= limit),  # also NaN
            f"The backward solution misses psi(t0) by more than round_trip_limit = {limit:g}: "
            'this gradient would be wrong; use adjoint="checkpoint".',
        )
    return total, a, -jnp.sum(a * field(t0, y0)), jnp.sum(cotangent * field(t1, y1))
