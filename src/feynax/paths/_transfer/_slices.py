"""One slice of a path as a matrix on a uniform grid, for every action."""

import dataclasses
import functools

import numpy as np

from .._ensemble import PathEnsemble
from .._systems._host import energies, forces


@dataclasses.dataclass(frozen=True)
class SliceKernel:
    """What one period of an action is made of: one slice, or two for Chin's.

    - `x`: the grid; `spacing`: of it; `period`: slices after which the action repeats.
    - `free`: free propagation over a slice, with the measure, shape (points, points).
    - `energy`, `force`: V less its least value, and its derivative, at `places`: at the sites,
      or (points, points) halfway between two.
    - `weights`: of energy and squared force, on even and odd slices.
    - `push`: dt^2 / m, which makes an energy of a squared force.
    - `shift`: logarithm that was taken out of `matrix`: the least energy's.
    """

    x: np.ndarray
    free: np.ndarray
    energy_above: np.ndarray
    force: np.ndarray
    lowest: float
    weights: tuple[np.ndarray, np.ndarray]
    push: float
    rate: float
    period: int
    midpoint: bool

    @property
    def spacing(self) -> float:
        """Distance of two places of the grid."""
        return float(self.x[1] - self.x[0])

    @property
    def energy(self) -> np.ndarray:
        """V at `places`."""
        return self.energy_above + self.lowest

    @property
    def squared_force(self) -> np.ndarray:
        """The squared force as an energy, at `places`."""
        return self.push * self.force**2

    @property
    def middles(self) -> np.ndarray:
        """Places halfway between two of the grid, shape (points, points)."""
        return (self.x[:, None] + self.x) / 2

    @property
    def places(self) -> np.ndarray:
        """Where the action evaluates V."""
        return self.middles if self.midpoint else self.x

    @property
    def shift(self) -> float:
        """Logarithm of what the least energy takes out of a period."""
        return -self.rate * self.lowest * self.period

    @functools.cached_property
    def factors(self) -> np.ndarray:
        """Weights of even and odd sites, or of the middle of a slice."""
        if self.midpoint:
            return np.exp(-self.rate * self.energy_above)
        energy, force = self.weights
        exponent = np.outer(energy, self.energy_above) + np.outer(force, self.squared_force)
        return np.exp(-self.rate * exponent)

    def matrix(self) -> np.ndarray:
        """Return one period as a symmetric matrix, without `shift`."""
        if self.midpoint:
            return self.free * self.factors
        half = np.sqrt(self.factors[0])
        if self.period == 1:
            return half[:, None] * self.free * half
        root = half[:, None] * self.free * np.sqrt(self.factors[1])
        return root @ root.T

    def pairs(self, rest: np.ndarray) -> np.ndarray:
        """Return the joint weight of a site and the next, given the rest of the path."""
        if self.period == 1:
            return self.matrix() * rest.T
        half, middle = np.sqrt(self.factors[0]), self.factors[1]
        ahead = half[:, None] * self.free * middle
        return ahead * (rest @ (half[:, None] * self.free))


def slice_kernel(ensemble: PathEnsemble, x: np.ndarray) -> SliceKernel:
    """Return the slice of an ensemble of one degree of freedom on a grid."""
    rule, potential = ensemble.rule, ensemble.potential
    mass, hbar, dt = (float(v) for v in (ensemble.mass[0, 0], ensemble.hbar, ensemble.dt))
    width = mass / (2 * hbar * dt)
    free = (x[1] - x[0]) * np.sqrt(width / np.pi) * np.exp(-width * (x[:, None] - x) ** 2)
    V = energies(potential, _places(x, rule.midpoint)[None])
    V = np.where(np.isnan(V), np.inf, V)
    V = _between(V, x.size) if rule.midpoint else V
    force = forces(potential, x[None])[0] if rule.corrected else np.zeros_like(V)
    lowest = float(V.min())
    return SliceKernel(
        x=x,
        free=free,
        energy_above=V - lowest,
        force=force,
        lowest=lowest,
        weights=(np.array(rule.potential), np.array(rule.force)),
        push=dt**2 / mass,
        rate=dt / hbar,
        period=1 if len({*rule.potential}) == 1 else 2,
        midpoint=rule.midpoint,
    )


def _places(x: np.ndarray, midpoint: bool) -> np.ndarray:
    """The sites, or all the different places halfway between two of them."""
    return np.linspace(x[0], x[-1], 2 * x.size - 1) if midpoint else x


def _between(values: np.ndarray, points: int) -> np.ndarray:
    """Spread values of the different middles over all pairs of sites."""
    each = np.arange(points)
    return values[each[:, None] + each]
