"""Orthogonal matrices from skew-symmetric generators, in blocks."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from ..._checks import check


def block_size(hidden_size: int, wanted: int | None) -> int:
    """Return the size of the generator's blocks: all units, unless another divisor is wanted."""
    size = hidden_size if wanted is None else wanted
    fits = isinstance(size, int) and size > 0 and hidden_size % size == 0
    check(fits, "block_size", f"divide the {hidden_size} hidden units", size)
    return size


def draw_planes(
    key: PRNGKeyArray, hidden_size: int, size: int, largest: float, dtype: Any = None
) -> Float[Array, "blocks pairs"]:
    """Draw one angle a plane, uniformly in [0, `largest`]."""
    return jax.random.uniform(key, (hidden_size // size, size // 2), dtype, 0.0, largest)


def from_planes(
    angles: Float[Array, "blocks pairs"], size: int
) -> Float[Array, "blocks size size"]:
    """Return generators (strictly upper triangles) that turn neighbouring pairs of units."""
    rows = 2 * jnp.arange(angles.shape[1])
    empty = jnp.zeros((len(angles), size, size), angles.dtype)
    return empty.at[:, rows, rows + 1].set(angles)


def skew(upper: Float[Array, "blocks size size"]) -> Float[Array, "blocks size size"]:
    """Return the skew-symmetric matrices of these strictly upper triangles."""
    above = jnp.triu(upper, 1)
    return above - jnp.swapaxes(above, -1, -2)


def exponential(upper: Float[Array, "blocks size size"]) -> Float[Array, "blocks size size"]:
    """Return the exponential of the generator: the exact flow over one sample."""
    if len(upper) == 1:
        return jax.scipy.linalg.expm(skew(upper[0]))[None]
    return jax.scipy.linalg.expm(skew(upper))


def cayley(upper: Float[Array, "blocks size size"]) -> Float[Array, "blocks size size"]:
    r"""Return $(I - A/2)^{-1}(I + A/2)$: the implicit midpoint rule over one sample."""
    half = skew(upper) / 2
    identity = jnp.broadcast_to(jnp.eye(half.shape[-1], dtype=half.dtype), half.shape)
    return jnp.linalg.solve(identity - half, identity + half)


def rotate(
    blocks: Float[Array, "blocks size size"], state: Float[Array, " hidden"]
) -> Float[Array, " hidden"]:
    """Multiply a state by a block-diagonal matrix."""
    if len(blocks) == 1:
        return state @ blocks[0].T
    parts = state.reshape(len(blocks), -1)
    return jnp.einsum("kij,kj->ki", blocks, parts).reshape(-1)
