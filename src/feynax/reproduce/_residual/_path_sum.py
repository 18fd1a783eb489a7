"""Section 3.2, equations (31) to (33): many residual blocks as a sum over paths."""

import functools
import itertools
from typing import Any

import numpy as np

from ...equations import exponent, operator_matrix, symbol
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS, largest, short
from ._ring import SKIP, layer_matrix, momenta, network, waves


@CLAIMS.add(
    "before eq. (31)",
    kind="statement",
    printed="If the skip weights are much smaller than the kernel, w << f, then 1 + Omega = "
    "exp(Omega).",
    right="If the kernel is much smaller, f << w: Omega = f/w must be small.",
    expects="corrected",
)
def which_is_small(budget: Budget) -> Finding:
    f, p = np.array([0.05, -0.1, 0.05]), momenta(32)
    gap = lambda omega: largest(np.exp(omega) - 1 - omega)
    ratio = lambda w: symbol(f / w, p, skip=0.0)
    return Finding.compare(
        "For w a hundredth of the kernel's largest tap |exp(Omega) - 1 - Omega| is {printed}; for "
        "w a hundred times that tap, {right}.",
        printed=gap(ratio(0.001)),
        right=gap(ratio(10.0)),
        tolerance=1e-3,
    )


@CLAIMS.add(
    "eq. (31)",
    printed="A layer's factor for momentum p is exp(h + Omega~(p)).",
    right="exp(h) (1 + Omega~) = exp(h + log(1 + Omega~)); Omega~ is only the first order of that "
    "logarithm.",
    expects="corrected",
)
def exponential(budget: Budget) -> Finding:
    size, layers = 8, 3
    kernels, psi, gates, output = network(size, layers)
    rows = []
    for a2, beta in ((0.1, 0.05), (0.5, 0.2), (1.0, 0.5)):
        taps = [(a2 - beta) / 2, -a2, (a2 + beta) / 2]
        omega = symbol(np.array(taps), momenta(64), skip=0.0)
        rows.append((a2, beta, short(largest(np.exp(omega) - 1 - omega))))
    printed = right = psi
    for kernel, gate in zip(kernels, gates, strict=True):
        omega = symbol(kernel / SKIP, momenta(size), skip=0.0)
        exact = exponent(kernel / SKIP, momenta(size))
        printed = gate * SKIP * (layer_matrix(np.exp(omega), size) @ printed) / size
        right = gate * SKIP * (layer_matrix(np.exp(exact), size) @ right) / size
    scale = largest(output)
    caption = "How far exp(Omega) is from 1 + Omega, for a layer of equation (21)."
    return Finding.compare(
        "Three random blocks on a ring of 8: the output with exp(Omega) is off by a share "
        "{printed} of its largest value, with the logarithm by {right}.",
        printed=largest(printed - output) / scale,
        right=largest(right - output) / scale,
        tolerance=1e-12,
        comparison=Comparison(caption, ("alpha^2", "beta", "largest gap"), tuple(rows)),
    )


def _over_paths(kernels, gates, psi, factors, size: int) -> np.ndarray:
    """Sum over all sequences of sites and of momenta, one by one."""
    layers, phases, output = len(kernels), waves(size), np.zeros(size, complex)
    for sites in itertools.product(range(size), repeat=layers + 1):
        steps = list(enumerate(itertools.pairwise(sites)))
        opened = np.prod([gates[t][x] * SKIP for t, (_, x) in steps])
        if opened == 0:
            continue
        for chosen in itertools.product(range(size), repeat=layers):
            term = [
                factors[t][p] * phases[p, x, y]
                for (t, (y, x)), p in zip(steps, chosen, strict=True)
            ]
            output[sites[-1]] += opened * np.prod(term) * psi[sites[0]]
    return output


