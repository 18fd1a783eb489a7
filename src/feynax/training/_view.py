"""How examples reach a network, and what it makes of them."""

import abc
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree


class AbstractView(abc.ABC):
    """What the loop asks of a kind of data. Views are compared by value: they are compiled in."""

    @property
    @abc.abstractmethod
    def score(self) -> str:
        """Name of the number beside the loss."""

    @abc.abstractmethod
    def draw(self, arrays: PyTree, rows: Array, keys: PRNGKeyArray) -> PyTree:
        """Return the examples at these rows, one key each for what is random in them."""

    @abc.abstractmethod
    def measure(
        self, params: PyTree, static: PyTree, some: PyTree, steps: int | None, keys: Any
    ) -> tuple[Float[Array, " batch"], Float[Array, " batch"], PyTree]:
        """Return losses, scores, and by how much running statistics move.

        Without keys the network is evaluated: nothing is distorted, smoothed or dropped.
        """


def precision_of(params: PyTree) -> Any:
    """Return the type of a network's weights; that of single precision where it has none."""
    leaves = jax.tree.leaves(params)
    return leaves[0].dtype if leaves else jnp.dtype("float32")
