"""Gradients of neural ODEs beside torchdiffeq: time, error, first call.

python benchmarks/neural_ode.py [--repeats N]      needs torch and torchdiffeq

The same weights, float64, equal tolerance, one state for the whole batch, loss |psi(T)|^2 / 2.
Errors are relative to a gradient at tolerance 1e-12. Times are medians of alternated repeats,
ours once compiled; the first call, which compiles, is listed apart. Ratios are of wall and of CPU
time, which other work on the machine disturbs less. PyTorch has one thread: on states this small
more of them only cost it time.
"""

import argparse
import subprocess
import sys
import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import feynax as fx

END = 2.0
TOLERANCES = (1e-3, 1e-6, 1e-8)


class Spiral(eqx.Module):
    """A field that is sensitive to everything: y' = W2 tanh(W1 y^3 + b1) + b2."""

    weights: tuple

    def __call__(self, t, y):
        w1, b1, w2, b2 = self.weights
        return jnp.tanh(y**3 @ w1 + b1) @ w2 + b2


class Diffusion(eqx.Module):
    """A ring of 64 sites: y' = (a / 2) y_xx + tanh(V y + c) with a = 2."""

    weights: tuple

    def __call__(self, t, y):
        v, c = self.weights
        return jnp.roll(y, 1, -1) - 2 * y + jnp.roll(y, -1, -1) + jnp.tanh(y @ v + c)


def problems():
    rng = np.random.default_rng(0)
    spiral = (
        rng.normal(size=(2, 50)),
        rng.normal(size=(1, 50)),
        rng.normal(size=(50, 2)) * 50**-0.5,
        rng.normal(size=(1, 2)),
    )
    diffusion = (rng.normal(size=(64, 64)) / 8, rng.normal(size=(1, 64)))
    return {
        "spiral": (Spiral, spiral, rng.normal(size=(64, 2))),
        "diffusion": (Diffusion, diffusion, rng.normal(size=(16, 64))),
    }


def ours(kind, weights, y0, **options):
    """Compiled gradient for weights and start, seconds of its first call, its memory in bytes."""
    field = kind(tuple(map(jnp.asarray, weights)))
    ode, y0 = fx.networks.NeuralODE(field, t1=END, **options), jnp.asarray(y0)
    loss = lambda given: jnp.sum(given[0](given[1]) ** 2) / 2
    arrays, rest = eqx.partition((ode, y0), eqx.is_array)
    compiled = jax.jit(jax.grad(lambda arrays: loss(eqx.combine(arrays, rest))))
    start = time.perf_counter()
    jax.block_until_ready(compiled(arrays))
    first = time.perf_counter() - start
    used = compiled.lower(arrays).compile().memory_analysis()
    call = lambda: jax.block_until_ready(compiled(arrays))
    flat = lambda: np.concatenate([np.ravel(x) for x in jax.tree.leaves(call())])
    return call, flat, first, used.temp_size_in_bytes if used else 0


def torch_field(kind, weights):
    import torch  # pyright: ignore[reportMissingImports]

    class Field(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.ParameterList([torch.tensor(w) for w in weights])

        def forward(self, t, y):
            if kind is Spiral:
                return torch.tanh(y**3 @ self.w[0] + self.w[1]) @ self.w[2] + self.w[3]
            spread = torch.roll(y, 1, -1) - 2 * y + torch.roll(y, -1, -1)
            return spread + torch.tanh(y @ self.w[0] + self.w[1])

    return Field()


def theirs(kind, weights, y0, tolerance, solve="odeint_adjoint"):
    """The same gradient by torchdiffeq, Dormand-Prince 5."""
    import torch  # pyright: ignore[reportMissingImports]
    import torchdiffeq  # pyright: ignore[reportMissingImports]

    torch.set_num_threads(1)

    field, start = torch_field(kind, weights), torch.tensor(y0, requires_grad=True)
    times, wanted = torch.tensor([0.0, END], dtype=torch.float64), [*field.parameters(), start]

    def call():
        solution = getattr(torchdiffeq, solve)(
            field, start, times, rtol=tolerance, atol=tolerance, method="dopri5"
        )
        return torch.autograd.grad((solution[-1] ** 2).sum() / 2, wanted)

    return call, lambda: np.concatenate([g.numpy().ravel() for g in call()])


def seconds(call):
    """Wall and CPU seconds of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu


def alternated(one, two, repeats):
    """Median wall and CPU seconds of each, in turns."""
    rounds = np.array([[seconds(one), seconds(two)] for _ in range(repeats)])
    return np.median(rounds, axis=0)


def error(found, wanted):
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def compare(repeats):
    print(
        f"{'problem':10}{'tolerance':>10}{'ours ms':>9}{'theirs ms':>11}{'ratio':>7}{'CPU':>7}"
        f"{'our error':>11}{'their error':>13}{'first s':>9}{'memory kB':>11}"
    )
    good = True
    for name, (kind, weights, y0) in problems().items():
        wanted = ours(kind, weights, y0, tolerance=1e-12)[1]()
        again = error(theirs(kind, weights, y0, 1e-10, "odeint")[1](), wanted)
        for tolerance in TOLERANCES:
            call, flat, first, memory = ours(kind, weights, y0, tolerance=tolerance)
            peer, peer_flat = theirs(kind, weights, y0, tolerance)
            mine, its = alternated(call, peer, repeats)
            ratios = its / mine
            errors = error(flat(), wanted), error(peer_flat(), wanted)
            good &= ratios.min() >= 10 and errors[0] <= errors[1]
            print(
                f"{name:10}{tolerance:10.0e}{1e3 * mine[0]:9.2f}{1e3 * its[0]:11.1f}"
                f"{ratios[0]:7.1f}{ratios[1]:7.1f}"
                f"{errors[0]:11.1e}{errors[1]:13.1e}{first:9.2f}{memory / 1e3:11.0f}",
                flush=True,
            )
        print(f"{'':10}reference against torchdiffeq's odeint at 1e-10: {again:.0e}")
    return good


def first_gradient():
    """Seconds of the first gradient of the default path; to be run in a fresh process."""
    kind, weights, y0 = problems()["spiral"]
    print(f"{ours(kind, weights, y0)[2]:.2f}")


def main():
    parser = argparse.ArgumentParser(description="Gradients of neural ODEs beside torchdiffeq")
    parser.add_argument("--repeats", type=int, default=11)
    parser.add_argument("--first", action="store_true", help="only the first default gradient")
    chosen = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    if chosen.first:
        return first_gradient()
    good = compare(chosen.repeats)
    fresh = [sys.executable, __file__, "--first"]
    took = float(subprocess.run(fresh, check=True, capture_output=True, text=True).stdout)
    good &= took <= 5
    print(f"first gradient of the default path, fresh process: {took:.2f} s after the call")
    print("at least 10 times faster, errors no larger, first within 5 s:", "yes" if good else "NO")


if __name__ == "__main__":
    main()
