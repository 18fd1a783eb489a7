"""Table 1 and figure 4 of the paths document: random networks beside path ensembles, in numbers.

python -m benchmarks.table1 [--draws 200000]
"""

import argparse
from typing import Any

from ._timing import table

BETA, SLICES = 16.0, 32
PRINTED = [
    ["ReLU, a", "acceleration at t_n", "dt x acceleration at t_(n-1); a_1 is a velocity"],
    ["Step, a", "velocity at t_n", "velocity at t_(n-1/2)"],
    ["Cosine, a", "Fourier coefficient", "the same; its ends are free ones"],
    ["all, b", "fixed", "the same: 1, 1, and n pi / T"],
    ["ReLU, c", "fixed time divisions", "the same: -t_(n-1)"],
    ["Step, c", "fixed time divisions", "the same: -t_(n-1) - dt/2 (4.1 has 1/2)"],
]
RANDOM = [
    ["random parameters", "a, b and c, i.i.d.", "a alone, of independent modes"],
    ["frequencies b", "uniform in (-L, L)", "fixed: the modes of the ends"],
    ["variance of a", "2 hbar L / (pi m N (b^2 + w^2))", "2 hbar / (N c_k lambda_k), each its own"],
    ["Gaussian", "where N / L is infinite", "at every N, of a free theory"],
    ["finite N means", "interaction of order L / N", "time steps of size T / N"],
]


def two_point(draws: int) -> list[list[Any]]:
    """The oscillator's two-point function: exact, of both ensembles, and of drawn networks."""
    import jax
    import numpy as np

    from feynax import paths

    networks = paths.CosineEnsemble(64, cutoff=32.0)
    lattice = paths.PathEnsemble("x**2/2", beta=BETA, slices=SLICES, ends=paths.FreeEnds())
    middle, dt = SLICES // 2, BETA / SLICES
    action = lambda x: lattice.action(x[None])
    covariance = np.linalg.inv(jax.jit(jax.hessian(action))(np.zeros(lattice.sites)))
    lags = np.arange(0, 5, 2)
    drawn, error, _ = moments(networks, lags * dt, draws)
    return [
        [float(k * dt), float(networks.limit(k * dt)), float(networks.two_point(k * dt)),
         f"{drawn[i]:.4f}({1e4 * error[i]:.0f})", float(covariance[middle, middle + k])]
        for i, k in enumerate(lags)
    ]  # fmt: skip


def moments(networks: Any, times: Any, draws: int) -> tuple[Any, Any, Any]:
    """Two-point function with the first time and its error, and the fourth cumulant of that."""
    import jax
    import numpy as np

    @jax.jit
    def run(keys):
        return jax.lax.map(lambda key: networks.draw(key)(times), keys, batch_size=2000)

    blocks = np.asarray(run(jax.random.split(jax.random.key(networks.width), draws)))
    blocks = blocks.reshape(40, -1, len(times))
    square = (blocks * blocks[..., :1]).mean(1)
    fourth = (blocks[..., 0] ** 4).mean(1) - 3 * square[:, 0] ** 2
    return (
        square.mean(0),
        square.std(0, ddof=1) / 40**0.5,
        (fourth.mean(), fourth.std(ddof=1) / 40**0.5),
    )


def widths(draws: int) -> list[list[Any]]:
    """Connected four-point function of section 6.4: cut-off 8, omega^2 = 1.25, scale v = 1."""
    import numpy as np

    from feynax import paths

    rows = []
    for width in (4, 16, 64):
        networks = paths.CosineEnsemble(width, cutoff=8.0, frequency=1.25**0.5, variance=1.0)
        value, error = moments(networks, np.zeros(1), draws)[2]
        exact = networks.four_point(np.zeros(4))
        row = [width, float(value), float(error), exact, float((value - exact) / error)]
        rows.append([*row, networks.kurtosis, 0.0])
    return rows


def overlap(draws: int) -> list[list[Any]]:
    """How many of 10,000 draws count when x^4 acts on a stretch of time, and what they say."""
    import jax
    import numpy as np

    from feynax import paths
    from feynax._errors import LowOverlapError

    networks, rows = paths.CosineEnsemble(256, cutoff=16.0), []
    for length in (1.0, 2.0, 4.0, 8.0, 16.0):
        times = np.linspace(0, length, int(8 * length) + 1)
        key = jax.random.key(0)
        try:
            found = paths.interacting(networks, "x**4", times=times, draws=draws, key=key)
        except LowOverlapError as refused:
            rows.append([length, refused.ess, "refused", "refused"])
            continue
        middle = found.mean(found.x[:, times.size // 2] ** 2)
        free = found.log_ratio
        texts = [f"{e.value:.4f} +- {e.error:.4f}" for e in (middle, free)]
        rows.append([length, found.ess, *texts])
    return rows


def walks() -> list[list[Any]]:
    """Nelson's walk in x^4: stationary <x^2> of Euler's steps, and of refused ones."""
    import jax
    import numpy as np

    from feynax import Estimate, paths

    process = paths.NelsonProcess.from_potential("x**4")
    x, rows = np.linspace(-4, 4, 401), []
    for h in (0.04, 0.02, 0.01):
        density = process.euler_density(x, step=h)
        start = jax.random.normal(jax.random.key(1), (200, 1)) / 2
        walk = process.run(start, jax.random.key(0), step=h, steps=6000)
        found = Estimate.from_chains(walk.x[:, 500::5, 0] ** 2)
        euler = float(density @ x**2 * (x[1] - x[0]))
        rows.append([h, euler, f"{found.value:.5f} +- {found.error:.5f}", walk.acceptance])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200_000)
    options = parser.parse_args()

    import jax

    jax.config.update("jax_enable_x64", True)
    table("Table 1: meaning of x = sum a s(b t + c)", ["parameter", "printed", "right"], PRINTED)
    head = ["", "random networks (NNFT)", "path ensemble"]
    table("Figure 4: the two ensembles, of an oscillator", head, RANDOM)
    head = [
        "lag",
        "oscillator",
        "NNFT, cut-off 32",
        "64 units drawn",
        f"path, dt = {BETA / SLICES}",
    ]
    table("Two-point function <x(tau) x(0)>", head, two_point(options.draws))
    head = ["width", "drawn", "error", "exact", "z", "excess kurtosis", "of the path"]
    table("Connected four-point function at one time", head, widths(options.draws))
    head = ["length", "draws that count", "<x^2> in the middle", "ln Z/Z0"]
    table("x^4 by weights, 10,000 draws of 256 units", head, overlap(10_000))
    head = ["step", "Euler's <x^2>, exact", "refused steps (exact .28734)", "acceptance"]
    table("Nelson's walk in x^4", head, walks())


if __name__ == "__main__":
    main()
