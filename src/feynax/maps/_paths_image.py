"""Recorded operators on images: convolution, pooling, separable propagators."""

import dataclasses
from typing import Any

import numpy as np

from ._paths_operators import AbstractOperator, Chain, Scale, Shape
from ._paths_patch import Patch


@dataclasses.dataclass(frozen=True)
class Correlation(AbstractOperator):
    """A convolution in the sense of the frameworks, with zero padding."""

    shape_in: Shape
    weight: np.ndarray
    bias: np.ndarray
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    @property
    def shape_out(self) -> Shape:
        out, _, *kernel = self.weight.shape
        sizes = (
            (m + 2 * p - d * (k - 1) - 1) // s + 1
            for m, k, s, p, d in zip(
                self.shape_in[1:], kernel, self.stride, self.padding, self.dilation, strict=True
            )
        )
        return (out, *sizes)  # pyright: ignore[reportReturnType]

    @property
    def mixes(self) -> int:
        return 1

    def linear(self, x):
        padded = np.pad(x, ((0, 0), *((p, p) for p in self.padding)))
        y = np.zeros(self.shape_out)
        for weight, window in self._taps():
            y += _by_groups(weight, padded[window], self.groups)
        return y

    def affine(self, x):
        return self.linear(x) + self.bias[:, None, None]

    def transpose(self, g):
        channels, rows, columns = self.shape_in
        up, side = self.padding
        padded = np.zeros((channels, rows + 2 * up, columns + 2 * side))
        for weight, window in self._taps():
            padded[window] += _by_groups(_transposed(weight, self.groups), g, self.groups)
        return padded[:, up : up + rows, side : side + columns]

    def mapped(self, function):
        weight, bias = function(self.weight), np.zeros_like(self.bias)
        return dataclasses.replace(self, weight=weight, bias=bias)

    def spread(self, patch):
        kernel = self.weight.shape[2:]
        starts, sizes = zip(
            *(
                reach(start, size, k, s, p, d)
                for start, size, k, s, p, d in zip(
                    (patch.top, patch.left),
                    patch.values.shape[2:],
                    kernel,
                    self.stride,
                    self.padding,
                    self.dilation,
                    strict=True,
                )
            ),
            strict=True,
        )
        values = np.zeros((self.weight.shape[0], len(patch.top), *sizes))
        phases = np.stack(
            [
                (patch.top + self.padding[0]) % self.stride[0],
                (patch.left + self.padding[1]) % self.stride[1],
            ],
            1,
        )
        # start sites with the same phase against the stride share all their window arithmetic
        for phase in np.unique(phases, axis=0):
            who = np.flatnonzero((phases == phase).all(1))
            where = (patch.top[who[0]], patch.left[who[0]])
            goal = (starts[0][who[0]], starts[1][who[0]])
            values[:, who] = self._spread_phase(patch.values[:, who], where, goal, sizes)
        return Patch(values, starts[0], starts[1], self.shape_out).cut()

    def columns(self, sites):
        return self.spread(Patch.at(sites, self.shape_in))

    def _taps(self):
        """Each kernel position with the strided window of the padded image that it reads."""
        _, rows, columns = self.shape_out
        for i, j in np.ndindex(self.weight.shape[2:]):
            y, x = i * self.dilation[0], j * self.dilation[1]
            down = slice(y, y + self.stride[0] * (rows - 1) + 1, self.stride[0])
            right = slice(x, x + self.stride[1] * (columns - 1) + 1, self.stride[1])
            yield self.weight[:, :, i, j], (slice(None), down, right)

    def _spread_phase(self, values, where, goal, sizes):
        out = np.zeros((self.weight.shape[0], values.shape[1], *sizes))
        for i, j in np.ndindex(self.weight.shape[2:]):
            reads, writes = [slice(None)] * 2, [slice(None)] * 2
            for axis, tap in enumerate((i, j)):
                shift = where[axis] + self.padding[axis] - self.dilation[axis] * tap
                first = -shift % self.stride[axis]
                count = len(range(first, values.shape[2 + axis], self.stride[axis]))
                begin = (shift + first) // self.stride[axis] - goal[axis]
                reads.append(slice(first, None, self.stride[axis]))
                writes.append(slice(begin, begin + count))
            part = values[tuple(reads)]
            if part.size:
                out[tuple(writes)] += _by_groups(self.weight[:, :, i, j], part, self.groups)
        return out


