"""What the checks of a cell run: each program is compiled once, and all of them share it."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..networks import AbstractCell, run

_STEPS = 3


def example_series(cell: AbstractCell, xs: Any = None) -> Float[Array, "time input"]:
    """Return a series in the precision of a cell's weights: the one given, or random steps."""
    leaves = [leaf for leaf in jax.tree.leaves(cell) if eqx.is_inexact_array(leaf)]
    dtype = leaves[0].dtype if leaves else jnp.zeros(()).dtype
    if xs is None:
        xs = np.random.default_rng(4).normal(size=(_STEPS, cell.input_size))
    return jax.device_put(np.asarray(xs).astype(dtype))


@eqx.filter_jit
def step(cell: AbstractCell, state: PyTree, x: Array, dt: Array | None = None) -> tuple[Any, Array]:
    """Return the state after one step, and what is seen of it."""
    new = cell(state, x) if dt is None else cell(state, x, dt)
    return new, cell.output(new)


def steps(cell: AbstractCell, xs: Any, state: PyTree = None) -> tuple[np.ndarray, PyTree]:
    """Return the outputs of single steps and the last state: what a run must give.

    A step is compiled once where a scan is a second program around it.
    """
    state, outputs = cell.initial_state() if state is None else state, []
    for x in np.asarray(xs):
        state, seen = step(cell, state, jax.device_put(x))
        outputs.append(np.asarray(seen))
    return np.stack(outputs), state


@eqx.filter_jit
def runs(cell: AbstractCell, xs: Array, there: Array, dts: Array | None) -> Array:
    """Return the outputs of several masked series at once."""
    return jax.vmap(lambda one: run(cell, one, mask=there, dts=dts).outputs)(xs)


@eqx.filter_jit
def slope(cell: AbstractCell, xs: Array) -> tuple[Array, Any]:
    """Return the outputs of a run, and the gradient of the sum of their sines."""

    def loss(cell: AbstractCell) -> tuple[Array, Array]:
        outputs = run(cell, xs).outputs
        return jnp.sum(jnp.sin(outputs)), outputs

    (_, outputs), found = eqx.filter_value_and_grad(loss, has_aux=True)(cell)
    return outputs, found


def moving(state: PyTree) -> PyTree:
    """Return what moves in a state; whole numbers only count."""
    return eqx.filter(state, eqx.is_inexact_array)


def row(state: PyTree) -> np.ndarray:
    """Return what moves in a state as one row."""
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(moving(state))])


def shifted(state: PyTree, way: list[np.ndarray], by: float) -> PyTree:
    """Return a tree `by` times a way, one array for each leaf that moves, from where it is."""
    leaves, tree = jax.tree.flatten(moving(state))
    pairs = zip(leaves, way, strict=True)
    new = [jax.device_put(np.asarray(leaf) + (by * w).astype(leaf.dtype)) for leaf, w in pairs]
    return eqx.combine(tree.unflatten(new), state)
