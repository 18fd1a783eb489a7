"""What a path sum costs: exact sum, weights of all paths, and samples, beside one gradient.

    python -m benchmarks.path_sum

Prints seconds of one thread's work on a CIFAR-sized residual network, the ratio to the peer (the
gradient of the same output by JAX, compiled, float64, in the same process), and the time that
samples take, which does not depend on the image's size.
"""

import time

import jax
import numpy as np

import feynax as fx


def seconds(function, repeats=3):
    """Least CPU seconds of a call."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        taken.append(time.process_time() - start)
    return min(taken)


def measure(size):
    """One row: a 3-stage network of widths 8, 16, 32 on images of size x size."""
    net = fx.networks.ResNet(3, 10, stages=(2, 2, 2), widths=(8, 16, 32), key=jax.random.key(0))
    x = np.random.default_rng(0).normal(size=(3, size, size))
    paths = fx.as_paths(net, x, 0)
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda a: a.astype(np.float64) if hasattr(a, "astype") else a, net)
        slope = jax.jit(jax.grad(lambda x: wide(x)[0]))
        slope(jax.numpy.asarray(x)).block_until_ready()
        peer = seconds(lambda: slope(jax.numpy.asarray(x)).block_until_ready())
    exact = seconds(lambda: fx.as_paths(net, x, 0))
    block = seconds(lambda: fx.as_paths(net, x, 0).absolute, 1) - exact
    conv = seconds(lambda: fx.as_paths(net, x, 0, level="conv").absolute, 1) - exact
    drawn = {}
    for level in ("block", "conv"):
        sums = fx.as_paths(net, x, 0, level=level)
        sums.sample(1, key=jax.random.key(0))
        drawn[level] = seconds(lambda sums=sums: sums.sample(1000, key=jax.random.key(1)), 1)
    print(
        f"{size:4d} px  gradient {peer:7.4f} s  as_paths {exact:7.4f} s "
        f"(x{exact / max(peer, 1e-9):.1f}, completeness {paths.completeness:.0e})  "
        f"weights block {block:6.2f} s, conv {conv:6.2f} s  "
        f"1000 paths block {drawn['block']:5.2f} s, conv {drawn['conv']:5.2f} s"
    )


def main():
    """Print the table."""
    for size in (16, 32):
        measure(size)


if __name__ == "__main__":
    main()
