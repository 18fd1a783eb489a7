"""Moves that need no acceptance, and steps other than the rotation."""

from ._default import default_kernel as default_kernel
from ._hamiltonian import HamiltonianMonteCarlo as HamiltonianMonteCarlo
from ._local import LocalMetropolis as LocalMetropolis
from ._mirror import SignRedraw as SignRedraw
from ._move import AbstractMove as AbstractMove, Composed as Composed
from ._symmetry import mirrors_of as mirrors_of
from ._whitened import whitened_log_density as whitened_log_density
