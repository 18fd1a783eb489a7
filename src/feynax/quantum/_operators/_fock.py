"""States of an oscillator."""

import dataclasses
import functools
from typing import Any

import numpy as np
from jaxtyping import Float, Inexact

from ..._checks import check_count, check_finite, check_positive
from .._hermite import hermite_functions
from ._banded import BandedOperator
from ._basis import AbstractAxis, check_powers
from ._stored import DiagonalOperator


@dataclasses.dataclass(frozen=True)
class FockBasis(AbstractAxis):
    r"""The first states of a harmonic oscillator of any width, about any point.

    $q = q_0 + w\sqrt{\hbar/2}\,(a + a^\dagger)$, $p = p_0 + (i/w)\sqrt{\hbar/2}\,(a^\dagger - a)$:
    the ground state is $\exp(-(q - q_0)^2 / (2 \hbar w^2) + i p_0 (q - q_0) / \hbar)$, so that an
    oscillator of mass m and frequency $\omega$ has $w = (m \omega)^{-1/2}$.

    Polynomials of position and momentum have exact matrix elements: they are multiplied out in a
    larger space, and cut. (The product `q @ q` of two cut operators is wrong in its last element.)

    **Arguments:**

    - `count`: number of states.
    - `hbar`: positive.
    - `width`: $w$, in units of length over the root of `hbar`.
    - `centre`: $(q_0, p_0)$.

    ```python
    import feynax as fx
    basis = fx.quantum.FockBasis(6, hbar=0.5)
    energy = basis.kinetic() + basis.potential(lambda q: q**2 / 2)
    assert abs(energy.as_matrix()[1, 1] - 0.75) < 1e-6
    ```
    """

    count: int
    hbar: float = 1.0
    width: float = 1.0
    centre: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self):
        check_count("count", self.count)
        check_positive("hbar", self.hbar)
        check_positive("width", self.width)
        check_finite("centre", self.centre)

    def annihilation(self) -> BandedOperator:
        """Return $a$, which takes one quantum away."""
        return BandedOperator(np.sqrt(np.arange(self.count))[None], (1,))

    def creation(self) -> BandedOperator:
        r"""Return $a^\dagger$, which adds one quantum; the last state is lost."""
        return self.annihilation().adjoint()

    def number(self) -> DiagonalOperator:
        r"""Return $a^\dagger a$."""
        return DiagonalOperator(np.arange(self.count, dtype=np.float64))

    def monomial(self, position: int, momentum: int) -> BandedOperator:
        """Return the Weyl-ordered product of powers, exact in all its elements."""
        check_powers(position, momentum)
        matrix = self.monomials(position + momentum)[position, momentum]
        even = position % 2 == 0 and momentum % 2 == 0 and position * momentum == 0
        return BandedOperator.from_matrix(matrix, positive=even)

    def monomials(self, degree: int) -> dict[tuple[int, int], Any]:
        """Return all Weyl-ordered products up to a degree as sparse SciPy matrices.

        Half the anticommutator with a linear operator is the Weyl product with it.
        """
        q, p = _ladder(self, self.count + degree)
        unit = (q * 0 + _eye(self.count + degree)).tocsr()
        products = {(0, 0): unit}
        for total in range(1, degree + 1):
            for j in range(total + 1):
                i = total - j
                one, less = (q, (i - 1, j)) if i else (p, (i, j - 1))
                before = products[less]
                products[i, j] = (one @ before + before @ one) / 2
        n = self.count
        return {key: matrix[:n, :n] for key, matrix in products.items()}

    def functions(self, points: Float[np.ndarray, " points"]) -> Float[np.ndarray, "points size"]:
        """Return the oscillator's functions; real only where the centre has no momentum."""
        values = self._real(points, self.count)
        return values * self.phases(points)[:, None] if self.centre[1] else values

    def phases(self, points: Float[np.ndarray, " points"]) -> Inexact[np.ndarray, " points"]:
        """Return the plane wave of the centre's momentum."""
        return np.exp(1j * self.centre[1] / self.hbar * (np.asarray(points) - self.centre[0]))

    def nodes(self) -> Float[np.ndarray, " nodes"]:
        """Return Gauss-Hermite nodes, at least twice as many as states."""
        return self.centre[0] + self._length * _gauss(self._quadrature)

    def weights(self) -> Float[np.ndarray, " nodes"]:
        """Return the weights of the nodes for plain integrals."""
        return 1 / np.sum(self._real(self.nodes(), self._quadrature) ** 2, axis=1)

    def transform(self) -> Float[np.ndarray, "nodes size"]:
        """Return the functions at the nodes times the weights' roots, without their phase."""
        return self._real(self.nodes(), self.count) * np.sqrt(self.weights())[:, None]

    @property
    def _length(self) -> float:
        return self.width * np.sqrt(self.hbar)

    @property
    def _quadrature(self) -> int:
        return 2 * self.count + 32

    def _real(self, points: np.ndarray, count: int) -> np.ndarray:
        x = (np.asarray(points, np.float64) - self.centre[0]) / self._length
        return hermite_functions(x, count) / np.sqrt(self._length)


def _eye(size: int):
    from scipy.sparse import eye_array

    return eye_array(size, format="csr")


def _ladder(basis: FockBasis, size: int):
    """Position and momentum in the first states, as sparse matrices."""
    from scipy.sparse import diags_array

    lower = diags_array(np.sqrt(np.arange(1.0, size)), offsets=1, shape=(size, size)).tocsr()
    unit, raised = _eye(size), lower.T.tocsr()
    root = np.sqrt(basis.hbar / 2)
    q = basis.centre[0] * unit + basis.width * root * (lower + raised)
    p = basis.centre[1] * unit + 1j * root / basis.width * (raised - lower)
    return q, p


@functools.lru_cache(maxsize=8)
def _gauss(count: int) -> np.ndarray:
    """Zeros of the Hermite polynomial: eigenvalues of the position."""
    from scipy.linalg import eigvalsh_tridiagonal

    return np.asarray(eigvalsh_tridiagonal(np.zeros(count), np.sqrt(np.arange(1, count) / 2)))
