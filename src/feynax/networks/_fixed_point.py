"""Shears on whole numbers: undone exactly, however chaotic the flow is."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._cells._invertible import Shear, moved

# Bits behind the point. 40 of 63 leave a range of 8.4e6; 22 of 31 leave 512, and resolve 2.4e-7,
# the spacing of single precision between 2 and 4.
_BITS = {"float64": (40, jnp.int64), "float32": (22, jnp.int32)}

Fixed = tuple[tuple[Array, ...], Array]


def to_fixed(state: tuple[Float[Array, "..."], ...]) -> Fixed:
    """Round a state to whole numbers of units; beside them, whether one has overflowed."""
    return tuple(_whole(part) for part in state), jnp.any(jnp.stack([_outside(p) for p in state]))


def from_fixed(carried: Fixed, dtype: Any) -> tuple[Float[Array, "..."], ...]:
    """Return the state that whole numbers stand for."""
    bits, _ = _BITS[jnp.dtype(dtype).name]
    return tuple(part.astype(dtype) * 2.0**-bits for part in carried[0])


def last_from_fixed(carried: Fixed, dtype: Any) -> tuple[Float[Array, "..."], ...]:
    """Return the state, or raise where some state on the way had no whole number."""
    bits, integer = _BITS[jnp.dtype(dtype).name]
    reach = 2.0 ** (jnp.iinfo(integer).bits - 2 - bits)
    must = f"A state left the range of exact reversal, |state| < {reach:g}, or was not finite."
    return eqx.error_if(from_fixed(carried, dtype), carried[1], must)


def push_fixed(shear: Shear, carried: Fixed, dtype: Any, sign: int) -> Fixed:
    """Move one part by a rounded push, or (`sign` -1) take the same rounded push back.

    Both directions must round the same number, so the push is a branch of its own, which the
    compiler translates alike wherever it stands; it is not taken once a state has overflowed.
    """
    parts, overflowed = carried
    still = lambda floats: jnp.zeros_like(floats[shear.part])
    push = jax.lax.cond(overflowed, still, shear.push, from_fixed(carried, dtype))
    old, by = parts[shear.part], sign * _whole(push)
    new = old + by
    wrapped = jnp.any(((old ^ new) & (by ^ new)) < 0) | _outside(push)
    return moved(parts, shear.part, new), overflowed | wrapped


def _whole(value: Float[Array, "..."]) -> Array:
    bits, integer = _BITS[value.dtype.name]
    return jnp.rint(value * 2.0**bits).astype(integer)


def _outside(value: Float[Array, "..."]) -> Array:
    """Whether some entry has no whole number, NaN included."""
    bits, integer = _BITS[value.dtype.name]
    return ~jnp.all(jnp.abs(value) < 2.0 ** (jnp.iinfo(integer).bits - 2 - bits))
