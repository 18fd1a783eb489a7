"""Real time: propagators of quadratic systems, with their phases counted and not guessed."""

import math

import numpy as np
from jaxtyping import Complex, Float
from numpy.typing import ArrayLike

from ..._checks import check, check_choice, check_count, check_finite, check_positive, check_shape
from ..._citation import cites
from ..._errors import CausticError

_CAUSTIC = 1e-12


@cites("paths")
def real_time_kernel(
    x: ArrayLike,
    y: ArrayLike,
    t: float,
    *,
    omega: float = 0.0,
    mass: float = 1.0,
    hbar: float = 1.0,
    slices: int | None = None,
    action: str = "trapezoid",
) -> Complex[np.ndarray, "..."]:
    r"""Return $\langle x|e^{-iHt/\hbar}|y\rangle$ of a free particle or an oscillator.

    $$ \sqrt{\frac{M\Omega}{2\pi\hbar|\sin\Omega t|}}\, e^{-i\pi/4 - i\pi/2 \lfloor\Omega t/\pi
       \rfloor} \exp\Big\{ \frac{iM\Omega}{2\hbar\sin\Omega t} [(x^2 + y^2)\cos\Omega t - 2xy]
       \Big\}\, f^N $$

    | slices | $\Omega$ | $M\Omega$ | $f$ |
    |---|---|---|---|
    | None | $\omega$ | $m\omega$ | 1 |
    | N, `midpoint` | $\tan\frac{\Omega dt}2 = \frac{\omega dt}2$ | $m\omega$ |
      $(1 + \omega^2dt^2/4)^{-1/2}$: norm is lost |
    | N, `trapezoid` | $\sin\frac{\Omega dt}2 = \frac{\omega dt}2$ |
      $m\omega\sqrt{1 - \omega^2dt^2/4}$ | 1: unitary |

    For a free particle every number of slices gives
    $\sqrt{m/2\pi i\hbar t}\,e^{im(x-y)^2/2\hbar t}$. Negative times are the complex conjugate.
    Other quadratic systems: [`feynax.quantum.QuadraticHamiltonian`][]; other potentials are not
    sampled in real time, where weights are phases: [`feynax.quantum.SplitOperator`][].

    **Arguments:**

    - `x`, `y`: places at the end and at the start, of shapes that broadcast.
    - `t`: time, of either sign.
    - `omega`: frequency; zero is a free particle.
    - `mass`, `hbar`.
    - `slices`, `action`: of the lattice; None is the continuum.

    **Raises:**

    - [`feynax.CausticError`][] where $|\sin\Omega t| < 10^{-12}$, and for no time: there it is a
      delta function.
    - `ValueError` for a trapezoid lattice with $\omega\,dt \ge 2$, whose steps grow, and for
      numbers out of range.

    Source: paths document (Hashimoto et al.), (3.1), (3.11), (3.16) with the normalisation
    $(m/2\pi i\hbar\,dt)^{N/2}$ that they omit (`tests/paths/test_closed_real_time.py`).

    ```python
    import numpy as np, feynax as fx
    K = fx.paths.real_time_kernel(0.6, -0.3, 0.7)
    assert np.isclose(K, 0.4666648409935139 - 0.09791900018633648j)
    ```
    """
    for name, value in (("mass", mass), ("hbar", hbar)):
        check_positive(name, value)
    check_finite("t", t)
    check(bool(math.isfinite(omega) and omega >= 0), "omega", "be at least 0", omega)
    check_choice("action", action, ("midpoint", "trapezoid"))
    places = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if t == 0:
        raise CausticError("At time 0 the propagator is the delta function of x - y.")
    if omega == 0:
        found = _free(*places, abs(t), mass, hbar)
    else:
        rate, inertia, size = _turning(abs(t), omega, slices, action)
        found = size * _mehler(*places, rate * abs(t), mass * inertia, hbar)
    return found if t > 0 else found.conj()


def _free(x: np.ndarray, y: np.ndarray, t: float, mass: float, hbar: float) -> np.ndarray:
    size = math.sqrt(mass / (2 * math.pi * hbar * t))
    return size * np.exp(1j * (mass * (x - y) ** 2 / (2 * hbar * t) - math.pi / 4))


