"""What residual networks and their layers do to a recorder."""

from typing import Any

import numpy as np

from ..networks import (
    Activation,
    AvgPool,
    BatchNorm,
    Conv,
    Flatten,
    GlobalPool,
    Linear,
    MaxPool,
    Residual,
    ResNet,
    Sequential,
)
from ._paths_image import PixelMean, select
from ._paths_record import Recorder, host, record


@record.register
def _(net: ResNet, recorder: Recorder) -> None:
    for layer in net.layers():
        record(layer, recorder)


@record.register
def _(net: Sequential, recorder: Recorder) -> None:
    for layer in net.layers:
        record(layer, recorder)


@record.register
def _(layer: Residual, recorder: Recorder) -> None:
    def skip(inner: Recorder) -> None:
        if layer.shortcut is not None:
            record(layer.shortcut, inner)

    recorder.parallel("residual", skip, lambda inner: record(layer.branch, inner))
    recorder.activate(layer.after)


@record.register
def _(layer: Conv, recorder: Recorder) -> None:
    recorder.conv(
        layer.weight,
        layer.bias,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        groups=layer.groups,
    )


@record.register
def _(layer: Linear, recorder: Recorder) -> None:
    recorder.dense(layer.weight, layer.bias)


@record.register
def _(layer: BatchNorm, recorder: Recorder) -> None:
    if layer.mean is None or layer.variance is None:
        raise ValueError(
            "Argument `net` must be in evaluation, but has a batch norm without running "
            "statistics (training mode): its paths would depend on the rest of the batch."
        )
    factor = host(layer.weight) / np.sqrt(host(layer.variance) + layer.epsilon)
    offset = host(layer.bias) - factor * host(layer.mean)
    recorder.scale("norm", factor[:, None, None], offset[:, None, None])


@record.register
def _(layer: Activation, recorder: Recorder) -> None:
    recorder.activate(layer.name)


@record.register
def _(layer: Flatten, recorder: Recorder) -> None:
    recorder.flatten()


@record.register
def _(layer: MaxPool, recorder: Recorder) -> None:
    recorder.mix("max pool", select(recorder.value, layer.kernel, layer.stride, layer.padding))


@record.register
def _(layer: AvgPool, recorder: Recorder) -> None:
    channels, *size = recorder.value.shape
    recorder.conv(
        np.ones((channels, 1, *layer.kernel)),
        stride=layer.stride,
        padding=layer.padding,
        groups=channels,
    )
    recorder.scale("mean", 1 / layer.counts(tuple(size)), np.zeros(()))


@record.register
def _(layer: GlobalPool, recorder: Recorder) -> None:
    shape: Any = recorder.value.shape
    if layer.kind == "mean":
        recorder.mix("mean", PixelMean(shape))
    else:
        recorder.mix("max pool", select(recorder.value, shape[1:], shape[1:], (0, 0)))
