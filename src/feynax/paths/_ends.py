r"""What a path does at its ends, and the trigonometric modes that suit it.

The modes diagonalise every quadratic lattice action of the house, midpoint and site rule alike:

| ends | modes, sites $n = 0..N$ | angle $\theta_k$ | transform |
|---|---|---|---|
| periodic | $\cos, \sin(2\pi kn/N)$ | $2\pi k/N$ | real FFT |
| both fixed | $\sin(k\pi n/N)$, $k = 1..N-1$ | $k\pi/N$ | DST-I |
| start fixed | $\sin((k-\frac12)\pi n/N)$, $k = 1..N$ | $(k-\frac12)\pi/N$ | DST-II and III |
| both free | $\cos(k\pi n/N)$, $k = 0..N$ | $k\pi/N$ | DCT-I |

Equation (4.6) of the document, cosines $\cos(n\pi t/T)$, is the last row: with free coefficients it
means free ends, which the document does not say (`tests/paths/test_ends.py`).
"""

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import check_finite

Modes = Float[Array, "*batch modes"]
Sites = Float[Array, "*batch sites"]


class AbstractEnds(eqx.Module):
    """Boundary condition of a path of N slices; the last axis is time, or the mode."""

    @abc.abstractmethod
    def sites(self, slices: int) -> int:
        """Return how many sites are stored: N for a closed path, N + 1 for an open one."""

    @abc.abstractmethod
    def angles(self, slices: int) -> np.ndarray:
        """Return the angle of every mode, in radians a slice."""

    @abc.abstractmethod
    def norms(self, slices: int) -> np.ndarray:
        r"""Return $c_k$: a mode's squared norm, with half weight on open ends, is $c_k N/2$."""

    @abc.abstractmethod
    def synthesis(self, amplitudes: Modes, slices: int) -> Sites:
        """Return the deviations at all sites from the modes' amplitudes."""

    @abc.abstractmethod
    def analysis(self, deviations: Sites, slices: int) -> Modes:
        """Return the modes' amplitudes: the inverse of `synthesis`."""


