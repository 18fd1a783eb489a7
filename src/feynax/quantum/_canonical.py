"""Canonical coordinates of a Poisson matrix."""

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

from .._checks import check, check_finite, check_shape
from .._errors import NotHamiltonianError


def standard_poisson(modes: int) -> Float[np.ndarray, "2*modes 2*modes"]:
    """Return [[0, 1], [-1, 0]] in blocks: coordinates first, then momenta."""
    return np.kron(np.array([[0.0, 1.0], [-1.0, 0.0]]), np.eye(modes))


def canonical_basis(poisson: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    r"""Return $S$ with $S J_0 S^T = J$, so that $z = Sx$ with canonical $x = (q_1.., p_1..)$.

    Where each component has a bracket with one other only, the first of the two is the coordinate
    itself and the second a multiple of the momentum, so that $S = 1$ for $J = J_0$. Otherwise the
    columns are orthogonal.
    """
    if np.all(np.count_nonzero(poisson, axis=1) == 1):
        partner = np.argmax(poisson != 0, axis=1)
        first = np.flatnonzero(np.arange(len(poisson)) < partner)
        basis = np.zeros_like(poisson)
        modes = len(first)
        basis[first, np.arange(modes)] = 1
        basis[partner[first], modes + np.arange(modes)] = poisson[first, partner[first]]
        return basis
    strengths, q, p = skew_pairs(poisson)
    root = np.sqrt(strengths)
    return np.hstack([q * root, p * root])


def skew_pairs(
    skew: Float[np.ndarray, "n n"],
) -> tuple[Float[np.ndarray, " modes"], Float[np.ndarray, "n modes"], Float[np.ndarray, "n modes"]]:
    r"""Split an antisymmetric matrix into $\sum_k s_k (q_k p_k^T - p_k q_k^T)$, $s_k$ ascending.

    All $q_k, p_k$ together are orthonormal, also where some $s_k$ are equal: eigenvectors of the
    Hermitian $iK$ for $+s$ are orthogonal to the conjugates, which belong to $-s$.
    """
    values, vectors = np.linalg.eigh(1j * skew)
    half = len(skew) // 2
    upper = vectors[:, half:]
    largest = np.take_along_axis(upper, np.argmax(np.abs(upper), axis=0)[None], axis=0)
    upper = upper * (np.sqrt(2) * np.abs(largest) / largest)  # the phase is free: fix it
    return values[half:], upper.imag, upper.real


def check_poisson(poisson: Float[ArrayLike, "n n"], size: int) -> Float[np.ndarray, "n n"]:
    """Return an antisymmetric, invertible matrix of this size as float64."""
    j = np.asarray(poisson, np.float64)
    check(size % 2 == 0, "poisson", "have an even number of rows", size)
    check_shape("poisson", j, (size, size))
    check_finite("poisson", j)
    largest = np.max(np.abs(j), initial=0.0)
    antisymmetric = bool(np.all(np.abs(j + j.T) <= 1e-12 * largest))
    check(antisymmetric, "poisson", "be antisymmetric", "another transpose")
    invertible = bool(largest > 0 and (size == 2 or np.linalg.cond(j) < 1e12))
    check(invertible, "poisson", "be invertible", f"determinant {np.linalg.det(j):.3g}")
    return j


def form_of(
    matrix: Float[np.ndarray, "n n"], poisson: Float[np.ndarray, "n n"], tol: float
) -> Float[np.ndarray, "n n"]:
    r"""Return the symmetric $J^{-1}A$, or say that it is not."""
    form = np.linalg.solve(poisson, matrix)
    largest = np.max(np.abs(form)) or 1.0  # squares must not leave the range
    defect, size = (np.linalg.norm(x / largest) for x in (form - form.T, form))
    if defect > tol * size:
        trace = float(np.trace(matrix))
        raise NotHamiltonianError(
            f"The field has no Hamiltonian for this Poisson matrix: the trace of its matrix is "
            f"{trace:.6g}, and J^-1 A is {defect / size:.2g} of its norm away from symmetric. "
            "`feynax.quantum.Doubled` keeps the classical statistics of any field, and "
            "`feynax.quantum.Lindblad` reads the loss as that of an open system.",
            trace=trace,
        )
    return (form + form.T) / 2
