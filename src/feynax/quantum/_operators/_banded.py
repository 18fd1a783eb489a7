"""Operators with few diagonals, such as polynomials of position and momentum in Fock states."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Inexact

from ..._checks import check, check_shape
from ._algebra import AbstractOperator
from ._held import hold, meet, settle, shown

_ROUNDING = 1e-12


class BandedOperator(AbstractOperator):
    """A few diagonals of a matrix.

    **Arguments:**

    - `diagonals` (bands, size): `diagonals[k, j]` is the element in column j and row
      j - offsets[k], as in `scipy.sparse.dia_array`; it must be zero where there is no such row.
    - `offsets`: how far above the main diagonal each of them lies.
    - `positive`: trusted. Whether the operator is Hermitian is measured.

    ```python
    import jax.numpy as jnp
    import feynax as fx
    lower = fx.quantum.BandedOperator([[1.0, 2.0, 0.0]], (-1,))
    assert lower.mv(jnp.ones(3)).tolist() == [0, 1, 2]
    ```
    """

    diagonals: Inexact[Array | np.ndarray, "bands size"]
    offsets: tuple[int, ...] = eqx.field(static=True)
    size: int = eqx.field(static=True)
    hermitian: bool = eqx.field(static=True)
    positive: bool = eqx.field(static=True)

    def __init__(self, diagonals: ArrayLike, offsets: tuple[int, ...], *, positive: bool = False):
        self.diagonals = hold("diagonals", diagonals)
        self.offsets = tuple(int(o) for o in offsets)
        check_shape("diagonals", self.diagonals, (len(self.offsets), None))
        self.size = self.diagonals.shape[1]
        distinct = len(set(self.offsets)) == len(self.offsets) > 0
        check(distinct, "offsets", "be distinct", self.offsets)
        measured = False
        if isinstance(self.diagonals, np.ndarray):
            _check_inside(self.diagonals, self.offsets)
            measured = _is_hermitian(self.diagonals, self.offsets)
        self.hermitian, self.positive = settle(measured, None, positive)

    @classmethod
    def from_matrix(cls, matrix: ArrayLike, *, positive: bool = False) -> "BandedOperator":
        """Keep the diagonals of a (SciPy sparse or dense) matrix that are not zero."""
        from scipy.sparse import coo_array

        kept: Any = coo_array(matrix)
        rows, columns, values = kept.row, kept.col, kept.data
        if not np.any(values.imag):
            values = values.real
        rows, columns, values = (part[values != 0] for part in (rows, columns, values))
        offsets, band = np.unique(columns - rows, return_inverse=True)
        diagonals = np.zeros((max(len(offsets), 1), kept.shape[0]), values.dtype)
        np.add.at(diagonals, (band, columns), values)
        return cls(diagonals, tuple(offsets.tolist()) or (0,), positive=positive)

    @property
    def dtype(self) -> np.dtype:
        """Type of the matrix elements."""
        return shown(self.diagonals)

    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Multiply every diagonal, shift it into its rows, and add."""
        check_shape("psi", psi, (self.size,))
        diagonals, psi = meet(self.diagonals, psi)
        # what a shift carries round the end is zero
        moved = [jnp.roll(d * psi, -o) for d, o in zip(diagonals, self.offsets, strict=True)]
        return sum(moved[1:], moved[0])

    def as_matrix(self) -> Inexact[Array, "size size"]:
        """Put the diagonals in their places."""
        if not isinstance(self.diagonals, np.ndarray):
            return super().as_matrix()
        from scipy.sparse import dia_array

        whole = dia_array((self.diagonals, self.offsets), self.shape).toarray()
        return meet(whole)[0]  # on the host, where nothing needs to be compiled

    def adjoint(self) -> "BandedOperator":
        """Return the Hermitian conjugate."""
        if self.hermitian:
            return self
        turned = _turned(jnp if not isinstance(self.diagonals, np.ndarray) else np, self)
        return BandedOperator(turned, tuple(-o for o in self.offsets))


def _turned(library, operator: BandedOperator):
    pairs = zip(operator.diagonals, operator.offsets, strict=True)
    return library.stack([library.roll(d, -o).conj() for d, o in pairs])


def _check_inside(diagonals: np.ndarray, offsets: tuple[int, ...]) -> None:
    size = diagonals.shape[1]
    rows = np.arange(size) - np.asarray(offsets)[:, None]
    outside = diagonals[(rows < 0) | (rows >= size)]
    check(not np.any(outside), "diagonals", "be zero outside the matrix", "others")


def _is_hermitian(diagonals: np.ndarray, offsets: tuple[int, ...]) -> bool:
    by_offset = dict(zip(offsets, diagonals, strict=True))
    none = np.zeros(diagonals.shape[1])
    gaps = [np.roll(d, -o).conj() - by_offset.get(-o, none) for o, d in by_offset.items()]
    return bool(np.max(np.abs(gaps)) <= _ROUNDING * np.max(np.abs(diagonals)))
