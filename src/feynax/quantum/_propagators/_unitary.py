"""Unitary matrices to twice the digits of a float, so that many steps keep the norm."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex

Compensated = tuple[Complex[Array, " d"], Complex[Array, " d"]]


class UnitaryPair(eqx.Module):
    r"""A matrix of floats and its small rest: together unitary far beyond rounding.

    A matrix of floats is unitary to 1e-16 only, and the defect is the same at every step: it adds
    up to 1e-11 in 1e5 steps. The product with the rest is below the rounding of the state, so
    what is cut off is handed on to the next step. The roundings of the products that are left are
    independent of one another, and the norm walks at random.
    """

    head: Complex[Array, "d d"]
    rest: Complex[Array, "d d"]

    def __call__(self, carry: Compensated) -> Compensated:
        """Return the product with a vector, and what is cut off."""
        psi, cut = carry
        head = jnp.dot(self.head, psi, precision=jax.lax.Precision.HIGHEST)
        small = jnp.dot(self.rest, psi, precision=jax.lax.Precision.HIGHEST) + cut
        new = head + small
        back = new - head
        return new, (head - (new - back)) + (small - back)


def unitary_pair(matrix: np.ndarray) -> UnitaryPair:
    r"""Return the unitary matrix next to one that is unitary up to rounding.

    With $E = U^\dagger U - I$, Newton's step for the nearest unitary matrix is $-UE/2$.
    """
    matrix = matrix.astype(np.complex128)
    rest = -matrix @ gram_defect(matrix) / 2
    head = jnp.asarray(matrix)  # in single precision the rest is mostly what the cast cuts off
    cut = matrix - np.asarray(head).astype(np.complex128)
    return UnitaryPair(head, jnp.asarray(rest + cut))


def gram_defect(matrix: np.ndarray) -> np.ndarray:
    r"""Return $U^\dagger U - I$ to about 1e-19, for entries of at most 1."""
    real, imag = np.real(matrix), np.imag(matrix)
    stacked, turned = np.concatenate([real, imag]), np.concatenate([imag, -real])
    return _product(stacked, stacked, np.eye(len(matrix))) + 1j * _product(stacked, turned, 0.0)


def _product(left: np.ndarray, right: np.ndarray, less: np.ndarray | float) -> np.ndarray:
    r"""Return $L^T R$ minus `less`.

    Entries are cut into slices of so few bits that products of slices are whole numbers below
    $2^{53}$ times a power of two: no order of summation rounds them.
    """
    bits = (53 - math.ceil(math.log2(len(left))) - 1) // 2
    (a, b, c), (p, q, r) = _slices(left, bits), _slices(right, bits)
    large = (a.T @ p - less) + (a.T @ q + b.T @ p)
    return large + (b.T @ q + a.T @ r + c.T @ p)


def _slices(matrix: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    first = np.round(np.ldexp(matrix, bits))
    second = np.round(np.ldexp(matrix, 2 * bits) - np.ldexp(first, bits))
    first, second = np.ldexp(first, -bits), np.ldexp(second, -2 * bits)
    return first, second, matrix - first - second
