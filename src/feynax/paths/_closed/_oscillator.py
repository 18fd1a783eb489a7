"""The oscillator on N slices, solved: its slice is a Mehler kernel with another frequency."""

import dataclasses
import math

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ..._checks import check, check_choice, check_count, check_positive
from ..._citation import cites
from ..._errors import NonPositiveKernelError

_ACTIONS = ("midpoint", "trapezoid")


@cites("paths")
@dataclasses.dataclass(frozen=True)
class LatticeOscillator:
    r"""All about $H = p^2/2m + m\omega^2x^2/2$ on N Euclidean slices of $dt = \beta\hbar/N$.

    | action | $\Omega$, the `rate` | `inertia` $M\Omega$ | factor a slice |
    |---|---|---|---|
    | `midpoint` | $\tanh\frac{\Omega dt}2 = \frac{\omega dt}2$ | $m\omega$ |
      $(1 - \omega^2dt^2/4)^{-1/2}$ |
    | `trapezoid` | $\sinh\frac{\Omega dt}2 = \frac{\omega dt}2$ |
      $m\omega\sqrt{1 + \omega^2dt^2/4}$ | 1 |

    Midpoint slices are off by $O(dt)$ in the energy, $-\hbar\omega^2dt/8$ in the ground state, and
    have no error at all in $\langle x^2\rangle$ of the ground state.

    **Arguments:**

    - `omega`: frequency; `beta`, `slices`, `action`, `mass`, `hbar`: as of
      [`feynax.paths.PathEnsemble`][].

    **Raises:**

    - `NonPositiveKernelError` (a `ValueError`) for midpoint slices with $\omega\,dt \ge 2$: at 2
      neighbours decouple, beyond it the levels of a slice alternate in sign. Paths can be drawn.

    Source: paths document (Hashimoto et al.), section 3.3, solved; against transfer matrices in
    `tests/paths/test_closed_oscillator.py`.

    ```python
    import numpy as np, feynax as fx
    lattice = fx.paths.LatticeOscillator(1.0, beta=4.0, slices=16, action="midpoint")
    assert np.isclose(lattice.rate, 1.0052577131236242)
    assert np.isclose(lattice.log_partition, -1.8664313312360084)
    ```
    """

    omega: float
    beta: float = dataclasses.field(kw_only=True)
    slices: int = dataclasses.field(kw_only=True)
    action: str = dataclasses.field(default="trapezoid", kw_only=True)
    mass: float = dataclasses.field(default=1.0, kw_only=True)
    hbar: float = dataclasses.field(default=1.0, kw_only=True)

    def __post_init__(self):
        for name in ("omega", "beta", "mass", "hbar"):
            check_positive(name, getattr(self, name))
        check_count("slices", self.slices)
        check_choice("action", self.action, _ACTIONS)
        if self.action == "midpoint" and self.omega * self.dt >= 2:
            raise NonPositiveKernelError(
                f"With omega dt = {self.omega * self.dt:.6g} a midpoint slice has no oscillator: "
                f"take more than {self.omega * self.beta * self.hbar / 2:.6g} slices, or the "
                "trapezoid action."
            )

    @property
    def dt(self) -> float:
        """Euclidean time of a slice."""
        return self.beta * self.hbar / self.slices

    @property
    def rate(self) -> float:
        r"""$\Omega$, the frequency of the oscillator that has these slices for its kernels."""
        half = self.omega * self.dt / 2
        turn = math.atanh(half) if self.action == "midpoint" else math.asinh(half)
        return 2 * turn / self.dt

    @property
    def inertia(self) -> float:
        r"""$M\Omega$: the ground state is $e^{-M\Omega x^2/2\hbar}$."""
        own = self.mass * self.omega
        return own if self.action == "midpoint" else own * math.hypot(1, self.omega * self.dt / 2)

    @property
    def log_factor(self) -> float:
        """Logarithm of what a slice has beside its Mehler kernel."""
        if self.action == "trapezoid":
            return 0.0
        return -math.log1p(-((self.omega * self.dt / 2) ** 2)) / 2

    @property
    def log_partition(self) -> float:
        r"""$\ln Z$ of closed paths with the whole measure, $-\ln(2\sinh\frac{\Omega N dt}2)$."""
        turn = self.rate * self.dt * self.slices
        return self.slices * self.log_factor - turn / 2 - math.log(-math.expm1(-turn))

    def levels(self, count: int) -> Float[np.ndarray, " count"]:
        r"""Return $E_n = \hbar\Omega(n + \frac12)$, less hbar/dt times `log_factor`.

        **Arguments:**

        - `count`: how many, from the ground state.
        """
        check_count("count", count)
        whole = self.hbar * self.rate * (np.arange(count) + 0.5)
        return whole - self.hbar / self.dt * self.log_factor

    def correlation(self, steps: ArrayLike) -> Float[np.ndarray, "..."]:
        r"""Return $\langle x_0 x_k\rangle$ of closed paths, for $0 \le k \le N$ of any shape.

        $$ \frac\hbar{2M\Omega} \frac{\cosh\Omega(N/2 - k)dt}{\sinh(\Omega N dt/2)} $$

        **Arguments:**

        - `steps`: $k$.
        """
        turn, N, k = self.rate * self.dt, self.slices, np.asarray(steps, np.float64)
        up, down = np.exp(-turn * k), np.exp(-turn * (N - k))
        return self.hbar / (2 * self.inertia) * (up + down) / -math.expm1(-turn * N)

    def held_square(self, steps: ArrayLike) -> Float[np.ndarray, "..."]:
        r"""Return $\langle x_n^2\rangle$ of paths from 0 to 0, for $0 \le n \le N$ of any shape.

        $$ \frac\hbar{M\Omega} \frac{\sinh(\Omega n\,dt) \sinh(\Omega(N - n)dt)}{\sinh\Omega Ndt} $$

        **Arguments:**

        - `steps`: $n$.
        """
        turn, N, n = 2 * self.rate * self.dt, self.slices, np.asarray(steps, np.float64)
        both = np.expm1(-turn * n) * np.expm1(-turn * (N - n)) / -math.expm1(-turn * N)
        return self.hbar / (2 * self.inertia) * both

    @property
    def end_exponent(self) -> float:
        r"""$a$ of $\psi_N(y) \propto e^{-ay^2}$, from y over N slices to anywhere.

        $a = \frac{M\Omega}{2\hbar} \tanh\Omega N dt$: the ground state is reached like
        $e^{-2\Omega N dt}$. The document's (5.6) evaluates V at the right ends of slices, which
        gives 0.951 times the exponent still at $\omega\,dt = 0.1$
        (`tests/paths/test_closed_oscillator.py`).
        """
        return self.inertia / (2 * self.hbar) * math.tanh(self.rate * self.dt * self.slices)


