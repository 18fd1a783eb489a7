"""Cells as plain maps on real vectors, as the analyses of `feynax.equations` take them."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree

from ..._checks import check, check_shape
from ._cell import AbstractCell


class DrivenMap(eqx.Module):
    """A cell as a function of a flat real state and an input; see `driven`.

    **Fields:**

    - `cell`: the cell.
    - `dt`: time between samples, or `None` for one sample.
    """

    cell: AbstractCell
    dt: Float[Array, ""] | None

    @property
    def start(self) -> Float[Array, " n"]:
        """The cell's initial state, flattened."""
        return flatten_state(self.cell.initial_state())

    def __call__(self, y: Float[Array, " n"], x: Float[Array, " input"]) -> Float[Array, " n"]:
        """Next state."""
        state = _unflattener(self.cell)(y)
        return flatten_state(self.cell(state, x.astype(y.dtype), self.dt)).astype(y.dtype)


class HeldMap(eqx.Module):
    """A cell at a held input, as a function of a flat real state alone; see `held`.

    **Fields:**

    - `driven`: the cell as a driven map.
    - `x`: the input that is held.
    """

    driven: DrivenMap
    x: Float[Array, " input"]

    @property
    def start(self) -> Float[Array, " n"]:
        """The cell's initial state, flattened."""
        return self.driven.start

    def __call__(self, y: Float[Array, " n"]) -> Float[Array, " n"]:
        """Next state."""
        return self.driven(y, self.x)


def driven(cell: AbstractCell, *, dt: float | None = None) -> DrivenMap:
    r"""Return a cell as a map $(y, x) \mapsto y'$ on flat real states.

    States that are trees are ravelled; complex parts are split into real and imaginary ones, so
    that their Jacobian exists though the cell may not be holomorphic. Whole numbers in a state,
    such as a counter of steps, stay as they are in the initial one.

    **Arguments:**

    - `cell`: any cell.
    - `dt`: time between samples, for cells that declare an ODE.

    **Returns:**

    A callable with the initial state as `start`, for analyses along data such as
    [`feynax.equations.gradient_growth`][].

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    step = fx.networks.driven(fx.networks.LSTM(2, 3, key=jax.random.key(0)))
    growth = fx.equations.gradient_growth(step, step.start, jnp.ones((5, 2)))
    assert growth.log_singular.shape == (6,)
    ```
    """
    return DrivenMap(cell, None if dt is None else jnp.asarray(dt))


def held(
    cell: AbstractCell, x: Float[Array, " input"] | None = None, *, dt: float | None = None
) -> HeldMap:
    """Return a cell at a held input as a map on flat real states.

    **Arguments:**

    - `cell`, `dt`: as in [`feynax.networks.driven`][].
    - `x`: the input that is held; zeros by default.

    **Returns:**

    A callable with the initial state as `start`.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.GRU(2, 3, key=jax.random.key(0))
    found = fx.equations.fixed_points(fx.networks.held(cell), jnp.zeros((1, 3)))
    assert len(found) == 1
    ```
    """
    step = driven(cell, dt=dt)
    x = jnp.zeros(cell.input_size, step.start.dtype) if x is None else jnp.asarray(x)
    check_shape("x", x, (cell.input_size,))
    return HeldMap(step, x)


def held_field(
    cell: AbstractCell, x: Float[Array, " input"] | None = None
) -> Callable[[Float[Array, " n"]], Float[Array, " n"]]:
    """Return the vector field that a cell declares, at a held input, on flat real states.

    **Arguments:**

    - `cell`: one whose equation has a `vector_field`; its unit of time is one sample.
    - `x`: the input that is held; zeros by default.

    **Raises:**

    - `ValueError` where the cell declares no such field.

    ```python
    import jax.numpy as jnp, feynax as fx
    cell = fx.networks.CTRNN.from_arrays([[5.0]], bias=[-2.5])
    field = fx.networks.held_field(cell)
    found = fx.equations.fixed_points(field, [[0.0], [2.4], [5.0]], kind="field")
    assert sorted(found.stability) == ["stable", "stable", "unstable"]
    ```
    """
    name = type(cell).__name__
    check(cell.equation().vector_field is not None, "cell", "declare a vector field", name)
    return HeldField(held(cell, x))


class HeldField(eqx.Module):
    """The vector field of a cell at a held input; see `held_field`.

    **Fields:**

    - `held`: the cell at its input.
    """

    held: HeldMap

    @property
    def start(self) -> Float[Array, " n"]:
        """The cell's initial state, flattened."""
        return self.held.start

    def __call__(self, y: Float[Array, " n"]) -> Float[Array, " n"]:
        """Velocity."""
        cell = self.held.driven.cell
        field: Any = cell.equation().vector_field
        velocity = field(_unflattener(cell)(y), self.held.x.astype(y.dtype))
        return flatten_state(velocity).astype(y.dtype)


def flatten_state(state: PyTree) -> Float[Array, " n"]:
    """Return a state as one real vector, complex leaves as real parts before imaginary ones."""
    return ravel_pytree(jax.tree.map(_split, eqx.filter(state, eqx.is_inexact_array)))[0]


def _split(leaf: Array) -> PyTree:
    return (leaf.real, leaf.imag) if jnp.iscomplexobj(leaf) else leaf


def _unflattener(cell: AbstractCell) -> Callable[[Array], PyTree]:
    """The inverse of `flatten_state`, for states like the cell's initial one."""
    like, whole = eqx.partition(cell.initial_state(), eqx.is_inexact_array)
    unravel = ravel_pytree(jax.tree.map(_split, like))[1]

    def join(leaf: Array, parts: Any) -> Array:
        return jax.lax.complex(*parts) if jnp.iscomplexobj(leaf) else parts

    def unflatten(y: Array) -> PyTree:
        return eqx.combine(jax.tree.map(join, like, unravel(y)), whole)

    return unflatten
