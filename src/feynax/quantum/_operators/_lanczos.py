"""The lowest eigenvalues by Lanczos, without those that ARPACK alone would miss."""

from collections.abc import Callable

import numpy as np

from ..._checks import check
from ..._errors import NotConvergedError

Apply = Callable[[np.ndarray], np.ndarray]

_SPACE = 40  # least number of Lanczos vectors
_SHIFT = 4.0  # in units of the mean square eigenvalue's root
_INDEPENDENT = 1e-6  # singular value from which unit vectors span one more direction
_SAME = 1e-10  # share of the shift under which two levels are taken for one


def lowest(
    apply: Apply, size: int, dtype: np.dtype, count: int, scale: float, tol: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest eigenvalues, rising, and orthonormal vectors.

    ARPACK measures convergence by the eigenvalue, so that one at zero never converges and its
    neighbour is returned instead: the operator is moved down until all that is wanted is far below
    zero. Of a repeated level it may return fewer copies than there are, or (if complex) copies
    that are not orthogonal: they are made so, moved up to zero, and the lowest level of the rest
    is looked at until it lies above.
    """
    check(count < size, "count", f"be less than {size} for Lanczos", count)
    shift = _SHIFT * scale or 1.0
    moved = lambda v: apply(v) - shift * v
    values, vectors = _within(moved, _arpack(moved, size, dtype, count, tol)[1], count)
    for _ in range(2 * count + 1):  # every copy may be missed, and found, once
        value, vector = _arpack(_without(moved, values, vectors), size, dtype, 1, tol)
        above = value[0] >= values[-1] - max(tol, _SAME) * shift
        if len(values) == count and above:
            return values + shift, vectors
        values, vectors = _within(moved, np.hstack([vectors, vector]), count)
    raise NotConvergedError(
        f"Lanczos finds lower levels again and again beside the {count} it has: ask for method "
        "'dense'.",
        found=None,
    )


def _within(apply: Apply, vectors: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Lowest levels within the space of some vectors, as many as are independent."""
    left, lengths, _ = np.linalg.svd(vectors, full_matrices=False)
    basis = left[:, lengths > _INDEPENDENT]
    images = np.stack([apply(v) for v in basis.T], axis=1)
    values, turn = np.linalg.eigh(basis.conj().T @ images)
    return values[:count], basis @ turn[:, :count]


def _without(apply: Apply, values: np.ndarray, vectors: np.ndarray) -> Apply:
    """Move the known eigenvalues to zero."""
    return lambda v: apply(v) - vectors @ (values * (vectors.conj().T @ v))


def _arpack(
    apply: Apply, size: int, dtype: np.dtype, count: int, tol: float
) -> tuple[np.ndarray, np.ndarray]:
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

    operator = LinearOperator((size, size), matvec=apply, dtype=dtype)  # pyright: ignore
    start = np.random.default_rng(1).normal(size=size).astype(dtype)
    space = min(size, max(4 * count + 1, _SPACE))
    try:
        values, vectors = eigsh(operator, count, which="SA", v0=start, ncv=space, tol=tol)  # pyright: ignore
    except ArpackNoConvergence as error:
        raise NotConvergedError(
            f"Lanczos found {len(error.eigenvalues)} of {count} levels in the steps it has: ask "
            "for a larger `tol`, or for method 'dense'.",
            found=None,
        ) from error
    order = np.argsort(values)
    return values[order], vectors[:, order]
