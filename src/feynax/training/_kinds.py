"""What training asks of data: images, series, and endless tasks."""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import PRNGKeyArray


class LabelledImages(Protocol):
    """What training needs of a set of images; `feynax.data.ImageData` is one."""

    @property
    def images(self) -> np.ndarray:
        """Bytes, or floats in [0, 1], of shape (N, H, W) or (N, C, H, W)."""
        ...

    @property
    def labels(self) -> np.ndarray:
        """Class numbers of shape (N,)."""
        ...

    @property
    def mean(self) -> float:
        """Mean of the grey values as a share of white."""
        ...

    @property
    def std(self) -> float:
        """Standard deviation of the grey values as a share of white."""
        ...


class Series(Protocol):
    """What training needs of a set of series; `feynax.data.SeriesData` is one."""

    @property
    def inputs(self) -> np.ndarray:
        """Values (N, T, C), or tokens (N, T)."""
        ...

    @property
    def targets(self) -> np.ndarray:
        """Class numbers (N,) or (N, T), or values (N, K) or (N, T, K)."""
        ...

    @property
    def classes(self) -> int:
        """How many classes; 0 where targets are values."""
        ...

    @property
    def mask(self) -> np.ndarray | None:
        """Steps that exist, (N, T)."""
        ...

    @property
    def dts(self) -> np.ndarray | None:
        """Time since the last step, (N, T)."""
        ...

    @property
    def weights(self) -> np.ndarray | None:
        """Of each step's part in the loss, (N, T)."""
        ...

    @property
    def mean(self) -> tuple[float, ...]:
        """Mean of each channel."""
        ...

    @property
    def std(self) -> tuple[float, ...]:
        """Deviation of each channel."""
        ...


@runtime_checkable
class Task(Protocol):
    """An endless task: an example for every key. `feynax.data.CopyMemory` is one."""

    @property
    def classes(self) -> int:
        """How many classes; 0 where targets are values."""
        ...

    def sample(self, key: PRNGKeyArray) -> tuple[Any, Any, Any]:
        """Return inputs, targets and the weights of the steps (or `None`) of one example."""
        ...
