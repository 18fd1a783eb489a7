"""The equation that the document on recurrent wave functions prints instead of a quantum one."""

import cmath
import dataclasses
import functools
import math

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float, Inexact

from ..._checks import check, check_count, check_finite
from ..._citation import cites
from ..._errors import ContinuousSpectrumError
from ...equations import AffineField
from .._hermite import hermite_function
from .._one_mode import OneMode, SpectralSet, one_mode
from .._quadratic import QuadraticHamiltonian
from ._oscillator import even_and_odd, steps

_MOST_STEPS = 20_000
_TRACE = 1e-10  # share of a matrix's norm that its trace may have


@dataclasses.dataclass(frozen=True)
class PrintedConditions:
    r"""What the document's (25)-(26) and (38)-(40) say of a network, and what is so.

    **Fields:**

    - `xi1`, `xi2`: the printed $\xi_1, \xi_2$ of (25)-(26); the right ones are the `exponents`
      of the operator.
    - `first`, `edge`, `second`: whether (38), (39), (40) hold: $\mathrm{Re}\,\xi_1 > 0$,
      $\mathrm{Re}\,\xi_1 = 0$, $\mathrm{Re}\,\xi_2 > 0$.
    - `accepted`: what the document asks for, (38), or (39) and (40).
    - `l2_discrete`: what is needed for levels in $L^2(dy)$: $C_2 D_2 > 0$, that is
      $w_{12} w_{21} > 0$.
    """

    xi1: complex
    xi2: complex
    first: bool
    edge: bool
    second: bool
    accepted: bool
    l2_discrete: bool


@dataclasses.dataclass(frozen=True)
class PrintedEigenfunction:
    r"""Eigenfunction of the printed equation, with unit norm in $L^2(w\,dy)$.

    $\psi_n(y) = s^{-1/2} h_n(x/s) \exp(-(C_1 y - E_2 y^2/2)/(2 C_2))$ with $x = y - y_c$. It is in
    $L^2(dy)$, too, where the operator is `l2_discrete`; elsewhere it may grow.

    **Fields:**

    - `n`, `eigenvalue`: which one.
    - `centre`, `width`: $y_c$ and $s$.
    - `tilt`, `bend`: the factor is $\exp(-\text{tilt}\,y + \text{bend}\,y^2)$.
    """

    n: int
    eigenvalue: float
    centre: float
    width: float
    tilt: float
    bend: float

    def __call__(self, y: Float[ArrayLike, "*points"]) -> Float[np.ndarray, "*points"]:
        r"""Return $\psi_n(y)$ in float64, in the shape of `y`."""
        y = np.asarray(y, np.float64)
        factor = y * (self.bend * y - self.tilt)
        return hermite_function(self.n, (y - self.centre) / self.width, factor) / math.sqrt(
            self.width
        )


