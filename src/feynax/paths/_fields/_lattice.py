"""Scalar fields on a periodic lattice, weighted by their action: one to four dimensions."""

import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._checks import check, check_count, check_positive
from ..._citation import cites
from .._abstract import AbstractEnsemble
from .._ensemble import PathEnsemble
from .._potential import AbstractPotential, Energies, Places
from .._systems import as_potential
from ._modes import FieldReference, full_spectrum
from ._pilot import measure, smear
from ._quartic import QuarticPotential

Configuration = Float[Array, "..."]
_ROUNDS = 60  # halvings of what the first guess of the mass knew
_LEAST_MASS = 4.0  # of a reference, times the longest side


@cites("paths")
class LatticeField(AbstractEnsemble):
    r"""Real fields $\phi$ on a torus with weight $e^{-S}$, $\hbar = 1$.

    $$ S = v\sum_x\Big[\frac12\sum_\mu\frac{(\phi_{x+\mu} - \phi_x)^2}{a_\mu^2}
        + \frac{\mu^2}2\phi_x^2 + g\,\phi_x^4\Big], \qquad v = \prod_\mu a_\mu $$

    The last axis is Euclidean time. Where a side has two sites, the two bonds between them both
    count.

    **Arguments:**

    - `shape`: sites along each of 1 to 4 axes, at least 2.
    - `mass_squared`, `coupling`: $\mu^2$ and g, as for [`feynax.paths.QuarticPotential`][].
    - `potential`: instead of both, any potential of one degree of freedom: an
      `AbstractPotential`, a formula or a function of the field.
    - `spacing`: the lattice constants $a_\mu$, one number or one an axis; 1 by default.

    One configuration is an array of shape `shape`.

    **Raises:**

    - `ValueError` where an argument is out of range.
    - `NotNormalisableError` where the weight of a quartic site has no finite sum.

    Source: paths document (Hashimoto, Hirono, Maeda, Totsuka-Yoshinaka), section 3.4. Its (3.22)
    and (3.25) lack the spatial lattice constant before the sum: as printed, the coupling is
    really g dx (`tests/paths/test_fields_lattice.py`).

    ```python
    import jax.numpy as jnp, feynax as fx
    field = fx.paths.LatticeField((4, 4), mass_squared=-1.0, coupling=0.5)
    assert field.action(jnp.ones((4, 4))) == 0.0
    ```
    """

    potential: AbstractPotential
    spacing: Float[Array | np.ndarray, " axes"]
    shape: tuple[int, ...] = eqx.field(static=True)

    def __init__(
        self,
        shape: tuple[int, ...] | int,
        *,
        mass_squared: float | None = None,
        coupling: float = 0.0,
        potential: AbstractPotential | str | Callable[[Any], Any] | None = None,
        spacing: float | tuple[float, ...] = 1.0,
    ):
        self.shape = (shape,) if isinstance(shape, int) else tuple(shape)
        check(1 <= len(self.shape) <= 4, "shape", "have 1 to 4 axes", self.shape)
        for sites in self.shape:
            check_count("shape", sites, 2)
        self.spacing = _one_an_axis(spacing, len(self.shape))
        alone = (mass_squared is None) != (potential is None)
        check(alone, "potential", "be given where `mass_squared` is not, and only there", potential)
        if potential is None:
            assert mass_squared is not None  # as has just been checked
            self.potential = QuarticPotential(mass_squared, coupling)
        else:
            check(coupling == 0, "coupling", "be left out where `potential` is given", coupling)
            self.potential = _site_potential(potential)

    @classmethod
    def hopping(cls, shape: tuple[int, ...] | int, *, kappa: float, lam: float) -> "LatticeField":
        r"""Return the field of the hopping form, in which $\phi = \sqrt{2\kappa}\,\phi'$.

        $$ S = \sum_x\Big[-2\kappa\sum_\mu\phi'_x\phi'_{x+\mu} + \phi_x'^2
            + \lambda(\phi_x'^2 - 1)^2\Big] - \lambda V $$

        **Arguments:**

        - `shape`: as of the class.
        - `kappa`, `lam`: $\kappa > 0$ and $\lambda \ge 0$, numbers.

        **Returns:**

        The field $\phi$ with $\mu^2 = (1 - 2\lambda)/\kappa - 2d$ and $g = \lambda/4\kappa^2$.
        """
        check_positive("kappa", kappa)
        axes = 1 if isinstance(shape, int) else len(shape)
        mass_squared = (1 - 2 * lam) / kappa - 2 * axes
        return cls(shape, mass_squared=mass_squared, coupling=lam / (4 * kappa**2))

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return math.prod(self.shape)

    @property
    def cell(self) -> Float[Array | np.ndarray, ""]:
        """Volume of a site's cell: the product of the lattice constants."""
        return self.spacing.prod()

    @property
    def stiffness(self) -> Float[Array | np.ndarray, " axes"]:
        r"""Return $v/a_\mu^2$ of every axis: what multiplies half a squared difference."""
        return self.cell / self.spacing**2

    def action(self, x: Configuration) -> Float[Array, ""]:
        terms = self.energies(x)
        for axis in range(x.ndim):
            half = jnp.asarray(self.stiffness[axis] / 2, x.dtype)
            terms = terms + half * (jnp.roll(x, -1, axis) - x) ** 2
        return jnp.sum(terms)

    def energies(self, x: Configuration) -> Configuration:
        """Return the potential's term of every site, with the volume of its cell."""
        return self.potential(x[None]) * jnp.asarray(self.cell, x.dtype)

    def residual(self, reference: FieldReference, x: Configuration) -> Float[Array, ""]:
        own = reference.potential(x) * jnp.asarray(self.cell, x.dtype)
        return jnp.sum(self.energies(x) - own)

    def reference(self) -> FieldReference:
        """Return the self-consistent free field: its own fluctuations give its mass."""
        waves = full_spectrum(self.shape, np.asarray(self.spacing))
        mass, centre = self._floor, 0.0
        for _ in range(_ROUNDS):
            spread = float(np.mean(1 / (waves + mass)) / self.cell)
            seen = smear(self.potential, centre, spread)
            if seen.quadratic:
                return self._free(seen.curvature, seen.centre)
            new = max(seen.curvature, mass / 4)
            mass, centre = (mass + new) / 2, centre - seen.force / (mass + new)
        return self._free(mass, centre)

    def matched(self, x: Float[Array, "chains ..."]) -> FieldReference:
        """Return the free field with the power of `x` in its longest waves.

        Near a critical point those are far softer than the mean curvature of the potential,
        which is the upper bound.
        """
        seen = measure(self.potential, x)
        if seen.quadratic:
            return self._free(seen.curvature, seen.centre)
        most = self._held(seen.curvature)
        least = min(self._floor, most)
        return self._free(min(max(self._softness(x), least), most), seen.centre)

    def slices(self, action: str = "trapezoid") -> PathEnsemble:
        r"""Return the same field as paths of one particle a spatial site: a network for each.

        Sites of the last axis are the slices; the particles have the mass $\prod_i a_i$ of a
        spatial cell. With "midpoint" this is (3.25) of the document, and with the default the
        lattice field itself. Configurations go over by `x.reshape(-1, x.shape[-1])`.

        **Arguments:**

        - `action`: of [`feynax.paths.PathEnsemble`][].
        """
        step = float(self.spacing[-1])
        potential = SlicePotential(self)
        mass = np.full(potential.dof, float(self.cell) / step)
        duration, count = step * self.shape[-1], self.shape[-1]
        return PathEnsemble(potential, beta=duration, slices=count, action=action, mass=mass)

    @property
    def _floor(self) -> float:
        """Least mass squared of a reference: waves longer than the lattice need none softer."""
        return float((_LEAST_MASS / np.max(np.asarray(self.spacing) * self.shape)) ** 2)

    def _held(self, curvature: float) -> float:
        return curvature if curvature > 0 else self._floor

    def _free(self, mass_squared: float, centre: float) -> FieldReference:
        return FieldReference(
            self.shape, spacing=self.spacing, mass_squared=mass_squared, centre=centre
        )

    def _softness(self, x: Float[Array, "chains ..."]) -> float:
        """The mass squared of a free field with the power of `x` in its longest waves."""
        sides = np.asarray(self.spacing) * self.shape
        found = []
        for axis in np.flatnonzero(sides >= sides.max() * (1 - 1e-9)):
            angle = 2 * np.pi / self.shape[axis]
            wave = np.exp(1j * angle * np.arange(self.shape[axis]))
            lines = np.moveaxis(np.asarray(x), axis + 1, -1)
            lines = lines.reshape(len(lines), -1, self.shape[axis]).mean(1)
            power = np.mean(np.abs(lines @ wave / self.shape[axis]) ** 2) * self.sites
            soft = (2 / self.spacing[axis] * np.sin(angle / 2)) ** 2
            found.append(1 / (self.cell * power) - soft)
        return float(np.mean(found))


