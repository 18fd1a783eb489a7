"""Section 2.2, equations (10) to (16): time in short steps, and sums over places and momenta."""

from typing import Any

import numpy as np

from ...paths import real_time_kernel
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS, largest, short
from ._grid import HBAR, MASS, OMEGA, Grid, extrapolated, short_steps

_FREE: dict[str, Any] = {"mass": MASS, "hbar": HBAR}
_KERNEL: dict[str, Any] = {**_FREE, "omega": OMEGA}
_TIME = 1.1


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
    rows = tuple((n, short(largest(p - whole))) for n, p in zip(counts, products, strict=True))
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
