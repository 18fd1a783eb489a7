"""The kernel that suits an ensemble."""

import functools

import equinox as eqx
import jax
import numpy as np

from .._abstract import AbstractEnsemble
from .._ensemble import PathEnsemble
from .._kernel import AbstractKernel, Rotation
from ._mirror import SignRedraw
from ._move import Composed
from ._symmetry import likely_places, mirrors_of


@functools.singledispatch
def default_kernel(ensemble: AbstractEnsemble) -> AbstractKernel:
    """Return the rotation; of paths with a redraw of signs where a symmetric potential has wells.

    A potential without negative curvature wherever paths are likely has one well, which the
    rotation alone crosses; all others get the redraw, which is exact and costs less than a
    trajectory. Wells that are not images of each other are left to the gate on R-hat.

    **Arguments:**

    - `ensemble`: paths, a field (which gets clusters where it is even), or any other ensemble
      (which gets the rotation; `default_kernel.register` names another).

    ```python
    import feynax as fx
    wells = fx.paths.PathEnsemble(lambda x: (x**2 - 4) ** 2, beta=4.0, slices=16)
    assert isinstance(fx.paths.default_kernel(wells), fx.paths.Composed)
    ```
    """
    return Rotation()


@default_kernel.register
def _(ensemble: PathEnsemble) -> AbstractKernel:
    if _one_well(ensemble):
        return Rotation()
    mirrors = mirrors_of(ensemble)
    return Composed(Rotation(), [SignRedraw(ensemble, mirrors)]) if len(mirrors) else Rotation()


def _one_well(ensemble: PathEnsemble) -> bool:
    """Whether V is convex at all the places that are tried."""
    with jax.enable_x64(True):
        found = np.asarray(_hessians(ensemble.potential, likely_places(ensemble)))
    curvatures = np.linalg.eigvalsh(np.moveaxis(found, -1, 0))
    return bool(curvatures.min() >= -1e-9 * np.abs(curvatures).max())


@eqx.filter_jit
def _hessians(potential, x):
    return potential.hessian(x)
