"""Coefficients of a step: a number is that multiple of I, a vector a diagonal, a matrix itself."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Inexact

from ..._checks import check

Coefficient = Inexact[Array, "..."] | float | None


def apply(c: Any, v: Array) -> Array:
    """Return `c` times `v` in the dtype of `v`."""
    c = jnp.asarray(c).astype(v.dtype)
    return c @ v if c.ndim == 2 else c * v


def matrix(c: Any, size: int, dtype: Any) -> Array:
    """Return `c` as a matrix; numbers and vectors become (size, size)."""
    c = jnp.asarray(c).astype(dtype)
    return c if c.ndim == 2 else jnp.broadcast_to(c, (size,))[:, None] * jnp.eye(size, dtype=dtype)


def product(a: Any, b: Any) -> Any:
    """Return the coefficient that applies `b`, then `a`."""
    a, b = jnp.asarray(a), jnp.asarray(b)
    if a.ndim == 2 and b.ndim == 2:
        return a @ b
    if a.ndim == 2:
        return a * (b[None, :] if b.ndim else b)
    return (a[:, None] if a.ndim and b.ndim == 2 else a) * b


def norm(c: Any) -> Array:
    """Return the spectral norm of what `c` stands for."""
    c = jnp.asarray(c)
    return jnp.linalg.norm(c, 2) if c.ndim == 2 else jnp.max(jnp.abs(c))


def check_coefficient(name: str, c: Any, rows: int, columns: int) -> None:
    """Refuse a coefficient that does not lead from `columns` to `rows` entries."""
    if c is None:
        return
    shape = jnp.shape(c)
    allowed = [(rows, columns)] + ([(), (rows,)] if rows == columns else [])
    must = " or ".join(f"shape {fits}" for fits in allowed)
    check(shape in allowed, name, f"have {must}", f"shape {shape}")
