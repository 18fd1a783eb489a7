"""Networks as Equinox modules: one example in, `vmap` for a batch, `scan` for depth."""

from ._layers import (
    AbstractLayer as AbstractLayer,
    Activation as Activation,
    Conv as Conv,
    Flatten as Flatten,
    Linear as Linear,
)
from ._resnet import ResNet as ResNet
from ._resnet_block import Residual as Residual, Sequential as Sequential
from ._resnet_norm import BatchNorm as BatchNorm
from ._resnet_pool import AvgPool as AvgPool, GlobalPool as GlobalPool, MaxPool as MaxPool
