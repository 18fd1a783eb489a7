"""Chapter 1: kernels, skip connections, ReLU, and the picture of paths."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...equations import operator_matrix
from ...networks import Activation, Conv
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS, largest, short


def _conv(weight: np.ndarray, **options) -> Conv:
    conv = Conv(1, 1, kernel=weight.shape, bias=False, key=jax.random.key(0), **options)
    return eqx.tree_at(lambda c: c.weight, conv, jnp.asarray(weight)[None, None])


@CLAIMS.add(
    "eq. (1)",
    printed="A layer's sum over dx of w(dx) u(x + dx) is the convolution w * u.",
    right="It is the cross-correlation, the convolution with the mirrored kernel; frameworks "
    "compute that sum.",
    expects="corrected",
)
def correlation(budget: Budget) -> Finding:
    draw = np.random.default_rng(0)
    w, u = draw.normal(size=3), draw.normal(size=12)
    total = np.array([sum(w[1 + d] * u[x + d] for d in (-1, 0, 1)) for x in range(1, 11)])
    with jax.enable_x64(True):
        ours = np.asarray(_conv(w[None])(jnp.asarray(u)[None, None]))[0, 0]
    return Finding.compare(
        "For three random taps the convolution is off from the sum by {printed}, the library's "
        "layer by {right}.",
        printed=largest(np.convolve(u, w, "valid") - total),
        right=largest(ours - total),
        tolerance=1e-14,
    )


@CLAIMS.add(
    "Fig. 1.2",
    kind="figure",
    printed="The kernel is laid over the input and moved on by the stride, each place gives one "
    "element; a border of zeros makes the result larger.",
    expects="holds",
)
def sliding_kernel(budget: Budget) -> Finding:
    weight, rows, wrong = np.ones((3, 3)), [], 0
    image = jnp.asarray(np.random.default_rng(0).normal(size=(1, 9, 9)))
    for stride, padding in ((1, 0), (1, 1), (2, 0), (2, 1), (3, 2)):
        conv = _conv(weight, stride=stride, padding=padding)
        found = jax.eval_shape(conv, image).shape[1]
        places = len(range(0, 9 + 2 * padding - 2, stride))
        wrong += found != places
        rows.append((stride, padding, places, found))
    caption = "Rows of the result for a 3x3 kernel on 9x9 pixels."
    return Finding.compare(
        "Of five pairs of stride and border {printed} give another size than the number of places.",
        printed=float(wrong),
        tolerance=0,
        comparison=Comparison(caption, ("stride", "border", "places", "library"), tuple(rows)),
    )


@CLAIMS.add(
    "section 1.1, ReLU",
    kind="statement",
    printed="ReLU returns the absolute value of an element above zero, and zero for one below.",
    right='The words "absolute value" are idle: above zero it is the element itself. (ReLU is not '
    "the absolute value.)",
    expects="holds",
)
def relu(budget: Budget) -> Finding:
    z = np.random.default_rng(0).normal(size=200)
    with jax.enable_x64(True):
        ours = np.asarray(Activation("relu")(jnp.asarray(z)))
    apart = np.abs(ours - np.abs(z)).max()
    return Finding.compare(
        "On 200 random numbers the library's ReLU is |z| where z > 0 and else 0, to {printed}; "
        f"|z| everywhere would be off by {apart:.2g}.",
        printed=largest(ours - np.where(z > 0, np.abs(z), 0.0)),
        tolerance=0,
    )


def _jacobian_size(depth: int, skip: float) -> float:
    """Root mean square entry of d psi_N/d psi_0, per pixel, for random 3x3 kernels."""
    draw = np.random.default_rng(4)
    psi, jacobian = draw.uniform(size=64), np.eye(64)
    for _ in range(depth):
        taps = draw.uniform(-1 / 3, 1 / 3, (3, 3))
        layer = operator_matrix(taps, (8, 8), skip=skip)
        gate = (layer @ psi > 0).astype(float)
        psi = gate * (layer @ psi)
        jacobian = gate[:, None] * (layer @ jacobian)
    return float(np.linalg.norm(jacobian) / 8)


@CLAIMS.add(
    "section 1.1, skip connections",
    kind="statement",
    printed="Gradients vanish with depth in a plain network of kernels; a skip connection makes "
    "them larger.",
    expects="holds",
)
def vanishing_gradients(budget: Budget) -> Finding:
    depths = (5, 15, 27, 50)
    rows = tuple((d, short(_jacobian_size(d, 0.0)), short(_jacobian_size(d, 1.0))) for d in depths)
    wrong = sum(skipped <= plain for _, plain, skipped in rows)
    vanishes = rows[-1][1] < rows[0][1] * 1e-3
    caption = (
        "Size of the derivative of the last layer by the first: taps uniform within 1/3 of 0, "
        "8x8 pixels, one channel. Growth is the other danger."
    )
    return Finding.compare(
        f"At {{printed}} of four depths the plain network has the larger gradient or does not "
        f"lose it; after 50 layers it is {rows[-1][1]:.1g} without and {rows[-1][2]:.1g} with skip "
        "connections.",
        printed=float(wrong + (not vanishes)),
        tolerance=0,
        comparison=Comparison(caption, ("layers", "plain", "with skip"), rows),
    )


@CLAIMS.add(
    "Fig. 1.4",
    kind="figure",
    printed="Information takes many paths through residual blocks, and the output is the sum of "
    "what each path brings, as for a photon behind slits.",
    expects="holds",
)
def many_paths(budget: Budget) -> Finding:
    from ... import plot
    from ...data import digits
    from ...maps import as_paths
    from ...networks import ThesisNet

    net = ThesisNet(4, equation="residual", hidden=(), key=jax.random.key(0))
    image = digits("test").images[:1] / 255.0
    paths = as_paths(net, image, 3)
    sample = paths.sample(300, key=jax.random.key(1))
    shapes = [image.shape, *(source.shape for source in paths.sources)]
    draw = lambda: plot.paths(image, sample.sites, sample.signs, shapes)
    caption = "Paths through four residual layers of one channel with random weights, on a digit."
    return Finding.compare(
        f"{paths.live_paths:.3g} paths through four layers and the head sum to the output, to "
        "{printed}.",
        printed=paths.completeness,
        tolerance=1e-12,
        comparison=Comparison(caption, draw=draw),
    )


CLAIMS.unchecked(
    "sections 1.1 and 6, performance",
    printed="Convolutional and residual networks do well on classification of images, and neural "
    "ODEs on series in continuous time.",
    because="said of other people's experiments, whose data are not at hand.",
)
