"""Moves that need no acceptance, and steps other than the rotation."""

from ._default import default_kernel as default_kernel
from ._mirror import SignRedraw as SignRedraw
from ._move import AbstractMove as AbstractMove, Composed as Composed
from ._symmetry import mirrors_of as mirrors_of
