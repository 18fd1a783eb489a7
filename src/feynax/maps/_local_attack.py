"""Two states of a cell that one step drives apart as far as a search can find."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PRNGKeyArray

from .._certificate import Witness
from ..networks import AbstractCell
from ._attack import widen
from ._local_interval import Interval


def one_step(
    cell: AbstractCell, metric: Float[np.ndarray, "state state"]
) -> Callable[[Any], np.ndarray]:
    r"""Return one step of a cell as a function of one vector: its state in a metric, then input.

    With the matrix $D$ it maps $(D s, x)$ to $D\,\Phi(s, x)$, states as real numbers in one row
    ([`feynax.maps.flat_state`][]): two vectors with the same $x$ are as far apart as $D s$ and
    $D s'$. It replays the witness of a refuted cell.

    **Arguments:**

    - `cell`: any cell.
    - `metric`: $D$, of the certificate.

    **Returns:**

    A function of float64 arrays.

    ```python
    import jax, numpy as np, feynax as fx
    cell = fx.networks.GRU(2, 3, key=jax.random.key(0))
    step = fx.maps.one_step(cell, np.eye(3))
    assert step(np.zeros(5)).shape == (3,)
    ```
    """
    size, back = len(metric), np.linalg.inv(metric)

    def step(vector: Any) -> np.ndarray:
        with jax.enable_x64(True):
            given = np.asarray(vector, np.float64)
            state, x = jnp.asarray(back @ given[:size]), jnp.asarray(given[size:])
            return metric @ np.asarray(_flat_step(widen(cell), state, x))

    return step


def flat_state(cell: AbstractCell) -> Float[np.ndarray, " state"]:
    """Return a cell's initial state as one row of real numbers; complex ones as pairs.

    **Arguments:**

    - `cell`: any cell.

    ```python
    import jax, feynax as fx
    cell = fx.networks.LSTM(2, 3, key=jax.random.key(0))
    assert fx.maps.flat_state(cell).shape == (6,)
    ```
    """
    with jax.enable_x64(True):
        return np.asarray(_real(ravel_pytree(_parted(widen(cell).initial_state())[0])[0]))


def search(
    cell: AbstractCell,
    metric: np.ndarray,
    states: Interval,
    inputs: Interval,
    key: PRNGKeyArray,
    *,
    starts: int = 64,
    rounds: int = 100,
) -> Witness:
    """Random pairs, then gradient ascent on the ratio of distances; measured in float64.

    Pairs stay inside the boxes. The first half of the starts are neighbours, which find the norm
    of the Jacobian; the others are drawn independently.
    """
    with jax.enable_x64(True):
        boxes = [jnp.asarray(x) for x in (*states, *inputs)]
        found = _ascend(widen(cell), jnp.asarray(metric), boxes, key, starts, rounds)
        s, other, x = (np.asarray(a) for a in found)
    first, second = (np.concatenate([metric @ state, x]) for state in (s, other))
    stretch = Witness(first, second, 0.0).replay(one_step(cell, metric))
    return Witness(first, second, stretch)


@eqx.filter_jit
def _flat_step(cell: AbstractCell, state: Array, x: Array) -> Array:
    return _stepped(cell, cell.prepare(), state, x)


def _stepped(cell: AbstractCell, ready: Any, state: Array, x: Array) -> Array:
    """One step on a row of real numbers."""
    moving, still = _parted(cell.initial_state())
    like, unravel = ravel_pytree(moving)
    if jnp.iscomplexobj(like):
        state = jax.lax.complex(*state.reshape(2, -1))
    whole = eqx.combine(unravel(jnp.asarray(state, like.dtype)), still)
    out, _ = _parted(cell.step(ready, whole, cell.drive(x)))
    return _real(ravel_pytree(out)[0])


def _parted(state: Any) -> tuple[Any, Any]:
    """Numbers that can be moved, and clocks that count samples."""
    return eqx.partition(state, eqx.is_inexact_array)


def _real(row: Array) -> Array:
    return jnp.concatenate([row.real, row.imag]) if jnp.iscomplexobj(row) else row


@eqx.filter_jit
def _ascend(cell, metric, boxes, key, starts: int, rounds: int):
    low, high, least, most = boxes
    ready = cell.prepare()

    def place(u):
        s, other, x = u
        within = lambda a: low + (high - low) * jax.nn.sigmoid(a)
        return within(s), within(s + other), least + (most - least) * jax.nn.sigmoid(x)

    def ratio(u):
        s, other, x = place(u)
        apart = metric @ (_stepped(cell, ready, s, x) - _stepped(cell, ready, other, x))
        # Two draws that rounding makes equal count as nothing.
        base = jnp.sum((metric @ (s - other)) ** 2)
        return jnp.where(base > 0, jnp.sqrt(jnp.sum(apart**2) / jnp.where(base > 0, base, 1.0)), 0)

    def climb(u):
        def turn(carry, step):
            u, best, kept = carry
            value, slope = jax.value_and_grad(ratio)(u)
            better = value > best
            kept = jax.tree.map(lambda a, b: jnp.where(better, a, b), u, kept)
            size = 0.5 * (1 - step / rounds) + 0.02
            s, other, x = jax.tree.map(lambda g: g / (jnp.abs(g).max(initial=0.0) + 1e-300), slope)
            scale = jnp.abs(u[1]).max()
            u = (u[0] + size * s, u[1] + size * scale * other, u[2] + size * x)
            return (u, jnp.maximum(best, value), kept), None

        start = (u, jnp.zeros((), metric.dtype), u)
        (_, best, kept), _ = jax.lax.scan(turn, start, jnp.arange(rounds, dtype=metric.dtype))
        return best, kept

    keys = jax.random.split(key, 3)
    sizes = (len(low), len(low), len(least))
    draw = [jax.random.normal(k, (starts, n), low.dtype) for k, n in zip(keys, sizes, strict=True)]
    near = jnp.where(jnp.arange(starts) % 2 == 0, 1e-5, 1.0)[:, None]
    best, kept = jax.vmap(climb)((draw[0], near * draw[1], draw[2]))
    return place(jax.tree.map(lambda a: a[jnp.argmax(best)], kept))


def jacobian(cell: AbstractCell, state: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Jacobian of a step on the row of real numbers, in float64."""
    with jax.enable_x64(True):
        return np.asarray(_jacobian(widen(cell), jnp.asarray(state), jnp.asarray(x)))


@eqx.filter_jit
def _jacobian(cell: AbstractCell, state: Array, x: Array) -> Array:
    return jax.jacfwd(lambda s: _flat_step(cell, s, x))(state)
