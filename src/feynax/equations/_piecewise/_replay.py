"""The flow between known switching times: exact, and differentiable in everything."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._expm import expm
from ._march import Search, affine
from ._relu_field import ReLUField


def replay(
    field: ReLUField, y0: Float[Array, " n"], ts: Float[Array, " times"], found: Search
) -> tuple[Float[Array, "times n"], Float[Array, "n n"]]:
    """States at `ts`, and the derivative of the last one by the first.

    The field is continuous where regimes meet, so moving a switching time changes no state to
    first order: derivatives with these times held fixed are the exact ones.
    """
    events = len(found.times)
    knots = jnp.concatenate([jnp.minimum(found.times, ts[-1]), ts])
    order = jnp.argsort(knots)
    switches = jnp.where(order < events, 1, 0)
    passed = jnp.cumsum(switches) - switches
    gaps = jnp.diff(knots[order], prepend=jnp.zeros(1, knots.dtype))
    matrices, offsets = jax.vmap(affine, (None, 0))(field, found.masks[passed])
    links = propagator(matrices * gaps[:, None, None], offsets * gaps[:, None])

    def onward(carry: tuple[Array, Array], link: tuple[Array, Array]) -> tuple:
        state, tangent = carry
        matrix, offset = link
        state, tangent = matrix @ state + offset, matrix @ tangent
        return (state, tangent), state

    start = (y0, jnp.eye(len(y0), dtype=y0.dtype))
    (_, tangent), states = jax.lax.scan(onward, start, links)
    place = jnp.argsort(order)[events:]
    return states[place], tangent


def propagator(
    matrix: Float[Array, "*batch n n"], offset: Float[Array, "*batch n"]
) -> tuple[Float[Array, "*batch n n"], Float[Array, "*batch n"]]:
    r"""$e^A$ and $\int_0^1 e^{As}b\,ds$: the exponential of $[[A, b], [0, 0]]$."""
    n = offset.shape[-1]
    largest = jnp.max(jnp.abs(offset), axis=-1, keepdims=True, initial=0)
    size = jax.lax.stop_gradient(jnp.maximum(largest, 1e-30))[..., None]
    last = jnp.concatenate([matrix, offset[..., None] / size], axis=-1)
    grown = expm(jnp.concatenate([last, jnp.zeros_like(last[..., :1, :])], axis=-2))
    return grown[..., :n, :n], (size * grown[..., :n, n:])[..., 0]
