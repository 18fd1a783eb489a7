"""One kernel for a row of linear layers, with every gate open."""

import dataclasses

import numpy as np
from jaxtyping import Float

from ..networks import AbstractLayer, Activation, BatchNorm, Conv, Sequential


@dataclasses.dataclass(frozen=True)
class Linearised:
    """A row of layers as one cross-correlation about the output's pixel.

    **Fields:**

    - `kernel`: (out, in, rows, columns) of odd sizes, in input pixels.
    - `stride`: of the whole row.
    - `gates`: whether activations were passed over.
    """

    kernel: Float[np.ndarray, "out in rows columns"]
    stride: tuple[int, int]
    gates: bool


def linearise(row: Sequential) -> Linearised:
    """Compose convolutions and batch norms; activations are taken as open gates.

    Raises `TypeError` for layers that are not convolutions, norms or activations.
    """
    kernel, stride, gates = None, (1, 1), False
    scale: np.ndarray | None = None
    for layer in row.layers:
        if isinstance(layer, Conv):
            own = conv_kernel(layer)
            if kernel is None:
                kernel = own if scale is None else own * scale[None, :, None, None]
            else:
                kernel = compose(own, kernel, stride)
            stride = (stride[0] * layer.stride[0], stride[1] * layer.stride[1])
        elif isinstance(layer, BatchNorm):
            factor = np.asarray(layer.scale_and_shift()[0], np.float64)
            if kernel is None:
                scale = factor if scale is None else scale * factor
            else:
                kernel = factor[:, None, None, None] * kernel
        elif isinstance(layer, Activation):
            gates = True
        else:
            raise TypeError(_refusal(layer))
    if kernel is None:
        raise TypeError("as_equation needs a convolution in every branch of a residual block.")
    return Linearised(kernel, stride, gates)


def conv_kernel(conv: Conv) -> np.ndarray:
    """Kernel of a convolution with its groups and dilation written out, centred by its padding."""
    weight = np.asarray(conv.weight, np.float64)
    out, per_group, rows, columns = weight.shape
    full = np.zeros((out, per_group * conv.groups, rows, columns))
    for group in range(conv.groups):
        outs = slice(group * out // conv.groups, (group + 1) * out // conv.groups)
        full[outs, group * per_group : (group + 1) * per_group] = weight[outs]
    (di, dj), (pi, pj) = conv.dilation, conv.padding
    half_i, half_j = max(pi, di * (rows - 1) - pi), max(pj, dj * (columns - 1) - pj)
    centred = np.zeros((*full.shape[:2], 2 * half_i + 1, 2 * half_j + 1))
    i, j = half_i - pi, half_j - pj
    centred[:, :, i : i + di * rows : di, j : j + dj * columns : dj] = full
    return centred


def compose(later: np.ndarray, first: np.ndarray, stride: tuple[int, int] = (1, 1)) -> np.ndarray:
    """Kernel of `later` applied to the output of `first`, which has `stride`."""
    (rows, columns), (k, m) = later.shape[2:], first.shape[2:]
    (si, sj) = stride
    shape = (later.shape[0], first.shape[1], si * (rows - 1) + k, sj * (columns - 1) + m)
    total = np.zeros(shape)
    for i in range(rows):
        for j in range(columns):
            part = np.einsum("om,mikl->oikl", later[:, :, i, j], first, optimize=True)
            total[:, :, si * i : si * i + k, sj * j : sj * j + m] += part
    return total


def _refusal(layer: AbstractLayer) -> str:
    return f"as_equation reads convolutions, norms and activations, but the block has {layer!r:.60}"
