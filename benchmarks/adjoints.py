"""What each adjoint of a neural ODE costs: temporary bytes and time.

python benchmarks/adjoints.py

A ring of 64 sites (a = 2, tanh reaction, batch 16, T = 0.5), float64, gradient for the weights and
the start, RK4 with 64, 256 and 1024 equal steps. Bytes are the compiler's temporary memory; times
are medians of rounds in which the adjoints take turns; the error is relative to "direct".
"""

import statistics
import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import feynax as fx

ADJOINTS = ("direct", "checkpoint", "reversible", "backsolve")
STEPS = (64, 256, 1024)
ROUNDS = 9


class Diffusion(eqx.Module):
    reaction: jax.Array

    def __call__(self, t, y):
        spread = jnp.roll(y, 1, -1) - 2 * y + jnp.roll(y, -1, -1)
        return spread + jnp.tanh(y @ self.reaction)


def gradient(adjoint, steps):
    rng = np.random.default_rng(0)
    field = Diffusion(jnp.asarray(rng.normal(size=(64, 64)) / 8))
    y0 = jnp.asarray(rng.normal(size=(16, 64)))

    def loss(given):
        ode = fx.networks.NeuralODE(given[0], t1=0.5, steps=steps, adjoint=adjoint)
        return jnp.sum(ode(given[1]) ** 2) / 2

    compiled = jax.jit(jax.grad(loss)).lower((field, y0)).compile()
    return compiled, (field, y0)


def seconds(compiled, given):
    start = time.perf_counter()
    jax.block_until_ready(compiled(given))
    return time.perf_counter() - start


def main():
    jax.config.update("jax_enable_x64", True)
    print(f"{'adjoint':12}{'steps':>6}{'kB':>9}{'ms':>9}{'of direct':>11}{'error':>10}")
    for steps in STEPS:
        made = {name: gradient(name, steps) for name in ADJOINTS}
        rounds = [{name: seconds(*one) for name, one in made.items()} for _ in range(ROUNDS + 1)]
        times = {name: statistics.median(r[name] for r in rounds[1:]) for name in ADJOINTS}
        flat = {
            name: np.concatenate([np.ravel(x) for x in jax.tree.leaves(compiled(given))])
            for name, (compiled, given) in made.items()
        }
        for name, (compiled, _) in made.items():
            used = compiled.memory_analysis()
            memory = used.temp_size_in_bytes if used else 0
            gap = np.abs(flat[name] - flat["direct"]).max() / np.abs(flat["direct"]).max()
            print(
                f"{name:12}{steps:6}{memory / 1e3:9.0f}{1e3 * times[name]:9.1f}"
                f"{times[name] / times['direct']:11.2f}{gap:10.0e}",
                flush=True,
            )


if __name__ == "__main__":
    main()
