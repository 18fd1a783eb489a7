"""Operators by what is stored of them: all elements, a diagonal, a few."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Inexact, Int

from ..._checks import check, check_count, check_shape
from ._algebra import AbstractOperator
from ._held import hold, meet, settle, shown

_ROUNDING = 1e-12  # share of the largest element by which a Hermitian matrix may miss its adjoint
_SMALL = 512  # size up to which a claimed sign is checked by the eigenvalues


class DenseOperator(AbstractOperator):
    """All elements of a matrix.

    **Arguments:**

    - `matrix` (size, size): real or complex.
    - `hermitian`: measured if not given (a traced matrix cannot be: False), checked if given.
    - `positive`: checked by the eigenvalues up to 512 rows, trusted beyond.

    **Raises:**

    - `ValueError` for a matrix that is not square or not finite, or has not the tag it is given.

    ```python
    import jax.numpy as jnp
    import feynax as fx
    spin = fx.quantum.DenseOperator([[0, -1j], [1j, 0]])
    assert spin.hermitian and not spin.positive
    assert spin.mv(jnp.ones(2)).tolist() == [-1j, 1j]
    ```
    """

    matrix: Inexact[Array | np.ndarray, "size size"]
    size: int = eqx.field(static=True)
    hermitian: bool = eqx.field(static=True)
    positive: bool = eqx.field(static=True)

    def __init__(self, matrix: ArrayLike, *, hermitian: bool | None = None, positive: bool = False):
        self.matrix = hold("matrix", matrix)
        check(self.matrix.ndim == 2, "matrix", "be square", f"shape {self.matrix.shape}")
        check_shape("matrix", self.matrix, (len(self.matrix), len(self.matrix)))
        check(self.matrix.size > 0, "matrix", "have at least one element", "none")
        self.size = len(self.matrix)
        measured = isinstance(self.matrix, np.ndarray) and _is_hermitian(self.matrix)
        self.hermitian, self.positive = settle(measured, hermitian, positive)
        if isinstance(self.matrix, np.ndarray):
            wrong = self.hermitian and not measured
            check(not wrong, "matrix", "be Hermitian, as it is tagged", "another adjoint")
            _check_positive(self.matrix, self.positive)

    @property
    def dtype(self) -> np.dtype:
        """Type of the matrix elements."""
        return shown(self.matrix)

    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Multiply by the matrix."""
        check_shape("psi", psi, (self.size,))
        matrix, psi = meet(self.matrix, psi)
        return matrix @ psi

    def adjoint(self) -> "DenseOperator":
        """Return the Hermitian conjugate."""
        return self if self.hermitian else DenseOperator(self.matrix.conj().T, hermitian=False)

    def as_matrix(self) -> Inexact[Array, "size size"]:
        """Return the matrix."""
        return meet(self.matrix)[0]


class DiagonalOperator(AbstractOperator):
    """A function of what the basis diagonalises, such as a potential on a grid.

    **Arguments:**

    - `diagonal` (size,): real for a Hermitian operator; its signs are measured (a traced
      diagonal is not positive as far as is known).

    ```python
    import feynax as fx
    assert fx.quantum.DiagonalOperator([0.0, 1.0]).positive
    ```
    """

    diagonal: Inexact[Array | np.ndarray, " size"]
    size: int = eqx.field(static=True)
    hermitian: bool = eqx.field(static=True)
    positive: bool = eqx.field(static=True)

    def __init__(self, diagonal: ArrayLike):
        self.diagonal = hold("diagonal", diagonal)
        check_shape("diagonal", self.diagonal, (None,))
        self.size = len(self.diagonal)
        known = isinstance(self.diagonal, np.ndarray)
        self.hermitian = not jnp.iscomplexobj(self.diagonal)
        self.positive = self.hermitian and known and bool(np.all(self.diagonal >= 0))

    @property
    def dtype(self) -> np.dtype:
        """Type of the matrix elements."""
        return shown(self.diagonal)

    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Multiply component by component."""
        check_shape("psi", psi, (self.size,))
        diagonal, psi = meet(self.diagonal, psi)
        return diagonal * psi

    def adjoint(self) -> "DiagonalOperator":
        """Return the Hermitian conjugate."""
        return self if self.hermitian else DiagonalOperator(self.diagonal.conj())

    def as_matrix(self) -> Inexact[Array, "size size"]:
        """Form the diagonal matrix."""
        return jnp.diag(meet(self.diagonal)[0])


class IdentityOperator(AbstractOperator):
    """What changes nothing.

    ```python
    import feynax as fx
    assert fx.quantum.IdentityOperator(3).as_matrix().sum() == 3
    ```
    """

    size: int = eqx.field(static=True)
    hermitian: bool = eqx.field(static=True)
    positive: bool = eqx.field(static=True)

    def __init__(self, size: int):
        check_count("size", size)
        self.size, self.hermitian, self.positive = size, True, True

    @property
    def dtype(self) -> np.dtype:
        """Type of the matrix elements."""
        return shown(np.ones(()))

    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Return the state."""
        check_shape("psi", psi, (self.size,))
        return psi

    def as_matrix(self) -> Inexact[Array, "size size"]:
        """Form the unit matrix."""
        return jnp.eye(self.size, dtype=self.dtype)

    def adjoint(self) -> "IdentityOperator":
        """Return the operator itself."""
        return self


