"""CPU time of a trajectory a slice, beside its transforms and normals timed alone in the same run.

python -m benchmarks.trajectory_cost [slices] [chains]
"""

import statistics
import sys
import time
import warnings

import jax
import jax.numpy as jnp

import feynax as fx

P = fx.paths
DRAWS, REPEATS = 200, 5


def cpu_seconds(run):
    begin = time.process_time()
    jax.block_until_ready(run())
    return time.process_time() - begin


def normals(key, chains, slices):
    """As many normals as the trajectories draw, from keys of the same kind."""

    @jax.jit
    def run(key):
        own = jax.vmap(lambda i: jax.random.fold_in(key, i))(jnp.arange(chains))
        draw = lambda key: jax.random.normal(key, (1, slices))

        def body(total, n):
            return total + jax.vmap(lambda key: draw(jax.random.fold_in(key, n)))(own), None

        return jax.lax.scan(body, jnp.zeros((chains, 1, slices)), jnp.arange(DRAWS))[0]

    return lambda: run(key)


def transforms(key, chains, slices):
    """One real FFT and its inverse a draw."""

    @jax.jit
    def run(x):
        pair = lambda x, n: (jnp.fft.irfft(jnp.fft.rfft(x), slices), None)
        return jax.lax.scan(pair, x, jnp.arange(DRAWS))[0]

    x = jax.random.normal(key, (chains, 1, slices))
    return lambda: run(x)


def trajectories(observables, chains, slices, step):
    """A whole run without warm-up, compiled before; and gradients a trajectory."""
    ensemble = P.PathEnsemble(POTENTIAL, beta=8.0, slices=slices)
    reference = ensemble.reference()

    def run():
        return P.sample(
            ensemble,
            key=jax.random.key(0),
            chains=chains,
            draws=DRAWS,
            warmup=0,
            kernel=P.Rotation(step),
            reference=reference,
            observables=observables,
        )

    first = run()
    return run, first.gradients / first.acceptance.size


POTENTIAL = P.FunctionPotential(lambda x: x**4)


def main(slices=1024, chains=32):
    one_x2 = {"x2": P.Moment(2)}
    unit = 1e9 / (DRAWS * chains * slices)
    key = jax.random.key(0)
    with jax.enable_x64(True):
        alone = {
            "normals": normals(key, chains, slices),
            "FFT pair": transforms(key, chains, slices),
        }
        sampled = {
            "one step, <x^2>": trajectories(one_x2, chains, slices, 2.1),
            "two steps, <x^2>": trajectories(one_x2, chains, slices, 1.1),
            "two steps, default observables": trajectories(None, chains, slices, 1.1),
        }
        calls = {**alone, **{name: run for name, (run, _) in sampled.items()}}
        times = {name: [] for name in calls}
        for repeat in range(REPEATS + 1):
            for name, call in calls.items():
                seconds = cpu_seconds(call)
                if repeat:
                    times[name].append(seconds * unit)
    found = {name: statistics.median(values) for name, values in times.items()}
    for name in alone:
        print(f"{name:30}{found[name]:8.1f} ns a slice")
    for name, (_, steps) in sampled.items():
        floor = found["normals"] + steps * found["FFT pair"]
        ratio = found[name] / floor
        print(f"{name:30}{found[name]:8.1f} ns, {steps:.2f} gradients; {ratio:.2f} of the floor")


if __name__ == "__main__":
    warnings.simplefilter("ignore", UserWarning)
    main(*map(int, sys.argv[1:]))