def euclidean_kernel(
    x: ArrayLike,
    y: ArrayLike,
    tau: float,
    *,
    omega: float = 0.0,
    mass: float = 1.0,
    hbar: float = 1.0,
    slices: int | None = None,
    action: str = "trapezoid",
) -> Float[np.ndarray, "..."]:
    r"""Return $\langle x|e^{-H\tau/\hbar}|y\rangle$ of a free particle or an oscillator.

    $$ \sqrt{\frac{M\Omega}{2\pi\hbar\sinh\Omega\tau}} \exp\Big\{ -\frac{M\Omega}
       {2\hbar\sinh\Omega\tau} [(x^2 + y^2)\cosh\Omega\tau - 2xy] \Big\} $$

    with $\Omega = \omega$, $M = m$ in the continuum, and those of
    [`feynax.paths.LatticeOscillator`][] (and its factors) on a lattice. For a free particle every
    number of slices gives $\sqrt{m/2\pi\hbar\tau}\,e^{-m(x-y)^2/2\hbar\tau}$.

    **Arguments:**

    - `x`, `y`: places, of shapes that broadcast.
    - `tau`: Euclidean time, positive.
    - `omega`: frequency; zero is a free particle.
    - `mass`, `hbar`.
    - `slices`, `action`: of the lattice; None is the continuum.

    **Raises:**

    - `ValueError` where a number is out of range, and as `LatticeOscillator`.

    Source: paths document (Hashimoto et al.), (3.1) with the normalisation it omits.

    ```python
    import numpy as np, feynax as fx
    K = fx.paths.euclidean_kernel(0.0, 0.0, 2.0)
    assert np.isclose(K, 1 / np.sqrt(4 * np.pi))
    ```
    """
    for name, value in (("tau", tau), ("mass", mass), ("hbar", hbar)):
        check_positive(name, value)
    check(bool(math.isfinite(omega) and omega >= 0), "omega", "be at least 0", omega)
    check_choice("action", action, _ACTIONS)
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if omega == 0:
        return np.sqrt(mass / (2 * np.pi * hbar * tau)) * np.exp(
            -mass * (x - y) ** 2 / (2 * hbar * tau)
        )
    inertia, turn, log = mass * omega, omega * tau, 0.0
    if slices is not None:
        own = LatticeOscillator(
            omega, beta=tau / hbar, slices=slices, action=action, mass=mass, hbar=hbar
        )
        inertia, turn, log = own.inertia, own.rate * tau, slices * own.log_factor
    # In falling exponentials, which do not overflow for long times.
    once, twice = math.exp(-turn), -math.expm1(-2 * turn)
    form = (x**2 + y**2) * (1 + once**2) - 4 * once * x * y
    exponent = log - turn / 2 - inertia / (2 * hbar) * form / twice
    return np.sqrt(inertia / (np.pi * hbar * twice)) * np.exp(exponent)
