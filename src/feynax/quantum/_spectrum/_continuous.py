"""Wave functions of continuous spectra of one degree of freedom, normalised to delta functions."""

import dataclasses
import math

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Complex, Float

from ..._checks import check, check_finite
from ..._errors import DeltaFunctionError
from .._abstract import AbstractQuadratic
from .._one_mode import OneMode
from ._weber import LARGEST, weber

Points = Float[np.ndarray, " points"]
Values = Complex[np.ndarray, " points"]


@dataclasses.dataclass(frozen=True)
class ContinuousEigenfunction:
    r"""Wave function $\psi_E(y_2)$ with $\langle E | E' \rangle = \delta(E - E')$.

    - A saddle with $C_2 \neq 0$: Weber's function of $\pm(y_2 - y_2^*)$ for `branch` 0 and 1, a
      wave that comes in from one side, and is reflected and transmitted.
    - A saddle with $C_2 = 0$: a power of the distance from $y_2^*$, on the side above it for
      `branch` 0, below for 1; NaN at $y_2^*$ itself.
    - Force: an Airy function; with $C_2 = E_2 = 0$ a phase alone, also for class "linear".
    - Free: a plane wave, to the right and left of its gauge for `branch` 0 and 1.

    Each has the phase factor that $E_2$ and $C_1$ bring.

    **Fields:**

    - `one`, `hbar`: the Hamiltonian.
    - `scale`: the bracket $\{y_1, y_2\}$.
    - `energy`, `branch`: which of its states.

    Source: the Weyl quantisation of P. Kohli and A. Haslam (2020), (18), of which they consider
    the levels only; `tests/quantum/test_continuous.py` shows that these solve its equation and are
    complete.

    ```python
    import numpy as np, feynax as fx
    ham = fx.quantum.QuadraticHamiltonian.from_coefficients(0.3, 0.0, 0.2, 0.4, 0.0)
    wave = ham.continuous_eigenfunction(0.5)
    assert np.allclose(abs(wave([0.0, 1.0])) ** 2, 1 / (2 * np.pi * 0.3))
    ```
    """

    one: OneMode
    hbar: float
    scale: float
    energy: float
    branch: int

    def __call__(self, y: Float[ArrayLike, "*points"]) -> Complex[np.ndarray, "*points"]:
        r"""Return $\psi_E(y_2)$ in complex128, in the shape of `y`; in units of $E^{-1/2}$."""
        given = np.asarray(y, np.float64)
        form = _form(self.one)
        flat = form(self.one, self.hbar, self.energy, self.branch, given.ravel() / self.scale)
        return flat.reshape(given.shape) / math.sqrt(abs(self.scale))


def continuous_eigenfunction(
    hamiltonian: AbstractQuadratic, energy: float, branch: int
) -> ContinuousEigenfunction:
    """Return a state; see `QuadraticHamiltonian.continuous_eigenfunction`."""
    check_finite("energy", energy)
    check(hamiltonian.modes == 1, "self", "have one degree of freedom", hamiltonian.modes)
    one, hbar = hamiltonian.one, hamiltonian.hbar
    elliptic = one.kind == "elliptic"
    check(not elliptic, "self", "have a continuous spectrum", "levels: see `eigenfunction`")
    if one.kind == "zero":
        hamiltonian.need_levels()
    most = int(one.spectrum.multiplicity)
    check(branch in range(most), "branch", f"be one of {most} states of an energy", branch)
    _refuse_delta(one)
    _check_energy(one, hbar, energy)
    scale = float(hamiltonian.poisson[0, 1])
    return ContinuousEigenfunction(one, hbar, scale, float(energy), int(branch))


def _refuse_delta(one: OneMode) -> None:
    definite = {"free": not one.c2, "linear": not one.c1}
    if definite.get(one.kind, False):
        reason = {"free": "C2 = 0", "linear": "C1 = 0"}[one.kind]
        raise DeltaFunctionError(
            f"A Hamiltonian of class {one.kind} with {reason} is a function of y2 alone: its "
            "states are delta functions of y2."
        )


def _check_energy(one: OneMode, hbar: float, energy: float) -> None:
    edge, way = one.spectrum.edge, one.spectrum.direction
    if edge is not None:
        inside = (energy - edge) * way > 0
        check(inside, "energy", f"lie inside {one.spectrum}", energy)
    if one.kind == "hyperbolic" and one.c2:
        away = abs(_barrier(one, hbar, energy))
        check(away <= LARGEST, "energy", f"lie within {LARGEST:g} hbar rates of the saddle's", away)


def _form(one: OneMode):
    if one.kind == "hyperbolic":
        return _scattered if one.c2 else _half_line
    if one.kind == "free":
        return _plane
    return _airy if one.c2 else _phase


def _barrier(one: OneMode, hbar: float, energy: float) -> float:
    """How far the energy is from the saddle's, as the parameter of Weber's function."""
    return math.copysign(1, one.c2) * (energy - one.centre_energy()) / (hbar * one.rate)


def _scattered(one: OneMode, hbar: float, energy: float, branch: int, p: Points) -> Values:
    q, centre = one.centre()
    x = p - centre
    length = math.sqrt(2 * abs(one.c2) * hbar / one.rate)
    side = -1 if branch else 1
    size = weber(_barrier(one, hbar, energy), side * math.sqrt(2) / length * x)
    norm = math.sqrt(length / math.sqrt(2) * 2 * math.pi * hbar * one.rate)
    return size / norm * np.exp(-1j * x * (q + one.e2 * x / (4 * one.c2)) / hbar)


def _half_line(one: OneMode, hbar: float, energy: float, branch: int, p: Points) -> Values:
    _, centre = one.centre()
    x = p - centre
    turn = (energy - one.centre_energy()) / (hbar * one.e2)
    slope = one.d1 + 2 * one.d2 * centre
    distance = -x if branch else x
    with np.errstate(divide="ignore", invalid="ignore"):
        size = (2 * math.pi * hbar * abs(one.e2) * distance) ** -0.5
        angle = x * (slope + one.d2 * x / 2) / (hbar * one.e2) - turn * np.log(distance)
        inside = size * np.exp(1j * angle)
    return np.where(x == 0, np.nan, np.where(distance > 0, inside, 0))


def _airy(one: OneMode, hbar: float, energy: float, branch: int, p: Points) -> Values:
    from scipy.special import airy

    force = one.d1 - one.e2 * one.c1 / (2 * one.c2)
    steep = float(np.cbrt(-force / (one.c2 * hbar * hbar)))
    turning = (energy - one.c1 * one.c1 / (4 * one.c2)) / force
    size = abs(steep) / math.sqrt(abs(force)) * airy(steep * (p - turning))[0]
    return size * _gauge(one, hbar, p)


def _plane(one: OneMode, hbar: float, energy: float, branch: int, p: Points) -> Values:
    k = math.sqrt((one.c1 * one.c1 / (4 * one.c2) - energy) / one.c2)
    norm = math.sqrt(2 * math.pi * hbar * 2 * abs(one.c2) * k)
    return np.exp((-1j if branch else 1j) * k * p / hbar) / norm * _gauge(one, hbar, p)


def _phase(one: OneMode, hbar: float, energy: float, branch: int, p: Points) -> Values:
    angle = p * (energy - p * (one.d1 / 2 + one.d2 * p / 3)) / (hbar * one.c1)
    return np.exp(1j * angle) / math.sqrt(2 * math.pi * hbar * abs(one.c1))


def _gauge(one: OneMode, hbar: float, p: Points) -> Values:
    return np.exp(-1j * p * (one.e2 * p / 2 - one.c1) / (2 * one.c2 * hbar))