class SlicePotential(AbstractPotential):
    """The energy of one time slice of a lattice field, its spatial sites as particles."""

    field: LatticeField
    dof: int = eqx.field(static=True)

    def __init__(self, field: LatticeField):
        self.field, self.dof = field, math.prod(field.shape[:-1])

    def __call__(self, x: Places) -> Energies:
        field, space = self.field, self.field.shape[:-1]
        sites = x.reshape(*space, *x.shape[1:])
        terms = field.potential(sites[None])
        for axis in range(len(space)):
            half = jnp.asarray(0.5 / field.spacing[axis] ** 2, x.dtype)
            terms = terms + half * (jnp.roll(sites, -1, axis) - sites) ** 2
        cell = jnp.asarray(field.cell / field.spacing[-1], x.dtype)
        return cell * jnp.sum(terms, range(len(space)))


def _one_an_axis(spacing: Any, axes: int) -> np.ndarray:
    values = np.asarray(spacing, np.float64)
    check(values.shape in ((), (axes,)), "spacing", "be one number or one an axis", spacing)
    for value in values.ravel():
        check_positive("spacing", float(value))
    return np.broadcast_to(values, (axes,)).copy()


def _site_potential(value: Any) -> AbstractPotential:
    potential = as_potential(value)
    check(potential.dof == 1, "potential", "have one degree of freedom", potential.dof)
    return potential
