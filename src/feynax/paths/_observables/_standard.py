"""What a run measures if nobody says."""

from collections.abc import Callable
from functools import singledispatch
from typing import Any

from jaxtyping import Array, Float

from .._abstract import AbstractEnsemble
from .._ensemble import PathEnsemble
from ._energy import centroid_energy, thermodynamic_energy
from ._sites import Moment, potential_energy


def kinetic_energy(ensemble: PathEnsemble, x: Float[Array, "dof sites"]) -> Float[Array, ""]:
    r"""Return the kinetic energy: what of the energy is not potential.

    The mean square of the path's steps is not it: that is $\hbar N/2dt$ less the kinetic energy.

    **Arguments:**

    - `ensemble`, `x`: the ensemble and one path of it, of shape (dof, sites).

    **Returns:** one number, in units of energy.

    ```python
    import jax.numpy as jnp, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    assert jnp.allclose(fx.paths.kinetic_energy(paths, jnp.ones((1, 16))), 1 / 8)
    ```
    """
    return centroid_energy(ensemble, x) - potential_energy(ensemble, x)


@singledispatch
def standard_observables(ensemble: AbstractEnsemble) -> dict[str, Callable[[Any, Any], Any]]:
    r"""Return what a run measures by default, as callables of (ensemble, configuration).

    Of paths: `energy` (centroid virial), `energy_thermo` (the same mean, more noise), `x`, `x2`,
    `x4`, `potential`, `kinetic` and `action` (over hbar). Other ensembles register their own:
    `standard_observables.register(MyEnsemble, function)`.

    ```python
    import feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    assert "energy" in fx.paths.standard_observables(paths)
    ```
    """
    return {"action": _action}


@standard_observables.register
def _(ensemble: PathEnsemble) -> dict[str, Callable[[Any, Any], Any]]:
    return {
        "energy": centroid_energy,
        "energy_thermo": thermodynamic_energy,
        "x": Moment(1),
        "x2": Moment(2),
        "x4": Moment(4),
        "potential": potential_energy,
        "kinetic": kinetic_energy,
        "action": _action,
    }


def _action(ensemble: AbstractEnsemble, x: Float[Array, "..."]) -> Float[Array, ""]:
    return ensemble.action(x)
