"""Two inputs that a network drives apart as far as a search can find."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from .._certificate import Witness

_ROUNDS = 40
_APART = 1e-6  # of the input's size: inside one linear piece, and far above rounding in float64


def widen(net: Any) -> Any:
    """Copy a network with its arrays in float64 or complex128; needs x64 enabled around it."""

    def wide(leaf: Any) -> Any:
        if not eqx.is_inexact_array(leaf):
            return leaf
        return jnp.asarray(leaf, jnp.complex128 if jnp.iscomplexobj(leaf) else jnp.float64)

    return jax.tree.map(wide, net)


def attack(net: Any, x: Float[np.ndarray, "..."], key: PRNGKeyArray) -> Witness:
    """Search for the strongest stretch of `net` between `x` and a neighbour.

    Power iteration on $J^T J$ in float64 with $J v$ taken as a difference of outputs, so that
    reverse mode is enough. The stretch reported is measured between two real inputs: it holds
    whether or not the search converged.
    """
    with jax.enable_x64(True):
        wide, point = widen(net), jnp.asarray(x, jnp.float64)
        start = jax.random.normal(key, point.shape, jnp.float64)
        apart = _APART * max(1.0, float(np.linalg.norm(x)))
        first = np.asarray(point)
        second = first + np.asarray(_strongest(wide, point, start, apart))
        witness = Witness(first, second, 0.0)
        return Witness(first, second, witness.replay(lambda y: _call(wide, jnp.asarray(y))))


@eqx.filter_jit
def _call(net: Callable[[Array], Array], x: Array) -> Array:
    return net(x)


@eqx.filter_jit
def _strongest(net: Callable[[Array], Array], x: Array, start: Array, apart: float) -> Array:
    """Displacement of length `apart` that moves the output most."""
    base = net(x)

    def turn(v, _):
        out, back = jax.vjp(net, x + v)
        (turned,) = back(out - base)
        size = jnp.linalg.norm(turned)
        # A dead network turns every direction into nothing: then any direction is as good.
        return jnp.where(size > 0, apart * turned / jnp.where(size > 0, size, 1.0), v), None

    first = apart * start / jnp.linalg.norm(start)
    return jax.lax.scan(turn, first, None, length=_ROUNDS)[0]
