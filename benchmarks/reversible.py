"""The reversible backward pass: memory, time and gradient beside plain autodiff, and its limits.

python -m benchmarks.reversible

SymplecticRNN, 128 units in each half, batch 64, input size 1, float32, loss on the last state,
gradient for all weights. Bytes are the compiler's temporary memory; times are medians of
alternated repeats, compiling apart; the gradients' difference is relative to the largest entry of
each array, against plain autodiff of the same precision. The last table walks 10 000 steps forward
and back.
"""

import argparse
import math
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import feynax as fx
from benchmarks._timing import alternate, table

UNITS, BATCH = 128, 64


def plain(cell, xs):
    return jax.vmap(lambda x: fx.networks.run(cell, x))(xs).state


def reversible(cell, xs, **options):
    return fx.networks.reversible_run(cell, xs, **options).state


WAYS = {
    "plain autodiff": plain,
    "reversible": reversible,
    "check every 56": partial(reversible, check_every=56),
    "exact": partial(reversible, exact=True),
}


def compiled(way, cell, xs):
    learned, fixed = eqx.partition(cell, eqx.is_inexact_array)

    def loss(learned, xs):
        return sum(jnp.mean(part**2) for part in way(eqx.combine(learned, fixed), xs))

    made = jax.jit(jax.grad(loss)).lower(learned, xs).compile()
    return made, lambda: jax.block_until_ready(made(learned, xs))


def gap(found, wanted):
    pairs = zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True)
    return max(float(jnp.max(jnp.abs(f - w)) / jnp.max(jnp.abs(w))) for f, w in pairs)


def compare(steps, step_size, repeats):
    key, kx = jax.random.split(jax.random.key(0))
    cell = fx.networks.SymplecticRNN(1, UNITS, step_size=step_size, key=key)
    xs = jax.random.normal(kx, (BATCH, steps, 1))
    made = {name: compiled(way, cell, xs) for name, way in WAYS.items()}
    times = alternate({name: call for name, (_, call) in made.items()}, repeats)
    wanted, rows = made["plain autodiff"][1](), []
    for name, (program, call) in made.items():
        memory = program.memory_analysis()
        used = memory.temp_size_in_bytes / 2**20 if memory else math.nan
        seconds, base = times[name].cpu, times["plain autodiff"].cpu
        rows.append([name, used, seconds, seconds / base, gap(call(), wanted)])
    head = ["way", "MiB", "CPU s", "of plain", "difference"]
    table(f"T = {steps}, h = {step_size}", head, rows)


def lost():
    """Ten thousand steps at h = 0.1, 32 units, normal weights and biases, no input."""
    rng, n, rows = np.random.default_rng(1), 32, []
    for scale in (0.3, 1.0):
        weights = scale * rng.normal(size=(2, n, n)) / np.sqrt(n)
        bias, y, z = rng.normal(size=2 * n), rng.normal(size=n), rng.normal(size=n)
        cell = fx.networks.SymplecticRNN(1, n, key=jax.random.key(0))
        where = lambda c: (c.weights, c.weight_ih, c.bias)
        new = (jnp.asarray(weights), jnp.zeros((2 * n, 1)), jnp.asarray(bias))
        given = eqx.tree_at(where, cell, new), (jnp.asarray(y), jnp.asarray(z))
        for dtype in ("float32", "float64"):
            for exact in (False, True):
                found = fx.networks.recovery(
                    given[0], jnp.zeros((10000, 1)), state=given[1], dtype=dtype, exact=exact
                )
                rows.append([scale, str(found)])
    table("10 000 steps forward and back", ["weights x", "recovery"], rows)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--steps", type=int, nargs="+", default=[784, 3136])
    options.add_argument("--repeats", type=int, default=5)
    given = options.parse_args()
    for steps in given.steps:
        compare(steps, 0.1, given.repeats)
    with jax.enable_x64(True):
        lost()


if __name__ == "__main__":
    main()
