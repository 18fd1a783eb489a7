"""Proven factors by which each layer of a network can stretch a distance."""

import dataclasses
import functools
import math
from typing import Any

import numpy as np

from ..equations import gain, stepper
from ..networks import (
    Activation,
    AvgPool,
    BatchNorm,
    Conv,
    Flatten,
    GlobalPool,
    HamiltonianBlock,
    Linear,
    MaxPool,
    ParabolicBlock,
    PDEBlock,
    PDENet,
    Residual,
    ResNet,
    Sequential,
    ThesisNet,
)
from ..networks._conv_adjoint import square_norm_bound
from ._as_equation import as_equation
from ._compose import conv_kernel
from ._slopes import SLOPES

# Above this many entries a tap, the search over the Brillouin zone gives way to cheaper bounds.
_SEARCHED = 64


@dataclasses.dataclass(frozen=True)
class LayerBound:
    """A proven bound on the Lipschitz constant of a layer that comes `count` times in a row."""

    name: str
    bound: float
    because: str
    count: int = 1


@functools.singledispatch
def bounds(net: Any) -> list[LayerBound]:
    """Proven bounds on the stretch of each layer, in 2-norms.

    Open for registration: `@fx.maps.bounds.register` on a function that returns the list for
    your class; [`feynax.certify`][] multiplies it up.

    **Arguments:**

    - `net`: a network, block or layer of `feynax.networks`.

    **Returns:**

    A list of `LayerBound(name, bound, because, count)`.

    **Raises:**

    - `TypeError` for classes without a rule.

    ```python
    import jax, feynax as fx
    relu = fx.networks.Activation("relu")
    assert fx.maps.bounds(relu)[0].bound == 1.0
    ```
    """
    raise TypeError(
        f"certify has no rule for {type(net).__name__}: register one with "
        "`feynax.maps.bounds.register`."
    )


@bounds.register
def _(net: PDENet) -> list[LayerBound]:
    found = [_conv("stem", net.stem_weight)]
    for index, block in enumerate(net.blocks):
        if index:
            found.append(_conv(f"lift {index}", net.lift_weights[index - 1]))
        found += [_renamed(b, f"stage {index + 1}, {b.name}") for b in bounds(block)]
    return [*found, _matrix("head", net.head_weight)]


@bounds.register
def _(net: PDEBlock) -> list[LayerBound]:
    sets, h = net.linear.shape[0], net.total_time / net.steps
    found = []
    for index in range(sets):
        linear, reaction = net.coefficients(index), net.reaction(index)
        if net.stepper == "euler":
            flow, name = gain(linear, h=h).upper, "Euler step"
        else:
            flow = stepper(net.stepper).bound(linear, h)
            name = f"{net.stepper} step"
        because = f"its linear part has gain {flow:.6g}"
        bound = flow
        if reaction is not None:
            push = _reaction_bound(reaction)
            because += f", its reaction is {push:.4g}-Lipschitz over a time of {h:.4g}"
            euler = net.stepper == "euler"
            bound = flow + h * push if euler else flow * (1 + h / 2 * push) ** 2
        first = index * net.steps // sets
        last = (index + 1) * net.steps // sets
        found.append(LayerBound(name, bound, because, last - first))
    return found


@bounds.register
def _(net: ParabolicBlock) -> list[LayerBound]:
    because = "a gradient step of a convex function with h |K|^2 <= 2"
    return [LayerBound("parabolic step", 1.0, because, net.steps)]


