"""Levels of many neurons: exact against dense matrices, and what they cost.

Networks of n ReLU neurons, all on, whose weights are made from a random positive form and a random
Poisson matrix. For n = 4 and 6 the lowest levels are compared with those of a matrix in products
of oscillator states, made from creation operators alone, at two sizes, so that its own error
shows. For n up to 512 the frequencies are compared with those that were put in, and
`williamson` (levels follow from it) is timed; the exponent is that of a fit between the largest.

    python -m benchmarks.many_modes [--largest 512] [--form]
"""

import argparse
import functools
import itertools
import time
from typing import Any

import numpy as np

from ._timing import alternate, table


def network(n: int, seed: int = 0, spread: float = 0.15) -> tuple[Any, Any, Any]:
    """A field of ReLUs, its matrix of brackets, and the frequencies put into it."""
    from scipy.linalg import expm

    from feynax.equations import ReLUField

    rng = np.random.default_rng(seed)
    modes = n // 2
    standard = np.kron([[0.0, 1.0], [-1.0, 0.0]], np.eye(modes))
    drawn = rng.standard_normal((n, n)) * spread / np.sqrt(n)
    turn = expm(standard @ (drawn + drawn.T))
    put_in = np.sort(rng.uniform(0.7, 1.6, modes))
    stretch = np.eye(n) + 0.3 * rng.standard_normal((n, n)) / np.sqrt(n)
    inside = turn @ standard @ np.diag(np.tile(put_in, 2)) @ np.linalg.inv(turn)
    matrix = stretch @ inside @ np.linalg.inv(stretch)
    poisson = stretch @ standard @ stretch.T
    tau = rng.uniform(0.5, 2, n)
    weights = np.eye(n) + tau[:, None] * matrix
    field = ReLUField.ctrnn(weights, tau, rng.uniform(0, 0.1, n), rng.uniform(-0.1, 0.1, n))
    return field, (poisson - poisson.T) / 2, put_in


def dense_levels(ham: Any, size: int, count: int) -> Any:
    """Levels of the Weyl-ordered matrix with so many oscillator states for each mode."""
    from scipy.sparse import csr_matrix, identity, kron
    from scipy.sparse.linalg import eigsh

    from feynax.quantum import canonical_basis

    lower = np.diag(np.sqrt(np.arange(1, size + 2)), 1)  # larger, so that squares are exact
    one = np.sqrt(ham.hbar / 2) * np.array([lower + lower.T, -1j * (lower - lower.T)])
    basis, modes = canonical_basis(ham.poisson), ham.modes
    form, slope = basis.T @ ham.form @ basis, basis.T @ ham.slope

    def on(parts: dict[int, Any]) -> Any:
        full: Any = identity(1)
        for mode in range(modes):
            full = kron(full, csr_matrix(parts.get(mode, np.eye(size))))
        return full.tocsr()

    cut = one[:, :size, :size]
    total: Any = 0
    for i, j in itertools.product(range(2 * modes), repeat=2):
        (a, k), (b, other) = divmod(i, modes), divmod(j, modes)
        square = ((one[a] @ one[b] + one[b] @ one[a]) / 2)[:size, :size]
        parts = {k: square} if k == other else {k: cut[a], other: cut[b]}
        total = total + form[i, j] / 2 * on(parts)
    for i in range(2 * modes):
        total = total + slope[i] * on({i % modes: cut[i // modes]})
    if total.shape[0] <= 1200:
        return np.linalg.eigvalsh(total.toarray())[:count]
    found: Any = eigsh(total, count, which="SA", ncv=10 * count)  # to rounding by default
    return np.sort(found[0])


def against_dense() -> None:
    """The lowest levels of 4 and 6 neurons."""
    from feynax import quantize

    rows = []
    for n, sizes in ((4, (16, 24, 34)), (6, (14, 20, 26))):
        field, poisson, _ = network(n, seed=n)
        ham = quantize(field, poisson=poisson, hbar=0.8)
        ours = ham.levels(8)
        for size in sizes:
            begun = time.perf_counter()
            error = np.max(np.abs(dense_levels(ham, size, 8) - ours))
            rows.append([n, size ** (n // 2), float(error), time.perf_counter() - begun])
    table(
        "Eight lowest levels against dense matrices",
        ["neurons", "matrix", "difference", "its seconds"],
        rows,
    )


def cost(largest: int) -> None:
    """Errors of frequencies, and times, for n = 2 .. largest."""
    from feynax import quantize
    from feynax.quantum import williamson

    sizes = [n for n in (2, 4, 8, 16, 32, 64, 128, 256, 512) if n <= largest]
    made = {n: network(n, seed=n) for n in sizes}
    hams = {n: quantize(made[n][0], poisson=made[n][1]) for n in sizes}
    calls: dict[str, Any] = {}
    for n, ham in hams.items():
        calls[f"{n}"] = functools.partial(williamson, ham.form, ham.poisson)
        calls[f"{n} whole"] = lambda n=n: quantize(made[n][0], poisson=made[n][1]).levels(20)
    times = alternate(calls, repeats=9)
    rows = []
    for n in sizes:
        error = float(np.max(np.abs(hams[n].frequencies / made[n][2] - 1)))
        rows.append([n, error, 1e3 * times[f"{n}"].cpu, 1e3 * times[f"{n} whole"].cpu])
    table(
        "Frequencies against those put in; CPU milliseconds",
        ["neurons", "relative error", "williamson", "quantize + levels(20)"],
        rows,
    )
    tail = [row for row in rows if row[0] >= largest / 4]
    slope = np.polyfit(np.log([r[0] for r in tail]), np.log([r[2] for r in tail]), 1)[0]
    print(f"\nwilliamson grows as n^{slope:.2f} between n = {tail[0][0]} and {tail[-1][0]}")


def existence(sizes: tuple[int, ...] = (4, 8, 16, 32, 64)) -> None:
    """What it costs to find a form where none is given."""
    from feynax.quantum import symplectic_forms

    rows = []
    for n in sizes:
        matrix = network(n, seed=n)[0].regime(np.ones(n)).matrix
        begun = time.process_time()
        found = symplectic_forms(matrix)
        seconds = time.process_time() - begun
        rows.append([n, n * (n - 1) // 2, found.exists, found.dimension, found.gap, seconds])
    table(
        "Some form: the null space of the map on antisymmetric matrices",
        ["neurons", "unknowns", "exists", "dimension", "gap", "CPU seconds"],
        rows,
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=512)
    parser.add_argument("--form", action="store_true", help="also time the existence test")
    asked = parser.parse_args()
    against_dense()
    cost(asked.largest)
    if asked.form:
        existence()


if __name__ == "__main__":
    main()
