"""What a drift of one degree of freedom says: its integral, and the rest of Euler's steps."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)


class Integral(eqx.Module):
    """A factor times the integral of a drift from the origin, by Gauss nodes."""

    drift: Callable[[Any], Any]
    factor: float

    def __call__(self, x: Float[Array, ""]) -> Float[Array, ""]:
        nodes = x * jnp.asarray((_NODES + 1) / 2, x.dtype)
        whole = x / 2 * jnp.sum(jnp.asarray(_WEIGHTS, x.dtype) * self.drift(nodes))
        return jnp.asarray(self.factor, x.dtype) * whole


def drifts(drift: Callable[[Any], Any], places: Float[np.ndarray, " n"]) -> np.ndarray:
    """Return a drift, a function of an array (1,), at all places in double precision."""
    with jax.enable_x64(True):
        return np.asarray(_at_all(drift, jnp.asarray(places, jnp.float64)))


def resting_density(
    drift: Float[np.ndarray, " n"],
    places: Float[np.ndarray, " n"],
    variance: float,
    *,
    step: float,
) -> np.ndarray:
    """Return the density that a step `drift` and a kick of this variance leave as it is."""
    away = places[:, None] - places - step * drift
    matrix = np.exp(-(away**2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
    spacing = places[1] - places[0]
    return _leading(matrix * spacing) / spacing


@eqx.filter_jit
def _at_all(drift: Callable[[Any], Any], places: Float[Array, " n"]) -> Array:
    return jax.vmap(drift)(places[:, None])[:, 0]


def _leading(matrix: np.ndarray) -> np.ndarray:
    """Positive eigenvector of the largest eigenvalue, of sum 1."""
    from scipy.sparse.linalg import eigs

    vector = np.abs(eigs(matrix, k=1, which="LR")[1][:, 0])
    return vector / vector.sum()
