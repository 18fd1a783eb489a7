"""Section 2.1 and Dirac's notation: equations (2) to (9)."""

from typing import Any

import numpy as np

from ...paths import real_time_kernel
from .._claim import Budget, Finding
from ._claims import CLAIMS, largest
from ._grid import HBAR, MASS, OMEGA, Grid

_KERNEL: dict[str, Any] = {"omega": OMEGA, "mass": MASS, "hbar": HBAR}


def _moved(grid: Grid, t: float) -> np.ndarray:
    """The packet after a time, by the closed propagator of the oscillator."""
    kernel = real_time_kernel(grid.x[:, None], grid.x[None, :], t, **_KERNEL)
    return kernel @ grid.packet * grid.spacing


@CLAIMS.add(
    "eq. (2)",
    printed="i hbar dpsi/dt = -(hbar^2/2m) d^2 psi/dx^2 + V psi.",
    expects="holds",
)
def schroedinger(budget: Budget) -> Finding:
    grid, t, step = Grid(), 0.9, 2e-3
    weights = np.array([1, -8, 8, -1]) / (12 * step)
    rate = sum(w * _moved(grid, t + k * step) for k, w in zip((-2, -1, 1, 2), weights, strict=True))
    right = grid.energy @ _moved(grid, t)
    inner = np.abs(grid.x) < 5
    return Finding.compare(
        "A packet moved by the closed kernel of an oscillator (hbar = 0.7) fulfils it to "
        "{printed}, with derivatives by differences in t and by Fourier in x.",
        printed=largest((1j * HBAR * rate - right)[inner]),
        tolerance=1e-8,
    )


@CLAIMS.add(
    "eq. (3)",
    printed="The part that depends on time obeys i hbar dphi/dt = E.",
    right="i hbar dphi/dt = E phi, which exp(-iEt/hbar) solves.",
    expects="corrected",
)
def separated_time(budget: Budget) -> Finding:
    E, t, step = 1.7, np.linspace(0, 3, 7), 1e-5
    phi = lambda t: np.exp(-1j * E * t / HBAR)
    rate = 1j * HBAR * (phi(t + step) - phi(t - step)) / (2 * step)
    return Finding.compare(
        "For exp(-iEt/hbar) the printed equation is off by {printed}, the right one by {right}.",
        printed=largest(rate - E),
        right=largest(rate - E * phi(t)),
        tolerance=1e-8,
    )


@CLAIMS.add(
    "eq. (4)",
    printed="The part that depends on x obeys -(hbar^2/2m) chi'' + V chi = E chi, and chi phi "
    "solves (2).",
    expects="holds",
)
def separated_space(budget: Budget) -> Finding:
    grid, t = Grid(), 1.3
    E, chi = grid.states
    off = [E[:6] - HBAR * OMEGA * (np.arange(6) + 0.5)]
    kernel = real_time_kernel(grid.x[:, None], grid.x[None, :], t, **_KERNEL) * grid.spacing
    inner = np.abs(grid.x) < 5
    for n in range(4):
        off.append((kernel @ chi[:, n] - np.exp(-1j * E[n] * t / HBAR) * chi[:, n])[inner])
    says = "An oscillator's first levels and states move as the closed kernel says, to {printed}."
    return Finding.compare(says, printed=largest(*off), tolerance=1e-9)


def _in_time(grid: Grid, growth: float, t: float, steps: int = 400) -> np.ndarray:
    """Two levels' superposition under T + (1 + growth t) V, by short exact steps."""
    _, chi = grid.states
    psi, dt = (chi[:, 0] + chi[:, 1]) / np.sqrt(2), t / steps
    half = np.exp(-1j * grid.p**2 / (2 * MASS) * dt / (2 * HBAR))
    for k in range(steps):
        kick = np.exp(-1j * dt / HBAR * (1 + growth * (k + 0.5) * dt) * grid.potential)
        for factor in (half, None, half):
            if factor is None:
                psi = kick * psi
            else:
                psi = grid.waves @ (factor * (grid.waves.conj().T @ psi))
    return psi


@CLAIMS.add(
    "after eq. (4)",
    kind="statement",
    printed="Under a time-dependent Hamiltonian the factors exp(-iEt/hbar) determine how the "
    "state moves.",
    right="Under one that does not depend on time. There each energy has its own factor.",
    expects="corrected",
)
def energies_move_states(budget: Budget) -> Finding:
    grid, t = Grid(64, 0.25), 1.5
    E, chi = grid.states
    factors = chi[:, :2] * np.exp(-1j * E[:2] * t / HBAR)
    told = factors.sum(1) / np.sqrt(2)
    off = [largest(_in_time(grid, growth, t) - told) for growth in (1.0, 0.0)]
    return Finding.compare(
        "Two levels of an oscillator: if its stiffness grows they are off by {printed}, if it "
        "stays by {right} (steps of 1/270).",
        printed=off[0],
        right=off[1],
        tolerance=1e-4,
    )


def _gaussian(x: np.ndarray) -> np.ndarray:
    return np.exp(-((x - 0.4) ** 2) / 1.6 + 0.5j * x)


