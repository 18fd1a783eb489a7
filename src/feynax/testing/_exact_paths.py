"""Ensembles of which exact, independent draws are at hand, to see whether a sampler keeps them."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..paths import PathEnsemble, PathReference, Periodic, anharmonic, transfer_matrix

_BETA, _SLICES, _GRID = 2.0, 8, 161


@dataclasses.dataclass(frozen=True)
class ExactPaths:
    """A closed ensemble, a Gaussian reference that is not its own, and exact draws.

    - `x`: draws, shape (chains, 1, slices).
    - `own`: of an oscillator, the reference whose whitened modes are exactly N(0, 1).
    - `means`: exact lattice values by name, for others.
    """

    ensemble: PathEnsemble
    reference: PathReference
    x: Float[Array, "chains 1 slices"]
    own: PathReference | None = None
    means: dict[str, float] = dataclasses.field(default_factory=dict)


def oscillator(chains: int, seed: int) -> ExactPaths:
    """Return draws of an oscillator, with the reference of one that is twice as stiff."""
    ensemble = PathEnsemble(anharmonic(1.0, 0.0), beta=_BETA, slices=_SLICES)
    own, other = (_reference(ensemble, stiffness) for stiffness in (1.0, 2.0))
    noise = np.random.default_rng(seed).normal(size=(chains, *own.shape))
    return ExactPaths(ensemble, other, jax.vmap(own.synthesis)(jnp.asarray(noise)), own)


def quartic(chains: int, seed: int) -> ExactPaths:
    r"""Return draws of $V = x^2/2 + x^4$, by its transfer matrix, and its exact moments."""
    ensemble = PathEnsemble(anharmonic(1.0, 1.0), beta=_BETA, slices=_SLICES)
    exact = transfer_matrix(ensemble, points=_GRID)
    draws = _by_slices(exact.kernel.matrix(), exact.x, chains, np.random.default_rng(seed))
    means = {
        "x^2": exact.moment(2),
        "x^4": exact.moment(4),
        "x_0 x_4": float(exact.correlator([_SLICES // 2])[0]),
    }
    return ExactPaths(ensemble, _reference(ensemble, 3.0), draws, means=means)


def _reference(ensemble: PathEnsemble, stiffness: float) -> PathReference:
    one, zero = np.ones((1, 1)), np.zeros(1)
    return PathReference(
        Periodic(),
        slices=ensemble.slices,
        dt=float(ensemble.dt),
        hbar=1.0,
        mass=one,
        stiffness=stiffness * one,
        centre=zero,
    )


def _by_slices(K: np.ndarray, x: np.ndarray, chains: int, rng: np.random.Generator) -> Array:
    """Draw closed paths site by site: each given the last one, and that the path must return."""
    powers = [np.linalg.matrix_power(K, n) for n in range(_SLICES + 1)]
    first = _draw(np.broadcast_to(np.diag(powers[-1]), (chains, len(x))), rng)
    places = [first]
    for left in range(_SLICES - 1, 0, -1):
        places.append(_draw(K[places[-1]] * powers[left][first], rng))
    return jnp.asarray(x[np.stack(places, 1)])[:, None]


def _draw(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    heights = np.cumsum(weights, 1)
    return np.argmax(heights > rng.random((len(heights), 1)) * heights[:, -1:], 1)
