"""QUNN without its matrices beside the dense form, its cost by size, and whether it learns.

python -m benchmarks.qunn [--dense] [--scaling] [--learning] [--seeds N]

All three parts without a flag. Dense: one sample at the last clock position of float64, all N
layers, D and W formed by Kronecker products and multiplied as (32)-(35) print them; CPU medians of
alternated repeats. Scaling: CPU seconds and temporary bytes of one layer. Learning: the three tasks
of one block of 12 inputs, Adam 0.01, float32, batches of 64; errors are on 1000 fresh series.
"""

import argparse
import statistics

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

import feynax as fx
from benchmarks._timing import alternate, table

BLOCK = 12


def dense(y, scale, p1, p2):
    """K^L of (32)-(35) at the last clock position, as (clock, data)."""
    n, d = y.shape
    size, now, units = n * d, n - 1, jnp.eye(n)
    eye = jnp.eye(size)

    def layer(carry, given):
        k, w = carry
        s, lag = given
        j = (now - lag) % n
        live = jnp.where(j == now, 0.0, 1.0)
        u, v = jnp.kron(y[now], units[now]), jnp.kron(y[j], units[j])
        swap = jnp.outer(units[j], units[now]) - jnp.outer(units[now], units[j])
        matrix = (1 - p1) * eye + live * p1 * jnp.kron(jnp.eye(d), swap)
        w = (1 - p2) * w + live * p2 * (jnp.outer(v, u) - jnp.outer(u, v))
        return (s * k + jnp.tanh((matrix @ w) @ k), w), None

    start = jnp.tanh(jnp.kron(y[now], units[now])), jnp.zeros((size, size))
    lags = jnp.arange(1, len(scale) + 1)
    return jax.lax.scan(layer, start, (scale, lags))[0][0].reshape(d, n).T


def free_cell(d, n, layers=None):
    return fx.networks.QUNN(
        d, d, block=n, layers=layers, encoder=False, p1=0.3, p2=0.4, key=jax.random.key(0)
    )


def newest_first(y):
    clock = jnp.asarray(float(len(y) - 1))
    return fx.networks.QUNNState(jnp.asarray(y)[::-1], clock, None)


def against_dense():
    rows = []
    for d, n in ((32, 8), (32, 32)):
        rng = np.random.default_rng(n)
        y, scale = 2 * rng.normal(size=(n, d)) / np.sqrt(d), rng.uniform(0.9, 1.1, n)
        cell = eqx.tree_at(lambda c: c.scale, free_cell(d, n), jnp.asarray(scale))
        free = jax.jit(lambda state, cell=cell: cell.columns(state))
        full = jax.jit(lambda y, s: dense(y, s, 0.3, 0.4))
        state, given = newest_first(y), (jnp.asarray(y), jnp.asarray(scale))
        found, want = free(state)[::-1], full(*given)
        gap = float(jnp.abs(found - want).max())
        calls = {
            "dense": lambda full=full, given=given: jax.block_until_ready(full(*given)),
            # many a turn, as one is below the clock's resolution
            "free": lambda free=free, state=state: [
                jax.block_until_ready(free(state)) for _ in range(100)
            ],
        }
        times = alternate(calls, 3 if n > 8 else 9)
        fast = times["free"].cpu / 100
        rows.append(
            [
                d,
                n,
                float(jnp.abs(want).max()),
                gap,
                times["dense"].cpu,
                fast,
                times["dense"].cpu / fast,
            ]
        )
    table(
        "One sample, L = N, float64",
        ["d", "N", "largest entry", "difference", "dense s", "free s", "times faster"],
        rows,
    )


def scaling():
    rows, layers = [], 64
    for d, n in ((32, 256), (32, 1024), (32, 4096), (128, 1024), (512, 1024), (128, 4096)):
        cell = free_cell(d, n, layers)
        y = np.random.default_rng(0).normal(size=(n, d)) / np.sqrt(d)
        state = newest_first(y)
        program = jax.jit(lambda state, cell=cell: cell.columns(state)).lower(state).compile()
        call = lambda program=program, state=state: jax.block_until_ready(program(state))
        seconds = alternate({"free": call}, 5)["free"].cpu / layers
        memory = program.memory_analysis()
        size = memory.temp_size_in_bytes if memory else float("nan")
        lags = 8 * 2 * layers * n  # one-hot lags and memories of all layers
        rows.append([d, n, seconds, 1e9 * seconds / (d * n), (size - lags) / (8 * d * n)])
    head = ["d", "N", "s a layer", "ns / (d N)", "temporaries / (d N)"]
    table(f"One layer of {layers}, float64", head, rows)


