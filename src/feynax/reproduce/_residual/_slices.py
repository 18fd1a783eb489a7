"""Section 2.2, equations (16) to (20): the momenta integrated out, and the limit of many slices."""

from typing import Any

import numpy as np

from ...paths import euclidean_kernel, gaussian_amplitude, real_time_kernel
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS, largest
from ._grid import HBAR, MASS, OMEGA, extrapolated

_FREE: dict[str, Any] = {"mass": MASS, "hbar": HBAR}
_TIME, _X, _Y = 1.1, 0.6, -0.3


@CLAIMS.add(
    "before eq. (16), imaginary time",
    printed="tau = -it makes exp(-ip^2 t/(2 m N hbar)) into exp(-dtau p^2/(2 m hbar)).",
    right="tau = +it does.",
    expects="corrected",
)
def imaginary_time(budget: Budget) -> Finding:
    p, dt = np.linspace(-2, 2, 9), _TIME / 8
    wanted = np.exp(-1j * p**2 * dt / (2 * MASS * HBAR))
    off = lambda tau: largest(np.exp(-tau * p**2 / (2 * MASS * HBAR)) - wanted)
    return Finding.compare(
        "At nine momenta tau = -it is off by {printed}, tau = it by {right}.",
        printed=off(-1j * dt),
        right=off(1j * dt),
        tolerance=1e-15,
    )


_DTAU, _DX = 0.2, 0.37
_MOMENTA = np.linspace(-30, 30, 4001)


def _total(values: np.ndarray) -> complex:
    return complex(values.sum() * (_MOMENTA[1] - _MOMENTA[0]) / (2 * np.pi * HBAR))


def _exponent(p: np.ndarray) -> np.ndarray:
    """The exponent that is integrated over p, in imaginary time."""
    return -_DTAU * p**2 / (2 * MASS * HBAR) + 1j * p * _DX / HBAR


@CLAIMS.add(
    "eq. (16), completed square",
    printed="The exponent is -(dtau/2m hbar)(p - im dx/dtau)^2 - m dx^2/(2 hbar dtau).",
    expects="holds",
)
def completed_square(budget: Budget) -> Finding:
    p = np.linspace(-3, 3, 13)
    square = -_DTAU / (2 * MASS * HBAR) * (p - 1j * MASS * _DX / _DTAU) ** 2
    rest = -MASS * _DX**2 / (2 * HBAR * _DTAU)
    says = "At 13 momenta both forms agree to {printed}."
    return Finding.compare(says, printed=largest(square + rest - _exponent(p)), tolerance=1e-13)


@CLAIMS.add(
    "before eq. (17)",
    printed="With u = sqrt(m/(2 hbar dtau)) [p - im dx/dtau] the integral becomes that of "
    "exp(-u^2).",
    right="u = sqrt(dtau/(2 m hbar)) [p - im dx/dtau]. The factor sqrt(2 m hbar/dtau) that is "
    "printed for dp is the right one.",
    expects="corrected",
)
def substitution(budget: Budget) -> Finding:
    p = np.linspace(-3, 3, 13)
    rest = -MASS * _DX**2 / (2 * HBAR * _DTAU)
    shifted = p - 1j * MASS * _DX / _DTAU
    off = lambda scale: largest(-((scale * shifted) ** 2) + rest - _exponent(p))
    return Finding.compare(
        "At 13 momenta the printed u is off by {printed} in the exponent, the right one by "
        "{right}.",
        printed=off(np.sqrt(MASS / (2 * HBAR * _DTAU))),
        right=off(np.sqrt(_DTAU / (2 * MASS * HBAR))),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "eq. (17), left side",
    printed="The integrand is exp(-ip^2 t/hbar + ip dx/hbar).",
    right="exp(-ip^2 t/(2 m N hbar) + ip dx/hbar), as before: 1/(2 m N) is lost.",
    expects="corrected",
)
def lost_factor(budget: Budget) -> Finding:
    wanted = float(euclidean_kernel(_DX, 0.0, _DTAU, **_FREE))
    p, steps = _MOMENTA, 8
    lost = np.exp(-(p**2) * steps * _DTAU / HBAR + 1j * p * _DX / HBAR)
    return Finding.compare(
        "In imaginary time, with N = 8, the printed integral is off by {printed} from the kernel "
        "of a free particle, the right one by {right}.",
        printed=abs(_total(lost) - wanted),
        right=abs(_total(np.exp(_exponent(p))) - wanted),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eq. (17), value",
    printed="The integral is sqrt(m/(2 pi hbar dtau)) exp(-m dx^2/(2 hbar dtau)).",
    expects="holds",
)
def gaussian_integral(budget: Budget) -> Finding:
    value = np.sqrt(MASS / (2 * np.pi * HBAR * _DTAU)) * np.exp(-MASS * _DX**2 / (2 * HBAR * _DTAU))
    ours = euclidean_kernel(_DX, 0.0, _DTAU, **_FREE)
    off = [_total(np.exp(_exponent(_MOMENTA))) - value, ours - value]
    says = "By quadrature, and by the library's kernel of a free particle, to {printed}."
    return Finding.compare(says, printed=largest(*off), tolerance=1e-12)