@bounds.register
def _(net: HamiltonianBlock) -> list[LayerBound]:
    h, sets = net.total_time / net.steps, len(net.force_kernel)
    found = []
    for index in range(sets):
        halves = (net.force_kernel[index], net.drift_kernel[index])
        pushes = [h * float(square_norm_bound(kernel)) for kernel in halves]
        because = f"two shears by {pushes[0]:.4g} and {pushes[1]:.4g} at most"
        bound = math.prod((push + math.hypot(push, 2)) / 2 for push in pushes)
        last = (index + 1) * net.steps // sets
        found.append(LayerBound("Verlet step", bound, because, last - index * net.steps // sets))
    return found


@bounds.register
def _(net: ThesisNet) -> list[LayerBound]:
    layers = [
        LayerBound(e.name, e.gain().upper, "von Neumann gain of its stencil; its ReLU adds nothing")
        for e in as_equation(net).layers
    ]
    heads = [_matrix(f"head {k + 1}", w) for k, w in enumerate(net.head_weights)]
    return [*layers, *heads]


@bounds.register
def _(net: ResNet) -> list[LayerBound]:
    return _in_a_row(net.layers())


@bounds.register
def _(net: Sequential) -> list[LayerBound]:
    return _in_a_row(net.layers)


@bounds.register
def _(layer: Residual) -> list[LayerBound]:
    branch = _product(bounds(layer.branch))
    skip = 1.0 if layer.shortcut is None else _product(bounds(layer.shortcut))
    total = (skip + branch) * _steepest(layer.after)
    return [LayerBound("block", total, f"skip {skip:.4g} plus branch {branch:.4g}")]


@bounds.register
def _(layer: Conv) -> list[LayerBound]:
    return [_conv_bound("convolution", conv_kernel(layer))]


@bounds.register
def _(layer: BatchNorm) -> list[LayerBound]:
    scale = float(np.abs(np.asarray(layer.scale_and_shift()[0], np.float64)).max())
    return [LayerBound("batch norm", scale, "largest scale of a channel")]


@bounds.register
def _(layer: MaxPool) -> list[LayerBound]:
    return [LayerBound("max pool", _overlap(layer), "windows a pixel lies in")]


@bounds.register
def _(layer: AvgPool) -> list[LayerBound]:
    # Schur's test: a window's shares add up to 1, a pixel's to windows times the largest share.
    # Without the padding in its count a window at the edge may hold a single pixel.
    share = 1 / math.prod(layer.kernel) if layer.count_include_pad else 1.0
    bound = _overlap(layer) * math.sqrt(share)
    return [LayerBound("average pool", bound, "windows a pixel lies in, and its share of them")]


@bounds.register
def _(layer: GlobalPool) -> list[LayerBound]:
    return [LayerBound("global pool", 1.0, "a mean or maximum over pixels")]


@bounds.register
def _(layer: Linear) -> list[LayerBound]:
    return [_matrix("linear", layer.weight)]


@bounds.register
def _(layer: Flatten) -> list[LayerBound]:
    return []


@bounds.register
def _(layer: Activation) -> list[LayerBound]:
    return [LayerBound("activation", _steepest(layer.name), "its largest slope")]


def _in_a_row(layers: Any) -> list[LayerBound]:
    found = []
    for index, layer in enumerate(layers):
        found += [_renamed(b, f"layer {index + 1}, {b.name}") for b in bounds(layer)]
    return found


def _steepest(activation: str | None) -> float:
    return 1.0 if activation is None else max(map(abs, SLOPES[activation]))


def _renamed(bound: LayerBound, name: str) -> LayerBound:
    return dataclasses.replace(bound, name=name)


def _product(found: list[LayerBound]) -> float:
    return math.prod(b.bound**b.count for b in found)


def _overlap(pool: Any) -> float:
    """Root of how many windows of a pool a pixel can lie in."""
    pairs = zip(pool.kernel, pool.stride, strict=True)
    return math.sqrt(math.prod(math.ceil(k / s) for k, s in pairs))


def _matrix(name: str, weight: Any) -> LayerBound:
    norm = float(np.linalg.norm(np.asarray(weight, np.float64), 2))
    return LayerBound(name, norm, "spectral norm of its matrix")


def _conv(name: str, weight: Any) -> LayerBound:
    return _conv_bound(name, np.asarray(weight, np.float64))


def _conv_bound(name: str, kernel: np.ndarray) -> LayerBound:
    """Bound a convolution of any stride: the stride only drops outputs."""
    if math.prod(kernel.shape[:2]) <= _SEARCHED:
        found = gain(kernel, skip=0.0).upper
        return LayerBound(name, found, "largest norm of its symbol")
    taps = np.moveaxis(kernel.reshape(*kernel.shape[:2], -1), -1, 0)
    by_taps = float(np.linalg.norm(taps, 2, (1, 2)).sum())
    # A row of patches holds each pixel as often as the kernel has taps (Singla and Feizi 2021).
    flat = [
        kernel.reshape(len(kernel), -1),
        kernel.transpose(1, 0, 2, 3).reshape(kernel.shape[1], -1),
    ]
    by_patches = math.sqrt(len(taps)) * min(float(np.linalg.norm(m, 2)) for m in flat)
    return LayerBound(name, min(by_taps, by_patches), "norms of its taps and of its patch matrix")


def _reaction_bound(reaction: Any) -> float:
    """Lipschitz constant of K2 relu(K1 psi + b): the gates are (1 + s)/2 with signs s."""
    inward, outward = (np.asarray(m, np.float64) for m in (reaction.inward, reaction.outward))
    norms = np.linalg.norm(inward, 2) * np.linalg.norm(outward, 2)
    return float(norms + np.linalg.norm(outward @ inward, 2)) / 2
