"""Unitary matrices that stay unitary while their parameters are trained."""

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float, Int, PRNGKeyArray


class SimpleUnitary(eqx.Module):
    r"""$U = D_3 R_2 F^{-1} D_2 \Pi R_1 F D_1$: phases, mirrors, Fourier transforms, a shuffle.

    Source: M. Arjovsky, A. Shah, Y. Bengio, arXiv 1511.06464 (2016), equation (6).
    """

    phases: Float[Array, "3 units"]
    mirrors_real: Float[Array, "2 units"]
    mirrors_imag: Float[Array, "2 units"]
    shuffle: Int[Array, " units"]

    def __init__(self, units: int, *, dtype: Any = None, key: PRNGKeyArray):
        """Draw phases in all directions, mirrors uniformly, and the shuffle."""
        turn, real, imag, order = jax.random.split(key, 4)
        self.phases = jax.random.uniform(turn, (3, units), dtype, -math.pi, math.pi)
        self.mirrors_real, self.mirrors_imag = (
            jax.random.uniform(k, (2, units), dtype, -1.0, 1.0) for k in (real, imag)
        )
        self.shuffle = jax.random.permutation(order, units)

    def matrix(self) -> Complex[Array, "units units"]:
        """Multiply the factors out, once a sequence, by letting them act on the identity."""
        first, middle, last = jnp.exp(jax.lax.complex(jnp.zeros_like(self.phases), self.phases))
        mirrors = jax.lax.complex(self.mirrors_real, self.mirrors_imag)
        columns = jnp.diag(first)
        columns = jnp.fft.fft(columns, axis=0, norm="ortho")
        columns = _reflect(mirrors[0], columns)[self.shuffle]
        columns = jnp.fft.ifft(middle[:, None] * columns, axis=0, norm="ortho")
        return last[:, None] * _reflect(mirrors[1], columns)


class FullUnitary(eqx.Module):
    r"""$U = e^{K}$ with $K = A - A^\top + i(B + B^\top)/2$, which is skew-Hermitian.

    Every unitary matrix is of this form.
    """

    skew: Float[Array, "units units"]
    symmetric: Float[Array, "units units"]

    def __init__(self, units: int, *, dtype: Any = None, key: PRNGKeyArray):
        """Draw one phase in each direction of the basis."""
        phases = jax.random.uniform(key, (units,), dtype, -math.pi, math.pi)
        self.skew = jnp.zeros((units, units), phases.dtype)
        self.symmetric = jnp.diag(phases)

    def matrix(self) -> Complex[Array, "units units"]:
        """Return the exponential."""
        above = jnp.triu(self.skew, 1)
        hermitian = (self.symmetric + self.symmetric.T) / 2
        return jax.scipy.linalg.expm(jax.lax.complex(above - above.T, hermitian))


def _reflect(mirror: Array, columns: Array) -> Array:
    """Reflect all columns at the plane across `mirror`."""
    power = jnp.sum(mirror.real**2 + mirror.imag**2)
    overlap = jnp.conj(mirror) @ columns
    return columns - mirror[:, None] * (2 / power).astype(columns.dtype) * overlap[None, :]
