"""Chebyshev's series of the exponential: long steps of sparse Hamiltonians."""

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from ..._certificate import Certificate, Verdict
from ..._checks import check, check_positive
from ..._citation import cites
from ._acting import AbstractActing
from ._hamiltonian import Action, read_action
from ._propagator import check_step
from ._spectral_bounds import attained, bounds_of


@cites("talezer1984")
class Chebyshev(AbstractActing):
    r"""Chebyshev's series of the whole step, cut where its rest is below `tolerance`.

    $$e^{-iH\delta} \approx e^{-ic\delta}\sum_{k<K} (2 - [k{=}0])\,(-i)^k J_k(R\delta)\,
      T_k\!\left(\frac{H - c}{R}\right)$$

    with centre c and half width R of the spectrum. About $R\delta$ products, each term one.

    **Arguments:**

    - `hamiltonian`: a Hermitian matrix, or an operator of `feynax.quantum`.
    - `time_step`, `hbar`: see [`feynax.quantum.AbstractPropagator`][].
    - `tolerance`: proven error of one step; at least rounding.
    - `bounds`: `(low, high)` around the spectrum; else [`feynax.quantum.spectral_bounds`][]. Given
      bounds are checked by Lanczos vectors: outside of them the series explodes.

    **Raises:**

    - `ValueError` for a Hamiltonian that is not Hermitian, and for bounds it reaches beyond.

    Source: H. Tal-Ezer, R. Kosloff (1984).

    ```python
    import numpy as np, feynax as fx
    H = np.diag([0.0, 1.0, 2.0]) + np.eye(3, k=1) + np.eye(3, k=-1)
    step = fx.quantum.Chebyshev(H, 10.0, tolerance=1e-6)
    exact = fx.quantum.ExactPropagator(H, 10.0)
    psi = np.ones(3) / 3**0.5
    assert np.allclose(step.step(psi), exact.step(psi), atol=1e-4)
    ```
    """

    action: Action
    coefficients: Complex[Array, " terms"]
    low: float = eqx.field(static=True)
    high: float = eqx.field(static=True)
    tolerance: float = eqx.field(static=True)
    time_step: float = eqx.field(static=True)
    hbar: float = eqx.field(static=True)
    order: float = eqx.field(static=True)

    def __init__(
        self,
        hamiltonian: Any,
        time_step: float,
        *,
        hbar: float = 1.0,
        tolerance: float = 1e-12,
        bounds: tuple[float, float] | None = None,
    ):
        check_step(time_step, hbar)
        check_positive("tolerance", tolerance)
        self.action, matrix = read_action(hamiltonian)
        self.low, self.high = (
            bounds_of(self.action, matrix)
            if bounds is None
            else _checked(bounds, self.action, matrix)
        )
        self.tolerance = max(float(tolerance), float(jnp.finfo(self.action.dtype).eps))
        self.time_step, self.hbar, self.order = float(time_step), float(hbar), math.inf
        self.coefficients = jnp.asarray(
            series(self.low, self.high, self.time_step / self.hbar, self.tolerance)
        )

    def advance(self, carry: Complex[Array, " d"], time: Float[Array, ""]) -> Complex[Array, " d"]:
        """Sum the series by its recursion."""
        first = carry, self._scaled(carry)
        total = self.coefficients[0] * carry

        def term(state: tuple[Array, Array, Array], weight: Array) -> tuple[Any, None]:
            total, before, now = state
            return (total + weight * now, now, 2 * self._scaled(now) - before), None

        return jax.lax.scan(term, (total, *first), self.coefficients[1:])[0][0]

    def error_bound(self, steps: int, *, time_step: float | None = None) -> float:
        """Return `tolerance` for each step: the rest of the series.

        **Arguments:**

        - `steps`: how many.
        - `time_step`: another step than the propagator's own.
        """
        return math.expm1(steps * math.log1p(self.tolerance))

    def stability(self) -> Certificate:
        """Certify by how much a step can change the norm.

        **Returns:**

        A [`feynax.Certificate`][].
        """
        return Certificate(
            claim=f"a step changes the norm by at most a share of {self.tolerance:.3g}",
            verdict=Verdict.CERTIFIED,
            because=f"the rest of the series after {len(self.coefficients)} terms",
            domain=f"spectra within ({self.low:.6g}, {self.high:.6g})",
            margin=0.0,
            rate=1 + self.tolerance,
        )

    def _scaled(self, psi: Complex[Array, " d"]) -> Complex[Array, " d"]:
        # A spectrum of one point has no width to divide by.
        centre, half = (self.low + self.high) / 2, max((self.high - self.low) / 2, 1e-30)
        return (self.action(psi) - centre * psi) / half


def series(
    low: float, high: float, delta: float, tolerance: float
) -> Complex[np.ndarray, " terms"]:
    r"""Return the coefficients of $e^{-iH\delta}$ until the rest is below the tolerance."""
    from scipy.special import jv

    reach = (high - low) / 2 * abs(delta)
    # Past the reach Bessel functions fall faster than exponentially.
    orders = np.arange(math.ceil(reach + 12 * reach ** (1 / 3)) + 40)
    sizes = 2 * jv(orders, reach)
    rest = np.cumsum(np.abs(sizes[::-1]))[::-1]
    kept = max(int(np.argmax(rest <= tolerance)), 2)
    turns = np.array([1, -1j, -1, 1j])[orders % 4]
    turns = turns if delta > 0 else turns.conj()
    sizes[0] /= 2
    return np.exp(-0.5j * (low + high) * delta) * (turns * sizes)[:kept]


def _checked(
    bounds: tuple[float, float], action: Action, matrix: np.ndarray | None
) -> tuple[float, float]:
    low, high = float(bounds[0]), float(bounds[1])
    check(low < high, "bounds", "be (low, high) with low < high", bounds)
    first, last = attained(action, matrix)
    slack = 1e-12 * (high - low)
    inside = low - slack <= first and last <= high + slack
    check(inside, "bounds", f"hold the energies {first:.6g} and {last:.6g}", bounds)
    return low, high
