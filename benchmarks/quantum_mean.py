"""Quantum means against the classical ReLU network, inside one regime.

Random networks of two neurons with a centre; packets that stay in their regime (largest leakage
along the orbit below 1e-15). The largest difference of the means in [0, 10], between

- quantum: `QuadraticHamiltonian.evolve` of a Gaussian packet,
- grid: the same packet by the dense Hamiltonian on a Fourier grid, which knows no closed form,
- exact: `feynax.equations.relu_flow` of the full network, all regimes,
- DOP853: SciPy's solver on the full network, tolerance 2.3e-14.

    python -m benchmarks.quantum_mean [networks] [networks on the grid]
"""

import sys
import time
from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp

import feynax as fx
from feynax.quantum import GaussianState, QuadraticHamiltonian, orbit_leakage

from ._timing import table

HBAR, SPAN = 0.1, 10.0
TIMES = np.linspace(0.0, SPAN, 41)


def centre_network(rng: np.random.Generator) -> tuple[fx.equations.ReLUField, GaussianState]:
    """Draw a network and a packet until the packet stays where both neurons are on."""
    while True:
        tau, theta, diagonal = rng.uniform(0.5, 2, 2), rng.normal(size=2), rng.uniform(-1, 1)
        weights = np.diag(1 + diagonal * np.array([1.0, -tau[1] / tau[0]]))
        weights[0, 1], weights[1, 0] = rng.uniform(0.3, 3, 2) * rng.choice([[1, -1], [-1, 1]])
        at = rng.uniform(3, 6, 2) - theta
        current = at - weights @ (at + theta)
        field = fx.equations.ReLUField.ctrnn(weights, tau, theta, current)
        ham = fx.quantize(field, hbar=HBAR)
        if ham.kind != "elliptic":
            continue
        packet = GaussianState.from_width(
            at + rng.uniform(-1, 1, 2), rng.uniform(0.6, 1.6), hbar=HBAR
        )
        if orbit_leakage(ham, packet, SPAN).probability < 1e-15:
            return field, packet


def on_a_grid(ham: QuadraticHamiltonian, packet: GaussianState) -> np.ndarray:
    """Means by the eigenvectors of a dense matrix: -i hbar d/dq by FFT, Weyl-ordered products."""
    states = ham.evolve(packet, np.linspace(0, 2 * np.pi / ham.one.rate, 64))
    means = np.array([s.mean for s in states])
    reach = np.array([9 * np.sqrt(np.diag(s.covariance)) for s in states])
    low, high = (means - reach).min(0), (means + reach).max(0)
    middle, half = (high + low) / 2, (high - low) / 2
    size = 2 * int(half[0] * half[1] / (np.pi * HBAR)) + 16
    q = (np.arange(size) - size // 2) * 2 * half[0] / size  # from the middle, as p is
    wave = HBAR * np.pi * size / half[0] * np.fft.fftfreq(size)
    wave[size // 2] = 0
    p = np.fft.ifft(wave[:, None] * np.fft.fft(np.eye(size), axis=0), axis=0)
    push, form = ham.form @ middle + ham.slope, ham.form
    matrix = np.diag(form[0, 0] / 2 * q * q + push[0] * q) + form[1, 1] / 2 * p @ p + push[1] * p
    matrix = matrix + form[0, 1] / 2 * (q[:, None] * p + p * q)
    levels, vectors = np.linalg.eigh((matrix + matrix.conj().T) / 2)
    begun = packet(q + middle[0]) * np.exp(-1j * middle[1] * q / HBAR)
    begun = vectors.conj().T @ (begun / np.linalg.norm(begun))
    psi = vectors @ (np.exp(-1j * np.outer(levels, TIMES) / HBAR) * begun[:, None])
    means = np.array([[np.vdot(x, q * x).real, np.vdot(x, p @ x).real] for x in psi.T])
    return means + middle


def velocity(field: fx.equations.ReLUField) -> Callable[[float, np.ndarray], np.ndarray]:
    """The field's formula in NumPy: a solver calls it tens of thousands of times."""
    outer, inner, shift, decay, drive = (
        np.asarray(x, np.float64)
        for x in (field.outer, field.inner, field.shift, field.decay, field.drive)
    )
    return lambda t, y: outer @ np.maximum(inner @ y + shift, 0) - decay * y + drive


def differences(field: fx.equations.ReLUField, packet: GaussianState, grid: bool) -> list[float]:
    """Largest differences of the means of one network."""
    ham = fx.quantize(field, hbar=HBAR)
    quantum = np.array([state.mean for state in ham.evolve(packet, TIMES)])
    exact = np.asarray(fx.equations.relu_flow(field, packet.mean, TIMES).ys)
    solved = solve_ivp(
        velocity(field),
        (0.0, SPAN),
        packet.mean,
        method="DOP853",
        t_eval=TIMES,
        rtol=2.3e-14,
        atol=1e-14,
    ).y.T
    pairs = [(quantum, exact), (quantum, solved), (exact, solved)]
    if grid:
        dense = on_a_grid(ham, packet)
        pairs += [(dense, exact), (dense, quantum)]
    return [float(np.max(np.abs(a - b))) for a, b in pairs]


def main(networks: int = 200, on_grid: int = 20) -> None:
    """Print the largest and the median differences."""
    rng, begun = np.random.default_rng(11), time.process_time()
    rows = [differences(*centre_network(rng), grid=k < on_grid) for k in range(networks)]
    names = ["quantum - exact", "quantum - DOP853", "exact - DOP853"]
    names += ["grid - exact", "grid - quantum"]
    lines = []
    for index, name in enumerate(names):
        column = [row[index] for row in rows if len(row) > index]
        lines.append([name, len(column), f"{max(column):.1e}", f"{np.median(column):.1e}"])
    table("Means of a packet, t <= 10", ["difference", "networks", "largest", "median"], lines)
    print(f"{time.process_time() - begun:.1f} CPU seconds")


if __name__ == "__main__":
    main(*(int(x) for x in sys.argv[1:3]))