def sines(key):
    """The next value of a mixture of three sines in six channels, noise 0.02."""
    k_phase, k_noise = jax.random.split(key)
    rates = jnp.array([0.35, 0.8, 1.3])
    phase = jax.random.uniform(k_phase, (3,), maxval=2 * jnp.pi)
    mix = jax.random.normal(jax.random.key(99), (3, 6)) / 3
    wave = jnp.sin(rates[None] * jnp.arange(BLOCK + 1)[:, None] + phase[None]) @ mix
    series = wave + 0.02 * jax.random.normal(k_noise, wave.shape)
    return series[:-1], series[-1]


def adding(key):
    """The sum of the two marked numbers of a block."""
    k_value, k_place = jax.random.split(key)
    values = jax.random.uniform(k_value, (BLOCK,))
    places = jax.random.choice(k_place, BLOCK, (2,), replace=False)
    marks = jnp.zeros(BLOCK).at[places].set(1)
    return jnp.stack([values, marks], 1), jnp.sum(values * marks)[None]


def recall(key):
    """The first of a block of symbols, one-hot of four."""
    symbols = jax.nn.one_hot(jax.random.randint(key, (BLOCK,), 0, 4), 4)
    return symbols, symbols[0]


TASKS = {"sines": (sines, 6, 700), "adding": (adding, 2, 1200), "recall": (recall, 4, 400)}


def lstm(inputs, key):
    """An LSTM whose forget gates start open, as is usual: the weakest start would flatter QUNN."""
    cell = fx.networks.LSTM(inputs, 16, key=key)
    return eqx.tree_at(lambda c: c.bias_ih, cell, cell.bias_ih.at[16:32].add(2))


CELLS = {
    "LSTM h=16": lstm,
    "QUNN d=8": lambda inputs, key: fx.networks.QUNN(inputs, 8, block=BLOCK, key=key),
    "QUNN d=8, exponential": lambda inputs, key: fx.networks.QUNN(
        inputs, 8, block=BLOCK, flow="exponential", key=key
    ),
}


def learn(task, cell_of, seed):
    """Mean squared error on fresh series, their variance, accuracy by argmax, parameters."""
    draw, inputs, updates = TASKS[task]
    k_cell, k_head, k_data, k_test = jax.random.split(jax.random.key(seed), 4)
    cell = cell_of(inputs, k_cell)
    size = draw(k_data)[1].shape[0]
    model = (cell, eqx.nn.Linear(cell.hidden_size, size, key=k_head))
    learned, fixed = eqx.partition(model, eqx.is_inexact_array)
    optimiser = optax.adam(0.01)

    def answers(learned, xs):
        cell, head = eqx.combine(learned, fixed)
        last = lambda x: cell.output(fx.networks.run(cell, x, every=BLOCK).state)
        return jax.vmap(lambda x: head(last(x)))(xs)

    def body(carry, key):
        learned, state = carry
        xs, wanted = jax.vmap(draw)(jax.random.split(key, 64))
        slope = jax.grad(lambda p: jnp.mean((answers(p, xs) - wanted) ** 2))(learned)
        change, state = optimiser.update(slope, state)
        return (optax.apply_updates(learned, change), state), None

    start = (learned, optimiser.init(learned))
    learned = jax.jit(lambda s: jax.lax.scan(body, s, jax.random.split(k_data, updates))[0][0])(
        start
    )
    xs, wanted = jax.vmap(draw)(jax.random.split(k_test, 1000))
    found = answers(learned, xs)
    hits = jnp.mean(jnp.argmax(found, 1) == jnp.argmax(wanted, 1))
    spread = jnp.mean((wanted - wanted.mean(0)) ** 2)
    count = sum(leaf.size for leaf in jax.tree.leaves(learned))
    return float(jnp.mean((found - wanted) ** 2)), float(spread), float(hits), count


def learning(seeds):
    rows = []
    for task in TASKS:
        for name, cell_of in CELLS.items():
            runs = [learn(task, cell_of, seed) for seed in range(seeds)]
            errors = [run[0] for run in runs]
            hits = statistics.mean(run[2] for run in runs) if task == "recall" else "-"
            rows.append(
                [task, name, runs[0][3], runs[0][1], statistics.median(errors), max(errors), hits]
            )
    head = ["task", "cell", "parameters", "variance", "median MSE", "worst", "accuracy"]
    table(f"One block of {BLOCK}, {seeds} seeds, a linear head", head, rows)


def main():
    options = argparse.ArgumentParser()
    for part in ("dense", "scaling", "learning"):
        options.add_argument(f"--{part}", action="store_true")
    options.add_argument("--seeds", type=int, default=3)
    given = options.parse_args()
    every = not (given.dense or given.scaling or given.learning)
    with jax.enable_x64(True):
        if given.dense or every:
            against_dense()
        if given.scaling or every:
            scaling()
    if given.learning or every:
        learning(given.seeds)


if __name__ == "__main__":
    main()
