"""The flow between known switching times: exact, and differentiable in everything."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._march import Search, affine
from ._relu_field import ReLUField


def replay(
    field: ReLUField, y0: Float[Array, " n"], ts: Float[Array, " times"], found: Search, steps: int
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
    halvings = math.ceil(math.log2(steps + 1)) + 2

    def across(gap: Array, mask: Array) -> tuple[Array, Array]:
        matrix, offset = affine(field, mask)
        return propagator(matrix * gap, offset * gap, halvings)

    def onward(carry: tuple[Array, Array], link: tuple[Array, Array]) -> tuple:
        state, tangent = carry
        matrix, offset = link
        state, tangent = matrix @ state + offset, matrix @ tangent
        return (state, tangent), state

    links = jax.vmap(across)(gaps, found.masks[passed])
    start = (y0, jnp.eye(len(y0), dtype=y0.dtype))
    (_, tangent), states = jax.lax.scan(onward, start, links)
    place = jnp.argsort(order)[events:]
    return states[place], tangent


def propagator(
    matrix: Float[Array, "n n"], offset: Float[Array, " n"], halvings: int
) -> tuple[Float[Array, "n n"], Float[Array, " n"]]:
    r"""$e^A$ and $\int_0^1 e^{As}b\,ds$, for $|A| \le 2^{m-2}$ with $m$ halvings.

    Taylor's series of degree 15 for a matrix of norm 1/2 (what is left out is 3e-17 of it), then
    squarings. JAX's own `expm` halves once too little: at unlucky norms it is wrong by 1e-8.
    """
    n = len(offset)
    size = jax.lax.stop_gradient(jnp.maximum(jnp.max(jnp.abs(offset), initial=0), 1e-30))
    whole = jnp.zeros((n + 1, n + 1), matrix.dtype)
    whole = whole.at[:n, :n].set(matrix).at[:n, n].set(offset / size)
    norm = jax.lax.stop_gradient(jnp.max(jnp.sum(jnp.abs(whole), 1)))
    times = jnp.clip(jnp.ceil(jnp.log2(jnp.maximum(norm, 1e-30))) + 1, 0, halvings)
    grown = _series(whole / 2**times)

    def squared(power: Array, k: Array) -> tuple[Array, None]:
        return jnp.where(k < times, power @ power, power), None

    grown = jax.lax.scan(squared, grown, jnp.arange(halvings, dtype=times.dtype))[0]
    return grown[:n, :n], size * grown[:n, n]


def _series(small: Float[Array, "n n"]) -> Float[Array, "n n"]:
    """Taylor's polynomial of degree 15 in four groups of four powers."""
    eye = jnp.eye(len(small), dtype=small.dtype)
    square = small @ small
    powers = jnp.stack([eye, small, square, square @ small])
    fourth = square @ square
    total = jnp.zeros_like(small)
    for group in reversed(range(4)):
        factors = [1 / math.factorial(4 * group + k) for k in range(4)]
        total = fourth @ total + jnp.tensordot(jnp.array(factors, small.dtype), powers, 1)
    return total
