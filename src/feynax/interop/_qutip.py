"""Operators to and from QuTiP, which is asked for only here."""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from .._checks import check
from ..quantum import (
    AbstractOperator,
    BandedOperator,
    DenseOperator,
    HamiltonianOperator,
    SparseOperator,
    TensorOperator,
)


def to_qutip(operator: AbstractOperator, dims: Sequence[int] | None = None) -> Any:
    """Return an operator as a `qutip.Qobj` in double precision.

    Diagonals stay diagonals ("Dia"), sparse rows stay sparse ("CSR"), all else is formed. Needs
    the extra `feynax[qutip]`.

    **Arguments:**

    - `operator`: any operator.
    - `dims`: sizes of the subsystems; those of a tensor product if not given, else one system.

    **Raises:**

    - `ValueError` for sizes whose product is not the operator's.
    - `ImportError` where QuTiP is not installed.
    """
    from qutip import Qobj  # pyright: ignore[reportMissingImports]

    sizes = list(_sizes(operator) if dims is None else dims)
    product = int(np.prod(sizes))
    check(product == operator.size, "dims", f"have the product {operator.size}", sizes)
    data = _data(operator)
    return Qobj(data, dims=[sizes, sizes], isherm=True if operator.hermitian else None)


def from_qutip(qobj: Any) -> AbstractOperator:
    """Return a QuTiP operator as one of ours, stored as it is stored there.

    What the subsystems are is not kept: the operator acts on vectors of all of them, the last one
    running first in both libraries.

    **Arguments:**

    - `qobj`: a `qutip.Qobj` of type "oper".

    **Raises:** `ValueError` for kets, superoperators, and anything that is no `Qobj`.
    """
    kind = getattr(qobj, "type", type(qobj).__name__)
    check(kind == "oper", "qobj", "be a QuTiP operator", kind)
    rows, columns = qobj.shape
    check(rows == columns, "qobj", "be square", f"shape {qobj.shape}")
    stored = type(qobj.data).__name__
    if stored == "Dia":
        return BandedOperator.from_matrix(qobj.data.as_scipy())
    if stored == "CSR":
        matrix = qobj.data.as_scipy().tocoo()
        return SparseOperator(matrix.row, matrix.col, _real(matrix.data), size=rows)
    return DenseOperator(_real(qobj.full()))


def _data(operator: AbstractOperator) -> Any:
    from scipy.sparse import csr_matrix, dia_matrix

    if isinstance(operator, HamiltonianOperator):
        return _data(operator.operator)
    if isinstance(operator, BandedOperator):
        stored = np.asarray(operator.diagonals, np.complex128), operator.offsets
        return dia_matrix(stored, shape=operator.shape)
    if isinstance(operator, SparseOperator):
        rows, columns, values = operator.entries()
        return csr_matrix((values.astype(np.complex128), (rows, columns)), shape=operator.shape)
    with jax.enable_x64(True):
        return np.asarray(operator.as_matrix(), np.complex128)


def _sizes(operator: AbstractOperator) -> tuple[int, ...]:
    return operator.sizes if isinstance(operator, TensorOperator) else (operator.size,)


def _real(values: np.ndarray) -> np.ndarray:
    """Leave out imaginary parts that are all zero: QuTiP holds complex numbers only."""
    return values if np.any(np.imag(values)) else np.real(values)
