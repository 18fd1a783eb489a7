"""The potential that somebody names, in whichever way."""

from collections.abc import Callable
from typing import Any

from ..._checks import check
from .._potential import AbstractPotential, FunctionPotential
from ._text import Potential


def as_potential(
    value: AbstractPotential | str | Callable[[Any], Any], dof: int | None = None
) -> AbstractPotential:
    """Return a potential from a formula, a function or a potential.

    **Arguments:**

    - `dof`: degrees of freedom of a function (one by default) or of a formula (by default those
      that it names).
    """
    if isinstance(value, AbstractPotential):
        return value
    if isinstance(value, str):
        return Potential(value, dof)
    check(callable(value), "potential", "be a formula, function or potential", repr(value))
    return FunctionPotential(value, dof or 1)