@dataclasses.dataclass(frozen=True)
class PixelMean(AbstractOperator):
    """The mean over all pixels of each channel."""

    shape_in: Shape

    @property
    def shape_out(self) -> Shape:
        return (self.shape_in[0], 1, 1)

    @property
    def mixes(self) -> int:
        return 1

    @property
    def _share(self) -> float:
        return 1 / (self.shape_in[1] * self.shape_in[2])

    def linear(self, x):
        return x.sum((1, 2), keepdims=True) * self._share

    def affine(self, x):
        return self.linear(x)

    def transpose(self, g):
        return np.broadcast_to(g * self._share, self.shape_in)

    def mapped(self, function):
        share = function(np.array(self._share)) / self._share
        return Chain((self, Scale(np.full(self.shape_out, share), np.zeros(self.shape_out))))

    def spread(self, patch):
        values = patch.values.sum((2, 3), keepdims=True) * self._share
        nothing = np.zeros(len(patch.top), int)
        return Patch(values, nothing, nothing, self.shape_out)

    def columns(self, sites):
        return self.spread(Patch.at(sites, self.shape_in))


@dataclasses.dataclass(frozen=True)
class Selection(AbstractOperator):
    """Max pooling with the pixels that won: a matrix of zeros and ones."""

    shape_in: Shape
    winners: np.ndarray  # flat input pixel of each output site, of shape (C, H2, W2)
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]

    @property
    def shape_out(self) -> Shape:
        return self.winners.shape  # pyright: ignore[reportReturnType]

    @property
    def mixes(self) -> int:
        return 0

    def linear(self, x):
        channels = np.arange(len(x))[:, None, None]
        return x.reshape(len(x), -1)[channels, self.winners]

    def affine(self, x):
        return self.linear(x)

    def transpose(self, g):
        x = np.zeros((self.shape_in[0], self.shape_in[1] * self.shape_in[2]))
        channels = np.arange(len(x))[:, None, None]
        np.add.at(x, (np.broadcast_to(channels, g.shape), self.winners), g)
        return x.reshape(self.shape_in)

    def mapped(self, function):
        return self

    def spread(self, patch):
        a, b = patch.values.shape[2:]
        top, rows = reach(patch.top, a, self.kernel[0], self.stride[0], self.padding[0], 1)
        left, columns = reach(patch.left, b, self.kernel[1], self.stride[1], self.padding[1], 1)
        shape = (self.shape_in[0], len(patch.top), rows, columns)
        goal = Patch(np.ones(shape), top, left, self.shape_out)
        winners = goal.gather(self.winners)
        y = winners // self.shape_in[2] - patch.top[:, None, None]
        x = winners % self.shape_in[2] - patch.left[:, None, None]
        hit = (y >= 0) & (y < a) & (x >= 0) & (x < b)
        channels = np.arange(shape[0])[:, None, None, None]
        starts = np.arange(shape[1])[:, None, None]
        values = patch.values[channels, starts, y.clip(0, a - 1), x.clip(0, b - 1)] * hit
        return Patch(values, top, left, self.shape_out).cut()

    def columns(self, sites):
        return self.spread(Patch.at(sites, self.shape_in))


