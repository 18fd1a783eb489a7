"""What a site's potential looks like where the field is: its mean force and curvature."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._potential import AbstractPotential

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(24)
_SAME = 1e-9  # relative spread of the curvature below which the potential is a parabola


@dataclasses.dataclass(frozen=True)
class Pilot:
    """Means over sites: place, first and second derivative; whether the second is one number.

    `even` says whether the potential is the same at x and -x. The place is that of the bottom
    where the potential is a parabola, and zero where it is even.
    """

    centre: float
    force: float
    curvature: float
    quadratic: bool
    even: bool


def smear(potential: AbstractPotential, centre: float, spread: float) -> Pilot:
    """Return the means over a Gaussian of variance `spread` around `centre`."""
    places = centre + np.sqrt(spread) * _NODES
    return _read(potential, places, _WEIGHTS / _WEIGHTS.sum())


def measure(potential: AbstractPotential, x: Float[Array | np.ndarray, "..."]) -> Pilot:
    """Return the means over configurations."""
    places = np.asarray(x, np.float64).ravel()
    return _read(potential, places, np.full(places.shape, 1 / places.size))


def _read(potential: AbstractPotential, places: np.ndarray, weights: np.ndarray) -> Pilot:
    with jax.enable_x64(True):
        force, curvature, uneven = (np.asarray(v) for v in _derivatives(potential, places))
    mean = float(weights @ curvature)
    quadratic = mean > 0 and float(np.ptp(curvature)) <= _SAME * mean
    pull, middle = float(weights @ force), float(weights @ places)
    bottom = middle - pull / mean if quadratic else middle
    return Pilot(bottom if uneven else 0.0, pull, mean, quadratic, not uneven)


@eqx.filter_jit
def _derivatives(potential: AbstractPotential, places: Float[Array | np.ndarray, " places"]):
    row = jnp.asarray(places)[None]
    here, there = potential(row), potential(-row)
    uneven = jnp.any(jnp.abs(here - there) > _SAME * (1 + jnp.abs(here)))
    return potential.gradient(row)[0], potential.hessian(row)[0, 0], uneven
