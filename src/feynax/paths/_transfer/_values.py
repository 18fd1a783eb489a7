"""What the eigenvalues of one slice say about closed paths, exactly."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..._checks import check, check_choice, check_count
from .._ensemble import PathEnsemble
from ._slices import SliceKernel


@dataclasses.dataclass(frozen=True)
class TransferMatrix:
    r"""The exact lattice ensemble of closed paths, from the eigenvalues of one slice.

    $$ Z = \sum_a \lambda_a^N, \qquad \langle f(x_0) f(x_k) \rangle =
       \frac1Z \sum_{ab} \lambda_a^k \lambda_b^{N-k} |\langle a|f|b \rangle|^2 $$

    All values are those of the lattice at its N, so that a sampler of the same ensemble agrees
    with them within its statistical error. Made by [`feynax.paths.transfer_matrix`][].

    **Fields:**

    - `ensemble`: the ensemble.
    - `x`: places of the grid, shape (points,), in units of length.
    - `values`, `vectors`: eigenvalues of a slice (Chin: of two), largest first, relative to the
      largest; and orthonormal eigenvectors, one a column.
    - `scale`: logarithm of the largest eigenvalue.
    - `error`: relative change of lnZ, energy and <x^2> under a finer and wider grid.
    """

    ensemble: PathEnsemble
    kernel: SliceKernel = dataclasses.field(repr=False)
    values: np.ndarray = dataclasses.field(repr=False)
    vectors: np.ndarray = dataclasses.field(repr=False)
    scale: float = dataclasses.field(repr=False)
    error: float = np.inf

    @property
    def x(self) -> np.ndarray:
        """Places of the grid."""
        return self.kernel.x

    @property
    def log_partition(self) -> float:
        """The logarithm of Z, absolute: every slice carries its normalisation."""
        return float(self._power * self.scale + np.log(self._occupied.sum()))

    @property
    def free_energy(self) -> float:
        r"""Helmholtz free energy $-\ln Z / \beta$."""
        return -self.log_partition / float(self.ensemble.beta)

    @property
    def energy(self) -> float:
        r"""Mean energy $-\partial \ln Z / \partial\beta$ at fixed N: thermodynamic and virial."""
        own, k = self.ensemble, self.kernel
        dt = float(own.dt)
        # dt stands in the kinetic term, before V, and to the third power before the force.
        local = self._local(k.energy, 1.0, k.squared_force, 3.0)
        return float(own.hbar) / (2 * dt) - self.bond_energy + local

    @property
    def spectral_energy(self) -> float:
        """Mean of the lattice's levels: minus the derivative of lnZ at fixed time step."""
        energies = self._energies[self.values != 0]
        weights = self._occupied[self.values != 0]
        return float(weights @ energies / weights.sum())

    @property
    def bond_energy(self) -> float:
        r"""$m \langle (x_n - x_{n-1})^2 \rangle / (2 dt^2)$: not the kinetic energy."""
        squares = (self.x[:, None] - self.x) ** 2
        mass, dt = float(self.ensemble.mass[0, 0]), float(self.ensemble.dt)
        return float(np.sum(self._pairs * squares)) * mass / (2 * dt**2)

    @property
    def gap(self) -> float:
        """First excitation energy of the lattice."""
        lowest = self.levels(2)
        return float(lowest[1] - lowest[0])

    def levels(self, count: int = 6) -> np.ndarray:
        r"""Return the lattice's energy levels $-\frac{\hbar}{dt} \ln |\lambda_a|$, lowest first.

        **Arguments:**

        - `count`: how many.

        **Returns:** an array (count,), in units of energy.
        """
        check_count("count", count)
        return self._energies[:count]

    def mean(self, f: Callable[[Any], Any], at: str = "sites") -> float:
        """Return the average of a function of x over a closed path.

        **Arguments:**

        - `f`: an elementwise function of x.
        - `at`: `"sites"`; `"middles"`, halfway between two; or `"even"`, the ends of whole
          steps, which for Chin's action are the better sites.
        """
        check_choice("at", at, ("sites", "middles", "even"))
        if at == "middles":
            return float(np.sum(self._pairs * _apply(f, self.kernel.middles)))
        density = self._even if at == "even" else self._densities.mean(0)
        return float(density @ _apply(f, self.x))

    def moment(self, power: int, at: str = "sites") -> float:
        """Return <x^power>; see `mean`."""
        check_count("power", power)
        return self.mean(lambda x: x**power, at)

    def corrected_mean(self, f: Callable[[Any], Any]) -> float:
        r"""Return the average of f that is as accurate as lnZ.

        $-\frac1\beta \partial \ln Z / \partial\epsilon$ of $V + \epsilon f$: with a squared force
        in the action, f is joined by $\frac{dt^2}{12 m} V' f'$ (Takahashi-Imada).

        **Arguments:**

        - `f`: an elementwise function of x, traced by JAX.
        """
        k = self.kernel
        slope = _slope(f, k.places) * k.force if self.ensemble.rule.corrected else k.force
        return self._local(_apply(f, k.places), 1.0, slope * k.push, 2.0)

    def correlator(
        self,
        lags: Any,
        f: Callable[[Any], Any] | None = None,
        *,
        corrected: bool = False,
    ) -> np.ndarray:
        r"""Return $\langle f(x_0) f(x_k) \rangle$, not connected.

        **Arguments:**

        - `lags`: whole numbers k of slices, shape (lags,); even ones for Chin's action.
        - `f`: an elementwise function, by default x itself.
        - `corrected`: with f joined by $\frac{dt^2}{12 m} V' f'$, for Takahashi-Imada's action.

        **Returns:** an array (lags,).
        """
        f = f or (lambda x: x)
        k = self.kernel
        lags = np.atleast_1d(np.asarray(lags, int)) % self.ensemble.slices
        check(not (lags % k.period).any(), "lags", "be even for this action", lags)
        values = _apply(f, self.x)
        if corrected:
            kind = self.ensemble.kind
            must = "be of the action `takahashi_imada` for corrected correlators"
            check(kind == "takahashi_imada", "ensemble", must, kind)
            values = values + 2 * k.weights[1][0] * k.push * k.force * _slope(f, self.x)
        overlap = (self.vectors.T @ (values[:, None] * self.vectors)) ** 2
        steps = lags[:, None] // k.period
        ahead, back = self.values**steps, self.values ** (self._power - steps)
        return np.sum((ahead @ overlap) * back, 1) / self._occupied.sum()

    def density(self, y: Any = None) -> np.ndarray:
        r"""Return the density of a site; at low temperature $|\psi_0|^2$.

        **Arguments:**

        - `y`: places, shape (places,); the grid by default.

        **Returns:** an array (places,), in units of one over length.
        """
        return self._at(self._even / self.kernel.spacing, y)

    def endpoint_density(self, y: Any = None) -> np.ndarray:
        r"""Return the density of the free end of a half-infinite path: $\psi_0$, not its square.

        **Arguments:**

        - `y`: places, shape (places,); the grid by default.

        **Returns:** an array (places,), normalised to one, in units of one over length.
        """
        ground = np.abs(self.vectors[:, 0])
        return self._at(ground / (ground.sum() * self.kernel.spacing), y)

    @property
    def _power(self) -> int:
        return self.ensemble.slices // self.kernel.period

    @property
    def _occupied(self) -> np.ndarray:
        return self.values**self._power

    @functools.cached_property
    def _energies(self) -> np.ndarray:
        step = float(self.ensemble.dt) * self.kernel.period
        with np.errstate(divide="ignore"):
            logs = self.scale + np.log(np.abs(self.values))
        return -float(self.ensemble.hbar) / step * logs

    @functools.cached_property
    def _rest(self) -> np.ndarray:
        """The closed path without one period, over Z and the largest eigenvalue."""
        return (
            (self.vectors * self.values ** (self._power - 1))
            @ self.vectors.T
            / (np.exp(self.scale - self.kernel.shift) * self._occupied.sum())
        )

    @functools.cached_property
    def _even(self) -> np.ndarray:
        return (self.vectors**2 * self._occupied).sum(1) / self._occupied.sum()

    @functools.cached_property
    def _pairs(self) -> np.ndarray:
        """Joint probability of an even site and the next one."""
        return self.kernel.pairs(self._rest)

    @functools.cached_property
    def _densities(self) -> np.ndarray:
        """Probabilities of even and odd sites."""
        odd = self._pairs.sum(0) if self.kernel.period == 2 else self._even
        return np.stack([self._even, odd])

    def _local(self, f: np.ndarray, first: float, g: np.ndarray, second: float) -> float:
        """Average f and g with the action's weights of energy and force, a slice."""
        energy, force = self.kernel.weights
        if self.ensemble.rule.midpoint:
            return float(np.sum(self._pairs * f)) * first
        there = self._densities.max(0) > 0  # elsewhere V may be infinite
        f, g = np.where(there, f, 0.0), np.where(there, g, 0.0)
        both = first * np.outer(energy, f) + second * np.outer(force, g)
        return float(np.sum(both * self._densities, 1).mean())

    def _at(self, values: np.ndarray, y: Any) -> np.ndarray:
        if y is None:
            return values
        # Sinc interpolation: the grid resolves everything that there is.
        return np.sinc((np.asarray(y)[..., None] - self.x) / self.kernel.spacing) @ values


def _apply(f: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    with jax.enable_x64(True):
        return np.broadcast_to(np.asarray(f(x), np.float64), x.shape)


def _slope(f: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    with jax.enable_x64(True):
        return np.asarray(jax.jvp(f, (jnp.asarray(x),), (jnp.ones(x.shape),))[1])
