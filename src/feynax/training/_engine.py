"""How weights are improved: what the loop asks of a method."""

import abc
from typing import Any

import numpy as np
from jaxtyping import PyTree


class AbstractEngine(abc.ABC):
    """A method of training. All that a step changes is in a state, which checkpoints keep."""

    @abc.abstractmethod
    def begin(self) -> PyTree:
        """Return the state before the first step."""

    @abc.abstractmethod
    def compile(self, state: PyTree) -> PyTree:
        """Make ready for the first step; return the state where it must be."""

    @abc.abstractmethod
    def advance(
        self, state: PyTree, number: int, rows: np.ndarray, rate: float, steps: int | None
    ) -> tuple[PyTree, Any]:
        """Take one step on these rows; return the state, and mean loss and score."""

    @abc.abstractmethod
    def network(self, state: PyTree, number: int) -> Any:
        """Return the network to be judged after so many steps."""
