"""Effective samples a second of paths, beside samplers of other libraries and other methods.

    taskset -c 0 .venv-peers/bin/python -m benchmarks.path_peers [--repeats 3] [--quick]

The system is p^2/2 + x^4 at beta = 8, midpoint rule, closed paths, double precision. A figure is
the effective samples of the slowest of three observables (mean of x^2, zero mode, action) over
all CPU seconds of one core after compiling, warm-up and adaptation included. Each sampler runs
with several numbers of chains and is judged by its best; the samplers take turns, and medians are
printed.
Needs BlackJAX, NumPyro and numba beside the library.
"""

import argparse
import importlib
import os
import statistics
import time
from collections.abc import Callable
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

import feynax as fx
from feynax._errors import ChainTooShortError

from ._timing import table

BETA = 8.0
Series = dict[str, np.ndarray]
OBSERVABLES = {
    "x2": lambda ens, x: jnp.mean(x**2),
    "zero": lambda ens, x: jnp.mean(x),
    "action": lambda ens, x: ens.action(x),
}


def quartic(x):
    """The potential."""
    return x**4


def paths(N: int) -> fx.paths.PathEnsemble:
    """The ensemble with N slices."""
    return fx.paths.PathEnsemble(quartic, beta=BETA, slices=N, action="midpoint")


def effective(series: Series) -> tuple[str, float, bool]:
    """The slowest observable, its effective samples, and whether the chains are long enough."""
    found = {}
    for name, draws in series.items():
        try:
            found[name] = (fx.Estimate.from_chains(draws).ess, True)
        except ChainTooShortError as short:
            found[name] = (cast(fx.Estimate, short.estimate).ess, False)
    slowest = min(found, key=lambda name: found[name][0])
    return slowest, *found[slowest]


def ours(N: int, chains: int, draws: int, warmup: int, seed: int) -> tuple[Series, float]:
    """Series of one run of `sample`, and its seconds without compiling."""
    return by_kernel(paths(N), None, chains, draws, warmup, seed)


def hamiltonian(N: int, chains: int, draws: int, warmup: int, seed: int) -> tuple[Series, float]:
    """The same of Hamiltonian Monte Carlo in the sites."""
    ensemble = paths(N)
    kernel = fx.paths.HamiltonianMonteCarlo(ensemble, "sites")
    return by_kernel(ensemble, kernel, chains, draws, warmup, seed)


def by_kernel(ensemble, kernel, chains, draws, warmup, seed):
    """Run `sample`; compiling is over, since the same shapes were run before."""
    begun = time.process_time()
    run = fx.paths.sample(
        ensemble,
        key=jax.random.key(seed),
        chains=chains,
        draws=draws,
        warmup=warmup,
        observables=OBSERVABLES,
        kernel=kernel,
    )
    return run.series, time.process_time() - begun


def log_density(N: int) -> Callable[[Any], Any]:
    """What the black-box samplers are given: the density of the sites."""
    ensemble = paths(N)
    return lambda x: -ensemble.action(x)


def measured(N: int, x: np.ndarray) -> Series:
    """Observables of positions (chains, draws, 1, N)."""
    ensemble = paths(N)
    every = lambda f: jax.jit(jax.vmap(jax.vmap(lambda x: f(ensemble, x))))
    return {name: np.asarray(every(f)(jnp.asarray(x))) for name, f in OBSERVABLES.items()}


class BlackJAX:
    """NUTS of BlackJAX with its window adaptation; chains are a vmap."""

    def __init__(self):
        self.programs: dict[tuple[int, ...], Any] = {}

    def program(self, N: int, chains: int, draws: int, warmup: int):
        """Warm-up and draws of all chains as one compiled program."""
        blackjax = importlib.import_module("blackjax")
        density = log_density(N)

        def one(key):
            first, warm, rest = jax.random.split(key, 3)
            adaptation = blackjax.window_adaptation(blackjax.nuts, density)
            start = 0.7 * jax.random.normal(first, (1, 1)) * jnp.ones((1, N))
            (state, parameters), _ = adaptation.run(warm, start, warmup)
            step = blackjax.nuts(density, **parameters).step

            def draw(state, key):
                state, _ = step(key, state)
                return state, state.position

            return jax.lax.scan(draw, state, jax.random.split(rest, draws))[1]

        return jax.jit(jax.vmap(one))

    def __call__(self, N, chains, draws, warmup, seed):
        shape = (N, chains, draws, warmup)
        keys = jax.random.split(jax.random.key(seed), chains)
        if shape not in self.programs:
            self.programs[shape] = self.program(*shape).lower(keys).compile()
        begun = time.process_time()
        x = jax.block_until_ready(self.programs[shape](keys))
        return measured(N, np.asarray(x)), time.process_time() - begun


class NumPyro:
    """NUTS of NumPyro with vectorised chains; a second run of the same object compiles nothing."""

    def __init__(self):
        self.samplers: dict[tuple[int, ...], Any] = {}

    def sampler(self, N: int, chains: int, draws: int, warmup: int):
        """The sampler, compiled by a first run."""
        infer = importlib.import_module("numpyro.infer")
        density = log_density(N)
        kernel = infer.NUTS(potential_fn=lambda x: -density(x))
        mcmc = infer.MCMC(
            kernel,
            num_warmup=warmup,
            num_samples=draws,
            num_chains=chains,
            chain_method="vectorized" if chains > 1 else "sequential",
            progress_bar=False,
        )
        self.run(mcmc, N, chains, 0)
        return mcmc

    def run(self, mcmc, N, chains, seed):
        """Draw once."""
        key, own = jax.random.split(jax.random.key(seed))
        start = 0.7 * jax.random.normal(own, (chains, 1, 1)) * jnp.ones((1, 1, N))
        mcmc.run(key, init_params=start if chains > 1 else start[0])
        return jax.block_until_ready(mcmc.get_samples(group_by_chain=True))

    def __call__(self, N, chains, draws, warmup, seed):
        shape = (N, chains, draws, warmup)
        if shape not in self.samplers:
            self.samplers[shape] = self.sampler(*shape)
        begun = time.process_time()
        x = self.run(self.samplers[shape], N, chains, seed)
        return measured(N, np.asarray(x)), time.process_time() - begun