@cites("kohli2020")
@dataclasses.dataclass(frozen=True)
class PrintedOperator:
    r"""$C_2 \psi'' + (C_1 - E_2 y) \psi' + (D_1 y - D_2 y^2 - E_2) \psi = \lambda \psi$.

    This is (23) of the document as printed and not the quantisation of its (18), which is
    [`feynax.quantum.QuadraticHamiltonian`][]: on the way from (22) the factors $i$ were lost.
    It is $\frac{d}{dy}(C_2 \psi' + (C_1 - E_2 y)\psi) - (D_2 y^2 - D_1 y)\psi$, for $C_2 > 0$ a
    diffusion with drift and killing. It has no Planck constant. It has levels where the network is
    a saddle; the quantised network has them where it is a centre.

    The operator is symmetric in $L^2(w\,dy)$, $w = \exp((C_1 y - E_2 y^2/2)/C_2)$. In $L^2(dy)$,
    the document's space, it is not symmetric unless $C_1 = E_2 = 0$, and its spectrum is discrete
    only where `l2_discrete`; else either every complex number is an eigenvalue or none.

    **Fields:**

    - `c1`, `c2`, `d1`, `d2`, `e2`: the coefficients of (19)-(20).

    **Raises:**

    - `ValueError` for coefficients that are not finite.

    Source: P. Kohli and A. Haslam (2020), (23)-(40). Corrected: (25)-(26) lack the divisor
    $4 C_2 \sqrt\Delta$ and (26) a factor $C_1$; the arguments in (27)-(28) lack $2 C_2$; in
    (29)-(37) $\Delta^{3/2}$ changes its sign where $C_2 < 0$. `tests/quantum/test_printed.py`
    shows each.

    ```python
    import feynax as fx
    operator = fx.quantum.PrintedOperator(0.3, 0.5, -0.2, 0.4, 0.3)
    assert operator.l2_discrete and operator.levels(2).round(4).tolist() == [-0.6599, -1.6033]
    ```
    """

    c1: float
    c2: float
    d1: float
    d2: float
    e2: float

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            check_finite(field.name, value)
            object.__setattr__(self, field.name, float(value))

    @classmethod
    def from_field(cls, field: AffineField) -> "PrintedOperator":
        r"""Take the coefficients from $y' = Ay + b$ of two neurons.

        **Raises:**

        - `ValueError` unless there are two components and $\mathrm{tr} A = 0$, the document's (13).
        """
        check(field.size == 2, "field", "have two components", field.size)
        (a11, a12), (a21, a22) = field.matrix.tolist()
        trace = a11 + a22
        closed = abs(trace) <= _TRACE * float(np.linalg.norm(field.matrix))
        check(closed, "field", "have a matrix of trace 0", f"trace {trace:.6g}")
        d1, c1 = field.offset.tolist()
        return cls(c1, a21 / 2, d1, a12 / 2, (a11 - a22) / 2)

    @classmethod
    def from_hamiltonian(cls, hamiltonian: QuadraticHamiltonian) -> "PrintedOperator":
        """Take the coefficients of a Hamiltonian with one degree of freedom; `hbar` is dropped."""
        one = hamiltonian.one
        return cls(one.c1, one.c2, one.d1, one.d2, one.e2)

    @functools.cached_property
    def _mirror(self) -> OneMode:
        """The Hamiltonian with an imaginary y1, whose centre and energy the levels have."""
        return one_mode(self.c1, -self.c2, self.d1, -self.d2, self.e2)

    @property
    def discriminant(self) -> float:
        r"""$\Delta = E_2^2 + 4 C_2 D_2$."""
        return self._mirror.discriminant

    @property
    def l2_discrete(self) -> bool:
        """Whether the levels are those of the document's space $L^2(dy)$."""
        return min(self.c2, self.d2) > 0 or max(self.c2, self.d2) < 0

    @property
    def root(self) -> complex:
        r"""$r = \mathrm{sign}(C_2) \sqrt\Delta$, imaginary for a centre; (29)-(37) mean $r^3$."""
        size = math.copysign(self._mirror.rate, self.c2)
        return complex(0.0, size) if self._mirror.kind == "elliptic" else complex(size, 0.0)

    @property
    def exponents(self) -> tuple[complex, complex]:
        r"""$\xi_1, \xi_2$ of (24), corrected: every solution has $e^{-\xi_1 y^2 - \xi_2 y}$.

        **Raises:**

        - `ValueError` where $C_2 = 0$ or $\Delta = 0$.
        """
        self._need_second_order()
        r = self.root
        first = (r - self.e2) / (4 * self.c2)
        return first, (self.c1 * (r - self.e2) - 2 * self.c2 * self.d1) / (2 * self.c2 * r)

    def weight(self, y: Float[ArrayLike, "*points"]) -> Float[np.ndarray, "*points"]:
        r"""$w(y) = \exp((C_1 y - E_2 y^2/2)/C_2)$, for which eigenfunctions are orthonormal."""
        check(self.c2 != 0, "c2", "not be 0", self.c2)
        y = np.asarray(y, np.float64)
        return np.exp(y * (self.c1 - self.e2 * y / 2) / self.c2)

    def levels(self, count: int) -> Float[np.ndarray, " count"]:
        r"""Return $\lambda_n = c - r (n + 1/2)$: (36) for even and (37) for odd $n$.

        $c = -E_2/2 + (C_2 D_1^2 + C_1 D_1 E_2 - D_2 C_1^2)/\Delta$, $r = \mathrm{sign}(C_2)
        \sqrt\Delta$. Levels in $L^2(w\,dy)$; in $L^2(dy)$ where `l2_discrete`.

        **Raises:**

        - [`feynax.ContinuousSpectrumError`][] where $C_2 = 0$ or $\Delta \le 0$.
        """
        check_count("count", count, 0)
        self._need_levels()
        return self._offset() - self.root.real * (np.arange(count) + 0.5)

    def eigenfunction(self, n: int) -> PrintedEigenfunction:
        """Return the eigenfunction of level `n`; (32)-(33), corrected and with unit norm.

        **Raises:**

        - [`feynax.ContinuousSpectrumError`][] where there are no levels.
        """
        check_count("n", n, 0)
        self._need_levels()
        return PrintedEigenfunction(
            n=int(n),
            eigenvalue=self._offset() - self.root.real * (n + 0.5),
            centre=self._mirror.centre()[1],
            width=math.sqrt(2 * abs(self.c2) / self._mirror.rate),
            tilt=self.c1 / (2 * self.c2),
            bend=self.e2 / (4 * self.c2),
        )

    def solutions(
        self, eigenvalue: complex, y: Float[ArrayLike, "*points"]
    ) -> tuple[Inexact[np.ndarray, "*points"], Inexact[np.ndarray, "*points"]]:
        r"""Return both branches of (24)-(30), corrected, for any complex eigenvalue.

        They are $e^{-\xi_1 y^2 - \xi_2 y} M(\alpha, 1/2, z)$ and $e^{-\xi_1 y^2 - \xi_2 y} x
        M(\alpha + 1/2, 3/2, z)$ up to constants, with $x = y - y_c$, $y_c = (C_1 E_2 + 2 C_2 D_1)/
        \Delta$, $z = r x^2/(2 C_2)$ and $\alpha = 1/4 + (\lambda - c)/(2r)$: at $y_c$ the first is
        1, and the second 0 with slope 1. Integrated by Taylor steps rather than summed as Kummer's
        series, which loses its digits for negative $z$. Errors are of the size of rounding times
        the largest solution on the way.

        **Arguments:**

        - `eigenvalue`: $\lambda$.
        - `y`: points.

        **Raises:**

        - `ValueError` where $C_2 = 0$ or $\Delta = 0$, and for points too far from $y_c$.
        """
        self._need_second_order()
        check_finite("eigenvalue", eigenvalue)
        check_finite("y", y)
        given = np.asarray(y, np.float64)
        centre = self._mirror.centre()[1]
        x = given.ravel() - centre
        curvature = self.discriminant / (2 * self.c2) ** 2
        shift = (eigenvalue - self._offset()) / self.c2
        far = steps(curvature, shift, float(np.max(np.abs(x), initial=0.0)))
        check(far < _MOST_STEPS, "y", "lie nearer to the centre", f"{far:.3g} steps to go")
        slope = self.c1 - self.e2 * (centre + x / 2)
        factor = np.exp(-x * slope / (2 * self.c2))
        even, odd = even_and_odd(curvature, shift, x)
        return (even * factor).reshape(given.shape), (odd * factor).reshape(given.shape)

    def printed_conditions(self) -> PrintedConditions:
        """Return (38)-(40) as printed, beside the condition that is right."""
        delta = self.discriminant
        root = cmath.sqrt(delta)
        xi1 = delta - self.e2 * root
        xi2 = -self.c1 * self.e2 - 4 * self.c2 * self.d1 + 2 * root
        first, edge, second = xi1.real > 0, xi1.real == 0, xi2.real > 0
        accepted = first or (edge and second)
        return PrintedConditions(xi1, xi2, first, edge, second, accepted, self.l2_discrete)

    def _offset(self) -> float:
        return self._mirror.centre_energy() - self.e2 / 2

    def _need_second_order(self) -> None:
        check(self.c2 != 0, "c2", "not be 0", self.c2)
        regular = self._mirror.kind in ("elliptic", "hyperbolic")
        check(regular, "self", "have a discriminant that is not 0", self.discriminant)

    def _need_levels(self) -> None:
        if self.c2 and self._mirror.kind == "hyperbolic":
            return
        delta = self.discriminant
        reason = (
            "with C2 = 0 it is of first order, and solutions are fixed by any eigenvalue"
            if not self.c2
            else f"its discriminant {delta:.6g} is not positive, and in L2(w dy) its spectrum is "
            "no set of levels (levels of a centre: `QuadraticHamiltonian.levels`)"
        )
        line = self.c2 and self._mirror.kind == "elliptic"
        raise ContinuousSpectrumError(
            f"The printed operator has no levels: {reason}.",
            kind=self._mirror.kind,
            discriminant=delta,
            spectrum=SpectralSet("line" if line else "unknown"),
        )
