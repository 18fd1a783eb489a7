"""What a network is read on where nothing was given: noise, random states, random values."""

import functools
from typing import Any

import numpy as np

from .._checks import check
from ..networks import (
    AbstractCell,
    DrivenMap,
    HeldField,
    HeldMap,
    MLPField,
    NeuralODE,
    OneHidden,
    RecurrentStack,
    SequenceNet,
)
from ._curve_read import CurveReading, read_curve
from ._flow_read import read_flow
from ._flow_reading import FlowReading
from ._image_read import read_image
from ._reading import Reading
from ._recurrent_read import read_recurrent
from ._recurrent_reading import RecurrentReading

AnyReading = Reading | RecurrentReading | FlowReading | CurveReading

_SERIES = (4, 200)  # series of noise, and their steps
_SIDE = 16  # pixels of random images, for networks that take any size
_PATHS = 20000


@functools.singledispatch
def read_alone(network: Any) -> AnyReading:
    """Read a network of images at random values; others have rules of their own."""
    shape = getattr(network, "in_shape", None) or (_channels(network), _SIDE, _SIDE)
    return read_image(
        network,
        np.random.default_rng(0).normal(size=shape),
        output=None,
        label=None,
        image_name="random values",
        paths=_PATHS,
        key=None,
        certificate=True,
    )


def _channels(network: Any) -> int:
    """Channels that a network of images says it takes."""
    config = network.config() if hasattr(network, "config") else {}
    for layer in (config, *config.get("layers", ())):
        for name in ("in_channels", "channels"):
            if name in layer:
                return layer[name]
    must = "be given for a network that does not say which images it takes"
    check(False, "image", must, type(network).__name__)
    return 0


@read_alone.register(AbstractCell)
@read_alone.register(RecurrentStack)
@read_alone.register(SequenceNet)
def _(network: Any) -> RecurrentReading:
    if network.input_size == 0:
        alone = np.zeros((1, _SERIES[1], 0))
        return read_recurrent(network, list(alone), series_name="a run without input")
    noise = np.random.default_rng(0).normal(size=(*_SERIES, network.input_size))
    return read_recurrent(network, list(noise), series_name="white noise")


@read_alone.register
def _(network: DrivenMap) -> AnyReading:
    return read_alone(network.cell)


@read_alone.register
def _(network: HeldMap) -> RecurrentReading:
    held = np.tile(np.asarray(network.x, np.float64), (_SERIES[1], 1))
    return read_recurrent(network.driven.cell, [held], series_name="its held input")


@read_alone.register
def _(network: HeldField) -> AnyReading:
    return read_alone(network.held)


@read_alone.register
def _(network: OneHidden) -> CurveReading:
    return read_curve(network)


@read_alone.register
def _(network: NeuralODE | MLPField) -> FlowReading:
    return read_flow(network)
