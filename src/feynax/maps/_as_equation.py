"""Networks read as partial differential equations."""

import dataclasses
import functools
from typing import Any

import numpy as np
from jaxtyping import Float

from .._citation import cites
from ..equations import AdvectionDiffusion, Gain, LatticePDE
from ..networks import (
    AbstractCell,
    CellEquation,
    HamiltonianBlock,
    ParabolicBlock,
    PDEBlock,
    PDENet,
    Residual,
    ResNet,
    Sequential,
    ThesisNet,
)
from ._compose import Linearised, compose, linearise


@dataclasses.dataclass(frozen=True)
class LayerEquation:
    """The linear equation of one residual layer, and what it leaves out.

    **Fields:**

    - `name`: the layer in its network.
    - `pde`: the equation; `pde.step` is the time of one layer.
    - `count`: how many layers in a row are this one.
    - `note`: what is not in `pde`: reaction, gates, stride.
    """

    name: str
    pde: LatticePDE
    count: int = 1
    note: str = ""

    def drift(self) -> Float[np.ndarray, "channels 2"]:
        """Mean displacement (y, x) of each channel through all `count` layers, in pixels."""
        return self.count * self.pde.drift()

    def diffusion(self) -> Float[np.ndarray, "channels 2 2"]:
        """Covariance (y, x) that all `count` layers add to each channel, in pixels^2."""
        return self.count * self.pde.diffusion()

    def gain(self) -> Gain:
        """Largest stretch of one layer's linear part; see [`feynax.equations.gain`][]."""
        return self.pde.gain()

    def __str__(self) -> str:
        times = f"{self.count} steps of " if self.count > 1 else ""
        note = f" ({self.note})" if self.note else ""
        order = self.pde.order()
        return f"{self.name}: {times}{self.pde.step:.4g}, order {order}: {self.pde}{note}"


@dataclasses.dataclass(frozen=True)
class NetworkEquation:
    """All residual layers of a network as equations, in their order.

    **Fields:**

    - `layers`: one [`feynax.maps.LayerEquation`][] for each layer, or each run of equal layers.
    """

    layers: tuple[LayerEquation, ...]

    @property
    def order(self) -> int:
        """Highest derivative in any layer: more than 2 for general 3x3 kernels."""
        return max((layer.pde.order() for layer in self.layers), default=0)

    def __str__(self) -> str:
        return "\n".join(str(layer) for layer in self.layers)


@cites("imchitr2020")
@functools.singledispatch
def as_equation(net: Any) -> Any:
    r"""Read a residual network as partial differential equations, a cell as an integrator's step.

    **A recurrent cell** says itself which integrator of which equation it is, in a
    [`feynax.networks.CellEquation`][].

    **A residual network** is read layer by layer.

    A layer $\psi \mapsto w\psi + K * \psi$ is one Euler step of
    $\psi_t = \sum_{mn} C_{mn} \partial_y^m \partial_x^n \psi$ with $C$ the moments of $K$. The
    thesis says after (25) that any block is a second-order equation; that holds for three taps on
    a line. A 3x3 kernel has nine terms of order up to four, and a block of two such kernels, read
    with all its gates open, reaches order eight
    (`test_a_general_kernel_is_of_fourth_order`). Nonlinear parts are named in `note`.

    Open for registration: `@fx.as_equation.register` on a function of your class.

    **Arguments:**

    - `net`: a network or cell of `feynax.networks` (also one read from a PyTorch file), or an
      array: the kernel (out, in, kh, kw) of one layer with skip weight 1.

    **Returns:**

    A [`feynax.maps.NetworkEquation`][], or a [`feynax.networks.CellEquation`][] for a cell.

    **Raises:**

    - `TypeError` for classes without a rule, naming how to add one.

    ```python
    import jax, feynax as fx
    net = fx.networks.PDENet(key=jax.random.key(0))
    equation = fx.as_equation(net)
    assert [layer.count for layer in equation.layers] == [3, 3]
    assert equation.order == 2
    ```

    Source: V. Imchitr (2020), eqs (21)-(25) and (39).
    """
    raise TypeError(
        f"as_equation has no rule for {type(net).__name__}: register one with "
        "`feynax.as_equation.register`."
    )


@as_equation.register
def _(net: AbstractCell) -> CellEquation:
    return net.equation()


@as_equation.register
def _(net: PDENet) -> NetworkEquation:
    layers = [
        dataclasses.replace(layer, name=f"stage {index + 1}{layer.name.removeprefix('block')}")
        for index, block in enumerate(net.blocks)
        for layer in as_equation(block).layers
    ]
    return NetworkEquation(tuple(layers))


@as_equation.register
def _(net: PDEBlock) -> NetworkEquation:
    h = net.total_time / net.steps
    note = "without its reaction K2 relu(K1 psi + b)" if net.inward is not None else ""
    pdes = [_depthwise(net.coefficients(index), h) for index in range(net.linear.shape[0])]
    return _in_steps(pdes, net.steps, note)


@as_equation.register
def _(net: ParabolicBlock) -> NetworkEquation:
    h = net.total_time / net.steps
    pdes = [LatticePDE.from_kernel(-h * _squared(k), step=h) for k in net.bounded_kernel()]
    return _in_steps(pdes, net.steps, "with all its gates open")


