"""Section 3.2, equations (26) to (33): the output of residual blocks as a sum over paths."""

import functools
import itertools
from typing import Any

import numpy as np

from ...equations import exponent, operator_matrix, symbol
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS, largest

_W = 0.9  # weight of the skip connection


def _momenta(size: int) -> np.ndarray:
    return 2 * np.pi * np.arange(size) / size


def _waves(size: int) -> np.ndarray:
    """exp(i p (x - y)) with axes (p, x, y)."""
    x = np.arange(size)
    return np.exp(1j * _momenta(size)[:, None, None] * (x[:, None] - x[None, :]))


@functools.cache
def _network(size: int, layers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Kernels f, input, gates (layers, size) and output of blocks (26) on a ring."""
    draw = np.random.default_rng(5)
    kernels, psi = draw.normal(size=(layers, 3)) / 2, draw.normal(size=size)
    start, gates = psi, []
    for kernel in kernels:
        z = operator_matrix(kernel, size, boundary="periodic", skip=_W) @ psi
        gates.append(z > 0)
        psi = np.maximum(z, 0)
    return kernels, start, np.array(gates, float), psi


@CLAIMS.add(
    "eqs. (26)-(27), gates",
    kind="statement",
    printed="ReLU can be applied to the skip connection and to the branch separately.",
    right="One gate on the sum: relu(a + b) = k (a + b) with k = 1 where a + b > 0.",
    expects="corrected",
)
def one_gate(budget: Budget) -> Finding:
    a, b = np.random.default_rng(0).normal(size=(2, 20_000))
    relu = lambda z: np.maximum(z, 0)
    fails = np.mean(np.abs(relu(a) + relu(b) - relu(a + b)) > 1e-12)
    gate = largest((a + b > 0) * (a + b) - relu(a + b))
    return Finding.compare(
        "Of 20000 random pairs a share {printed} comes out otherwise; with one gate on the sum the "
        "largest difference is {right}.",
        printed=float(fails),
        right=gate,
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eq. (27), kernel",
    printed="A block is a sum over sites: psi(x_t) = sum k w (delta + Omega) psi(x_(t-1)), with "
    "gate k and Omega = f/w.",
    expects="holds",
)
def block_as_sum(budget: Budget) -> Finding:
    kernels, psi, gates, output = _network(8, 4)
    for kernel, gate in zip(kernels, gates, strict=True):
        omega = operator_matrix(kernel / _W, 8, boundary="periodic")
        psi = gate * (_W * (np.eye(8) + omega) @ psi)
    says = "With the gates of the forward run, four random blocks on 8 sites agree to {printed}."
    return Finding.compare(says, printed=largest(psi - output), tolerance=1e-13)


@CLAIMS.add(
    "eq. (28)",
    printed="delta(x - y) is the sum of exp(ip (x - y)) over the momenta.",
    right="1/M times that sum, for M sites.",
    expects="corrected",
)
def lattice_delta(budget: Budget) -> Finding:
    total = _waves(8).sum(0)
    return Finding.compare(
        "On 8 sites the printed sum is off by {printed}, with 1/M by {right}.",
        printed=largest(total - np.eye(8)),
        right=largest(total / 8 - np.eye(8)),
        tolerance=1e-14,
    )


@CLAIMS.add(
    "eq. (29)",
    printed="Omega(x - y) is 1/M times the sum of exp(ip (x - y)) Omega~(p) over p = 2 pi k/M.",
    expects="holds",
)
def lattice_transform(budget: Budget) -> Finding:
    kernel = np.random.default_rng(1).normal(size=3)
    amplitude = symbol(kernel, _momenta(8), skip=0.0)
    ours = np.einsum("pxy,p->xy", _waves(8), amplitude) / 8
    wanted = operator_matrix(kernel, 8, boundary="periodic")
    says = "For three random taps on 8 sites it is the kernel's matrix to {printed}."
    return Finding.compare(says, printed=largest(ours - wanted), tolerance=1e-14)


def _layer(factor: np.ndarray, size: int) -> np.ndarray:
    """Sum over p of exp(ip (x - y)) times a factor for each p."""
    return np.einsum("pxy,p->xy", _waves(size), factor)


@CLAIMS.add(
    "eq. (30)",
    printed="With h = log(k w) a layer is a double sum over x and p of exp(ip (x - y)) exp(h) "
    "(1 + Omega~(p)).",
    right="With 1/M. And h is log w or, where the gate is closed, minus infinity.",
    expects="corrected",
)
def double_sum(budget: Budget) -> Finding:
    kernels, psi, gates, output = _network(8, 1)
    with np.errstate(divide="ignore"):
        h = np.log(gates[0] * _W)
    amplitude = 1 + symbol(kernels[0] / _W, _momenta(8), skip=0.0)
    found = np.exp(h) * (_layer(amplitude, 8) @ psi)
    return Finding.compare(
        f"One block on 8 sites, {int(np.isinf(h).sum())} of them closed: the printed sum is off by "
        "{printed}, with 1/M by {right}.",
        printed=largest(found - output),
        right=largest(found / 8 - output),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "before eq. (31)",
    kind="statement",
    printed="If the skip weights are much smaller than the kernel, w << f, then 1 + Omega = "
    "exp(Omega).",
    right="If the kernel is much smaller, f << w: Omega = f/w must be small.",
    expects="corrected",
)
def which_is_small(budget: Budget) -> Finding:
    f, p = np.array([0.05, -0.1, 0.05]), _momenta(32)
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
    kernels, psi, gates, output = _network(size, layers)
    rows = []
    for a2, beta in ((0.1, 0.05), (0.5, 0.2), (1.0, 0.5)):
        taps = [(a2 - beta) / 2, -a2, (a2 + beta) / 2]
        omega = symbol(np.array(taps), _momenta(64), skip=0.0)
        rows.append((a2, beta, largest(np.exp(omega) - 1 - omega)))
    printed = right = psi
    for kernel, gate in zip(kernels, gates, strict=True):
        omega = symbol(kernel / _W, _momenta(size), skip=0.0)
        exact = exponent(kernel / _W, _momenta(size))
        printed = gate * _W * (_layer(np.exp(omega), size) @ printed) / size
        right = gate * _W * (_layer(np.exp(exact), size) @ right) / size
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
    layers, waves = len(kernels), _waves(size)
    output = np.zeros(size, complex)
    for sites in itertools.product(range(size), repeat=layers + 1):
        steps = list(enumerate(itertools.pairwise(sites)))
        opened = np.prod([gates[t][x] * _W for t, (_, x) in steps])
        if opened == 0:
            continue
        for momenta in itertools.product(range(size), repeat=layers):
            term = [factors[t][p] * waves[p, x, y] for (t, (y, x)), p in zip(steps, momenta)]
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
    kernels, psi, gates, output = _network(size, layers)
    p = _momenta(size)
    printed = [np.exp(symbol(kernel / _W, p, skip=0.0)) for kernel in kernels]
    right = [np.exp(exponent(kernel / _W, p)) / size for kernel in kernels]
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
    kernels, start, gates, output = _network(8, 4)
    free = held = start
    for kernel, gate in zip(kernels, gates, strict=True):
        layer = operator_matrix(kernel / _W, 8, boundary="periodic", skip=1.0)
        free, held = layer @ free, gate * _W * (layer @ held)
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
    kernels, psi, gates, output = _network(size, layers)
    total, alive = np.zeros(size), 0
    for site in range(size):
        for moves in itertools.product((-1, 0, 1), repeat=layers):
            # (1) reads psi(x + j): a path arrives at x from x + j.
            amplitude, x = psi[site], site
            for t, j in enumerate(moves):
                x = (x - j) % size
                amplitude *= gates[t][x] * (kernels[t][j + 1] + _W * (j == 0))
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
