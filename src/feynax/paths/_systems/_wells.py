"""Wells of one degree of freedom by the names they have in physics."""

import math
from typing import Any

import numpy as np

from ..._checks import check, check_positive
from ._text import Potential


def anharmonic(frequency: Any = 1.0, coupling: Any = 1.0, *, mass: Any = 1.0) -> Potential:
    r"""The anharmonic oscillator $V = \frac12 m \omega^2 x^2 + g x^4$.

    **Arguments:**

    - `frequency`: $\omega$, one over time.
    - `coupling`: g, not negative; energy over length to the fourth.
    - `mass`: of the ensemble.

    ```python
    import numpy as np, feynax as fx
    assert fx.paths.anharmonic(1.0, 0.5)(np.array([[1.0]]))[0] == 1.0
    ```
    """
    return Potential("m*w**2*x**2/2 + g*x**4", m=mass, w=frequency, g=coupling)


def quartic(coupling: Any = 1.0) -> Potential:
    r"""The purely quartic well $V = g x^4$, with ground state 0.667986259155777 at g = 1.

    (In units of $\hbar = m = 1$: of $p^2/2 + x^4$, not of $p^2 + x^4$.)

    **Arguments:**

    - `coupling`: g, energy over length to the fourth.

    ```python
    import numpy as np, feynax as fx
    assert fx.paths.quartic(2.0)(np.array([[1.0]]))[0] == 2.0
    ```
    """
    return Potential("g*x**4", g=coupling)


def double_well(height: Any = 1.0, position: Any = 1.0) -> Potential:
    r"""Two wells at $\pm a$ with a barrier of height h between: $V = h (x^2/a^2 - 1)^2$.

    In the form $\lambda (x^2 - a^2)^2$ the height is $\lambda a^4$.

    **Arguments:**

    - `height`: h, of the barrier, an energy.
    - `position`: a, of the right well, a length.

    ```python
    import numpy as np, feynax as fx
    assert np.allclose(fx.paths.double_well(4.0, 2.0)(np.array([[0.0, 2.0]])), [4.0, 0.0])
    ```
    """
    return Potential("h*((x/a)**2 - 1)**2", h=height, a=position)


def tilted_double_well(height: Any = 1.0, position: Any = 1.0, tilt: Any = 0.1) -> Potential:
    r"""Two wells of which the left one is deeper: $V = h (x^2/a^2 - 1)^2 + F x$.

    **Arguments:**

    - `height`, `position`: see [`feynax.paths.double_well`][].
    - `tilt`: the force F, energy over length.

    ```python
    import numpy as np, feynax as fx
    assert fx.paths.tilted_double_well(tilt=0.3)(np.array([[1.0]]))[0] == 0.3
    ```
    """
    return Potential("h*((x/a)**2 - 1)**2 + F*x", h=height, a=position, F=tilt)


def morse(depth: Any = 1.0, rate: Any = 1.0) -> Potential:
    r"""A diatomic molecule, $V = D (1 - e^{-ax})^2$: bound levels below D, a continuum above.

    A closed path leaves it, since the continuum makes Z diverge: such a path is refused. Levels
    are in `morse_levels`; paths with an end held, or in a box, can be sampled.

    **Arguments:**

    - `depth`: D, an energy.
    - `rate`: a, one over length.

    ```python
    import numpy as np, feynax as fx
    assert fx.paths.morse(2.0)(np.array([[0.0]]))[0] == 0.0
    ```
    """
    return Potential("D*(1 - exp(-a*x))**2", D=depth, a=rate)


