"""Steps of Schrödinger's equation: orders, drift, time a step, error against cost.

Run as `python -m benchmarks.schroedinger`; QuTiP is timed beside where it is installed.
"""

import argparse
import importlib.util
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg

from benchmarks._timing import alternate, table
from feynax import quantum as fq

STEPS = {
    "SymplecticEuler": fq.SymplecticEuler,
    "Verlet": fq.Verlet,
    "Cayley": fq.Cayley,
    "ExactPropagator": fq.ExactPropagator,
}


def hermitian(size: int, seed: int = 7, real: bool = True) -> np.ndarray:
    """A random Hamiltonian of norm 1."""
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((size, size))
    if not real:
        Z = Z + 1j * rng.standard_normal((size, size))
    H = (Z + Z.conj().T) / 2
    return H / np.linalg.norm(H, 2)


def unit(size: int, seed: int = 8) -> np.ndarray:
    """A random state."""
    rng = np.random.default_rng(seed)
    psi = rng.standard_normal(size) + 1j * rng.standard_normal(size)
    return psi / np.linalg.norm(psi)


def orders() -> None:
    """Errors at T||H|| = 10, and the slope between the last two."""
    H, psi, rows = hermitian(8), unit(8), []
    exact = scipy.linalg.expm(-10j * H) @ psi
    for name in ("SymplecticEuler", "Verlet", "Cayley"):
        runs = [STEPS[name](H, 10 / n).run(psi, n) for n in (80, 160, 320)]
        errors = [float(np.linalg.norm(r.last - exact)) for r in runs]
        rows.append([name, *errors, float(np.log2(errors[1] / errors[2])), float(runs[2].error)])
    basis = fq.GridBasis(64, length=20.0)
    bowl = basis.potential(lambda q: q**2 / 2)
    psi = basis.project(lambda q: np.exp(-((q - 1) ** 2) / 2) / np.pi**0.25)
    exact = fq.ExactPropagator(basis.kinetic() + bowl, 2.0).step(psi)
    for scheme in ("strang", "suzuki", "blanes_moan"):
        runs = [
            fq.SplitOperator(basis.kinetic(), bowl, 2.0 / n, scheme=scheme).run(psi, n)
            for n in (20, 40, 80)
        ]
        errors = [float(np.linalg.norm(r.last - exact)) for r in runs]
        rows.append([scheme, *errors, float(np.log2(errors[1] / errors[2])), float(runs[2].error)])
    head = ["step", "N", "2N", "4N", "order", "proven at 4N"]
    table("orders: 2-norm errors (T||H|| = 10; oscillator, t = 2)", head, rows)


