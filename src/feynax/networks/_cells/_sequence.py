"""A cell along a sequence."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray, PyTree

from ..._checks import check, check_shape
from ._cell import AbstractCell, AbstractLinearCell
from ._scan import linear_scan


class Run(NamedTuple):
    """What a cell did along a sequence.

    **Fields:**

    - `outputs`: of each step, (time, hidden).
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
    - `key`: for cells with noise.

    **Returns:**

    The outputs of all steps and the last state. Outputs where `mask` is false repeat the last.

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
    _check_series(cell, xs, dts, mask)
    state = cell.initial_state() if state is None else state
    ready, drives = cell.prepare(), _drives(cell, xs, key)
    if isinstance(cell, AbstractLinearCell):
        return _run_linear(cell, ready, drives, state, dts, mask)

    def body(state: PyTree, given: tuple[PyTree, Any, Any]) -> tuple[PyTree, PyTree]:
        drive, dt, is_there = given
        new = cell.step(ready, state, drive, dt)
        if is_there is not None:
            new = _where(is_there, new, state)
        return new, cell.output(new)

    last, outputs = jax.lax.scan(body, state, (drives, dts, mask))
    return Run(outputs, last)


def _run_linear(
    cell: AbstractLinearCell, ready: PyTree, drives: PyTree, state: PyTree, dts: Any, mask: Any
) -> Run:
    def coefficients(drive: PyTree, dt: Any) -> tuple[PyTree, PyTree]:
        a, b = cell.coefficients(ready, drive, dt)
        return jax.tree.map(lambda a, b: jnp.broadcast_to(a, b.shape), a, b), b

    # None is an empty tree, so that `dts` may be missing under vmap.
    scale, shift = jax.vmap(coefficients)(drives, dts)
    if mask is not None:
        scale = jax.vmap(lambda there, a: _where(there, a, jax.tree.map(jnp.ones_like, a)))(
            mask, scale
        )
        shift = jax.vmap(lambda there, b: _where(there, b, jax.tree.map(jnp.zeros_like, b)))(
            mask, shift
        )
    states = linear_scan(scale, shift, state)
    last = jax.tree.map(lambda s: s[-1], states)
    return Run(jax.vmap(cell.output)(states), last)


def _drives(cell: AbstractCell, xs: Float[Array, "time input"], key: PRNGKeyArray | None) -> PyTree:
    if key is None:
        return jax.vmap(cell.drive)(xs)
    keys = jax.random.split(key, len(xs))
    noisy: Any = cell.drive  # cells with noise take a key here
    return jax.vmap(lambda x, k: noisy(x, key=k))(xs, keys)


def _where(is_there: Array, new: PyTree, old: PyTree) -> PyTree:
    return jax.tree.map(lambda n, o: jnp.where(is_there, n, o), new, old)


def _check_series(cell: AbstractCell, xs: Any, dts: Any, mask: Any) -> None:
    check(xs.ndim == 2, "xs", "have the shape (time, input)", f"shape {xs.shape}")
    must = f"have {cell.input_size} columns, the cell's inputs"
    check(xs.shape[1] == cell.input_size, "xs", must, xs.shape[1])
    check(len(xs) > 0, "xs", "have at least one step", "none")
    for name, array in (("dts", dts), ("mask", mask)):
        if array is not None:
            check_shape(name, array, (len(xs),))