def morse_levels(
    depth: float = 1.0, rate: float = 1.0, *, mass: float = 1.0, hbar: float = 1.0
) -> np.ndarray:
    r"""Return all bound levels of `morse`, lowest first.

    $E_n = \hbar\omega (n + \frac12) - \frac{(\hbar\omega (n + \frac12))^2}{4D}$ with
    $\omega = a\sqrt{2D/m}$, for $n + \frac12 < \sqrt{2mD}/(a\hbar)$.

    **Arguments:**

    - `depth`, `rate`: of the potential; `mass`, `hbar`: of the system.

    ```python
    import feynax as fx
    assert len(fx.paths.morse_levels(8.0)) == 4
    ```
    """
    for name, value in (("depth", depth), ("rate", rate), ("mass", mass), ("hbar", hbar)):
        check_positive(name, value)
    bound = math.sqrt(2 * mass * depth) / (rate * hbar)
    quanta = rate * hbar * math.sqrt(2 * depth / mass) * (np.arange(math.ceil(bound - 0.5)) + 0.5)
    return quanta - quanta**2 / (4 * depth)


def poschl_teller(depth: Any = 1.0, rate: Any = 1.0) -> Potential:
    r"""The Poeschl-Teller well $V = -D / \cosh^2(ax)$: bound levels below 0, a continuum above.

    As with [`feynax.paths.morse`][], a closed path in it is refused.

    **Arguments:**

    - `depth`: D, an energy.
    - `rate`: a, one over length.

    ```python
    import numpy as np, feynax as fx
    assert fx.paths.poschl_teller(3.0)(np.array([[0.0]]))[0] == -3.0
    ```
    """
    return Potential("-D*sech(a*x)**2", D=depth, a=rate)


def poschl_teller_levels(
    depth: float = 1.0, rate: float = 1.0, *, mass: float = 1.0, hbar: float = 1.0
) -> np.ndarray:
    r"""Return all bound levels of `poschl_teller`, lowest first.

    $E_n = -\frac{(\hbar a)^2}{2m} (s - n)^2$ for $n < s$, with
    $s(s + 1) = 2mD/(\hbar a)^2$.

    **Arguments:**

    - `depth`, `rate`: of the potential; `mass`, `hbar`: of the system.

    ```python
    import numpy as np, feynax as fx
    assert np.allclose(fx.paths.poschl_teller_levels(3.0), [-2.0, -0.5])
    ```
    """
    for name, value in (("depth", depth), ("rate", rate), ("mass", mass), ("hbar", hbar)):
        check_positive(name, value)
    quantum = (hbar * rate) ** 2 / (2 * mass)
    s = (math.sqrt(1 + 4 * depth / quantum) - 1) / 2
    return -quantum * (s - np.arange(math.ceil(s - 1e-12))) ** 2


def coulomb(
    charge: Any = 1.0, softening: Any = 0.05, *, trap: Any = 0.0, dimensions: int = 3
) -> Potential:
    r"""A softened Coulomb well, $V = -Z/\sqrt{r^2 + a^2} + \frac{k}2 r^2$: a hydrogen-like atom.

    The bare well cannot be sampled with slices: $e^{dt Z/r}$ has no finite sum at the nucleus,
    and paths collapse into it. Softening lifts the ground state (three dimensions,
    $\hbar = m = 1$, to first order) by $2 Z^4 a^2 [\ln\frac1{Za} - \gamma - \frac12]$, and slices
    must be short against $a^3/Z$ to see it: take a no smaller than the error wanted.

    Far out the well is flat, so that closed paths need a trap k > 0, which lifts the ground
    state by $\frac{3k}{2Z^2}$ to first order. Half lines and fixed ends do without.

    **Arguments:**

    - `charge`: Z, energy times length, positive where it attracts.
    - `softening`: a, a length; zero is refused.
    - `trap`: k, energy over length squared.
    - `dimensions`: of space, the degrees of freedom of the one particle.

    ```python
    import numpy as np, feynax as fx
    assert fx.paths.coulomb(1.0, 0.5)(np.zeros((3, 1)))[0] == -2.0
    ```
    """
    check(np.ndim(softening) != 0 or bool(softening != 0), "softening", "not be zero", softening)
    text = "-Z/sqrt(r**2 + a**2) + k*r**2/2"
    return Potential(text, dof=dimensions, Z=charge, a=softening, k=trap)
