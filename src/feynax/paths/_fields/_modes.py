r"""The Gaussian reference of lattice fields: free waves, packed into as many real numbers as sites.

The half spectrum of a real field holds each wave once, but for two planes of the last axis: those
of its lowest and (of an even length) highest wave number, in which k and -k both occur. There the
two real numbers r(k), r(-k) give $[(r(k) + r(-k)) + i(r(-k) - r(k))]/2$, as in Hartley's transform.
Both ways are orthogonal, so white noise goes to white noise with one transform.
"""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from .._abstract import AbstractReference


class FieldReference(AbstractReference):
    r"""Free waves about a constant, for fields on a periodic lattice of 1 to 4 dimensions.

    With cells of volume v and spacings $a_\mu$, a wave of angles $\theta$ has the stiffness
    $\lambda = v\,[\sum_\mu \frac4{a_\mu^2}\sin^2\frac{\theta_\mu}2 + m^2]$, and its amplitude is
    a whitened mode over $\sqrt\lambda$.

    - `mass_squared`, `centre`: of the reference; `scale`: $\lambda^{-1/2}$ of every mode.
    """

    mass_squared: float
    centre: float
    scale: Float[Array | np.ndarray, "..."]
    lattice: tuple[int, ...] = eqx.field(static=True)

    def __init__(
        self,
        lattice: tuple[int, ...],
        *,
        spacing: Float[Array | np.ndarray, " axes"],
        mass_squared: float,
        centre: float = 0.0,
    ):
        self.lattice = lattice
        self.mass_squared, self.centre = np.float64(mass_squared), np.float64(centre)
        steps = np.asarray(spacing)
        waves = full_spectrum(lattice, steps)[..., _numbers(lattice[-1])]
        self.scale = 1 / np.sqrt(steps.prod() * (waves + mass_squared))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.lattice

    def synthesis(self, modes: Float[Array, "..."]) -> Float[Array, "..."]:
        waves = _pack(modes * jnp.asarray(self.scale, modes.dtype))
        return _to_sites(waves, self.lattice) + jnp.asarray(self.centre, modes.dtype)

    def analysis(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        waves = _to_waves(x - jnp.asarray(self.centre, x.dtype))
        return _unpack(waves, self.lattice[-1]) / jnp.asarray(self.scale, x.dtype)

    def potential(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return half the mass squared times a square, at every site."""
        away = x - jnp.asarray(self.centre, x.dtype)
        return jnp.asarray(self.mass_squared / 2, x.dtype) * away**2


def full_spectrum(lattice: tuple[int, ...], spacing: np.ndarray) -> np.ndarray:
    r"""Return $\sum_\mu (2/a_\mu)^2\sin^2(\theta_\mu/2)$ of all waves."""
    total = np.zeros(())
    for sites, step in zip(lattice, spacing, strict=True):
        own = (2 / step * np.sin(np.pi * np.arange(sites) / sites)) ** 2
        total = np.add.outer(total, own)
    return total


def _numbers(sites: int) -> np.ndarray:
    """Wave numbers of the packed last axis: all real parts, then the imaginary ones."""
    return np.concatenate([np.arange(sites // 2 + 1), np.arange(1, (sites + 1) // 2)])


def _to_sites(waves: Complex[Array, "..."], lattice: tuple[int, ...]) -> Float[Array, "..."]:
    if len(lattice) == 4:  # a transform has three axes at most
        waves = jnp.fft.ifft(waves, axis=0, norm="ortho")
    inner = lattice[-3:]
    return jnp.fft.irfftn(waves, inner, tuple(range(-len(inner), 0)), norm="ortho")


def _to_waves(x: Float[Array, "..."]) -> Complex[Array, "..."]:
    waves = jnp.fft.rfftn(x, axes=tuple(range(-min(x.ndim, 3), 0)), norm="ortho")
    return jnp.fft.fft(waves, axis=0, norm="ortho") if x.ndim == 4 else waves


def _pack(modes: Float[Array, "..."]) -> Complex[Array, "..."]:
    """White waves of the half spectrum from white numbers."""
    sites = modes.shape[-1]
    upper = sites // 2 + 1
    real, imaginary = modes[..., :upper], modes[..., upper:]
    inner = jax.lax.complex(real[..., 1 : sites - upper + 1], imaginary) / math.sqrt(2)
    parts = [_hartley(real[..., :1]), inner]
    return jnp.concatenate(parts if sites % 2 else [*parts, _hartley(real[..., -1:])], -1)


def _unpack(waves: Complex[Array, "..."], sites: int) -> Float[Array, "..."]:
    """The inverse of `_pack`."""
    inner = waves[..., 1 : (sites + 1) // 2] * math.sqrt(2)
    first, last = (waves.real - waves.imag)[..., :1], (waves.real - waves.imag)[..., -1:]
    parts = [first, inner.real, *([] if sites % 2 else [last]), inner.imag]
    return jnp.concatenate(parts, -1)


def _hartley(plane: Float[Array, "..."]) -> Complex[Array, "..."]:
    axes = tuple(range(plane.ndim - 1))
    other = jnp.roll(jnp.flip(plane, axes), (1,) * len(axes), axes)
    return jax.lax.complex((plane + other) / 2, (other - plane) / 2)
