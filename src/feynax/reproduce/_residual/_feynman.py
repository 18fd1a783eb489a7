"""Section 2.2, equations (10) to (20): from the Schroedinger equation to the sum over paths."""

import numpy as np

from ...paths import euclidean_kernel, gaussian_amplitude, real_time_kernel
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS, largest
from ._grid import HBAR, MASS, OMEGA, Grid, extrapolated, short_steps

_FREE = {"mass": MASS, "hbar": HBAR}
_KERNEL = {**_FREE, "omega": OMEGA}
_TIME, _X, _Y = 1.1, 0.6, -0.3


@CLAIMS.add(
    "eq. (10)",
    printed="Every path contributes with the same size and the phase S/hbar of its classical "
    "action.",
    expects="holds",
)
def equal_sizes(budget: Budget) -> Finding:
    layers, dt = 6, _TIME / 6
    paths = np.random.default_rng(0).normal(size=(20, layers + 1))
    steps = real_time_kernel(paths[:, 1:], paths[:, :-1], dt, **_FREE).prod(-1)
    action = (MASS / 2 * np.diff(paths, axis=-1) ** 2 / dt).sum(-1)
    turned = steps * np.exp(-1j * action / HBAR)
    says = "20 random paths of a free particle: sizes and phases less S/hbar differ by {printed}."
    return Finding.compare(says, printed=largest(turned / turned[0] - 1), tolerance=1e-11)


@CLAIMS.add(
    "eqs. (11), (12), (14)-(16), (18)-(20), left sides",
    kind="equation",
    printed="The propagator is <x|exp(-i t H)|x'>.",
    right="<x|exp(-i t H/hbar)|x'>, as the first line of (11) has it.",
    expects="corrected",
)
def with_hbar(budget: Budget) -> Finding:
    grid = Grid()
    inner = np.abs(grid.x) < 3
    wanted = real_time_kernel(grid.x[:, None], grid.x[None, :], _TIME, **_KERNEL)
    wanted = (wanted @ grid.packet * grid.spacing)[inner]
    off = lambda hbar: largest((grid.evolve(_TIME, hbar) @ grid.packet)[inner] - wanted)
    return Finding.compare(
        "With hbar = 0.7 the printed one moves a packet to a place off by {printed} from the "
        "closed kernel of an oscillator, with 1/hbar by {right}.",
        printed=off(1.0),
        right=off(HBAR),
        tolerance=1e-9,
    )


@CLAIMS.add(
    "eq. (12)",
    printed="psi(x, t) is the integral of the propagator times psi(x', 0) over x'.",
    expects="holds",
)
def propagated(budget: Budget) -> Finding:
    grid = Grid()
    inner, half = np.abs(grid.x) < 3, _TIME / 2
    kernel = real_time_kernel(grid.x[:, None], grid.x[None, :], half, **_KERNEL) * grid.spacing
    twice = (kernel @ (kernel @ grid.packet))[inner]
    wanted = (grid.evolve(_TIME) @ grid.packet)[inner]
    says = "Two halves of the time, one after the other, are the whole time to {printed}."
    return Finding.compare(says, printed=largest(twice - wanted), tolerance=1e-9)


def _split(steps: int, t: float = _TIME) -> tuple[np.ndarray, np.ndarray]:
    """exp(-itH/N hbar) on the small ring, and exp(-itT/N hbar) exp(-itV/N hbar)."""
    from scipy.linalg import expm

    waves, kinetic, potential = short_steps()
    T, V = (waves * kinetic) @ waves.conj().T, np.diag(potential)
    factor = -1j * t / (HBAR * steps)
    return expm(factor * (T + V)), expm(factor * T) @ expm(factor * V)


