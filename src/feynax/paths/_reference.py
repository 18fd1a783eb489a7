r"""The Gaussian reference of paths: oscillators with the same mass, slices and ends.

Degrees of freedom decouple in a frame A with $A^T M A = 1$ and $A^T K A = \omega^2$ (mass matrix
M, stiffness matrix K), and time decouples in the modes of the ends. So a draw is one transform.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ._abstract import AbstractReference
from ._ends import AbstractEnds, FixedEnds, HalfLine


class PathReference(AbstractReference):
    r"""Independent lattice oscillators around a centre, for paths of shape (dof, sites).

    With eigenvalue $\lambda_{jk} = \frac4{dt}\sin^2\frac{\theta_k}2 + \omega_j^2 dt\,r_k$ of the
    mode k ($r = 1$ for site rules, $\cos^2(\theta/2)$ for midpoints), the amplitude of a whitened
    mode q is $q\sqrt{2\hbar / (N c_k \lambda_{jk})}$.

    Source: paths document (Hashimoto et al.), equation (4.6), with the cases it leaves out.
    """

    ends: AbstractEnds
    centre: Float[Array | np.ndarray, " dof"]
    stiffness: Float[Array | np.ndarray, "dof dof"]
    frame: Float[Array | np.ndarray, "dof dof"]
    inverse: Float[Array | np.ndarray, "dof dof"]
    scale: Float[Array | np.ndarray, "dof modes"]
    base: Float[Array | np.ndarray, "dof sites"]
    slices: int = eqx.field(static=True)

    def __init__(
        self,
        ends: AbstractEnds,
        *,
        slices: int,
        dt: float,
        hbar: float,
        mass: np.ndarray,
        stiffness: np.ndarray,
        centre: np.ndarray,
        midpoint: bool = False,
        memory: np.ndarray | float = 0.0,
    ):
        root, self.inverse, rates = _frame(mass, stiffness)
        half = np.sin(ends.angles(slices) / 2) ** 2
        rule = 1 - half if midpoint else np.ones_like(half)
        spectrum = 4 / dt * half + dt * np.outer(rates, rule) + memory
        self.ends, self.slices = ends, slices
        self.centre, self.stiffness, self.frame = centre, stiffness, root
        self.scale = np.sqrt(2 * hbar / (slices * ends.norms(slices) * spectrum))
        self.base = self._base(rates * dt**2, midpoint)

    @property
    def shape(self) -> tuple[int, int]:
        dof, modes = self.scale.shape
        return dof, modes

    def synthesis(self, modes: Float[Array, "dof modes"]) -> Float[Array, "dof sites"]:
        own = self.ends.synthesis(modes * jnp.asarray(self.scale, modes.dtype), self.slices)
        return jnp.asarray(self.base, own.dtype) + _turn(self.frame, own)

    def analysis(self, x: Float[Array, "dof sites"]) -> Float[Array, "dof modes"]:
        own = _turn(self.inverse, x - jnp.asarray(self.base, x.dtype))
        return self.ends.analysis(own, self.slices) / jnp.asarray(self.scale, x.dtype)

    def potential(self, x: Float[Array, "dof *time"]) -> Float[Array, "*time"]:
        """Return the reference's own potential energy, half a stiffness times a square."""
        away = x - jnp.asarray(self.centre, x.dtype).reshape(-1, *[1] * (x.ndim - 1))
        return jnp.sum(away * _turn(self.stiffness / 2, away), 0)

    def _base(self, squares: np.ndarray, midpoint: bool) -> np.ndarray:
        """The classical lattice path between the ends: around it there are no linear terms."""
        N = self.slices
        rest = np.repeat(self.centre[:, None], self.ends.sites(N), 1)
        if not isinstance(self.ends, FixedEnds | HalfLine):
            return rest
        rates = _lattice_rates(squares, midpoint)[:, None]
        steps = np.arange(N + 1)
        start = self.inverse @ (self.ends.start - self.centre)
        if isinstance(self.ends, HalfLine):
            return rest + self.frame @ (start[:, None] * _cosh_ratio(rates, N - steps, N))
        stop = self.inverse @ (self.ends.stop - self.centre)
        there = start[:, None] * _sinh_ratio(rates, N - steps, N)
        return rest + self.frame @ (there + stop[:, None] * _sinh_ratio(rates, steps, N))


def _frame(mass: np.ndarray, stiffness: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return A, its inverse, and the squared frequencies of M and K."""
    lower = np.linalg.cholesky(mass)
    inverse_lower = np.linalg.inv(lower)
    rates, axes = np.linalg.eigh(inverse_lower @ stiffness @ inverse_lower.T)
    return inverse_lower.T @ axes, axes.T @ lower.T, rates


def _lattice_rates(squares: np.ndarray, midpoint: bool) -> np.ndarray:
    r"""Return $\Omega\,dt$: tanh or sinh of its half is $\omega\,dt/2$, by the rule of the action.

    Beyond $\omega\,dt = 2$ the midpoint rule has no such exponential (signs alternate, spec of the
    Mehler kernel), and any path with the right ends will do: the straight line is taken.
    """
    half = np.sqrt(np.maximum(squares, 0)) / 2
    if not midpoint:
        return 2 * np.arcsinh(half)
    return 2 * np.arctanh(np.where(half < 1 - 1e-9, half, 0))


def _sinh_ratio(rate: np.ndarray, n: np.ndarray, N: int) -> np.ndarray:
    """sinh(rate n) / sinh(rate N), for long paths and for no stiffness too."""
    safe = np.where(rate * N < 1e-6, 1.0, rate)
    ratio = np.exp(-safe * (N - n)) * np.expm1(-2 * safe * n) / np.expm1(-2 * safe * N)
    return np.where(rate * N < 1e-6, n / N, ratio)


def _cosh_ratio(rate: np.ndarray, n: np.ndarray, N: int) -> np.ndarray:
    return np.exp(-rate * (N - n)) * (1 + np.exp(-2 * rate * n)) / (1 + np.exp(-2 * rate * N))


def _turn(matrix: Array | np.ndarray, x: Float[Array, "dof *time"]) -> Float[Array, "dof *time"]:
    """Apply a matrix to the degrees of freedom; one of them is only multiplied."""
    matrix = jnp.asarray(matrix, x.dtype)
    return x * matrix[0, 0] if x.shape[0] == 1 else jnp.tensordot(matrix, x, 1)
