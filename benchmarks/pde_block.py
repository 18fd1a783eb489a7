"""A PDE layer stack, forward and gradient, beside PyTorch's depthwise and pointwise convolutions.

16 channels, 27 layers, 64 images of 28x28, float32. Each layer is
relu(psi + stencil psi + M psi): five taps a channel and a matrix between channels. PyTorch runs
channels-last; feynax runs batch-last in micro-batches of 8, and with two threads as two XLA
devices that share the batch. Both repeat in turn in this process.

    python -m benchmarks.pde_block [--threads 1|2] [--channels 16] [--repeats 15]

Needs torch for the peer's half.
"""

import argparse
import os
import resource
from typing import Any

LAYERS, SIZE, BATCH, MICRO = 27, 28, 64, 8


def ours(taps: Any, mix: Any, images: Any, threads: int):
    """Gradient of the mean output with respect to all weights, compiled."""
    import jax
    import jax.numpy as jnp
    from jax.sharding import NamedSharding, PartitionSpec as P

    from feynax.networks._stencil import stencil

    channels = images.shape[0]

    def layer(psi, weights):
        tap, matrix = weights
        mixed = (matrix @ psi.reshape(channels, -1)).reshape(psi.shape)
        return jax.nn.relu(stencil(tap, psi) + mixed), None

    def loss(weights, psi):
        out = jax.lax.scan(layer, psi, weights)[0]
        return out.sum() / (channels * SIZE**2 * BATCH)

    def local(weights, parts):
        # Both must vary over the devices: their gradients are summed once, at the end.
        weights, start = jax.lax.pcast((weights, zeros(weights)), "data", to="varying")

        def part(total, psi):
            found = jax.value_and_grad(loss)(weights, psi)
            return jax.tree.map(jnp.add, total, found), None

        return jax.lax.psum(jax.lax.scan(part, start, parts)[0], "data")

    def zeros(weights):
        return jnp.zeros(()), jax.tree.map(jnp.zeros_like, weights)

    mesh = jax.make_mesh((threads,), ("data",))
    spread = jax.shard_map(local, mesh=mesh, in_specs=(P(), P("data")), out_specs=P())
    run = jax.jit(spread)
    parts = jnp.moveaxis(images.reshape(*images.shape[:-1], -1, MICRO), -2, 0)
    parts = jax.device_put(parts, NamedSharding(mesh, P("data")))
    weights = jax.device_put((taps, mix), NamedSharding(mesh, P()))
    return lambda: jax.block_until_ready(run(weights, parts))


def theirs(taps: Any, mix: Any, images: Any, threads: int):
    """The same gradient by PyTorch, channels-last."""
    import numpy as np
    import torch
    import torch.nn.functional as F  # noqa: N812 - as everybody writes it

    from feynax.networks._stencil import CROSS

    torch.set_num_threads(threads)
    kernels = np.zeros((LAYERS, images.shape[0], 1, 3, 3), np.float32)
    for index, (i, j) in enumerate(CROSS):
        kernels[:, :, 0, 1 + i, 1 + j] = np.asarray(taps)[:, index]
    depthwise = [torch.tensor(k, requires_grad=True) for k in kernels]
    pointwise = [torch.tensor(m[:, :, None, None], requires_grad=True) for m in np.asarray(mix)]
    x = torch.tensor(np.moveaxis(np.asarray(images), -1, 0).copy())
    x = x.contiguous(memory_format=torch.channels_last)

    def run():
        psi = x
        for k, m in zip(depthwise, pointwise, strict=True):
            psi = F.relu(F.conv2d(psi, k, padding=1, groups=len(k)) + F.conv2d(psi, m))
        value = psi.mean()
        return value, torch.autograd.grad(value, depthwise + pointwise)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    if options.threads == 1:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    import jax
    import numpy as np

    from ._timing import alternate, first_call, table

    jax.config.update("jax_num_cpu_devices", options.threads)
    keys = jax.random.split(jax.random.key(0), 3)
    taps = 0.05 * jax.random.normal(keys[0], (LAYERS, 5, options.channels))
    taps = taps.at[:, 0].add(1.0)
    mix = 0.05 * jax.random.normal(keys[1], (LAYERS, options.channels, options.channels))
    images = jax.random.normal(keys[2], (options.channels, SIZE, SIZE, BATCH))

    calls = {"feynax": ours(taps, mix, images, options.threads)}
    compiling = first_call(calls["feynax"])
    memory = {"feynax": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10}
    try:
        calls["torch"] = theirs(taps, mix, images, options.threads)
    except ImportError:
        print("torch is not installed: only feynax is timed")
    else:
        value, gradients = calls["torch"]()
        memory["torch"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
        ours_value, (_, ours_mix) = calls["feynax"]()
        peer = np.stack([g.numpy()[:, :, 0, 0] for g in gradients[LAYERS:]])
        apart = float(np.abs(peer - np.asarray(ours_mix)).max() / np.abs(peer).max())
        print(f"values {float(ours_value):.6f} and {float(value):.6f}")
        print(f"gradients differ by {apart:.1e}")
    found = alternate(calls, options.repeats)
    rows = [[name, t.wall, t.cpu, memory[name]] for name, t in found.items()]
    table(
        f"forward + gradient, C={options.channels}, {options.threads} threads"
        " (memory: peak of the process when this row had run)",
        ["", "wall s", "CPU s", "peak MB"],
        rows,
    )
    if "torch" in found:
        print(
            f"\n  feynax / torch: {found['feynax'].wall / found['torch'].wall:.2f} of its wall time"
        )
    print(f"  first call of feynax, compiling included: {compiling:.1f} s")


if __name__ == "__main__":
    main()
