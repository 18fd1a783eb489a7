"""Split-operator steps on periodic grids: the potential at points, the kinetic part on waves."""

import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float, Inexact

from ..._checks import check, check_choice, check_shape
from ..._citation import cites
from .._operators._algebra import AbstractOperator
from .._operators._fourier import FourierOperator
from .._operators._stored import DiagonalOperator
from ._compositions import ORDERS, Factor, Scheme, factors
from ._propagator import AbstractPropagator, check_step, norm_squared, phase

Potential = AbstractOperator | Callable[[Float[Array, ""]], Float[Array, "..."]]


@cites("feit1982", "suzuki1990", "blanes2002")
class SplitOperator(AbstractPropagator):
    r"""Split-operator steps for $H = T(p) + V(q, t)$ on a periodic grid of 1 to 3 dimensions.

    | scheme | order | FFTs a step | |
    |---|---|---|---|
    | `strang` | 2 | 2 | half of V, all of T, half of V, which is that of the middle of the step |
    | `suzuki` | 4 | 10 | five Strang steps, one of them backwards |
    | `blanes_moan` | 4 | 12 | $SRKN_6^b$, whose error is some hundred times smaller |

    The step is unitary and symmetric in time. Waves beyond the grid's largest momentum are folded
    back: choose the grid for the largest kinetic energy of the packet.

    **Arguments:**

    - `kinetic`: a Hermitian [`feynax.quantum.FourierOperator`][], such as `basis.kinetic(mass)`.
    - `potential`: a [`feynax.quantum.DiagonalOperator`][], such as `basis.potential(V)`, or a
      function of time that returns V at the points, one value a component or of the grid's shape.
    - `time_step`, `hbar`: see [`feynax.quantum.AbstractPropagator`][]; `hbar` is the basis's.
    - `scheme`: see the table.

    **Raises:**

    - `ValueError` for parts that are not Hermitian or of different sizes, and unknown schemes.

    Source: M. D. Feit, J. A. Fleck, A. Steiger (1982); M. Suzuki (1990); S. Blanes, P. C. Moan
    (2002), Table 3.

    ```python
    import numpy as np, feynax as fx
    basis = fx.quantum.GridBasis(32, length=16.0)
    step = fx.quantum.SplitOperator(
        basis.kinetic(), basis.potential(lambda q: q**2 / 2), 2 * np.pi / 200, scheme="blanes_moan"
    )
    psi = basis.project(lambda q: np.exp(-((q - 1) ** 2) / 2) / np.pi**0.25)
    after = np.asarray(step.run(psi, 200).last)
    assert np.abs(after + psi).max() < 1e-4  # one period: the packet is back with the sign -1
    ```
    """

    kicks: tuple[Complex[Array, " size"], ...] | None
    potential: Callable[..., Any] | None
    drifts: tuple[Complex[Array, "..."] | None, ...]
    factors: tuple[Factor, ...] = eqx.field(static=True)
    half_widths: tuple[float, float] = eqx.field(static=True)
    scheme: Scheme = eqx.field(static=True)
    grid: tuple[int, ...] = eqx.field(static=True)
    time_step: float = eqx.field(static=True)
    hbar: float = eqx.field(static=True)
    order: float = eqx.field(static=True)

    def __init__(
        self,
        kinetic: AbstractOperator,
        potential: Potential,
        time_step: float,
        *,
        hbar: float = 1.0,
        scheme: Scheme = "strang",
    ):
        check_step(time_step, hbar)
        check_choice("scheme", scheme, ORDERS)
        waves = _symbol(kinetic)
        fixed = isinstance(potential, DiagonalOperator)
        driven = potential if callable(potential) and not fixed else None
        good = fixed or driven is not None
        check(good, "potential", "be diagonal, or a function", type(potential).__name__)
        self.time_step, self.hbar, self.order = float(time_step), float(hbar), ORDERS[scheme]
        self.scheme, self.grid = scheme, waves.shape
        self.factors = factors(scheme, merged=fixed)
        delta = self.time_step / self.hbar
        self.drifts = tuple(
            _phase(waves, delta * f.kinetic) if f.kinetic else None for f in self.factors
        )
        self.potential = driven
        self.kicks, wide = None, math.inf
        if isinstance(potential, DiagonalOperator):
            check(potential.hermitian, "potential", "be real", "complex values")
            check_shape("potential", potential.diagonal, (kinetic.size,))
            self.kicks = tuple(
                _phase(potential.diagonal, delta * f.potential) for f in self.factors
            )
            wide = _half_width(potential.diagonal)
        self.half_widths = _half_width(waves), wide

    @property
    def dtype(self) -> Any:
        """Complex type of the wave functions."""
        return next(d for d in self.drifts if d is not None).dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the wave functions: one component a point, the last coordinate runs first."""
        return (math.prod(self.grid),)

    def advance(
        self, carry: Complex[Array, " size"], time: Float[Array, ""]
    ) -> Complex[Array, " size"]:
        """Multiply by phases at the points and on the waves in turn."""
        for index, drift in enumerate(self.drifts):
            carry = carry * self._kick(index, time)
            if drift is not None:
                waves = jnp.fft.fftn(carry.reshape(self.grid))
                carry = jnp.fft.ifftn(waves * drift).reshape(-1)
        return carry

    def invariant(self, psi: Inexact[ArrayLike, " size"]) -> Float[Array, ""]:
        r"""Return $\sum|\psi|^2$."""
        return norm_squared(self.read(psi))

    def error_bound(self, steps: int, *, time_step: float | None = None) -> float:
        r"""Bound the 2-norm error from a unit vector by the widths of T and V on the grid.

        With half widths a of T and b of V it is $N\delta^3(a^2 b/3 + a b^2/6)$ for Strang, from
        its commutators, and for order 4 the remainders of both Taylor series,
        $N\delta^5(\Lambda^5 + (a + b)^5)/120$ with $\Lambda$ the sum of all weights' moduli times
        half widths. It holds for every wave function on the grid; smooth ones do much better.
        Infinite for a potential that changes in time, of which nothing is known.

        **Arguments:**

        - `steps`: how many.
        - `time_step`: another step than the propagator's own.
        """
        delta = abs(self.time_step if time_step is None else time_step) / self.hbar
        a, b = self.half_widths
        if math.isinf(b):
            return math.inf
        if self.order == 2:
            return min(steps * delta**3 * (a * a * b / 3 + a * b * b / 6), 2.0)
        every = sum(abs(f.kinetic) * a + abs(f.potential) * b for f in self.factors)
        return min(steps * ((delta * every) ** 5 + (delta * (a + b)) ** 5) / 120, 2.0)

    def _kick(self, index: int, time: Float[Array, ""]) -> Complex[Array, " size"]:
        if self.kicks is not None:
            return self.kicks[index]
        assert self.potential is not None
        share, node, _ = self.factors[index]
        values = jnp.asarray(self.potential(time + node * self.time_step))
        angle = (share * self.time_step / self.hbar) * values.reshape(-1).astype(time.dtype)
        return phase(angle)


def _symbol(kinetic: AbstractOperator) -> Any:
    good = isinstance(kinetic, FourierOperator) and kinetic.hermitian
    check(good, "kinetic", "be a Hermitian FourierOperator", type(kinetic).__name__)
    assert isinstance(kinetic, FourierOperator)
    return kinetic.symbol


def _phase(values: Any, scale: float) -> Complex[Array, "..."]:
    """Return the phases, from double precision where the values are known."""
    if isinstance(values, np.ndarray):
        return jnp.asarray(np.exp(-1j * scale * values))
    return phase(scale * values)


def _half_width(values: Any) -> float:
    known = isinstance(values, np.ndarray)
    return float(values.max() - values.min()) / 2 if known else math.inf