@CLAIMS.add(
    "eqs. (32)-(33)",
    printed="The output of N layers is the sum over all paths in x and p of products of "
    "exp(ip (x_t - x_(t-1)) + H), H = h + Omega~.",
    right="With 1/M for each layer, H = h + log(1 + Omega~), and the gates of each layer and site "
    "in h: H depends on x, t and the whole input too.",
    expects="corrected",
)
def sum_over_paths(budget: Budget) -> Finding:
    size, layers = 4, 3 if budget == "full" else 2
    kernels, psi, gates, output = network(size, layers)
    p = momenta(size)
    printed = [np.exp(symbol(kernel / SKIP, p, skip=0.0)) for kernel in kernels]
    right = [np.exp(exponent(kernel / SKIP, p)) / size for kernel in kernels]
    found = [_over_paths(kernels, gates, psi, factors, size) for factors in (printed, right)]
    missing = largest(_over_paths(kernels, gates, psi, [f * size for f in right], size))
    return Finding.compare(
        f"{layers} layers on {size} sites, path by path: the printed sum is off by {{printed}}, "
        f"the right one by {{right}}; without 1/M alone it is {missing / largest(output):.3g} "
        f"times too large.",
        printed=largest(found[0] - output),
        right=largest(found[1] - output),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "after eq. (32)",
    kind="statement",
    printed="h is far smaller than Omega~ and may be neglected.",
    right="h is log w where the gate is open and minus infinity where it is closed: it holds the "
    "whole nonlinearity.",
    expects="corrected",
)
def gates_matter(budget: Budget) -> Finding:
    kernels, start, gates, output = network(8, 4)
    free = held = start
    for kernel, gate in zip(kernels, gates, strict=True):
        layer = operator_matrix(kernel / SKIP, 8, boundary="periodic", skip=1.0)
        free, held = layer @ free, gate * SKIP * (layer @ held)
    scale = largest(output)
    return Finding.compare(
        f"In four random blocks on 8 sites {int((gates == 0).sum())} of 32 gates are closed: "
        "without h the output is off by a share {printed}, with it by {right}.",
        printed=largest(free - output) / scale,
        right=largest(held - output) / scale,
        tolerance=1e-12,
    )


@CLAIMS.add(
    "after eq. (33)",
    kind="statement",
    printed="The output of the hidden layers is the sum of the contributions of all paths that "
    "the features travelled.",
    expects="holds",
)
def every_path(budget: Budget) -> Finding:
    size = layers = 6
    kernels, psi, gates, output = network(size, layers)
    total, alive = np.zeros(size), 0
    for site in range(size):
        for moves in itertools.product((-1, 0, 1), repeat=layers):
            # (1) reads psi(x + j): a path arrives at x from x + j.
            amplitude, x = psi[site], site
            for t, j in enumerate(moves):
                x = (x - j) % size
                amplitude *= gates[t][x] * (kernels[t][j + 1] + SKIP * (j == 0))
            total[x] += amplitude
            alive += amplitude != 0
    return Finding.compare(
        f"Six random blocks on a ring of six: {alive} of {size * 3**layers} paths pass open gates "
        "only, and their sum is the output to {printed}.",
        printed=largest(total - output),
        tolerance=1e-13,
    )


@functools.cache
def residual_example() -> Any:
    """Path sum of one output of a convolution, two residual blocks and a head, with biases."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp

    from ...maps import as_paths
    from ...networks import Sequential

    conv = {"kind": "conv", "in_channels": 3, "out_channels": 3, "padding": 1}
    block = {"kind": "residual", "branch": [conv, {"kind": "activation"}, conv]}
    stem, head = {**conv, "in_channels": 1}, {"kind": "linear", "in_features": 3, "out_features": 4}
    pool = [{"kind": "global_mean"}, {"kind": "flatten"}]
    kinds = [stem, {"kind": "activation"}, block, block, *pool, head]
    shapes = eqx.filter_eval_shape(lambda: Sequential(kinds, key=jax.random.key(0)))
    draw = np.random.default_rng(3)
    fill = lambda leaf: jnp.asarray(0.3 * draw.normal(size=leaf.shape), leaf.dtype)
    net = jax.tree.map(fill, shapes)
    return as_paths(net, draw.normal(size=(1, 9, 9)), 2)


@CLAIMS.add(
    "after eq. (33), networks with biases",
    kind="statement",
    printed="In general: the output of a residual network is the sum over paths from its input.",
    right="Plus the paths that start at the biases and normalisations of each layer. Both "
    "together are the output, for basic blocks, pooling and the head too.",
    expects="corrected",
)
def sources(budget: Budget) -> Finding:
    paths = residual_example()
    return Finding.compare(
        f"A small residual network has {paths.live_paths:.3g} live paths into one output; those "
        "from the input miss it by {printed}, all by {right}, relative.",
        printed=abs(float(paths.attribution.sum()) / paths.value - 1),
        right=paths.completeness,
        tolerance=1e-12,
    )
