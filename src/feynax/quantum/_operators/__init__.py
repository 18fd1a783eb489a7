"""Operators on states, bases, Weyl symbols, and levels."""

from ._algebra import (
    AbstractOperator as AbstractOperator,
    ProductOperator as ProductOperator,
    ScaledOperator as ScaledOperator,
    SumOperator as SumOperator,
)
from ._banded import BandedOperator as BandedOperator
from ._basis import (
    AbstractAxis as AbstractAxis,
    AbstractBasis as AbstractBasis,
    ProductBasis as ProductBasis,
)
from ._collocated import CollocatedOperator as CollocatedOperator
from ._fock import FockBasis as FockBasis
from ._fourier import FourierOperator as FourierOperator
from ._hamiltonian import HamiltonianOperator as HamiltonianOperator
from ._levels import Levels as Levels, levels as levels, refined_levels as refined_levels
from ._matrix_free import MatrixFreeOperator as MatrixFreeOperator
from ._points import GridBasis as GridBasis, SincBasis as SincBasis
from ._stored import (
    DenseOperator as DenseOperator,
    DiagonalOperator as DiagonalOperator,
    IdentityOperator as IdentityOperator,
    SparseOperator as SparseOperator,
)
from ._tensor import TensorOperator as TensorOperator, on_axis as on_axis
from ._to_operator import to_operator as to_operator
from ._weyl import (
    star_product as star_product,
    weyl_operator as weyl_operator,
    weyl_symbol as weyl_symbol,
)
