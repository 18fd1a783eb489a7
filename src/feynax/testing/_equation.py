"""Whether the record of a cell says what the cell does."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from ..networks import AbstractCell, CellEquation, run
from ._demand import demand, distance

_STEPS = 3


class _Tolerance:
    """How well things can be compared in the precision of a cell."""

    def __init__(self, dtype: Any):
        eps = float(jnp.finfo(dtype).eps)
        self.near = eps**0.6  # of the same map computed twice
        self.short, self.limit = eps**0.2, 20 * eps**0.4  # steps whose limit is the field
        self.tiny, self.slopes = eps ** (1 / 3), 10 * eps**0.5  # central differences


def check_equation(
    equation: CellEquation, cell: AbstractCell, xs: Float[Array, "time input"] | None = None
) -> None:
    r"""Check the record of a cell against the cell, step by step.

    What is checked, in this order:

    1. the ODERNN of the record, if there is one, gives the outputs and the states of the cell,
       and has the `stages`, `lags` and `coefficients` that the record states;
    2. the vector field, if there is one, is the limit of the cell's steps,
       $(\Phi_{dt}(s, x) - s)/dt \to f(s, x)$;
    3. its Jacobian is what central differences find;
    4. a record that is `linear` belongs to a step that is affine in the state, where the state is
       one array.

    **Arguments:**

    - `equation`: what `cell.equation()` or [`feynax.as_equation`][] gave.
    - `cell`: of which it is the record.
    - `xs`: one series of inputs; by default three random steps.

    **Raises:**

    - `AssertionError` with one sentence that names what failed.

    ```python
    import jax, feynax as fx
    cell = fx.networks.LeakyRNN(2, 3, key=jax.random.key(0))
    fx.testing.check_equation(cell.equation(), cell)
    ```
    """
    series = example_series(cell, xs)
    within = _Tolerance(series.dtype)
    if equation.odernn is not None:
        _check_embedding(equation, cell, series, within.near)
    state = _moved(cell)
    if equation.vector_field is not None:
        _check_field(equation, cell, state, series[0], within)
    if equation.linear and isinstance(state, jax.Array):
        _check_linear(cell, state, series[0], within.near)


def example_series(cell: AbstractCell, xs: Any = None) -> Float[Array, "time input"]:
    """Return a series in the precision of a cell's weights: the one given, or random steps."""
    leaves = [leaf for leaf in jax.tree.leaves(cell) if eqx.is_inexact_array(leaf)]
    dtype = leaves[0].dtype if leaves else jnp.zeros(()).dtype
    if xs is not None:
        return jnp.asarray(np.asarray(xs), dtype)
    return jax.random.normal(jax.random.key(4), (_STEPS, cell.input_size), dtype)


def _moved(cell: AbstractCell) -> Any:
    """Return a state away from rest, of the size that states have; counters stay."""
    moving, still = eqx.partition(cell.initial_state(), eqx.is_inexact_array)
    row, back = ravel_pytree(moving)
    return eqx.combine(back(row + 0.3 * _waves(row)), still)


def _waves(row: Array) -> Array:
    """Return a fixed direction in which no entry stands out."""
    return jnp.asarray(np.cos(1.0 + np.arange(row.size)), row.dtype)


def _check_embedding(equation: CellEquation, cell: AbstractCell, xs: Array, near: float) -> None:
    net: Any = equation.odernn
    stated = equation.stages, equation.lags, equation.coefficients
    has = len(net.stages), net.lags, net.coefficients
    demand(stated == has, f"the record must state {has} (stages, lags, kind), but states {stated}")
    outputs, states = _embedded(cell, net, xs)
    gap = distance(*outputs)
    demand(gap < near, f"the ODERNN must give the cell's outputs, but is {gap:.1e} off")
    gap = distance(*states)
    demand(gap < near, f"the ODERNN must give the cell's states, but is {gap:.1e} off")


@eqx.filter_jit
def _embedded(cell: AbstractCell, net: Any, xs: Array) -> tuple[Any, Any]:
    start = ravel_pytree(cell.initial_state())[0]
    outputs, memory = run(net, xs, state=net.history(start.reshape(net.places.length, -1)))
    right, last = run(cell, xs)
    return (outputs, right), (memory.history.reshape(-1), ravel_pytree(last)[0])


def _check_field(
    equation: CellEquation, cell: AbstractCell, state: Any, x: Array, within: _Tolerance
) -> None:
    field: Any = equation.vector_field
    rate = lambda dt: _rates(cell, state, x, jnp.asarray(dt, x.dtype))
    limit = 2 * rate(within.short / 2) - rate(within.short)
    claimed = ravel_pytree(field(state, x))[0]
    gap = distance(limit, claimed)
    demand(gap < within.limit, f"the field must be the limit of short steps, but is {gap:.1e} off")
    row, back = ravel_pytree(state)
    flat = eqx.filter_jit(lambda row: ravel_pytree(field(back(row), x))[0])
    way, tiny = _waves(row), within.tiny
    _, slope = jax.jvp(flat, (row,), (way,))
    measured = (flat(row + tiny * way) - flat(row - tiny * way)) / (2 * tiny)
    gap = distance(slope, measured)
    demand(
        gap < within.slopes, f"the Jacobian of the field must be its slope, but is {gap:.1e} off"
    )


@eqx.filter_jit
def _rates(cell: AbstractCell, state: Any, x: Array, dt: Array) -> Array:
    before, after = ravel_pytree(state)[0], ravel_pytree(cell(state, x, dt))[0]
    return (after - before) / dt.astype(before.dtype)


@eqx.filter_jit
def _seen(cell: AbstractCell, state: Any, x: Array) -> Array:
    return cell.output(cell(state, x))


def _check_linear(cell: AbstractCell, state: Any, x: Array, near: float) -> None:
    scale = lambda by: jax.tree.map(lambda s: by * s if eqx.is_inexact_array(s) else s, state)
    none, once, twice = (_seen(cell, scale(by), x) for by in (0.0, 1.0, 2.0))
    gap = distance(twice - once, once - none)
    demand(gap < near, f"a linear record must have an affine step, but it is {gap:.1e} off")
