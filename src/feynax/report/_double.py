"""Networks in double precision, as every reading computes."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp


def widened(network: Any) -> Any:
    """Return a network with its numbers in double precision; needs x64 enabled around it."""
    return jax.tree.map(_widen, network)


def _widen(leaf: Any) -> Any:
    if not eqx.is_inexact_array(leaf):
        return leaf
    return leaf.astype(jnp.complex128 if jnp.iscomplexobj(leaf) else jnp.float64)
