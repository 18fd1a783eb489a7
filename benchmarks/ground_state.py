"""The ground state energy of p^2/2 + x^4 from paths, in CPU seconds."""

import argparse
import math
import time

import jax

import feynax as fx

from ._timing import table

EXACT = 0.667986259155777
GAP = 1.7256580133  # to the first excited state; only the size of the thermal part needs it


def run(beta: float, slices: int, error: float, seed: int) -> list:
    """Return one row: error asked for, what was found, and the CPU seconds of all of it."""
    begun = time.process_time()
    paths = fx.paths.PathEnsemble("x**4", beta=beta, slices=slices, action="takahashi_imada")
    first, second = jax.random.split(jax.random.key(seed))
    quiet = fx.paths.control_variates(paths, key=first, observables=["energy"], draws=200)
    found = fx.paths.sample(
        paths, key=second, observables=quiet, target_error=error, draws=20000, warmup=200
    )
    seconds = time.process_time() - begun
    energy = found.energy
    thermal = GAP * math.exp(-beta * GAP)
    away = (energy.value - thermal - EXACT) / energy.error
    return [slices, energy.value, energy.error, thermal, away, found.draws, seconds]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beta", type=float, default=8.0)
    parser.add_argument("--slices", type=int, nargs="+", default=[128])
    parser.add_argument("--error", type=float, default=1e-4)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    asked = parser.parse_args()
    # The second run of a size finds its programs compiled: the difference is compilation.
    rows = [
        run(asked.beta, slices, asked.error, seed)
        for slices in asked.slices
        for seed in [asked.seeds[0], *asked.seeds]
    ]
    head = ["slices", "energy", "error", "thermal part", "sigmas", "draws", "CPU seconds"]
    table(f"E0 of x^4, exactly {EXACT}, beta = {asked.beta}", head, rows)


if __name__ == "__main__":
    main()