def drift(count: int) -> None:
    """Largest change of the norm on the way."""
    rows = []
    for size in (2, 8, 64):
        psi, H = unit(size), hermitian(size, real=False)
        row = [size]
        for method in (fq.Cayley, fq.ExactPropagator):
            states = method(H, 0.1).run(psi, count, save_every=count // 20).states
            norms = np.linalg.norm(np.asarray(states), axis=1)
            row.append(float(np.abs(norms - np.linalg.norm(psi)).max()))
        rows.append(row)
    table(f"norm drift over {count} steps", ["size", "Cayley", "ExactPropagator"], rows)


def dense_times(repeats: int) -> None:
    """Microseconds of a step, of a run of 100."""
    rows = []
    for size in (64, 512):
        H, psi = hermitian(size), unit(size)
        calls = {name: running(make(H, 0.1), psi, 100) for name, make in STEPS.items()}
        calls["scipy expm_multiply"] = lambda H=H, psi=psi: scipy.sparse.linalg.expm_multiply(
            -10j * H, psi
        )
        if importlib.util.find_spec("qutip"):
            calls["QuTiP sesolve"] = sesolve(H, psi, 10.0)
        found = alternate(calls, repeats)
        rows += [[size, name, 1e4 * t.wall, 1e4 * t.cpu] for name, t in found.items()]
    head = ["size", "method", "us a step", "CPU us a step"]
    table("matrices, 100 steps of 0.1/||H|| (peers: the same time in one call)", head, rows)


def running(propagator: fq.AbstractPropagator, psi: np.ndarray, steps: int) -> Callable[[], Any]:
    """A run that waits for its end."""
    return lambda: jax.block_until_ready(propagator.run(psi, steps).states)


def sesolve(H, psi, time):
    """QuTiP's solver at its tightest common settings."""
    import qutip

    h, start = qutip.Qobj(scipy.sparse.csr_matrix(H)), qutip.Qobj(psi)
    options = {"atol": 1e-10, "rtol": 1e-8, "progress_bar": "", "nsteps": 10**6}
    return lambda: qutip.sesolve(h, start, [0, time], options=options)


def grid_times(repeats: int) -> None:
    """Milliseconds of a Strang step and of a 4th-order one, beside NumPy's FFT pair."""
    rows = []
    for count, dims in ((4096, 1), (256, 2), (64, 3)):
        basis = fq.ProductBasis((fq.GridBasis(count, length=20.0),) * dims)
        bowl = basis.potential(lambda *q: sum(x**2 for x in q) / 2)
        psi = unit(basis.size)
        calls: dict[str, Callable[[], Any]] = {
            scheme: running(fq.SplitOperator(basis.kinetic(), bowl, 0.01, scheme=scheme), psi, 10)
            for scheme in ("strang", "blanes_moan")
        }
        shape = (count,) * dims
        calls["10 NumPy FFT pairs"] = lambda psi=psi, shape=shape: [
            np.fft.ifftn(np.fft.fftn(psi.reshape(shape))) for _ in range(10)
        ]
        found = alternate(calls, repeats)
        rows += [[f"{count}^{dims}", n, 100 * t.wall, 100 * t.cpu] for n, t in found.items()]
    table("grids: ms a step", ["grid", "method", "ms", "CPU ms"], rows)


def sparse_costs(repeats: int) -> None:
    """Error against time on a line of 4096 points by finite differences, t = 1."""
    size, spacing = 4096, 0.1
    x = spacing * (np.arange(size) - size // 2)
    beside = np.full(size - 1, -0.5 / spacing**2)
    matrix = scipy.sparse.diags([beside, 1 / spacing**2 + np.cos(x), beside], [-1, 0, 1]).tocsr()
    entries = matrix.tocoo()
    H = fq.SparseOperator(entries.row, entries.col, entries.data, size=size)
    psi = np.exp(-(x**2) / 8 + 1j * x)
    psi /= np.linalg.norm(psi)
    exact = np.asarray(fq.Chebyshev(H, 1.0, tolerance=1e-15).step(psi))
    methods = {
        f"{m.__name__} {tol:.0e}": m(H, 1.0, tolerance=tol)
        for tol in (1e-4, 1e-8, 1e-12)
        for m in (fq.Krylov, fq.Chebyshev)
    }
    calls = {n: lambda p=p: jax.block_until_ready(p.step(psi)) for n, p in methods.items()}
    calls["scipy expm_multiply"] = lambda: scipy.sparse.linalg.expm_multiply(-1j * matrix, psi)
    if importlib.util.find_spec("qutip"):
        solve = sesolve(matrix, psi, 1.0)
        calls["QuTiP sesolve"] = lambda: solve().states[-1].full().ravel()
    errors = {n: float(np.linalg.norm(np.asarray(call()) - exact)) for n, call in calls.items()}
    found = alternate(calls, repeats)
    rows = [[n, errors[n], 1e3 * t.wall, 1e3 * t.cpu] for n, t in found.items()]
    table("tridiagonal, 4096 points, t ||H|| = 201", ["method", "error", "ms", "CPU ms"], rows)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--drift", type=int, default=100_000)
    given = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    orders()
    drift(given.drift)
    dense_times(given.repeats)
    grid_times(given.repeats)
    sparse_costs(given.repeats)


if __name__ == "__main__":
    main()
