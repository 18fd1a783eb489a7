"""What PDE networks do to a recorder."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from ..equations import AdvectionDiffusion, stepper
from ..networks import PDEBlock, PDENet, ThesisNet
from ..networks._stencil import SQUARE
from ._paths_image import Planes, Separable, select
from ._paths_operators import AbstractOperator
from ._paths_record import Recorder, host, record


@record.register
def _(net: PDENet, recorder: Recorder) -> None:
    recorder.conv(net.stem_weight, net.stem_bias, stride=(2, 2), padding=(2, 2))
    recorder.activate("relu")
    for index, block in enumerate(net.blocks):
        if index:
            recorder.mix("max pool", select(recorder.value, (2, 2), (2, 2), (0, 0)))
            recorder.conv(net.lift_weights[index - 1], net.lift_biases[index - 1])
            recorder.activate("relu")
        record(block, recorder)
    recorder.activate("relu")
    recorder.flatten()
    recorder.dense(net.head_weight, net.head_bias)


@record.register
def _(net: ThesisNet, recorder: Recorder) -> None:
    kernels = _square_kernels(net.taps())
    for kernel in kernels:
        recorder.conv(kernel, padding=(1, 1))
        recorder.activate("relu")
    recorder.flatten()
    last = len(net.head_weights) - 1
    for index, (weight, bias) in enumerate(zip(net.head_weights, net.head_biases, strict=True)):
        recorder.dense(weight, bias)
        recorder.activate("identity" if index == last else "relu")


@record.register
def _(block: PDEBlock, recorder: Recorder) -> None:
    h = block.total_time / block.steps
    for step in range(block.steps):
        index = step * block.linear.shape[0] // block.steps
        linear = block.coefficients(index)
        if block.stepper == "euler":
            _euler_step(block, index, linear, h, recorder)
        else:
            _react(block, index, h / 2, recorder)
            recorder.mix(block.stepper, _linear_step(block.stepper, linear, recorder, h))
            _react(block, index, h / 2, recorder)


def _euler_step(
    block: PDEBlock, index: int, linear: AdvectionDiffusion, h: float, recorder: Recorder
) -> None:
    kernel = _euler_kernel(linear, h, block.channels)
    geometry: dict[str, Any] = {"padding": (1, 1), "groups": block.channels}
    if block.inward is None:
        recorder.conv(kernel, **geometry)
        return
    recorder.parallel(
        "step",
        lambda inner: inner.conv(kernel, **geometry),
        lambda inner: _reaction(block, index, h, inner),
    )


def _react(block: PDEBlock, index: int, h: float, recorder: Recorder) -> None:
    if block.inward is not None:
        recorder.parallel(
            "reaction", lambda inner: None, lambda inner: _reaction(block, index, h, inner)
        )


def _reaction(block: PDEBlock, index: int, h: float, recorder: Recorder) -> None:
    assert block.inward is not None
    assert block.offset is not None
    assert block.outward is not None
    recorder.conv(host(block.inward[index])[:, :, None, None], block.offset[index])
    recorder.activate("relu")
    recorder.conv(h * host(block.outward[index])[:, :, None, None])


def _euler_kernel(linear: AdvectionDiffusion, h: float, channels: int) -> np.ndarray:
    """Kernel of $1 + h D$ for each channel, of shape (C, 1, 3, 3)."""
    kernel = np.zeros((channels, 1, 3, 3))
    kernel[:, 0, 1, 1] = 1
    for (i, j), weight in zip(*linear.taps(jnp), strict=True):
        kernel[:, 0, 1 + i, 1 + j] += h * host(weight)
    return kernel


def _square_kernels(taps: Any) -> np.ndarray:
    """Kernels (depth, 1, 1, 3, 3) from taps (depth, taps) in the order of the stencil."""
    values = host(taps)
    kernels = np.zeros((len(values), 1, 1, 3, 3))
    for k, (i, j) in enumerate(SQUARE[: values.shape[1]]):
        kernels[:, 0, 0, 1 + i, 1 + j] = values[:, k]
    return kernels


def _linear_step(
    name: str, linear: AdvectionDiffusion, recorder: Recorder, h: float
) -> AbstractOperator:
    """Record a linear stepper: two matrices a channel where it separates, else one."""
    method = stepper(name)
    shape: Any = recorder.value.shape
    operators = method.prepare(linear, shape, h)
    rows, columns = getattr(operators, "rows", None), getattr(operators, "columns", None)
    if rows is not None and columns is not None:
        return Separable(host(rows), host(columns))
    size = shape[1] * shape[2]
    basis = np.broadcast_to(np.eye(size).reshape(*shape[1:], size), (*shape, size))
    answers = host(method.apply(operators, jnp.asarray(basis)))
    return Planes(answers.reshape(shape[0], size, size), shape)