class SparseOperator(AbstractOperator):
    """A few elements of every row, read by one gather and summed.

    Rows are filled up to the longest, which may not be much longer than the others.

    **Arguments:**

    - `rows`, `columns`, `values` (entries,): where the elements are; those that meet are added.
    - `size`: number of rows.
    - `positive`: trusted. Whether the operator is Hermitian is measured.

    ```python
    import jax.numpy as jnp
    import feynax as fx
    hop = fx.quantum.SparseOperator([0, 1], [1, 0], [2.0, 2.0], size=3)
    assert hop.hermitian and hop.mv(jnp.asarray([1.0, 0.0, 5.0])).tolist() == [0, 2, 0]
    ```
    """

    columns: Int[np.ndarray, "size longest"]
    values: Inexact[Array | np.ndarray, "size longest"]
    size: int = eqx.field(static=True)
    hermitian: bool = eqx.field(static=True)
    positive: bool = eqx.field(static=True)

    def __init__(
        self,
        rows: ArrayLike,
        columns: ArrayLike,
        values: ArrayLike,
        *,
        size: int,
        positive: bool = False,
    ):
        from scipy.sparse import coo_array

        check_count("size", size)
        places = np.stack([np.asarray(rows), np.asarray(columns)])
        inside = bool(np.all((places >= 0) & (places < size)))
        check(inside, "rows", f"and columns be from 0 to {size - 1}", "others")
        matrix = coo_array((hold("values", values), tuple(places)), shape=(size, size)).tocsr()
        self.size, (self.columns, self.values) = size, _padded(matrix)
        gap = abs(matrix - matrix.conj().T).max() if matrix.nnz else 0.0
        largest = abs(matrix).max() if matrix.nnz else 0.0
        measured = bool(gap <= _ROUNDING * largest)
        self.hermitian, self.positive = settle(measured, None, positive)
        check(measured or not positive, "positive", "be false where not Hermitian", positive)

    @property
    def dtype(self) -> np.dtype:
        """Type of the matrix elements."""
        return shown(self.values)

    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Gather what every row needs, multiply, and sum."""
        check_shape("psi", psi, (self.size,))
        values, psi = meet(self.values, psi)
        return jnp.sum(values * psi[jnp.asarray(self.columns)], axis=1)

    def entries(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return rows, columns and values of the elements that are not zero."""
        values = np.asarray(self.values)
        rows, place = np.nonzero(values)
        return rows, np.asarray(self.columns)[rows, place], values[rows, place]

    def adjoint(self) -> "SparseOperator":
        """Return the Hermitian conjugate."""
        if self.hermitian:
            return self
        rows, columns, values = self.entries()
        return SparseOperator(columns, rows, values.conj(), size=self.size)


def _is_hermitian(matrix: np.ndarray) -> bool:
    gap = np.max(np.abs(matrix - matrix.conj().T))
    return bool(gap <= _ROUNDING * np.max(np.abs(matrix)))


def _check_positive(matrix: np.ndarray, positive: bool) -> None:
    if positive and len(matrix) <= _SMALL:
        values = np.linalg.eigvalsh(matrix)
        good = values[0] >= -_ROUNDING * len(matrix) * np.max(np.abs(values))
        check(bool(good), "matrix", "be positive, as it is tagged", f"eigenvalue {values[0]:.3g}")


def _padded(matrix) -> tuple[np.ndarray, np.ndarray]:
    """Columns and values of a CSR matrix, one row each, filled up with zeros in column 0."""
    counts = np.diff(matrix.indptr)
    shape = matrix.shape[0], max(int(counts.max(initial=0)), 1)
    used = np.arange(shape[1]) < counts[:, None]
    columns, values = np.zeros(shape, np.int32), np.zeros(shape, matrix.dtype)
    columns[used], values[used] = matrix.indices, matrix.data
    return columns, values