class Periodic(AbstractEnds):
    """A closed path, x_N = x_0: the trace, that is a thermal average."""

    def sites(self, slices: int) -> int:
        return slices

    def angles(self, slices: int) -> np.ndarray:
        cosines, sines = np.arange(slices // 2 + 1), np.arange(1, (slices + 1) // 2)
        return 2 * np.pi / slices * np.concatenate([cosines, sines])

    def norms(self, slices: int) -> np.ndarray:
        whole = np.ones(slices)
        whole[0] = 2
        if slices % 2 == 0:
            whole[slices // 2] = 2
        return whole

    def synthesis(self, amplitudes: Modes, slices: int) -> Sites:
        upper = slices // 2 + 1
        cosines, sines = amplitudes[..., :upper], amplitudes[..., upper:]
        width = [(0, 0)] * (amplitudes.ndim - 1) + [(1, upper - 1 - sines.shape[-1])]
        weight = _along(slices / 2 * self.norms(slices)[:upper], cosines)
        spectrum = jax.lax.complex(cosines * weight, jnp.pad(sines, width) * (-slices / 2))
        return jnp.fft.irfft(spectrum, slices)

    def analysis(self, deviations: Sites, slices: int) -> Modes:
        spectrum = jnp.fft.rfft(deviations)
        sines = spectrum.imag[..., 1 : (slices + 1) // 2]
        raw = jnp.concatenate([spectrum.real, -sines], -1)
        return raw * _along(2 / slices / self.norms(slices), raw)


class FixedEnds(AbstractEnds):
    """A path from one place to another: the kernel of the Euclidean propagator.

    - `start`, `stop`: places of all degrees of freedom, shape (dof,).
    """

    start: Float[Array | np.ndarray, " dof"] = eqx.field(converter=lambda x: _place("start", x))
    stop: Float[Array | np.ndarray, " dof"] = eqx.field(converter=lambda x: _place("stop", x))

    def sites(self, slices: int) -> int:
        return slices + 1

    def angles(self, slices: int) -> np.ndarray:
        return np.pi / slices * np.arange(1, slices)

    def norms(self, slices: int) -> np.ndarray:
        return np.ones(slices - 1)

    def synthesis(self, amplitudes: Modes, slices: int) -> Sites:
        spectrum = jax.lax.complex(jnp.zeros_like(amplitudes), amplitudes * -slices)
        width = [(0, 0)] * (amplitudes.ndim - 1) + [(1, 1)]
        return jnp.fft.irfft(jnp.pad(spectrum, width), 2 * slices)[..., : slices + 1]

    def analysis(self, deviations: Sites, slices: int) -> Modes:
        inner = deviations[..., 1:-1]
        edge = jnp.zeros_like(inner[..., :1])
        odd = jnp.concatenate([edge, inner, edge, -inner[..., ::-1]], -1)
        return jnp.fft.rfft(odd).imag[..., 1:slices] / -slices


class HalfLine(AbstractEnds):
    """A path that starts at a place and ends anywhere: its weight is the wave function there.

    - `start`: places of all degrees of freedom, shape (dof,).
    """

    start: Float[Array | np.ndarray, " dof"] = eqx.field(converter=lambda x: _place("start", x))

    def sites(self, slices: int) -> int:
        return slices + 1

    def angles(self, slices: int) -> np.ndarray:
        return np.pi / slices * (np.arange(1, slices + 1) - 0.5)

    def norms(self, slices: int) -> np.ndarray:
        return np.ones(slices)

    def synthesis(self, amplitudes: Modes, slices: int) -> Sites:
        # Read backwards from the free end, the quarter-wave sines are the cosines of DCT-II.
        signs = _along(_alternating(slices), amplitudes)
        backwards = jax.scipy.fft.dct(amplitudes * signs) / 2
        width = [(0, 0)] * (amplitudes.ndim - 1) + [(1, 0)]
        return jnp.pad(backwards[..., ::-1], width)

    def analysis(self, deviations: Sites, slices: int) -> Modes:
        backwards = jax.scipy.fft.idct(2 * deviations[..., :0:-1])
        return backwards * _along(_alternating(slices), backwards)


class FreeEnds(AbstractEnds):
    """A path that starts and ends anywhere: both ends weigh as the ground state's amplitude."""

    def sites(self, slices: int) -> int:
        return slices + 1

    def angles(self, slices: int) -> np.ndarray:
        return np.pi / slices * np.arange(slices + 1)

    def norms(self, slices: int) -> np.ndarray:
        whole = np.ones(slices + 1)
        whole[[0, -1]] = 2
        return whole

    def synthesis(self, amplitudes: Modes, slices: int) -> Sites:
        weighted = amplitudes * _along(slices * self.norms(slices), amplitudes)
        spectrum = jax.lax.complex(weighted, jnp.zeros_like(weighted))
        return jnp.fft.irfft(spectrum, 2 * slices)[..., : slices + 1]

    def analysis(self, deviations: Sites, slices: int) -> Modes:
        even = jnp.concatenate([deviations, deviations[..., -2:0:-1]], -1)
        raw = jnp.fft.rfft(even).real
        return raw / _along(slices * self.norms(slices), raw)


def _place(name: str, value: object) -> np.ndarray:
    place = np.atleast_1d(np.asarray(value, np.float64))
    check_finite(name, place)
    return place


def _alternating(count: int) -> np.ndarray:
    return 1 - 2 * (np.arange(count) % 2)


def _along(weights: np.ndarray, x: Array) -> np.ndarray:
    """Weights of the last axis, in the type and with the number of axes of `x`."""
    return weights.astype(x.dtype).reshape((1,) * (x.ndim - 1) + weights.shape)
