"""A PDE block, forward and gradient, beside the same equations in PyTorch.

16 channels, 27 layers with coefficients of their own, 64 images of 28x28, float32. Two layers:

- `block`: a step of `PDEBlock`, psi + h (stencil psi + K2 relu(K1 psi + b)); PyTorch has one
  depthwise and two pointwise convolutions;
- `plain`: relu(psi + stencil psi + M psi); PyTorch has one of each.

PyTorch runs channels-last; feynax batch-last in micro-batches of 8, with two threads as two XLA
devices that share the batch. Values are compared, then both repeat in turn in this process.

    python -m benchmarks.pde_block [--threads 1|2] [--channels 16] [--repeats 15]

Needs torch for the peer's half.
"""

import argparse
import os
import resource
from typing import Any

LAYERS, SIZE, BATCH, MICRO, TIME = 27, 28, 64, 8, 3.0


def our_gradient(weights: Any, forward: Any, images: Any, threads: int):
    """Mean output and its gradient in all weights: micro-batches, and one sum over devices."""
    import jax
    import jax.numpy as jnp
    from jax.sharding import NamedSharding, PartitionSpec as P

    def loss(weights, psi):
        return forward(weights, psi).sum() / images.size

    def local(weights, parts):
        def part(total, psi):
            return jax.tree.map(jnp.add, total, jax.value_and_grad(loss)(weights, psi)), None

        start = (jnp.zeros(()), jax.tree.map(jnp.zeros_like, weights))
        return jax.lax.psum(jax.lax.scan(part, start, parts)[0], "data")

    mesh = jax.make_mesh((threads,), ("data",))
    specs = (P(), P("data"))
    run = jax.jit(jax.shard_map(local, mesh=mesh, in_specs=specs, out_specs=P(), check_vma=False))
    parts = jnp.moveaxis(images.reshape(*images.shape[:-1], -1, MICRO), -2, 0)
    parts = jax.device_put(parts, NamedSharding(mesh, P("data")))
    weights = jax.device_put(weights, NamedSharding(mesh, P()))
    return lambda: jax.block_until_ready(run(weights, parts))


def their_gradient(weights: list[Any], layer: Any, images: Any):
    """The same by PyTorch, channels-last; `layer(index, psi, weights)`."""
    import numpy as np
    import torch

    tensors = [torch.tensor(np.asarray(w), requires_grad=True) for w in weights]
    x = torch.tensor(np.moveaxis(np.asarray(images), -1, 0).copy())
    x = x.contiguous(memory_format=torch.channels_last)

    def run():
        psi = x
        for index in range(LAYERS):
            psi = layer(index, psi, tensors)
        value = psi.mean()
        return float(value.detach()), torch.autograd.grad(value, tensors)

    return run


def block(channels: int, images: Any, threads: int):
    """Both halves of the library's own block."""
    import equinox as eqx
    import jax
    import numpy as np

    from feynax.networks import PDEBlock

    net = PDEBlock(
        channels,
        steps=LAYERS,
        total_time=TIME,
        stepper="euler",
        shared=False,
        key=jax.random.key(0),
    )
    weights, static = eqx.partition(net, eqx.is_inexact_array)
    ours = our_gradient(
        weights, lambda w, psi: eqx.combine(w, static).batch_last(psi), images, threads
    )

    def theirs():
        from torch.nn.functional import conv2d, relu

        kernels = [net.coefficients(k).kernel().astype(np.float32)[:, None] for k in range(LAYERS)]
        given = [np.stack(kernels), net.inward[..., None, None], net.offset]
        given.append(net.outward[..., None, None])

        def layer(index, psi, w):
            spread = conv2d(psi, w[0][index], padding=1, groups=channels)
            hidden = relu(conv2d(psi, w[1][index], w[2][index]))
            return psi + TIME / LAYERS * (spread + conv2d(hidden, w[3][index]))

        return their_gradient(given, layer, images)

    return ours, theirs


def plain(channels: int, images: Any, threads: int):
    """Both halves of a stencil, a matrix and a ReLU."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    from feynax.networks._stencil import CROSS, stencil

    k_taps, k_mix = jax.random.split(jax.random.key(0))
    taps = 0.05 * jax.random.normal(k_taps, (LAYERS, len(CROSS), channels))
    taps = taps.at[:, 0].add(1.0)
    mix = 0.05 * jax.random.normal(k_mix, (LAYERS, channels, channels))

    def forward(weights, psi):
        def layer(psi, own):
            mixed = (own[1] @ psi.reshape(channels, -1)).reshape(psi.shape)
            return jax.nn.relu(stencil(own[0], psi) + mixed), None

        return jax.lax.scan(layer, psi, weights)[0]

    def theirs():
        from torch.nn.functional import conv2d, relu

        kernels = np.zeros((LAYERS, channels, 1, 3, 3), np.float32)
        for index, (i, j) in enumerate(CROSS):
            kernels[:, :, 0, 1 + i, 1 + j] = taps[:, index]

        def layer(index, psi, w):
            spread = conv2d(psi, w[0][index], padding=1, groups=channels)
            return relu(spread + conv2d(psi, w[1][index]))

        return their_gradient([kernels, jnp.asarray(mix)[..., None, None]], layer, images)

    return our_gradient((taps, mix), forward, images, threads), theirs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    if options.threads == 1:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    import jax

    from ._timing import alternate, first_call, table

    jax.config.update("jax_num_cpu_devices", options.threads)
    images = jax.random.normal(jax.random.key(1), (options.channels, SIZE, SIZE, BATCH))
    rows = []
    for name, make in (("block", block), ("plain", plain)):
        ours, theirs = make(options.channels, images, options.threads)
        compiling = first_call(ours)
        calls, memory = {"feynax": ours}, [_peak_megabytes()]
        try:
            import torch
        except ImportError:
            print("torch is not installed: only feynax is timed")
        else:
            torch.set_num_threads(options.threads)
            calls["torch"] = theirs()
            print(f"{name}: mean outputs {float(ours()[0]):.6f}, {calls['torch']()[0]:.6f}")
            memory.append(_peak_megabytes())
        found = alternate(calls, options.repeats)
        ratio = found["feynax"].wall / found["torch"].wall if "torch" in found else "-"
        for (who, t), peak in zip(found.items(), memory, strict=True):
            first = [ratio, compiling] if who == "feynax" else ["", ""]
            rows.append([f"{name}, {who}", t.wall, t.cpu, peak, *first])
    table(
        f"forward + gradient, C={options.channels}, {options.threads} threads; medians; "
        "peak memory of the process so far",
        ["", "wall s", "CPU s", "peak MB", "of torch's time", "first call s"],
        rows,
    )


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


if __name__ == "__main__":
    main()