def metropolis_program():
    """Single-site sweeps compiled by numba, as one would write them by hand."""
    numba = importlib.import_module("numba")

    @numba.njit(fastmath=True)
    def run(N, beta, width, sweeps, warmup, seed, out):
        np.random.seed(seed)
        x, dt = np.ones(N) * np.random.randn() * 0.7, beta / N
        for sweep in range(-warmup, sweeps):
            for n in range(N):
                a, b, old = x[n - 1], x[(n + 1) % N], x[n]
                new = old + width * (2 * np.random.rand() - 1)
                change = ((new - a) ** 2 + (new - b) ** 2 - (old - a) ** 2 - (old - b) ** 2) / dt
                change = change / 2 + dt * (
                    ((new + a) / 2) ** 4
                    + ((new + b) / 2) ** 4
                    - ((old + a) / 2) ** 4
                    - ((old + b) / 2) ** 4
                )
                if change <= 0 or np.random.rand() < np.exp(-change):
                    x[n] = new
            if sweep >= 0:
                square, mean, action = 0.0, 0.0, 0.0
                for n in range(N):
                    square += x[n] * x[n]
                    mean += x[n]
                    rise, middle = x[n] - x[n - 1], (x[n] + x[n - 1]) / 2
                    action += rise * rise / (2 * dt) + dt * middle**4
                out[sweep, 0], out[sweep, 1], out[sweep, 2] = square / N, mean / N, action

    run(8, 8.0, 0.5, 4, 1, 0, np.zeros((4, 3)))
    return run


class Metropolis:
    """The sweeps, one chain."""

    def __init__(self):
        self.program = metropolis_program()

    def __call__(self, N, chains, draws, warmup, seed):
        out = np.zeros((draws, len(OBSERVABLES)))
        begun = time.process_time()
        self.program(N, BETA, 1.8 * np.sqrt(BETA / N), draws, warmup, seed, out)
        seconds = time.process_time() - begun
        return {name: out[None, :, k] for k, name in enumerate(OBSERVABLES)}, seconds


def plan(quick: bool) -> dict[int, list[tuple[str, Any, list[tuple[int, int, int]]]]]:
    """Sampler, and (chains, draws, warm-up) to choose the best of, by the number of slices."""
    nuts = [(1, 600, 300), (4, 300, 300), (16, 200, 300)]
    black, pyro, local = BlackJAX(), NumPyro(), Metropolis()
    whole = {
        256: [
            ("ours", ours, [(32, 2000, 100), (64, 2000, 100), (128, 1000, 100)]),
            ("BlackJAX NUTS in x", black, nuts),
            ("NumPyro NUTS in x", pyro, nuts),
            ("x-HMC", hamiltonian, [(8, 400, 150), (32, 400, 150)]),
            ("numba Metropolis", local, [(1, 200_000, 20_000)]),
        ],
        1024: [
            ("ours", ours, [(32, 1000, 100), (64, 1000, 100)]),
            ("x-HMC", hamiltonian, [(8, 300, 150), (32, 200, 150)]),
        ],
    }
    return {N: [(n, s, c[:1] if quick else c) for n, s, c in rows] for N, rows in whole.items()}


def race(N: int, rows: list, repeats: int) -> None:
    """Let the samplers take turns and print medians, best number of chains first found."""
    rates: dict[str, dict[tuple, list[float]]] = {name: {} for name, _, _ in rows}
    notes: dict[str, str] = {}
    for turn in range(repeats + 1):
        for name, sampler, choices in rows:
            seen = rates[name]
            best = [max(seen, key=lambda c, seen=seen: seen[c][0])] if turn > 1 else choices
            for choice in best:
                if turn == 0 and sampler not in (ours, hamiltonian):
                    continue  # the others compile before their clock starts
                series, seconds = sampler(N, *choice, seed=turn)
                slowest, ess, enough = effective(series)
                if turn > 0:  # the first turn compiled
                    seen.setdefault(choice, []).append(ess / seconds)
                    notes[name] = slowest + ("" if enough else " (too short)")
    table_rows, reference = [], None
    for name, found in rates.items():
        choice = max(found, key=lambda c, found=found: found[c][0])
        rate = statistics.median(found[choice])
        reference = reference or rate
        row = [name, choice[0], choice[1], notes[name], rate, reference / rate]
        table_rows.append(row)
    head = ["sampler", "chains", "draws", "slowest", "ess/s", "ours is faster by"]
    table(f"x^4, beta = {BETA:g}, N = {N}", head, table_rows)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one number of chains for each")
    parser.add_argument("--slices", type=int, nargs="+", default=[256, 1024])
    given = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}")
    for N, rows in plan(given.quick).items():
        if N in given.slices:
            race(N, rows, given.repeats)


if __name__ == "__main__":
    main()
