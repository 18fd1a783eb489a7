"""Affine pieces of a recorded network, in float64 on the host.

Each acts on whole images (C, H, W; a vector is (n, 1, 1)), backwards by its transpose, and on
patches: the few output sites that a given input site reaches.
"""

import abc
import dataclasses
from collections.abc import Callable

import numpy as np

from ._paths_patch import Patch, add_patches

Shape = tuple[int, int, int]
Entrywise = Callable[[np.ndarray], np.ndarray]


class AbstractOperator(abc.ABC):
    """An affine map between images, $y = T x + s$."""

    @property
    @abc.abstractmethod
    def mixes(self) -> int:
        """How many sums over several inputs stand behind one another (0: none)."""

    @abc.abstractmethod
    def linear(self, x: np.ndarray) -> np.ndarray:
        """$T x$."""

    @abc.abstractmethod
    def affine(self, x: np.ndarray) -> np.ndarray:
        """$T x + s$."""

    @abc.abstractmethod
    def transpose(self, g: np.ndarray) -> np.ndarray:
        """$T^T g$."""

    @abc.abstractmethod
    def mapped(self, function: Entrywise) -> "AbstractOperator":
        """Return the operator with a function applied to each weight; its offset is left out."""

    @abc.abstractmethod
    def spread(self, patch: Patch) -> Patch:
        """$T$ applied to many patches at once."""

    @abc.abstractmethod
    def columns(self, sites: np.ndarray) -> Patch:
        """Columns of $T$ that belong to flat input sites."""


@dataclasses.dataclass(frozen=True)
class Identity(AbstractOperator):
    """The map that changes nothing."""

    shape_in: Shape

    @property
    def mixes(self) -> int:
        return 0

    def linear(self, x):
        return x

    def affine(self, x):
        return x

    def transpose(self, g):
        return g

    def mapped(self, function):
        return self

    def spread(self, patch):
        return patch

    def columns(self, sites):
        return Patch.at(sites, self.shape_in)


@dataclasses.dataclass(frozen=True)
class Scale(AbstractOperator):
    """A factor and an offset for each site: a gate, or a batch norm in evaluation."""

    factor: np.ndarray
    offset: np.ndarray

    @property
    def mixes(self) -> int:
        return 0

    def linear(self, x):
        return self.factor * x

    def affine(self, x):
        return self.factor * x + self.offset

    def transpose(self, g):
        return self.factor * g

    def mapped(self, function):
        return Scale(function(self.factor), np.zeros_like(self.offset))

    def spread(self, patch):
        return dataclasses.replace(patch, values=patch.values * patch.gather(self.factor))

    def columns(self, sites):
        return self.spread(Patch.at(sites, self.factor.shape))


@dataclasses.dataclass(frozen=True)
class Dense(AbstractOperator):
    """A matrix on a vector (n, 1, 1)."""

    weight: np.ndarray
    bias: np.ndarray

    @property
    def mixes(self) -> int:
        return 1

    def linear(self, x):
        return (self.weight @ x[:, 0, 0])[:, None, None]

    def affine(self, x):
        return self.linear(x) + self.bias[:, None, None]

    def transpose(self, g):
        return (self.weight.T @ g[:, 0, 0])[:, None, None]

    def mapped(self, function):
        return Dense(function(self.weight), np.zeros_like(self.bias))

    def spread(self, patch):
        values = (self.weight @ patch.values[:, :, 0, 0])[:, :, None, None]
        return Patch(values, patch.top, patch.left, (len(self.weight), 1, 1))

    def columns(self, sites):
        nothing = np.zeros(len(sites), int)
        return Patch(
            self.weight[:, sites][:, :, None, None], nothing, nothing, (len(self.weight), 1, 1)
        )


@dataclasses.dataclass(frozen=True)
class Reshape(AbstractOperator):
    """An image as a vector; flat sites keep their numbers."""

    shape_in: Shape

    @property
    def shape_out(self) -> Shape:
        return (int(np.prod(self.shape_in)), 1, 1)

    @property
    def mixes(self) -> int:
        return 0

    def linear(self, x):
        return x.reshape(self.shape_out)

    def affine(self, x):
        return self.linear(x)

    def transpose(self, g):
        return g.reshape(self.shape_in)

    def mapped(self, function):
        return self

    def spread(self, patch):
        n = len(patch.top)
        values = np.zeros((self.shape_out[0], n, 1, 1))
        # windows hang over the edges only with zeros, which must not overwrite
        np.add.at(values[:, :, 0, 0], (patch.sites(), np.arange(n)[:, None]), patch.amplitudes())
        return Patch(values, np.zeros(n, int), np.zeros(n, int), self.shape_out)

    def columns(self, sites):
        return Patch.at(sites, self.shape_out)


@dataclasses.dataclass(frozen=True)
class Chain(AbstractOperator):
    """Operators one after the other."""

    parts: tuple[AbstractOperator, ...]

    @property
    def mixes(self) -> int:
        return sum(part.mixes for part in self.parts)

    def linear(self, x):
        for part in self.parts:
            x = part.linear(x)
        return x

    def affine(self, x):
        for part in self.parts:
            x = part.affine(x)
        return x

    def transpose(self, g):
        for part in reversed(self.parts):
            g = part.transpose(g)
        return g

    def mapped(self, function):
        return Chain(tuple(part.mapped(function) for part in self.parts))

    def spread(self, patch):
        for part in self.parts:
            patch = part.spread(patch)
        return patch

    def columns(self, sites):
        patch = self.parts[0].columns(sites)
        for part in self.parts[1:]:
            patch = part.spread(patch)
        return patch


@dataclasses.dataclass(frozen=True)
class Parallel(AbstractOperator):
    """The sum of operators that read the same image: a shortcut and its branches."""

    parts: tuple[AbstractOperator, ...]

    @property
    def mixes(self) -> int:
        # terms of different branches may cancel, so a sum is never one convolution
        return 2 + sum(part.mixes for part in self.parts)

    def linear(self, x):
        return _total([part.linear(x) for part in self.parts])

    def affine(self, x):
        return _total([part.affine(x) for part in self.parts])

    def transpose(self, g):
        return _total([part.transpose(g) for part in self.parts])

    def mapped(self, function):
        return Parallel(tuple(part.mapped(function) for part in self.parts))

    def spread(self, patch):
        return add_patches([part.spread(patch) for part in self.parts])

    def columns(self, sites):
        return add_patches([part.columns(sites) for part in self.parts])


def _total(arrays: list[np.ndarray]) -> np.ndarray:
    total = arrays[0]
    for array in arrays[1:]:
        total = total + array
    return total