def _turning(t: float, omega: float, slices: int | None, action: str) -> tuple[float, float, float]:
    r"""Return $\Omega$, $M\Omega/m$ and $f^N$."""
    if slices is None:
        return omega, omega, 1.0
    check_count("slices", slices)
    dt = t / slices
    half = omega * dt / 2
    if action == "midpoint":
        return 2 * math.atan(half) / dt, omega, (1 + half**2) ** (-slices / 2)
    must = "leave omega dt < 2, where trapezoid steps turn"
    check(half < 1, "slices", must, f"omega dt = {2 * half:.6g}")
    return 2 * math.asin(half) / dt, omega * math.sqrt(1 - half**2), 1.0


def _mehler(x: np.ndarray, y: np.ndarray, turn: float, inertia: float, hbar: float) -> np.ndarray:
    sin, cos = math.sin(turn), math.cos(turn)
    if abs(sin) < _CAUSTIC:
        raise CausticError(
            f"After {turn / math.pi:.0f} half periods the propagator is a delta function of x "
            "and y, or of x and -y."
        )
    size = math.sqrt(inertia / (2 * math.pi * hbar * abs(sin)))
    maslov = math.pi / 4 + math.pi / 2 * math.floor(turn / math.pi)
    wave = inertia / (2 * hbar * sin) * ((x**2 + y**2) * cos - 2 * x * y)
    return size * np.exp(1j * (wave - maslov))


@cites("paths")
def gaussian_amplitude(
    form: Float[ArrayLike, "n n"],
    slope: Float[ArrayLike, " n"] | None = None,
    constant: float = 0.0,
    *,
    hbar: float = 1.0,
) -> complex:
    r"""Return $\int d^nx\, e^{iS/\hbar}$ of a quadratic action $S = \frac12x^TAx + J^Tx + c$.

    $$ (2\pi i\hbar)^{n/2}\, |\det A|^{-1/2}\, e^{-i\pi n_-/2}\,
       e^{\frac i\hbar (c - \frac12 J^TA^{-1}J)} $$

    where $n_-$ is the number of negative eigenvalues: each direction has the phase
    $e^{\pm i\pi/4}$ by its sign. A root of the complex determinant would be on a wrong branch
    once directions have turned over (Maslov index).

    **Arguments:**

    - `form`: $A$, symmetric.
    - `slope`: $J$, zero by default.
    - `constant`: $c$.
    - `hbar`.

    **Raises:**

    - [`feynax.CausticError`][] for an eigenvalue below $10^{-12}$ of the largest: the integral
      is a delta function of the slope.
    - `ValueError` for a form that is not symmetric and shapes that do not fit.

    Source: paths document (Hashimoto et al.), (3.16) and (3.19) integrated.

    ```python
    import numpy as np, feynax as fx
    assert np.isclose(fx.paths.gaussian_amplitude([[-2.0]]), np.sqrt(np.pi / 1j))
    ```
    """
    check_positive("hbar", hbar)
    A = np.asarray(form, np.float64)
    check_shape("form", A, (None, len(A)))
    check_finite("form", A)
    size = np.abs(A).max(initial=0)
    check(
        bool(np.all(np.abs(A - A.T) <= 1e-10 * size)), "form", "be symmetric", "another transpose"
    )
    J = np.zeros(len(A)) if slope is None else np.asarray(slope, np.float64)
    check_shape("slope", J, (len(A),))
    values, axes = np.linalg.eigh((A + A.T) / 2)
    if np.abs(values).min() <= _CAUSTIC * np.abs(values).max():
        raise CausticError(
            f"The form has an eigenvalue of {values[np.abs(values).argmin()]:.3g}: along it the "
            "action is no square, and the integral a delta function."
        )
    signs = np.sign(values).sum()
    log = (len(A) * math.log(2 * math.pi * hbar) - np.log(np.abs(values)).sum()) / 2
    wave = (constant - np.sum((J @ axes) ** 2 / values) / 2) / hbar
    return complex(np.exp(log + 1j * (math.pi / 4 * signs + wave)))
