"""Whether a potential is the same on both sides of the origin."""

import jax
import numpy as np

from ..._checks import check
from .._potential import AbstractPotential
from ._host import energies, is_traced
from ._text import Potential

_POINTS, _SAME = 64, 1e-12


def is_even(potential: AbstractPotential, component: int | None = None) -> bool:
    """Return whether V stays the same when a degree of freedom changes its sign.

    Formulas are decided by their structure where it says so. Otherwise V is compared on both
    sides at 64 random places, from a hundredth to a hundred units of length: an analytic
    function that passes is even except for differences below 1e-12 of its size; one that
    differs only in a place that was not looked at is taken for even. Where V depends on numbers
    that are not known yet, the answer is no.

    **Arguments:**

    - `potential`: a potential.
    - `component`: a degree of freedom, counted from 0; by default all change sign together.

    ```python
    import feynax as fx
    V = fx.paths.Potential("x**2 + x*y + y**2")
    assert fx.paths.is_even(V) and not fx.paths.is_even(V, 0)
    ```
    """
    places = tuple(range(potential.dof)) if component is None else (component,)
    inside = all(0 <= place < potential.dof for place in places)
    check(inside, "component", f"lie between 0 and {potential.dof - 1}", component)
    if isinstance(potential, Potential) and potential.parity(places) == 1:
        return True
    if is_traced(potential):
        return False
    try:
        return _same(potential, places)
    except jax.errors.TracerArrayConversionError:
        return False


def _same(potential: AbstractPotential, places: tuple[int, ...]) -> bool:
    rng = np.random.default_rng(7)
    sizes = 10.0 ** rng.uniform(-2, 2, (1, _POINTS))
    x = sizes * rng.normal(size=(potential.dof, _POINTS))
    mirrored = x.copy()
    mirrored[list(places)] *= -1
    here, there = energies(potential, x), energies(potential, mirrored)
    return bool(np.allclose(here, there, rtol=_SAME, atol=0, equal_nan=True))
