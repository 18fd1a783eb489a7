"""A quantum particle on a few points: dense matrices that decide about chapter 2."""

import dataclasses
import functools
import itertools

import numpy as np

MASS, HBAR, OMEGA = 1.3, 0.7, 0.9


@dataclasses.dataclass(frozen=True)
class Grid:
    """An oscillator on a ring of `count` points, or any potential given by its values."""

    count: int = 128
    spacing: float = 0.125

    @functools.cached_property
    def x(self) -> np.ndarray:
        """Places."""
        return self.spacing * (np.arange(self.count) - self.count // 2)

    @functools.cached_property
    def p(self) -> np.ndarray:
        """Momenta, in the same number."""
        return 2 * np.pi * HBAR * np.fft.fftfreq(self.count, self.spacing)

    @functools.cached_property
    def waves(self) -> np.ndarray:
        """<x|p> with axes (x, p), normed to a unitary matrix."""
        return np.exp(1j * np.outer(self.x, self.p) / HBAR) / np.sqrt(self.count)

    @functools.cached_property
    def kinetic(self) -> np.ndarray:
        """p^2/2m."""
        return (self.waves * (self.p**2 / (2 * MASS))) @ self.waves.conj().T

    @functools.cached_property
    def potential(self) -> np.ndarray:
        """Values of m omega^2 x^2/2."""
        return MASS * OMEGA**2 * self.x**2 / 2

    @functools.cached_property
    def energy(self) -> np.ndarray:
        """The Hamilton operator."""
        return self.kinetic + np.diag(self.potential)

    @functools.cached_property
    def states(self) -> tuple[np.ndarray, np.ndarray]:
        """Levels and eigenvectors."""
        return np.linalg.eigh(self.energy)

    def evolve(self, t: float, hbar: float = HBAR) -> np.ndarray:
        """exp(-i t H/hbar)."""
        E, chi = self.states
        return (chi * np.exp(-1j * t * E / hbar)) @ chi.conj().T

    @property
    def packet(self) -> np.ndarray:
        """A moving Gaussian, not of the oscillator's own width."""
        wave = np.exp(-((self.x - 0.8) ** 2) / 1.2 + 0.6j * self.x / HBAR)
        return wave / np.sqrt(np.sum(np.abs(wave) ** 2) * self.spacing)


def short_steps(count: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A small ring: waves (x, p), kinetic energies (p) and a random potential (x)."""
    momenta = 2 * np.pi * np.arange(count) / count
    waves = np.exp(1j * np.outer(np.arange(count), momenta)) / np.sqrt(count)
    return waves, 1 - np.cos(momenta), np.random.default_rng(0).normal(size=count)


def extrapolated(values: list[np.ndarray]) -> np.ndarray:
    """Limit of values at steps h, h/2, h/4, ... whose error is a series in h."""
    for order in range(1, len(values)):
        pairs = itertools.pairwise(values)
        values = [(2**order * fine - coarse) / (2**order - 1) for coarse, fine in pairs]
    return values[0]
