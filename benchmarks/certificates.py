"""Certified and attained factors of GRU and LSTM, 32 units, over the box of JapaneseVowels.

    python -m benchmarks.certificates [trials]

For PyTorch's initial weights and after training on the 270 series: the factor of one step that is
proven (in the norm found with it), the largest that an attack attains inside the same boxes, what
plain interval arithmetic proves, and CPU seconds. The second table attacks each certificate with
that many random pairs and as many steps of gradient ascent on the ratio, in float64.
"""

import sys
import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

import feynax as fx
from feynax.maps._attack import widen
from feynax.maps._local_attack import search
from feynax.maps._local_interval import Interval

from ._timing import table

UNITS, UPDATES = 32, 300


def trained(make, series, key):
    """Train a cell with a linear head on the last state for a few hundred full-batch updates."""
    cell_key, head_key = jax.random.split(key)
    model = (make(12, UNITS, key=cell_key), jax.random.normal(head_key, (9, UNITS)) / UNITS)
    xs, labels, mask = series

    def loss(model):
        cell, head = model
        run = lambda x, m: cell.output(fx.networks.run(cell, x, mask=m).state)
        scores = jax.vmap(run)(xs, mask) @ head.T
        return optax.softmax_cross_entropy_with_integer_labels(scores, labels).mean(), scores

    method = optax.adam(1e-2)

    @eqx.filter_jit
    def update(model, memory):
        (_, scores), slope = eqx.filter_value_and_grad(loss, has_aux=True)(model)
        change, memory = method.update(slope, memory)
        return eqx.apply_updates(model, change), memory, (scores.argmax(1) == labels).mean()

    memory, right = method.init(eqx.filter(model, eqx.is_inexact_array)), 0.0
    for _ in range(UPDATES):
        model, memory, right = update(model, memory)
    return model[0], float(right)


def random_pairs(cell, cert, trials, rng):
    """Largest ratio over random pairs, near and far, also at the corners of the boxes."""
    with jax.enable_x64(True):
        wide, metric = widen(cell), cert.metric
        _, back = jax.flatten_util.ravel_pytree(wide.initial_state())
        flat = lambda s, x: jax.flatten_util.ravel_pytree(wide(back(s), x))[0]
        step = jax.jit(jax.vmap(flat))
        low, high = cert.states
        worst = 0.0
        for _ in range(0, trials, 10_000):
            draw = lambda ends, n: ends[0] + (ends[1] - ends[0]) * rng.beta(0.2, 0.2, (10_000, n))
            s, other, x = (
                draw((low, high), len(low)),
                draw((low, high), len(low)),
                draw(cert.inputs, 12),
            )
            other = s + rng.choice([1.0, 1e-2, 1e-5], (10_000, 1)) * (other - s)
            apart = np.asarray(step(s, x) - step(other, x)) @ metric.T
            base = np.linalg.norm((s - other) @ metric.T, axis=1)
            worst = max(worst, float((np.linalg.norm(apart, axis=1) / base).max()))
        return worst


def main():
    """Print both tables."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    data = fx.data.japanese_vowels()
    xs, mask = np.asarray(data.inputs, np.float32), np.asarray(data.mask)
    series = (jnp.asarray(xs), jnp.asarray(data.targets), jnp.asarray(mask))
    seen, rng = xs[mask], np.random.default_rng(0)
    found, attacked = [], []
    for make in (fx.networks.GRU, fx.networks.LSTM):
        cells = {"initial": (make(12, UNITS, key=jax.random.key(0)), None)}
        cells["trained"] = trained(make, series, jax.random.key(0))
        for state, (cell, right) in cells.items():
            name = f"{make.__name__} {state}"
            begun = time.process_time()
            cert = fx.certify(cell, limit=1.0, inputs=seen)
            spent = time.process_time() - begun
            boxes = Interval(*cert.states), Interval(*cert.inputs)
            climbs = max(trials // 200, 1)
            climbed = search(
                cell, cert.metric, *boxes, jax.random.key(1), starts=climbs, rounds=200
            ).stretch
            drawn = random_pairs(cell, cert, trials, rng)
            most = max(climbed, drawn, cert.bounds[0])
            found.append(
                [
                    name,
                    "-" if right is None else right,
                    cert.verdict.value,
                    cert.rate,
                    most,
                    cert.rate / most,
                    cert.interval_rate,
                    float(np.linalg.cond(cert.metric)),
                    spent,
                ]
            )
            attacked.append([name, drawn, climbed, cert.rate, most / cert.rate])
            assert most <= cert.rate, f"the bound of {name} is broken"
    head = ["cell", "train acc.", "factor 1", "proven", "attained", "ratio", "intervals"]
    table("one step, over the data's box", [*head, "cond(D)", "CPU s"], found)
    head = ["cell", "random", "ascent", "proven", "tightness"]
    table(f"attacks: {trials} random pairs, {trials} steps of ascent", head, attacked)


if __name__ == "__main__":
    main()
