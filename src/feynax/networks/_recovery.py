"""How far back the states of an invertible cell can be recovered, step by step."""

import dataclasses
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from .._checks import check, check_choice, check_positive, check_shape
from ._cells._invertible import AbstractInvertibleCell
from ._reversible_run import cell_walk
from ._reversible_walk import Walk, at_step, largest


@dataclasses.dataclass(frozen=True)
class Recovery:
    """The error of states that were recovered by walking back.

    **Fields:**

    - `errors`: largest error over the largest entry of all states, after 1, 2, ... steps back.
    - `limit`: error from which on recovery counts as lost.
    - `dtype`: precision of the walk; `exact`: whether whole numbers were carried.
    """

    errors: np.ndarray
    limit: float
    dtype: str
    exact: bool

    @property
    def lost(self) -> int | None:
        """Number of steps back at which recovery is lost, or `None` where it never is."""
        beyond = ~(self.errors <= self.limit)
        return int(np.argmax(beyond)) + 1 if beyond.any() else None

    def __str__(self) -> str:
        how = f"{self.dtype}, {'whole numbers' if self.exact else 'floating point'}"
        steps = len(self.errors)
        if self.lost is None:
            return f"recovered {steps} steps back to {self.errors.max():.2g} ({how})"
        reached = f"error {self.errors[-1]:.2g} after {steps}"
        return f"recovery lost {self.lost} steps back (limit {self.limit:g}; {reached}; {how})"


def recovery(
    cell: AbstractInvertibleCell,
    xs: Float[Array, "time input"],
    *,
    state: PyTree | None = None,
    dts: Float[Array, " time"] | None = None,
    exact: bool = False,
    dtype: Literal["float32", "float64"] | None = None,
    limit: float = 0.01,
) -> Recovery:
    r"""Run a cell forward along a sequence, walk all the way back, and compare the states.

    Invertible in mathematics is not invertible in floating point: where the flow is chaotic,
    rounding errors grow exponentially in both directions.

    **Arguments:**

    - `cell`, `xs`, `state`, `dts`, `exact`: as in [`feynax.networks.reversible_run`][].
    - `dtype`: precision of both walks; the cell's own by default.
    - `limit`: relative error from which on recovery counts as lost.

    **Returns:**

    The errors over the steps, and where recovery is lost.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.SymplecticRNN(1, 4, key=jax.random.key(0))
    found = fx.networks.recovery(cell, jnp.ones((50, 1)), dtype="float32")
    assert found.lost is None and found.errors.shape == (50,)
    exact = fx.networks.recovery(cell, jnp.ones((50, 1)), exact=True)
    assert not exact.errors.any()
    ```
    """
    check(xs.ndim == 2 and len(xs) > 0, "xs", "have the shape (time >= 1, input)", xs.shape)
    check_positive("limit", limit)
    if dts is not None:
        check_shape("dts", dts, (len(xs),))
    state = cell.initial_state() if state is None else state
    kind = jnp.dtype(jax.tree.leaves(state)[0].dtype if dtype is None else dtype)
    check_choice("dtype", kind.name, ("float32", "float64"))
    with jax.enable_x64(kind.itemsize == 8):
        errors = np.asarray(_errors(_cast((cell, xs, state, dts), kind), exact))
    return Recovery(errors, limit, kind.name, exact)


def _cast(tree: PyTree, kind: Any) -> PyTree:
    def cast(leaf: Any) -> Any:
        return jnp.asarray(leaf, kind) if eqx.is_inexact_array(leaf) else leaf

    return jax.tree.map(cast, tree)


@eqx.filter_jit
def _errors(cast: Any, exact: bool) -> Float[Array, " time"]:
    cell, xs, state, dts = cast
    walk = cell_walk(cell, state, False, exact)
    params, given = (cell, cell.prepare()), (xs, dts, None)
    last, states = _states(walk, params, walk.encode(state), given, len(xs))
    scale = jnp.maximum(largest(states), jnp.finfo(xs.dtype).tiny)
    learned, fixed = eqx.partition(params, eqx.is_inexact_array)

    def back(carried: Any, t: Array) -> tuple[Any, Array]:
        carried, _ = walk.back(learned, fixed, carried, at_step(given, t), (None, None, None))
        gaps = jax.tree.map(jnp.subtract, walk.decode(carried), at_step(states, t))
        return carried, largest(gaps) / scale

    return jax.lax.scan(back, last, jnp.arange(len(xs)), reverse=True)[1][::-1]


def _states(walk: Walk, params: Any, carried: Any, xs: Any, length: int) -> tuple[Any, Any]:
    """Return what is carried last, and the states before each step."""

    def body(carried: Any, t: Array) -> tuple[Any, Any]:
        return walk.step(params, carried, at_step(xs, t)), walk.decode(carried)

    return jax.lax.scan(body, carried, jnp.arange(length))
