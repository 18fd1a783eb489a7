"""Potentials by formula and by name, and what is known of them."""

from ._text import Potential as Potential
from ._transfer import TransferMatrix as TransferMatrix, transfer_matrix as transfer_matrix
