"""A cell along a sequence."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray, PyTree

from ..._checks import check, check_count, check_shape
from ._cell import AbstractCell, AbstractLinearCell
from ._invariant import run_invariant
from ._scan import linear_scan

_LARGE_STATE = 8  # numbers of a state for each that is seen, from which all at once are too many


class Run(NamedTuple):
    """What a cell did along a sequence.

    **Fields:**

    - `outputs`: of each step that was asked for, (time, hidden).
    - `state`: after the last step.
    """

    outputs: Float[Array, "time hidden"]
    state: PyTree


def run(
    cell: AbstractCell,
    xs: Float[Array, "time input"],
    *,
    state: PyTree | None = None,
    dts: Float[Array, " time"] | None = None,
    mask: Bool[Array, " time"] | None = None,
    every: int = 1,
    key: PRNGKeyArray | None = None,
) -> Run:
    r"""Run a cell along one sequence; `vmap` makes it a batch.

    **Arguments:**

    - `cell`: any cell of `feynax.networks`, or your own.
    - `xs`: the inputs.
    - `state`: before the first step; the cell's own by default.
    - `dts`: time since the last sample, in units of the sampling step the cell was trained with,
      for cells that declare an ODE; all one where it is left out.
    - `mask`: steps that exist. At the others the state is held, so that series of unequal length
      can be padded: the last state is that of the last step that exists.
    - `every`: give the outputs of every so many steps only, the last of them included. For cells
      that are linear and time-invariant the steps in between then cost one small product.
    - `key`: for cells with noise.

    **Returns:**

    The outputs and the last state. Outputs where `mask` is false repeat the last.

    **Raises:**

    - `ValueError` where shapes do not fit, where the series is empty, or where a cell that
      declares no ODE is given `dts`.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.GRU(2, 4, key=jax.random.key(0))
    xs = jnp.ones((6, 2))
    outputs, last = fx.networks.run(cell, xs)
    held = fx.networks.run(cell, xs, mask=jnp.arange(6) < 3).state
    assert outputs.shape == (6, 4) and jnp.allclose(held, outputs[2])
    ```
    """
    _check_series(cell, xs, dts, mask, every)
    state = cell.initial_state() if state is None else state
    ready = cell.prepare()
    in_chunks = every > 1 and dts is None and mask is None
    if isinstance(cell, AbstractLinearCell) and (in_chunks or _may_hold_all(state, cell)):
        if cell.time_invariant and dts is None and mask is None:
            states = run_invariant(cell, ready, xs, state, every)
        else:
            states = _linear_states(cell, ready, _drives(cell, xs, key), state, dts, mask)
            states = jax.tree.map(lambda s: s[every - 1 :: every], states)
        return Run(jax.vmap(cell.output)(states), jax.tree.map(lambda s: s[-1], states))

    def turn(state: PyTree, given: tuple[PyTree, Any, Any]) -> tuple[PyTree, None]:
        drive, dt, is_there = given
        new = cell.step(ready, state, drive, dt)
        return (new if is_there is None else _where(is_there, new, state)), None

    def body(state: PyTree, given: tuple[PyTree, Any, Any]) -> tuple[PyTree, PyTree]:
        new, _ = turn(state, given) if every == 1 else jax.lax.scan(turn, state, given)
        return new, cell.output(new)

    # None is an empty tree, so that `dts` and `mask` may be missing.
    given = (_drives(cell, xs, key), dts, mask)
    if every > 1:
        given = jax.tree.map(lambda a: a.reshape(-1, every, *a.shape[1:]), given)
    last, outputs = jax.lax.scan(body, state, given)
    return Run(outputs, last)


def _may_hold_all(state: PyTree, cell: AbstractLinearCell) -> bool:
    """Whether all states at once cost less than one after the other.

    On accelerators they do, since they are found in parallel. On one CPU core, where the states
    of S4D hold 32 numbers for each that is seen, they took 103 ms a gradient instead of 36 (30
    series of 29 samples, 64 channels); states as large as outputs are a fifth faster together.
    """
    numbers = sum(leaf.size for leaf in jax.tree.leaves(state))
    return jax.default_backend() != "cpu" or numbers < _LARGE_STATE * cell.hidden_size


def _linear_states(
    cell: AbstractLinearCell, ready: PyTree, drives: PyTree, state: PyTree, dts: Any, mask: Any
) -> PyTree:
    def coefficients(drive: PyTree, dt: Any, is_there: Any) -> tuple[PyTree, PyTree]:
        a, b = cell.coefficients(ready, drive, dt)
        a = jax.tree.map(lambda a, b: jnp.broadcast_to(a, b.shape), a, b)
        if is_there is None:
            return a, b
        held = jax.tree.map(jnp.ones_like, a), jax.tree.map(jnp.zeros_like, b)
        return _where(is_there, (a, b), held)

    return linear_scan(*jax.vmap(coefficients)(drives, dts, mask), state)


def _drives(cell: AbstractCell, xs: Float[Array, "time input"], key: PRNGKeyArray | None) -> PyTree:
    if key is None:
        return jax.vmap(cell.drive)(xs)
    keys = jax.random.split(key, len(xs))
    noisy: Any = cell.drive  # cells with noise take a key here
    return jax.vmap(lambda x, k: noisy(x, key=k))(xs, keys)


def _where(is_there: Array, new: PyTree, old: PyTree) -> PyTree:
    return jax.tree.map(lambda n, o: jnp.where(is_there, n, o), new, old)


def _check_series(cell: AbstractCell, xs: Any, dts: Any, mask: Any, every: int) -> None:
    check(xs.ndim == 2, "xs", "have the shape (time, input)", f"shape {xs.shape}")
    must = f"have {cell.input_size} columns, the cell's inputs"
    check(xs.shape[1] == cell.input_size, "xs", must, xs.shape[1])
    check(len(xs) > 0, "xs", "have at least one step", "none")
    check_count("every", every)
    check(len(xs) % every == 0, "every", f"divide the {len(xs)} steps", every)
    for name, array in (("dts", dts), ("mask", mask)):
        if array is not None:
            check_shape(name, array, (len(xs),))
