"""Scalar fields on periodic lattices: actions, free references, clusters and observables."""

from ._lattice import LatticeField as LatticeField
from ._modes import FieldReference as FieldReference
from ._quartic import QuarticPotential as QuarticPotential
