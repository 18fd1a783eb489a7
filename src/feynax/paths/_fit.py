"""How a Gaussian reference is fitted to a system: by its own draws first, by chains later."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ._ends import AbstractEnds, FixedEnds
from ._potential import AbstractPotential
from ._reference import PathReference

_ROUNDS, _DRAWS = 12, 64


def self_consistent(
    first: PathReference,
    matched: Callable[[Array], PathReference],
    oscillators: Callable[[np.ndarray, np.ndarray], PathReference],
) -> PathReference:
    """Return the harmonic reference whose own draws give its stiffness.

    No chain is needed, since draws of a reference are independent. Each of 12 rounds forgets half
    of what was known.

    **Arguments:**

    - `first`: where to begin.
    - `matched`: returns the reference that suits given paths.
    - `oscillators`: returns the reference of a stiffness and a centre.
    """
    now = first
    for key in jax.random.split(jax.random.key(0), _ROUNDS):
        q = jax.random.normal(key, (_DRAWS, *now.shape))
        new = matched(jax.vmap(now.synthesis)(q))
        half = lambda a, b: (np.asarray(a) + np.asarray(b)) / 2
        now = oscillators(half(now.stiffness, new.stiffness), half(now.centre, new.centre))
    return now


def mean_curvature(
    potential: AbstractPotential, z: Float[Array, "chains dof terms"]
) -> tuple[Array, Array, Array]:
    """Return the mean place, and the mean first and second derivatives of a potential there."""
    flat = jnp.moveaxis(z, 1, 0).reshape(potential.dof, -1)
    return z.mean((0, 2)), potential.gradient(flat).mean(-1), potential.hessian(flat).mean(-1)


def fitted(
    place: Array, force: Array, stiffness: Array, *, mass: np.ndarray, least: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the stiffness and centre of oscillators with a mean place, force and curvature.

    `least` is a floor of their squared frequencies.
    """
    centre, pull, bend = (_rounded(np.asarray(value)) for value in (place, force, stiffness))
    held, firm = _held(bend, mass, least)
    # Where the forces do not vanish on average (fixed ends), the centre lies elsewhere.
    return held, centre - np.linalg.solve(held, pull) if firm else centre


def middle(ends: AbstractEnds, dof: int) -> np.ndarray:
    """Return where paths are looked for at first: halfway between fixed ends, or at the origin."""
    if isinstance(ends, FixedEnds):
        return (np.asarray(ends.start) + np.asarray(ends.stop)) / 2
    return np.zeros(dof)


def _held(stiffness: np.ndarray, mass: np.ndarray, least: float) -> tuple[np.ndarray, bool]:
    """Raise the squared frequencies to a floor; say whether none was below it."""
    root = np.linalg.cholesky(mass)
    inverse = np.linalg.inv(root)
    whole = inverse @ ((stiffness + stiffness.T) / 2) @ inverse.T
    rates, axes = np.linalg.eigh(np.where(np.isfinite(whole), whole, 0))
    # A negative mean curvature (on top of a barrier) says how fast, not which way.
    held = np.maximum(np.abs(rates), least)
    return root @ (axes * held) @ axes.T @ root.T, bool(rates.min() > least)


def _rounded(values: np.ndarray) -> np.ndarray:
    """Ten digits: the last bits of a mean depend on how many cores took part in it."""
    return np.vectorize(lambda value: float(f"{value:.9e}"), otypes=[float])(values)
