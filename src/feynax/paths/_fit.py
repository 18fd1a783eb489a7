"""How a Gaussian reference is fitted to a system: by its own draws first, by chains later."""

from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ._ends import FixedEnds
from ._potential import FunctionPotential
from ._reference import PathReference

if TYPE_CHECKING:
    from ._ensemble import PathEnsemble

_ROUNDS, _DRAWS = 12, 64
_LEAST_TURN = 1e-2  # least omega beta hbar of a reference whose zero mode nothing else holds


def first_reference(ensemble: "PathEnsemble") -> PathReference:
    """Return the self-consistent harmonic reference: its own draws give its stiffness.

    No chain is needed, since draws of a reference are independent. It starts from a thermal
    wavelength, forgets half of what it knew in each round, and is frozen after 12.
    """
    with jax.enable_x64(True):
        rate = 1 / (float(ensemble.beta) * float(ensemble.hbar))
        now = _reference(ensemble, np.asarray(ensemble.mass) * rate**2, _first_centre(ensemble))
        for key in jax.random.split(jax.random.key(0), _ROUNDS):
            q = jax.random.normal(key, (_DRAWS, *now.shape))
            new = matched_reference(ensemble, jax.vmap(now.synthesis)(q))
            half = lambda a, b: (np.asarray(a) + np.asarray(b)) / 2
            stiffness, centre = half(now.stiffness, new.stiffness), half(now.centre, new.centre)
            now = _reference(ensemble, stiffness, centre)
        return now


def matched_reference(
    ensemble: "PathEnsemble", x: Float[Array, "chains dof sites"]
) -> PathReference:
    """Return the reference with the mean curvature that the action has along given paths."""
    with jax.enable_x64(True):
        found = _pilot(ensemble, jnp.asarray(x))
    centre, force, stiffness = (_rounded(np.asarray(value)) for value in found)
    held, firm = _held(ensemble, stiffness)
    # Where the forces do not vanish on average (fixed ends), the centre lies elsewhere.
    return _reference(ensemble, held, centre - np.linalg.solve(held, force) if firm else centre)


def _reference(
    ensemble: "PathEnsemble", stiffness: np.ndarray, centre: np.ndarray
) -> PathReference:
    return PathReference(
        ensemble.ends,
        slices=ensemble.slices,
        dt=float(ensemble.dt),
        hbar=float(ensemble.hbar),
        mass=np.asarray(ensemble.mass),
        stiffness=stiffness,
        centre=centre,
        midpoint=ensemble.rule.midpoint,
        memory=ensemble.memory_spectrum(),
    )


def _held(ensemble: "PathEnsemble", stiffness: np.ndarray) -> tuple[np.ndarray, bool]:
    """Raise the frequencies of a stiffness to a floor; say whether none was below it."""
    root = np.linalg.cholesky(np.asarray(ensemble.mass))
    inverse = np.linalg.inv(root)
    whole = inverse @ ((stiffness + stiffness.T) / 2) @ inverse.T
    rates, axes = np.linalg.eigh(np.where(np.isfinite(whole), whole, 0))
    least = (_LEAST_TURN / (float(ensemble.beta) * float(ensemble.hbar))) ** 2
    # A negative mean curvature (on top of a barrier) says how fast, not which way.
    held = np.maximum(np.abs(rates), least)
    return root @ (axes * held) @ axes.T @ root.T, bool(rates.min() > least)


def _first_centre(ensemble: "PathEnsemble") -> np.ndarray:
    if isinstance(ensemble.ends, FixedEnds):
        return (np.asarray(ensemble.ends.start) + np.asarray(ensemble.ends.stop)) / 2
    return np.zeros(ensemble.dof)


@eqx.filter_jit
def _pilot(ensemble: "PathEnsemble", x: Float[Array, "chains dof sites"]):
    """Mean place, and mean first and second derivatives of what the action evaluates."""
    z = jax.vmap(ensemble.places)(x)
    flat = jnp.moveaxis(z, 1, 0).reshape(ensemble.dof, -1)
    weights, forces = ensemble.rule.weights(2, closed=True)

    def effective(z):
        corrected = ensemble.rule.corrected
        squared = ensemble.squared_force(z) * forces.mean() if corrected else 0.0
        return ensemble.potential(z) * weights.mean() + squared

    own = FunctionPotential(lambda z: effective(z if ensemble.dof > 1 else z[None]), ensemble.dof)
    return z.mean((0, 2)), own.gradient(flat).mean(-1), own.hessian(flat).mean(-1)


def _rounded(values: np.ndarray) -> np.ndarray:
    """Ten digits: the last bits of a mean depend on how many cores took part in it."""
    return np.vectorize(lambda value: float(f"{value:.9e}"), otypes=[float])(values)
