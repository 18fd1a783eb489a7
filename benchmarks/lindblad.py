"""Open systems against QuTiP: moments, steady states, slowest rates of the Liouvillian; seconds.

python -m benchmarks.lindblad

Networks of two and four neurons (the second with two modes), lossy and gaining, with the least
noise and with more. QuTiP holds density matrices on `levels` oscillator levels a mode; errors are
the largest differences of entries, and seconds are CPU, medians of rounds taken in turn. QuTiP's
time contains no building of its operators; ours contains everything from the network on.
"""

import time

import jax
import numpy as np
import qutip

import feynax as fx

from ._timing import alternate, table

LOSS = fx.equations.AffineField([[-0.3, 0.9], [-0.5, -0.7]], [0.125, 0.262])
GAIN = fx.equations.AffineField([[0.4, 0.9], [-0.5, 0.1]], [0.1, 0.2])
FOUR = fx.equations.AffineField(
    [
        [-0.9, 0.12, 0.3, 0.06],
        [-0.18, -1.1, -0.06, 0.24],
        [-0.24, 0.06, -1.0, 0.0],
        [-0.12, -0.3, 0.18, -0.8],
    ],
    [-0.05, 0.025, -0.05, 0.04],
)
BLOCKS = np.kron([[0.0, 1.0], [-1.0, 0.0]], np.eye(2))
CASES = {  # field, poisson, extra noise, levels a mode, t
    "loss": (LOSS, None, 0.0, 60, 2.0),
    "loss, more noise": (LOSS, None, 0.4, 60, 2.0),
    "gain": (GAIN, None, 0.0, 60, 0.9),
    "two modes": (FOUR, BLOCKS, 0.0, 10, 1.2),
}
TIGHT = {"atol": 1e-12, "rtol": 1e-11, "nsteps": 100_000, "method": "dop853"}
HBAR = 0.5


def ours(name):
    field, poisson, extra, *_ = CASES[name]
    least = fx.quantum.Lindblad.from_field(field, poisson=poisson, hbar=HBAR)
    if not extra:
        return least
    noise = least.noise + extra * np.eye(len(least.noise))
    return fx.quantum.Lindblad.from_field(field, poisson=poisson, hbar=HBAR, noise=noise)


def operators(system, levels):
    """Components z (canonical, in blocks), Hamiltonian over hbar and jumps, for QuTiP."""
    modes = system.hamiltonian.modes
    one = qutip.qeye(levels)
    lower = [
        qutip.tensor([qutip.destroy(levels) if k == mode else one for k in range(modes)])
        for mode in range(modes)
    ]
    z = [np.sqrt(HBAR / 2) * (a + a.dag()) for a in lower]
    z += [-1j * np.sqrt(HBAR / 2) * (a - a.dag()) for a in lower]
    form, slope = system.hamiltonian.form, system.hamiltonian.slope
    n = range(len(z))
    whole = sum(form[i, j] / 2 * z[i] * z[j] for i in n for j in n)
    whole = whole + sum(slope[i] * z[i] for i in n)
    return z, whole / HBAR, [sum(row[i] * z[i] for i in n) for row in system.jumps]


def spread(z, state):
    mean = np.array([qutip.expect(op, state).real for op in z])
    second = [[qutip.expect((p * q + q * p) / 2, state).real for q in z] for p in z]
    return mean, np.array(second) - np.outer(mean, mean)


def gap(moments, found):
    mean, covariance = found
    return max(np.abs(moments.mean - mean).max(), np.abs(moments.covariance - covariance).max())


def compare(name):
    *_, levels, t = CASES[name]
    system = ours(name)
    z, whole, jumps = operators(system, levels)
    n = len(z)
    start = qutip.tensor([qutip.basis(levels, 0)] * (n // 2))
    vacuum = np.eye(n) * HBAR / 2
    evolve = lambda: qutip.mesolve(whole, start, [0.0, t], jumps, options=TIGHT).states[-1]
    moved = lambda: ours(name).moments(np.zeros(n), vacuum, t)
    seconds = alternate({"theirs": evolve, "ours": moved}, repeats=3)
    row = [name, levels, gap(moved(), spread(z, evolve()))]
    row += [seconds["theirs"].cpu, seconds["ours"].cpu, seconds["theirs"].cpu / seconds["ours"].cpu]
    decays = np.linalg.eigvals(system.field.matrix).real.max() < 0
    steady = lambda: qutip.steadystate(whole, jumps)
    begun = time.process_time()
    error = gap(system.steady_state(), spread(z, steady())) if decays else "none"
    return [*row, error, time.process_time() - begun]


def rates(levels=30, count=6):
    """The slowest eigenvalues of QuTiP's Liouvillian against sums of the field's."""
    system = ours("loss")
    _, whole, jumps = operators(system, levels)
    dense = qutip.liouvillian(whole, jumps).eigenenergies()
    return max(np.abs(dense - value).min() for value in system.liouvillian(count))


def main():
    jax.config.update("jax_enable_x64", True)
    head = ["case", "levels", "moments", "QuTiP s", "ours s", "ratio", "steady state", "its s"]
    rows = [compare(name) for name in CASES]
    table(f"QuTiP {qutip.__version__}: largest differences, and CPU seconds", head, rows)
    print(f"\nsix slowest Liouvillian eigenvalues: largest difference {rates():.1e}")


if __name__ == "__main__":
    main()
