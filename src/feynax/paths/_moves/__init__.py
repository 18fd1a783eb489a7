"""Moves that need no acceptance, and steps other than the rotation."""

from ._default import default_kernel as default_kernel
from ._mirror import SignRedraw as SignRedraw, mirrors_of as mirrors_of
from ._move import AbstractMove as AbstractMove, Composed as Composed