@CLAIMS.add(
    "eq. (13)",
    printed="exp(-it(T+V)/N) is exp(-itT/N) exp(-itV/N) times 1 + [T,V]/N^2 + ...",
    right="Times 1 + t^2/(2 hbar^2 N^2) [T,V] + ..., with 1/hbar in the exponents.",
    expects="corrected",
)
def commutator(budget: Budget) -> Finding:
    waves, kinetic, potential = short_steps()
    T, V = (waves * kinetic) @ waves.conj().T, np.diag(potential)
    bracket, terms = T @ V - V @ T, []
    for steps in (16, 32, 64, 128, 256, 512):
        whole, split = _split(steps)
        terms.append(steps**2 * (np.linalg.solve(split, whole) - np.eye(5)))
    term = extrapolated(terms)
    return Finding.compare(
        "On a ring of five the term of order 1/N^2, extrapolated, differs from [T,V] by {printed}, "
        "from t^2/(2 hbar^2) [T,V] by {right}.",
        printed=largest(term - bracket),
        right=largest(term - _TIME**2 / (2 * HBAR**2) * bracket),
        tolerance=1e-7,
    )


@CLAIMS.add(
    "after eq. (13)",
    kind="statement",
    printed="For N to infinity all terms but the first can be left out.",
    expects="holds",
)
def many_steps(budget: Budget) -> Finding:
    whole = _split(1)[0]
    counts = [32, 64, 128, 256, 512]
    products = [np.linalg.matrix_power(_split(n)[1], n) for n in counts]
    rows = tuple((n, largest(p - whole)) for n, p in zip(counts, products, strict=True))
    caption = "Error of N split steps on a ring of five sites: it falls like 1/N."
    return Finding.compare(
        "The products of N split steps tend to exp(-itH/hbar), to {printed} when extrapolated.",
        printed=largest(extrapolated(products) - whole),
        tolerance=1e-8,
        comparison=Comparison(caption, ("N", "error"), rows),
    )


@CLAIMS.add(
    "eq. (14)",
    printed="N - 1 completeness relations give a product of brackets; the one from x_(N-2) to "
    "x_(N-1) stands there twice.",
    right="Each bracket once: with one of them twice, a step of time is counted twice.",
    expects="corrected",
)
def brackets(budget: Budget) -> Finding:
    steps = 6
    step = _split(steps)[0]
    whole = _split(1)[0]
    return Finding.compare(
        "Six steps on a ring of five: one bracket twice is off by {printed}, each once by {right}.",
        printed=largest(np.linalg.matrix_power(step, steps + 1) - whole),
        right=largest(np.linalg.matrix_power(step, steps) - whole),
        tolerance=1e-12,
    )


def _double_sum(left: np.ndarray, right: np.ndarray, steps: int) -> np.ndarray:
    """Sum over places and momenta of <x|p> exp(-iTt/N) <p|y> exp(-iVt/N), step by step."""
    _, kinetic, potential = short_steps()
    factor = -1j * _TIME / (HBAR * steps)
    one = np.einsum(
        "xp,p,py,y->xy", left, np.exp(factor * kinetic), right, np.exp(factor * potential)
    )
    return np.linalg.matrix_power(one, steps)


@CLAIMS.add(
    "eq. (15)",
    printed="A completeness relation of momenta for each step lets T act as a number.",
    expects="holds",
)
def phase_space(budget: Budget) -> Finding:
    waves, _, _ = short_steps()
    found = _double_sum(waves, waves.conj().T, 6)
    wanted = np.linalg.matrix_power(_split(6)[1], 6)
    says = "On a ring of five, six steps summed over places and momenta agree to {printed}."
    return Finding.compare(says, printed=largest(found - wanted), tolerance=1e-13)


@CLAIMS.add(
    "eq. (16), first lines",
    printed="The bracket <p|x_(N-1)> is written exp(+ipx_(N-1)/hbar).",
    right="exp(-ipx_(N-1)/hbar), as the lines below it have: the phase is p (x_N - x_(N-1)).",
    expects="corrected",
)
def sign_of_the_bracket(budget: Budget) -> Finding:
    waves, _, _ = short_steps()
    wanted = np.linalg.matrix_power(_split(6)[1], 6)
    return Finding.compare(
        "Six steps on a ring of five: with the printed sign off by {printed}, with the other by "
        "{right}.",
        printed=largest(_double_sum(waves, waves.T, 6) - wanted),
        right=largest(_double_sum(waves, waves.conj().T, 6) - wanted),
        tolerance=1e-13,
    )


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
    V, exact = MASS * OMEGA**2 * x**2 / 2, euclidean_kernel(x[:, None], x, _TIME, **_KERNEL)
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
