"""Tunnelling splittings of double wells, from runs at three numbers of slices to the continuum.

python -m benchmarks.splitting [--error 0.01] [--chains 64] [--seed 0]

V = g (x^2 - 4)^2, hbar = m = 1, by the fourth-order Takahashi-Imada action. The mean of the parity
ratio is Z-/Z+ = tanh(beta splitting / 2) at any beta that empties the second doublet; a mixture of
both boundary conditions makes paths through the barrier frequent. Its weight is found by two
pilots, from 1. Exact values: continuum, from a grid (reference file). CPU seconds with compiling.
"""

import argparse
import math
import time

import jax
import numpy as np

import feynax as fx
from benchmarks._timing import table

P = fx.paths
WELLS = {0.25: (9.716347e-3, 6.0), 0.5: (7.581877e-4, 5.0)}  # g: splitting, beta
SIZES = (20, 26, 36)


def measured(paths, weight, key, chains, draws):
    """A run of the mixture of both boundary conditions."""
    both = P.ParityMixture(paths, weight=weight)
    seen = {"parity_ratio": P.ParityRatio()}
    kernel = both.kernel()
    return P.sample(both, key=key, chains=chains, draws=draws, observables=seen, kernel=kernel)


def weight_of(paths, key, chains):
    """Z+/Z- to a factor or so: of a short run with weight 1, then of one with what it found."""
    weight = 1.0
    for n in range(2):
        run = measured(paths, weight, jax.random.fold_in(key, n), chains, 1000)
        t = run.series["parity_ratio"]
        weight = float(np.mean(1 / (1 + weight * t)) / np.mean(t / (1 + weight * t)))
    return weight


def continuum(g, beta, key, chains, error):
    """The splitting at every size and in the limit, and CPU seconds."""
    begun = time.process_time()
    V = lambda x: g * (x**2 - 4) ** 2
    ensembles = [P.PathEnsemble(V, beta=beta, slices=N, action="takahashi_imada") for N in SIZES]
    weight = weight_of(ensembles[0], jax.random.fold_in(key, 9), chains)
    draws = math.ceil(100 / error**2 / chains)
    runs = [
        measured(paths, weight, jax.random.fold_in(key, n), chains, draws)
        for n, paths in enumerate(ensembles)
    ]
    found = [P.tunnelling_splitting(run) for run in runs]
    limit = P.extrapolate(found, [paths.dt for paths in ensembles], power=4)
    return ensembles, found, limit, weight, time.process_time() - begun


def main():
    """Print both wells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--error", type=float, default=0.01, help="relative, of every size")
    parser.add_argument("--chains", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rows = []
    for g, (exact, beta) in WELLS.items():
        key = jax.random.fold_in(jax.random.key(given.seed), int(100 * g))
        ensembles, found, limit, weight, cpu = continuum(g, beta, key, given.chains, given.error)
        name = f"{g} (x^2 - 4)^2"
        for paths, one in zip(ensembles, found, strict=True):
            rows.append([name, paths.slices, *row(one, P.transfer_matrix(paths).gap), one.tau, ""])
        rows.append([name, "limit", *row(limit.estimate, exact), "", cpu])
        print(f"{name}: weight {weight:.4g}, {limit}")
    head = ["V", "slices", "splitting", "exact", "error/value", "sigmas", "tau", "CPU s"]
    table("Tunnelling splitting (beta = 6 and 5)", head, rows)


def row(one, exact):
    """Found, exact, relative error, deviation in errors."""
    return [one.value, exact, one.error / one.value, (one.value - exact) / one.error]


if __name__ == "__main__":
    main()
