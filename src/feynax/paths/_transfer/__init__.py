"""The exact lattice of closed paths of one degree of freedom, from one slice on a grid."""

from ._matrix import transfer_matrix as transfer_matrix
from ._values import TransferMatrix as TransferMatrix
