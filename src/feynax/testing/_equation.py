"""Whether the record of a cell says what the cell does."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..networks import AbstractCell, CellEquation
from ._demand import demand, distance
from ._programs import example_series, moving, row, shifted, step, steps


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


def _moved(cell: AbstractCell) -> Any:
    """Return a state away from rest, of the size that states have; counters stay."""
    start = cell.initial_state()
    return shifted(start, _ways(start), 0.3)


def _ways(state: Any) -> list[np.ndarray]:
    """Return a fixed direction in which no entry stands out."""
    leaves = enumerate(jax.tree.leaves(moving(state)), 1)
    return [np.cos(k * np.arange(1.0, leaf.size + 1)).reshape(leaf.shape) for k, leaf in leaves]


def _check_embedding(equation: CellEquation, cell: AbstractCell, xs: Array, near: float) -> None:
    net: Any = equation.odernn
    stated = equation.stages, equation.lags, equation.coefficients
    has = len(net.stages), net.lags, net.coefficients
    demand(stated == has, f"the record must state {has} (stages, lags, kind), but states {stated}")
    wanted, last = steps(cell, xs)
    past = row(cell.initial_state()).reshape(net.places.length, -1)
    outputs, memory = steps(net, xs, net.history(jnp.asarray(past)))
    gap = distance(outputs, wanted)
    demand(gap < near, f"the ODERNN must give the cell's outputs, but is {gap:.1e} off")
    gap = distance(row(memory), row(last))
    demand(gap < near, f"the ODERNN must give the cell's states, but is {gap:.1e} off")


def _check_field(
    equation: CellEquation, cell: AbstractCell, state: Any, x: Array, within: _Tolerance
) -> None:
    field, way, tiny = equation.vector_field, _ways(state), within.tiny
    limit = 2 * _rate(cell, state, x, within.short / 2) - _rate(cell, state, x, within.short)
    claimed, slope = _pushed(field, state, way, x)
    gap = distance(limit, claimed)
    demand(gap < within.limit, f"the field must be the limit of short steps, but is {gap:.1e} off")
    up, down = (_pushed(field, shifted(state, way, by), way, x)[0] for by in (tiny, -tiny))
    gap = distance(slope, (up - down) / (2 * tiny))
    demand(
        gap < within.slopes, f"the Jacobian of the field must be its slope, but is {gap:.1e} off"
    )


def _rate(cell: AbstractCell, state: Any, x: Array, dt: float) -> np.ndarray:
    after, _ = step(cell, state, x, jnp.asarray(dt, x.dtype))
    return (row(after) - row(state)) / dt


def _pushed(field: Any, state: Any, way: list[np.ndarray], x: Array) -> tuple[np.ndarray, ...]:
    """Return the field at a state, and its slope along a way."""
    leaves, tree = jax.tree.flatten(moving(state))
    pairs = zip(way, leaves, strict=True)
    along = tree.unflatten([jnp.asarray(w.astype(leaf.dtype)) for w, leaf in pairs])
    velocity, slope = _jvp(field, state, along, x)
    return row(velocity), row(slope)


@eqx.filter_jit
def _jvp(field: Any, state: Any, along: Any, x: Array) -> tuple[Any, Any]:
    velocity = lambda moved: moving(field(eqx.combine(moved, state), x))
    return jax.jvp(velocity, (moving(state),), (along,))


def _check_linear(cell: AbstractCell, state: Array, x: Array, near: float) -> None:
    scaled = (jnp.asarray(by * np.asarray(state)) for by in (0.0, 1.0, 2.0))
    none, once, twice = (np.asarray(step(cell, each, x)[1]) for each in scaled)
    gap = distance(twice - once, once - none)
    demand(gap < near, f"a linear record must have an affine step, but it is {gap:.1e} off")