@as_equation.register
def _(net: HamiltonianBlock) -> NetworkEquation:
    h = net.total_time / net.steps
    pdes = []
    for force, drift in zip(net.force_kernel, net.drift_kernel, strict=True):
        pull, move = _squared(force), _squared(drift)
        still = np.zeros_like(pull)
        both = np.concatenate([np.concatenate([still, move], 1), np.concatenate([-pull, still], 1)])
        pdes.append(LatticePDE.from_kernel(h * both, step=h))
    note = "with all its gates open; positions, then momenta; stepped one after the other"
    return _in_steps(pdes, net.steps, note)


@as_equation.register
def _(net: ThesisNet) -> NetworkEquation:
    note = "inside a ReLU"
    if net.equation == "residual":
        taps = np.asarray(net.layers, np.float64)
        pdes = [LatticePDE.from_kernel(net.step * _square(t), step=net.step) for t in taps]
    else:
        named = net.coefficients().arrays(np)
        rows = [
            AdvectionDiffusion(**{k: v[[t]] for k, v in named.items()})
            for t in range(len(named["a2"]))
        ]
        pdes = [_depthwise(row, net.step) for row in rows]
    layers = [LayerEquation(f"layer {t + 1}", pde, note=note) for t, pde in enumerate(pdes)]
    return NetworkEquation(tuple(layers))


@as_equation.register(ResNet)
@as_equation.register(Sequential)
def _(net: ResNet | Sequential) -> NetworkEquation:
    every = net.layers() if isinstance(net, ResNet) else net.layers
    blocks = [layer for layer in every if isinstance(layer, Residual)]
    found = [
        dataclasses.replace(as_equation(block).layers[0], name=f"block {index + 1}")
        for index, block in enumerate(blocks)
    ]
    return NetworkEquation(tuple(found))


@as_equation.register
def _(net: Residual) -> NetworkEquation:
    branch = linearise(net.branch)
    notes = ["with all its gates open"] if branch.gates else []
    if net.after != "identity":
        notes.append(f"inside a {net.after}")
    skip, kernel = 1.0, branch.kernel
    if net.shortcut is not None:
        shortcut = linearise(net.shortcut)
        skip, kernel = _with_projection(shortcut, kernel)
        notes.append("with its projection")
    if branch.stride != (1, 1):
        notes.append(f"moments about the output pixel at stride {branch.stride}, no generator")
    pde = LatticePDE.from_kernel(kernel, skip=skip)
    return NetworkEquation((LayerEquation("block", pde, 1, ", ".join(notes)),))


@as_equation.register
def _(net: np.ndarray) -> NetworkEquation:
    return NetworkEquation((LayerEquation("layer", LatticePDE.from_kernel(net)),))


def _in_steps(pdes: list[LatticePDE], steps: int, note: str) -> NetworkEquation:
    """Spread the equations of a block's sets over its steps."""
    sets = len(pdes)
    layers = [
        LayerEquation(
            "block" if sets == 1 else f"block, step {index + 1}", pde, steps // sets, note
        )
        for index, pde in enumerate(pdes)
    ]
    return NetworkEquation(tuple(layers))


def _squared(kernel: Any) -> np.ndarray:
    """Kernel of $K^T K$."""
    own = np.asarray(kernel, np.float64)
    return compose(np.swapaxes(own[:, :, ::-1, ::-1], 0, 1), own)


def _depthwise(linear: AdvectionDiffusion, h: float) -> LatticePDE:
    """Equation of channels that do not mix, as a stack of diagonal matrices."""
    terms = linear.arrays(np)
    C = np.zeros((len(terms["a2"]), 3, 3))
    C[:, 0, 2], C[:, 2, 0] = terms["a2"] / 2, terms["sigma2"] / 2
    C[:, 0, 1], C[:, 1, 0] = terms["beta"], terms["rho"]
    C[:, 0, 0], C[:, 1, 1] = terms["gamma"], terms["mixed"]
    diagonal = np.einsum("cmn,cd->cdmn", C, np.eye(len(C)))
    return LatticePDE(diagonal, h)


def _square(taps: np.ndarray) -> np.ndarray:
    """Kernel (1, 1, 3, 3) from nine taps in the stencil's order: the cross, then the corners."""
    kernel = np.zeros((1, 1, 3, 3))
    where = [(1, 1), (1, 0), (1, 2), (0, 1), (2, 1), (0, 0), (0, 2), (2, 0), (2, 2)]
    for (i, j), tap in zip(where, taps, strict=True):
        kernel[0, 0, i, j] = tap
    return kernel


def _with_projection(shortcut: Linearised, kernel: np.ndarray) -> tuple[Any, np.ndarray]:
    """Skip matrix and branch kernel; a shortcut wider than a pixel is added to the branch."""
    if shortcut.kernel.shape[2:] == (1, 1):
        return shortcut.kernel[:, :, 0, 0], kernel
    size = tuple(
        max(pair) for pair in zip(kernel.shape[2:], shortcut.kernel.shape[2:], strict=True)
    )
    total = _grown(kernel, size) + _grown(shortcut.kernel, size)
    return np.zeros(kernel.shape[:2]), total


def _grown(kernel: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    rows, columns = ((n - k) // 2 for n, k in zip(size, kernel.shape[2:], strict=True))
    return np.pad(kernel, ((0, 0), (0, 0), (rows, rows), (columns, columns)))