@dataclasses.dataclass(frozen=True)
class Separable(AbstractOperator):
    """A matrix along the rows and one along the columns of each channel: $A_y x A_x^T$."""

    along_y: np.ndarray  # (C, H2, H)
    along_x: np.ndarray  # (C, W2, W)

    @property
    def mixes(self) -> int:
        return 1

    def linear(self, x):
        return self.along_y @ x @ self.along_x.transpose(0, 2, 1)

    def affine(self, x):
        return self.linear(x)

    def transpose(self, g):
        return self.along_y.transpose(0, 2, 1) @ g @ self.along_x

    def mapped(self, function):
        return Separable(function(self.along_y), function(self.along_x))

    def spread(self, patch):
        rows = patch.rows().clip(0, self.along_y.shape[2] - 1)
        columns = patch.columns().clip(0, self.along_x.shape[2] - 1)
        left = self.along_y[:, :, rows].transpose(0, 2, 1, 3)
        right = self.along_x[:, :, columns].transpose(0, 2, 3, 1)
        nothing = np.zeros(len(patch.top), int)
        return Patch(left @ patch.values @ right, nothing, nothing, self._shape(1))

    def columns(self, sites):
        return self.spread(Patch.at(sites, self._shape(2)))

    def _shape(self, axis):
        return (len(self.along_y), self.along_y.shape[axis], self.along_x.shape[axis])


@dataclasses.dataclass(frozen=True)
class Planes(AbstractOperator):
    """A full matrix between the pixels of each channel."""

    matrices: np.ndarray  # (C, H W, H W)
    shape: Shape

    @property
    def mixes(self) -> int:
        return 1

    def linear(self, x):
        return (self.matrices @ x.reshape(len(x), -1, 1)).reshape(self.shape)

    def affine(self, x):
        return self.linear(x)

    def transpose(self, g):
        flat = g.reshape(len(g), 1, -1) @ self.matrices
        return flat.reshape(self.shape)

    def mapped(self, function):
        return Planes(function(self.matrices), self.shape)

    def spread(self, patch):
        # gathers the columns under each window: (C, H W, n, a, b)
        under = self.matrices[:, :, patch.pixels()]
        values = np.einsum("cpnab,cnab->cnp", under, patch.values)
        nothing = np.zeros(len(patch.top), int)
        return Patch(values.reshape(len(values), -1, *self.shape[1:]), nothing, nothing, self.shape)

    def columns(self, sites):
        return self.spread(Patch.at(sites, self.shape))


def select(x: np.ndarray, kernel: Any, stride: Any, padding: Any) -> Selection:
    """Record which pixel of each window is the largest, the first one of equals."""
    edges = ((0, 0), *((p, p) for p in padding))
    padded = np.pad(x, edges, constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(1, 2))
    windows = windows[:, :: stride[0], :: stride[1]]
    best = windows.reshape(*windows.shape[:3], -1).argmax(-1)
    rows = np.arange(best.shape[1])[:, None] * stride[0] + best // kernel[1] - padding[0]
    columns = np.arange(best.shape[2]) * stride[1] + best % kernel[1] - padding[1]
    winners = rows * x.shape[2] + columns
    shape: Any = x.shape
    return Selection(shape, winners, tuple(kernel), tuple(stride), tuple(padding))


def reach(start: np.ndarray, size: int, k: int, s: int, p: int, d: int) -> tuple[Any, int]:
    """First output line that an input window touches, and how many there can be."""
    first = -((d * (k - 1) - start - p) // s)
    return first, (size - 1 + d * (k - 1)) // s + 1


def _by_groups(weight: np.ndarray, x: np.ndarray, groups: int) -> np.ndarray:
    """One kernel position, a matrix (out, in / groups), on the channels of `x`."""
    blocks = weight.reshape(groups, -1, weight.shape[1])
    flat = x.reshape(groups, weight.shape[1], -1)
    return (blocks @ flat).reshape(weight.shape[0], *x.shape[1:])


def _transposed(weight: np.ndarray, groups: int) -> np.ndarray:
    blocks = weight.reshape(groups, -1, weight.shape[1]).transpose(0, 2, 1)
    return blocks.reshape(-1, blocks.shape[2])
