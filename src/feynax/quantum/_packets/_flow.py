"""The affine flow of a quadratic Hamiltonian in canonical coordinates, with its action."""

import dataclasses
import math
from fractions import Fraction

import numpy as np
from jaxtyping import Float

from ..._checks import check, check_finite
from .._abstract import AbstractQuadratic
from .._canonical import canonical_basis, standard_poisson

Times = Float[np.ndarray, " times"]
_SERIES = [1 / math.factorial(k) for k in range(24)]


@dataclasses.dataclass(frozen=True, eq=False)
class CanonicalFlow:
    r"""$x(t) = Fx(0) + d$ and $\int_0^t l \cdot x\,dt' = g \cdot x(0) + e$ at many times.

    **Fields:**

    - `matrix` (times, n, n), `shift` (times, n): $F$, $d$.
    - `work` (times, n), `work_shift` (times): $g$, $e$, with $l$ the linear part of $H$.
    """

    matrix: Float[np.ndarray, "times n n"]
    shift: Float[np.ndarray, "times n"]
    work: Float[np.ndarray, "times n"]
    work_shift: Times


class Mechanics:
    """A Hamiltonian in the canonical coordinates of its Poisson matrix."""

    def __init__(self, ham: AbstractQuadratic):
        self.modes = ham.modes
        self.frame = canonical_basis(ham.poisson)
        self.inverse = np.linalg.inv(self.frame)
        self.form = self.frame.T @ ham.form @ self.frame
        self.slope = self.frame.T @ ham.slope
        symplectic = standard_poisson(ham.modes)
        self.matrix, self.offset = symplectic @ self.form, symplectic @ self.slope

    def flow(self, times: Times) -> CanonicalFlow:
        """Return the flow at some times, in closed form for one degree of freedom."""
        check_finite("t", times)
        with np.errstate(over="ignore", invalid="ignore"):
            flow = self._one_mode(times) if self.modes == 1 else self._many_modes(times)
        finite = bool(np.all(np.isfinite(flow.matrix)) and np.all(np.isfinite(flow.shift)))
        check(finite, "t", "be short enough for the flow to stay finite", times)
        return flow

    def _one_mode(self, times: Times) -> CanonicalFlow:
        a, b, slope = self.matrix, self.offset, self.slope
        inner, right, left = (Fraction(x) for x in (a[0, 0], a[0, 1], a[1, 0]))
        discriminant = float(inner * inner + right * left)  # A squared is this times 1
        c0, c1, c2, c3 = stumpff(discriminant * times**2)
        s1, s2, s3 = times * c1, times**2 * c2, times**3 * c3
        return CanonicalFlow(
            c0[:, None, None] * np.eye(2) + s1[:, None, None] * a,
            s1[:, None] * b + s2[:, None] * (a @ b),
            s1[:, None] * slope + s2[:, None] * (slope @ a),
            s2 * (slope @ b) + s3 * (slope @ a @ b),
        )

    def _many_modes(self, times: Times) -> CanonicalFlow:
        from scipy.linalg import expm

        n = 2 * self.modes
        whole = np.zeros((n + 2, n + 2))  # of (x, 1, the integral of l.x)
        whole[:n, :n], whole[:n, n], whole[n + 1, :n] = self.matrix, self.offset, self.slope
        grown = expm(times[:, None, None] * whole)
        work = grown[:, n + 1]
        return CanonicalFlow(grown[:, :n, :n], grown[:, :n, n], work[:, :n], work[:, n])


def stumpff(x: Times) -> tuple[Times, Times, Times, Times]:
    r"""Return $\cosh\sqrt x$, $\sinh\sqrt x/\sqrt x$, $(\cosh\sqrt x - 1)/x$, and the next one.

    All are entire functions of $x$ of either sign, $c_k = \sum_i x^i/(2i + k)!$ for
    $k = 0, 1$ and $c_{k+2} = (c_k - 1/k!)/x$; near zero they are summed.
    """
    near = np.where(np.abs(x) < 1, x, 0.0)
    c2, c3 = (np.polynomial.polynomial.polyval(near, _SERIES[k::2]) for k in (2, 3))
    far = np.where(np.abs(x) < 1, 1.0, x)
    root = np.sqrt(np.abs(far))
    sine = np.where(far > 0, np.sinh(root), np.sin(root)) / root
    half = np.where(far > 0, np.sinh(root / 2), np.sin(root / 2))
    cosine = np.where(far > 0, np.cosh(root), np.cos(root))
    inside = np.abs(x) < 1
    return (
        np.where(inside, 1 + near * c2, cosine),
        np.where(inside, 1 + near * c3, sine),
        np.where(inside, c2, 2 * half**2 / root**2),
        np.where(inside, c3, (sine - 1) / far),
    )
