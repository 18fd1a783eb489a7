"""Training steps of recurrent networks beside PyTorch: a cell of one's own, and the LSTM.

python -m benchmarks.recurrent_speed [--threads 1 2] [--repeats N] [--only custom|lstm]
needs torch

A training step is the forward pass and the gradient of all weights, 128 units, batch 64, 784
steps, float32, loss on the last state. The cell of one's own is an antisymmetric network: here
three short methods, there a Python loop, as PyTorch must have it. Where its products are small
(32 units, batch 16) the loop costs most, where they are large both libraries wait for the same
products. Both get the same weights, the same inputs and as many cores as threads; medians of
alternated repeats, wall time, ours once compiled. The gradients are compared too.
"""

import argparse
import os
import subprocess
import sys

HIDDEN, BATCH, TIME = 128, 64, 784
STEP, DAMPING = 0.01, 0.001


def custom_problem(hidden, batch):
    """Return the two training steps of h' = tanh((W - W^T - g I) h + V x + b), forward Euler."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import numpy as np
    import torch

    import feynax as fx

    class Mine(fx.networks.AbstractCell):
        weight: jax.Array
        inward: jax.Array
        bias: jax.Array
        input_size: int = eqx.field(static=True, default=1)
        hidden_size: int = eqx.field(static=True, default=hidden)

        def initial_state(self):
            return jnp.zeros(hidden)

        def prepare(self):
            return self.weight - self.weight.T - DAMPING * jnp.eye(hidden)

        def drive(self, x):
            return x @ self.inward.T + self.bias

        def step(self, ready, state, drive, dt=None):
            return state + STEP * jnp.tanh(drive + state @ ready.T)

        def output(self, state):
            return state

        def equation(self):
            return fx.networks.CellEquation(
                name="Mine",
                ode="h' = tanh((W - W^T - g I) h + V x + b)",
                state="R^H",
                field="nonlinear dense",
                structure="antisymmetric",
                integrator="forward Euler",
                step=fx.equations.EulerStep(STEP),
                step_from="nothing",
                stages=1,
                lags=1,
                derivative_order=1,
                coefficients="constant",
            )

    rng = np.random.default_rng(0)
    shapes = ((hidden, hidden), (hidden, 1), (hidden,))
    weights = [(rng.normal(size=s) / hidden**0.5).astype(np.float32) for s in shapes]
    xs = rng.normal(size=(TIME, batch, 1)).astype(np.float32)
    leaves = [torch.from_numpy(w).requires_grad_() for w in weights]
    inputs = torch.from_numpy(xs)

    def theirs():
        for leaf in leaves:
            leaf.grad = None
        weight, inward, bias = leaves
        h = torch.zeros(batch, hidden)
        turn = weight - weight.T - DAMPING * torch.eye(hidden)
        for x in inputs:
            h = h + STEP * torch.tanh(h @ turn.T + x @ inward.T + bias)
        (h**2).sum().backward()
        return [leaf.grad.numpy() for leaf in leaves]

    return _ours(Mine(*map(jnp.asarray, weights)), xs), theirs


def lstm_problem(channels):
    """Return the two training steps of an LSTM."""
    import jax.numpy as jnp
    import numpy as np
    import torch

    import feynax as fx

    torch.manual_seed(0)
    net = torch.nn.LSTM(channels, HIDDEN)
    xs = np.random.default_rng(0).normal(size=(TIME, BATCH, channels)).astype(np.float32)
    cell = _lstm_of(net, fx, jnp)
    inputs = torch.from_numpy(xs)

    def theirs():
        net.zero_grad()
        (net(inputs)[0][-1] ** 2).sum().backward()
        return [parameter.grad.numpy() for parameter in net.parameters()]

    return _ours(cell, xs), theirs


def _lstm_of(net, fx, jnp):
    import equinox as eqx
    import jax

    cell = fx.networks.LSTM(net.input_size, HIDDEN, key=jax.random.key(0))
    fields = lambda c: (c.weight_ih, c.weight_hh, c.bias_ih, c.bias_hh)
    new = [jnp.asarray(parameter.detach().numpy()) for parameter in net.parameters()]
    return eqx.tree_at(fields, cell, new)


def _ours(cell, xs):
    import equinox as eqx
    import jax
    import jax.numpy as jnp

    import feynax as fx

    def loss(cell, xs):
        last = jax.vmap(lambda x: cell.output(fx.networks.run(cell, x).state), in_axes=1)(xs)
        return jnp.sum(last**2)

    gradient, given = eqx.filter_jit(eqx.filter_grad(loss)), jnp.asarray(xs)
    return lambda: jax.block_until_ready(jax.tree.leaves(gradient(cell, given)))


def measure(threads, repeats, only):
    """Time all problems in this process, which has as many cores as threads."""
    import numpy as np
    import torch

    from benchmarks._timing import alternate, first_call, table

    torch.set_num_threads(threads)
    rows = []
    for name, make in (
        ("custom, 128 units, batch 64", lambda: custom_problem(HIDDEN, BATCH)),
        ("custom, 32 units, batch 16", lambda: custom_problem(32, 16)),
        ("lstm, 1 input", lambda: lstm_problem(1)),
        ("lstm, 12 inputs", lambda: lstm_problem(12)),
    ):
        if only and not name.startswith(only):
            continue
        ours, theirs = make()
        compiling = first_call(ours)
        error = max(
            float(np.abs(a - b).max() / np.abs(b).max())
            for a, b in zip(ours(), theirs(), strict=True)
        )
        seen = alternate(
            {"ours": ours, "theirs": theirs}, repeats if name.startswith("lstm") else 3
        )
        mine, other = seen["ours"].wall, seen["theirs"].wall
        rows.append([name, mine, other, mine / other, other / mine, error, compiling])
    head = ["cell", "feynax s", "PyTorch s", "ratio", "faster", "gradients differ", "first call s"]
    table(f"{threads} thread{'s' if threads > 1 else ''}", head, rows)


def main():
    """Run each thread count in a process of its own, on as many cores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--only", choices=("custom", "lstm"))
    args = parser.parse_args()
    if len(args.threads) > 1:
        given = ["--repeats", str(args.repeats), *(["--only", args.only] if args.only else [])]
        for threads in args.threads:
            own = [sys.executable, "-m", "benchmarks.recurrent_speed", "--threads", str(threads)]
            subprocess.run([*own, *given], check=True)
        return
    (threads,) = args.threads
    # XLA takes as many threads as it may use cores; this must precede its import.
    cores = sorted(os.sched_getaffinity(0))[:threads]
    os.sched_setaffinity(0, cores)
    measure(threads, args.repeats, args.only)


if __name__ == "__main__":
    main()