def _momentum_wave(p: np.ndarray, x: np.ndarray) -> np.ndarray:
    """phi(p) of the Gaussian by quadrature, as (5) has it."""
    phases = np.exp(-1j * np.outer(p, x) / HBAR)
    return phases @ _gaussian(x) * (x[1] - x[0]) / np.sqrt(2 * np.pi * HBAR)


@CLAIMS.add(
    "eq. (5)",
    printed="phi(p) is the integral of psi exp(-ipx/hbar)/sqrt(2 pi hbar) over x, and psi(x) that "
    "of phi exp(ipx/hbar)/sqrt(2 pi hbar) over dx.",
    right="The second integral is over dp; over x it would leave a function of p, and diverge.",
    expects="corrected",
)
def fourier_pair(budget: Budget) -> Finding:
    x = np.linspace(-9, 9, 361)
    phi = _momentum_wave(x, x)  # momenta on the same numbers as places
    wanted, width = _gaussian(x), (x[1] - x[0]) / np.sqrt(2 * np.pi * HBAR)
    phases = np.exp(1j * np.outer(x, x) / HBAR)
    over_p, over_x = phases @ phi * width, phi * phases.sum(1) * width
    return Finding.compare(
        "For a Gaussian the integral over p gives psi back to {right}; over x, within 9 units, the "
        "result differs from psi by {printed}.",
        printed=largest(over_x - wanted),
        right=largest(over_p - wanted),
        tolerance=1e-10,
    )


@CLAIMS.add(
    "eqs. (6) and (8)",
    printed="Wave functions are inner products with the states of places and of momenta, and "
    "both sets are complete.",
    expects="holds",
)
def completeness(budget: Budget) -> Finding:
    grid = Grid()
    unit = np.eye(grid.count)
    places = grid.waves @ grid.waves.conj().T - unit
    momenta = grid.waves.conj().T @ grid.waves - unit
    says = "On a ring of 128 places and momenta both sums are the identity to {printed}."
    return Finding.compare(says, printed=largest(places, momenta), tolerance=1e-12)


@CLAIMS.add(
    "eq. (7), deltas",
    printed="<x'|x> = exp(ip(x'-x)/hbar)/sqrt(2 pi hbar) = delta(x'-x), and the same for momenta.",
    right="The integral over p of exp(ip(x'-x)/hbar)/(2 pi hbar) is delta(x'-x).",
    expects="corrected",
)
def overlap_of_places(budget: Budget) -> Finding:
    x, p = np.linspace(-9, 9, 361), np.linspace(-12, 12, 481)
    at, test = 0.3, np.exp(-((x - 0.4) ** 2) / 1.6)
    wave = np.exp(1j * np.outer(p, at - x) / HBAR) @ test * (x[1] - x[0])
    wanted = np.exp(-((at - 0.4) ** 2) / 1.6)
    right = wave.sum() * (p[1] - p[0]) / (2 * np.pi * HBAR)
    return Finding.compare(
        "Integrated with a Gaussian, the printed one misses its value at x' by at least {printed} "
        "whatever p is; the right one by {right}.",
        printed=float(np.min(np.abs(wave / np.sqrt(2 * np.pi * HBAR) - wanted))),
        right=abs(right - wanted),
        tolerance=1e-10,
    )


@CLAIMS.add(
    "eq. (7), waves",
    printed="<x|p> = exp(ipx/hbar)/sqrt(2 pi hbar), and <p|x> its complex conjugate.",
    expects="holds",
)
def plane_waves(budget: Budget) -> Finding:
    x, p = np.linspace(-9, 9, 361), np.linspace(-9, 9, 361)
    phi = _momentum_wave(p, x)
    dx, step = x[1] - x[0], 1e-5
    norms = (np.abs(_gaussian(x)) ** 2).sum() * dx - (np.abs(phi) ** 2).sum() * dx
    # Momentum shifts places: the transform of -i hbar psi' is p phi.
    slope = (_gaussian(x + step) - _gaussian(x - step)) / (2 * step)
    phases = np.exp(-1j * np.outer(p, x) / HBAR) * dx / np.sqrt(2 * np.pi * HBAR)
    return Finding.compare(
        "With them a Gaussian keeps its norm, and -i hbar d/dx becomes p, to {printed}.",
        printed=max(abs(norms), largest(phases @ (-1j * HBAR * slope) - p * phi)),
        tolerance=1e-8,
    )


@CLAIMS.add(
    "eq. (9)",
    printed="i hbar d|psi>/dt = H |psi>, in any basis.",
    expects="holds",
)
def any_basis(budget: Budget) -> Finding:
    grid, t = Grid(64, 0.25), 1.1
    draw = np.random.default_rng(0)
    basis = np.linalg.qr(draw.normal(size=(64, 64)) + 1j * draw.normal(size=(64, 64)))[0]
    E, states = np.linalg.eigh(basis @ grid.energy @ basis.conj().T)
    moved = (states * np.exp(-1j * t * E / HBAR)) @ (states.conj().T @ (basis @ grid.packet))
    off = basis.conj().T @ moved - grid.evolve(t) @ grid.packet
    says = "Solved in a random basis and read in places again, a packet agrees to {printed}."
    return Finding.compare(says, printed=largest(off), tolerance=1e-11)
