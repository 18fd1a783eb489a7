"""Potentials that know only the distance from the origin."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp

from ..._checks import check, check_count
from .._potential import AbstractPotential, Energies, Places

_TINY = 1e-30


class CentralPotential(AbstractPotential):
    r"""$V(x) = f(r)$ from a Python function of the distance (formulas have `r` of their own).

    **Arguments:**

    - `profile`: f, an elementwise function of r that JAX can trace.
    - `dof`: dimensions of space.

    ```python
    import jax.numpy as jnp, feynax as fx
    V = fx.paths.CentralPotential(lambda r: r**2, 3)
    assert jnp.allclose(V(jnp.ones((3, 1))), 3.0)
    ```
    """

    profile: Callable[[Any], Any]
    dof: int = eqx.field(static=True)

    def __init__(self, profile: Callable[[Any], Any], dof: int = 3):
        check(callable(profile), "profile", "be a function of r", repr(profile))
        check_count("dof", dof)
        self.profile, self.dof = profile, dof

    def __call__(self, x: Places) -> Energies:
        # The root has no slope at the origin, and there it must not be taken.
        square = jnp.sum(x * x, 0)
        return self.profile(jnp.sqrt(jnp.maximum(square, _TINY)))