@CLAIMS.add(
    "eq. (18)",
    printed="In imaginary time the propagator is the integral over x_1 ... x_(N-1) of "
    "(m/2 pi hbar dtau)^(N/2) exp(-sum [m dx^2/(2 hbar dtau) + dtau V/hbar]).",
    expects="holds",
)
def imaginary_slices(budget: Budget) -> Finding:
    x = np.linspace(-5, 5, 201)
    V, exact = (
        MASS * OMEGA**2 * x**2 / 2,
        euclidean_kernel(x[:, None], x, _TIME, omega=OMEGA, **_FREE),
    )
    values = []
    for steps in (4, 8, 16, 32, 64):
        dtau = _TIME / steps
        free = euclidean_kernel(x[:, None], x, dtau, **_FREE)
        # Smooth integrands that vanish at both ends: the sum over points is exact to rounding.
        one = free * np.exp(-dtau * V / HBAR) * (x[1] - x[0])
        values.append(np.linalg.matrix_power(one, steps) / (x[1] - x[0]))
    inner = np.abs(x) < 1.5
    off = (extrapolated(values) - exact)[np.ix_(inner, inner)]
    first = largest((values[-1] - exact)[np.ix_(inner, inner)])
    return Finding.compare(
        f"For an oscillator 64 slices are off by {first:.1g} and, extrapolated to infinitely many, "
        "by {printed} from the closed kernel.",
        printed=largest(off),
        tolerance=1e-6,
    )


def _slices(steps: int) -> tuple[complex, float]:
    """The integral of exp(iS/hbar) over the inner places of a free path, and dt."""
    dt = _TIME / steps
    n = steps - 1
    form = MASS / dt * (2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1))
    slope = np.zeros(n)
    slope[0] -= MASS * _Y / dt
    slope[-1] -= MASS * _X / dt
    constant = MASS * (_X**2 + _Y**2) / (2 * dt)
    return gaussian_amplitude(form, slope, constant, hbar=HBAR), dt


@CLAIMS.add(
    "eq. (19)",
    printed="Back in real time the exponent is (i/hbar) dt [m v^2/2 - V]; the prefactor keeps "
    "(m/2 pi hbar dtau)^(N/2).",
    right="(m/(2 pi i hbar dt))^(N/2), since dtau = i dt; with the printed tau = -it every slice "
    "has the wrong phase.",
    expects="corrected",
)
def prefactor(budget: Budget) -> Finding:
    slices = 7
    integral, dt = _slices(slices)
    exact = complex(real_time_kernel(_X, _Y, _TIME, **_FREE))
    root = lambda dtau: np.sqrt(MASS / (2 * np.pi * HBAR * dtau)) ** slices
    return Finding.compare(
        "Seven slices of a free particle: with dtau = -i dt the amplitude is off by {printed}, "
        "relative, with i dt by {right}.",
        printed=abs(integral * root(-1j * dt) / exact - 1),
        right=abs(integral * root(1j * dt) / exact - 1),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eq. (20)",
    printed="In the limit the propagator is the integral over paths of exp(iS/hbar).",
    right="With the normalisation of (19) in the measure: without it there is no limit.",
    expects="corrected",
)
def measure(budget: Budget) -> Finding:
    exact = complex(real_time_kernel(_X, _Y, _TIME, **_FREE))
    rows = []
    for steps in (4, 8, 16, 32):
        integral, dt = _slices(steps)
        whole = integral * np.sqrt(MASS / (2j * np.pi * HBAR * dt)) ** steps
        rows.append((steps, abs(integral / exact), abs(whole / exact)))
    caption = "Size of the sum over paths of a free particle, relative to the propagator."
    return Finding.compare(
        "With 32 slices the bare integral is off by {printed}, relative, with the normalisation by "
        "{right}.",
        printed=abs(rows[-1][1] - 1),
        right=max(abs(row[2] - 1) for row in rows),
        tolerance=1e-11,
        comparison=Comparison(caption, ("N", "bare", "with normalisation"), tuple(rows)),
    )
