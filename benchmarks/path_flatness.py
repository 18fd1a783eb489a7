"""Gradients per effective sample of the slowest observable, x^4 at beta = 8, by slices.

python -m benchmarks.path_flatness [most slices]
"""

import sys
import warnings

import jax
import jax.numpy as jnp
import numpy as np

import feynax as fx

P = fx.paths
OBSERVABLES = {
    "mean x^2": P.Moment(2),
    "zero mode": P.Moment(1),
    "zero mode^2": lambda ensemble, x: jnp.mean(x) ** 2,
    "action": lambda ensemble, x: ensemble.action(x),
    "lowest mode": lambda ensemble, x: jnp.mean(
        x[0] * np.cos(2 * np.pi * np.arange(ensemble.slices) / ensemble.slices)
    ),
}


def main(most=16384):
    potential = P.FunctionPotential(lambda x: x**4)
    print(f"{'N':>6}{'grads/traj':>12}", *[f"{name:>13}" for name in OBSERVABLES], "  slowest")
    worst = []
    for slices in 4 ** np.arange(3, 8):
        if slices > most:
            break
        ensemble = P.PathEnsemble(potential, beta=8.0, slices=int(slices))
        run = P.sample(
            ensemble,
            key=jax.random.key(0),
            chains=16,
            draws=1000,
            warmup=300,
            observables=OBSERVABLES,
        )
        costs = [run.gradients / run[name].ess for name in OBSERVABLES]
        worst.append(max(costs))
        trajectory = run.gradients / run.acceptance.size
        print(f"{slices:6}{trajectory:12.2f}", *[f"{c:13.2f}" for c in costs], f"{max(costs):9.2f}")
    print(
        f"largest / smallest: {max(worst) / min(worst):.2f} (wanted: 1.5), largest {max(worst):.2f}"
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore", UserWarning)
    main(*map(int, sys.argv[1:]))
