"""Exponential of many small matrices at once, inside a trained network."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

_DEGREE = {4: 9, 8: 14}  # by bytes a number: Taylor terms that reach rounding at norm 1/2
_SQUARINGS = 24


def expm(matrices: Float[Array, "*batch n n"]) -> Float[Array, "*batch n n"]:
    """Exponentiate by scaling, a Taylor polynomial and squaring.

    `jax.scipy.linalg.expm` chooses among five Pade approximants, and under `vmap` it computes
    them all; this has one polynomial, no linear solve, and skips the squarings nobody needs.
    Norms up to 2^23 are served, beyond that the result is NaN.
    """
    norms = jax.lax.stop_gradient(jnp.abs(matrices).sum(-1).max(-1))
    # smallest s with norm / 2^s <= 1/2, from the binary exponent: exact in every precision
    squarings = jnp.maximum(jnp.frexp(norms)[1] + 1, 0)
    scale = jnp.ldexp(jnp.ones_like(norms), -squarings)
    small = matrices * scale[..., None, None]
    identity = jnp.broadcast_to(jnp.eye(matrices.shape[-1], dtype=matrices.dtype), small.shape)

    def horner(k, total):
        return identity + small @ total / (degree - k).astype(small.dtype)

    degree = jnp.asarray(_DEGREE[small.dtype.itemsize])
    total = jax.lax.fori_loop(0, _DEGREE[small.dtype.itemsize], horner, identity)

    def square(k, total):
        return jax.lax.cond(
            jnp.any(k < squarings),
            lambda t: jnp.where((k < squarings)[..., None, None], t @ t, t),
            lambda t: t,
            total,
        )

    total = jax.lax.fori_loop(0, _SQUARINGS, square, total)
    served = (squarings <= _SQUARINGS)[..., None, None]
    return jnp.where(served, total, jnp.nan)
