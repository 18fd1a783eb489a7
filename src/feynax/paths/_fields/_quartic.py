"""The potential of a site: a square and a fourth power."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..._checks import check, check_finite
from ..._errors import NotNormalisableError
from .._potential import AbstractPotential, Energies, Places


class QuarticPotential(AbstractPotential):
    r"""$V(\phi) = \frac{\mu^2}2\phi^2 + g\phi^4$ at a site of a lattice field.

    **Arguments:**

    - `mass_squared`: $\mu^2$; any sign where g is positive.
    - `coupling`: g, at least zero.

    **Raises:**

    - `NotNormalisableError`: g is negative, or zero with $\mu^2 \le 0$.

    ```python
    import jax.numpy as jnp, feynax as fx
    V = fx.paths.QuarticPotential(-1.0, 0.5)
    assert V(jnp.ones((1, 3))).tolist() == [0.0, 0.0, 0.0]
    ```
    """

    mass_squared: float
    coupling: float
    dof: int = eqx.field(static=True, default=1)

    def __init__(self, mass_squared: float, coupling: float):
        check_finite("mass_squared", mass_squared)
        check_finite("coupling", coupling)
        check(np.ndim(mass_squared) == 0, "mass_squared", "be one number", mass_squared)
        check(np.ndim(coupling) == 0, "coupling", "be one number", coupling)
        _refuse_unbounded(float(mass_squared), float(coupling))
        self.mass_squared, self.coupling = np.float64(mass_squared), np.float64(coupling)
        self.dof = 1

    def __call__(self, x: Places) -> Energies:
        square = x[0] ** 2
        half = jnp.asarray(self.mass_squared / 2, x.dtype)
        return square * (half + jnp.asarray(self.coupling, x.dtype) * square)


def _refuse_unbounded(mass_squared: float, coupling: float) -> None:
    if coupling < 0:
        raise NotNormalisableError(
            "Argument `coupling` must be at least zero, or the action falls without end "
            f"as the field grows, but has {coupling}."
        )
    if coupling == 0 and mass_squared <= 0:
        raise NotNormalisableError(
            "Argument `mass_squared` must be positive where `coupling` is zero, or nothing "
            f"holds the field's mean, but has {mass_squared}."
        )
