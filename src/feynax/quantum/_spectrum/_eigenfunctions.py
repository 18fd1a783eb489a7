"""Wave functions of the levels of one degree of freedom, in either of its two variables."""

import dataclasses
import math
from typing import Literal

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Complex, Float

from ..._checks import check, check_choice, check_count
from .._abstract import AbstractQuadratic
from .._hermite import hermite_function

Representation = Literal["y1", "y2"]


@dataclasses.dataclass(frozen=True)
class Eigenfunction:
    r"""Wave function of a level, with unit norm.

    $\psi_n(y) = s^{-1/2} h_n(x/s) \exp\big(i (k x + c x^2)\big)$ with $x = y - y^*$ and the
    Hermite functions $h_n$. It solves the equation of the document's (18), not that of (23).

    Its phase is 0 at the centre for $n = 0$. In "y2" it differs by a constant phase from the
    solution with the factor $\exp(-i (E_2 y^2/2 - C_1 y)/(2 C_2 \hbar))$, which loses digits far
    from the origin.

    **Fields:**

    - `n`, `energy`, `representation`: which level of which variable ("y1" or "y2").
    - `centre`: $y^*$, the mean of the variable.
    - `width`: $s$; the variance of the variable is $(n + 1/2) s^2$.
    - `wavenumber`, `chirp`: $k$ and $c$.
    - `link`: the phase that links the two representations, the same number in both:
      $(2\pi\hbar|j|)^{-1/2} \int e^{-i y_1 y_2/(j\hbar)} \psi(y_1)\,dy_1 = $ `link` $\psi(y_2)$
      with $j = \{y_1, y_2\}$.

    Source: P. Kohli and A. Haslam (2020), (32)-(33), corrected; `tests/quantum/
    test_eigenfunctions.py` shows that these solve the equation.

    ```python
    import numpy as np, feynax as fx
    ham = fx.quantum.QuadraticHamiltonian.from_coefficients(0.3, -0.5, -0.2, 0.4, 0.3)
    y = np.linspace(-8, 8, 400)
    psi = ham.eigenfunction(3)(y)
    assert np.isclose(np.sum(abs(psi) ** 2) * (y[1] - y[0]), 1)
    ```
    """

    n: int
    energy: float
    representation: Representation
    centre: float
    width: float
    wavenumber: float
    chirp: float
    link: complex

    def __post_init__(self):
        numbers = (
            self.energy,
            self.centre,
            self.width,
            self.wavenumber,
            self.chirp,
            self.link.real,
        )
        if not (all(map(math.isfinite, numbers)) and self.width > 0):
            raise OverflowError("The wave function is beyond the range of double precision.")

    def __call__(self, y: Float[ArrayLike, "*points"]) -> Complex[np.ndarray, "*points"]:
        r"""Return $\psi_n(y)$ in complex128, in the shape of `y`."""
        x = np.asarray(y, np.float64) - self.centre
        size = hermite_function(self.n, x / self.width) / math.sqrt(self.width)
        near = np.where(size == 0, 0.0, x)
        return size * np.exp(1j * near * (self.wavenumber + self.chirp * near))


def eigenfunction(
    hamiltonian: AbstractQuadratic, n: int, representation: Representation
) -> Eigenfunction:
    """Return the wave function of level `n`; see `QuadraticHamiltonian.eigenfunction`."""
    check_count("n", n, 0)
    check_choice("representation", representation, ("y1", "y2"))
    check(hamiltonian.modes == 1, "self", "have one degree of freedom", hamiltonian.modes)
    hamiltonian.need_levels()
    one, hbar = hamiltonian.one, hamiltonian.hbar
    scale = float(hamiltonian.poisson[0, 1])  # y2 is `scale` times the canonical momentum
    position, momentum = one.centre()
    angle = math.atan2(one.sign * one.e2, one.rate)
    odd = math.pi if scale < 0 and n % 2 else 0.0
    turned = -position * momentum / hbar - angle / 2 - n * (math.pi / 2 + angle) + odd
    if representation == "y1":
        centre, unit, other, own = position, 1.0, momentum, one.d2
    else:
        centre, unit, other, own = momentum * scale, scale, -position, one.c2
    return Eigenfunction(
        n=int(n),
        energy=one.centre_energy() + one.sign * hbar * one.rate * (n + 0.5),
        representation=representation,
        centre=centre,
        width=abs(unit) * math.sqrt(2 * hbar * abs(own / one.rate)),
        wavenumber=other / hbar / unit,
        chirp=-one.e2 / own / (4 * hbar) / unit / unit,
        link=complex(np.exp(1j * turned)) if math.isfinite(turned) else complex(math.nan),
    )
