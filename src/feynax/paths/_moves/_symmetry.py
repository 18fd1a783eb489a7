"""The mirrors that a potential and its mass allow, found by trying."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from .._ensemble import PathEnsemble

_TOLERANCE = 1e-9  # of a potential's asymmetry, relative to its size
_STRETCHES = np.array([0.1, 0.5, 1.0, 2.0, 4.0])  # of the reference's own width
_DRAWS, _DIRECTIONS = 200, 3


def mirrors_of(ensemble: PathEnsemble) -> Float[np.ndarray, "mirrors dof dof"] | str:
    """Return the mirrors that a potential and its mass allow.

    They are looked for among all directions (`"random"`), every single degree of freedom, and all
    of them together; V is compared at a thousand places of the Gaussian reference.

    **Arguments:**

    - `ensemble`: the paths.

    **Returns:** reflections of shape (mirrors, dof, dof), possibly none, or `"random"`.

    ```python
    import feynax as fx
    tilted = fx.paths.PathEnsemble(lambda x: (x**2 - 4) ** 2 + x, beta=4.0, slices=16)
    assert len(fx.paths.mirrors_of(tilted)) == 0
    ```
    """
    dof = ensemble.dof
    single = [np.diag(np.where(np.arange(dof) == i, -1.0, 1.0)) for i in range(dof)]
    tried = np.array(single + [-np.eye(dof)] * (dof > 1))
    fits = allowed(ensemble, tried)
    if dof > 1 and fits.all() and isotropic(ensemble):
        return "random"
    return tried[:dof][fits[:dof]] if fits[:dof].all() else tried[fits]


def isotropic(ensemble: PathEnsemble) -> bool:
    """Whether V depends on the radius alone; one degree of freedom has no directions."""
    with jax.enable_x64(True):
        keys = jax.random.split(jax.random.key(2), _DIRECTIONS)
        tried = [random_mirror(key, ensemble.dof, np.float64) for key in keys]
    return ensemble.dof > 1 and bool(allowed(ensemble, np.asarray(tried)).all())


def allowed(ensemble: PathEnsemble, mirrors: Float[np.ndarray, "mirrors dof dof"]) -> np.ndarray:
    """Say of every mirror whether it leaves mass and potential as they are.

    None where paths have a memory: their signs are no chain of neighbours to be redrawn.
    """
    mass, x = np.asarray(ensemble.mass), likely_places(ensemble)
    heavy = np.isclose(mirrors @ mass @ mirrors, mass, rtol=1e-12, atol=1e-12).all((1, 2))
    there = np.moveaxis(mirrors @ x, 0, 1)
    with jax.enable_x64(True):
        values = _energies(ensemble.potential, np.concatenate([x[:, None], there], 1))
    groups = np.asarray(values).reshape(1 + len(mirrors), len(_STRETCHES), _DRAWS)
    apart, size = np.abs(groups[1:] - groups[0]).max(-1), np.abs(groups[0]).max(-1)
    return heavy & (apart <= _TOLERANCE * size).all(-1) & ensemble.local


def likely_places(ensemble: PathEnsemble) -> Float[np.ndarray, "dof points"]:
    """Places where the sites of a path are likely, and some further out."""
    held, random = ensemble.reference(), np.random.default_rng(0)
    squares = np.sum(np.asarray(held.scale) ** 2 * ensemble.ends.norms(ensemble.slices) / 2, 1)
    whites = random.normal(size=(len(_STRETCHES), _DRAWS, ensemble.dof)) * np.sqrt(squares)
    away = (whites @ np.asarray(held.frame).T).reshape(-1, ensemble.dof).T
    middle = np.asarray(held.base)[:, random.integers(ensemble.sites, size=away.shape[1])]
    return middle + np.repeat(_STRETCHES, _DRAWS) * away


def random_mirror(key: PRNGKeyArray, dof: int, dtype: Any) -> Float[Array, "dof dof"]:
    """Return the mirror perpendicular to a direction drawn uniformly."""
    normal = jax.random.normal(key, (dof,), dtype)
    normal = normal / jnp.linalg.norm(normal)
    return jnp.eye(dof, dtype=dtype) - 2 * jnp.outer(normal, normal)


@eqx.filter_jit
def _energies(potential, x):
    return potential(x)
