"""What most cells share: their configuration, their precision, and a plain vector as state."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Inexact, PyTree

from ._cell import AbstractCell


class AbstractMember(AbstractCell):
    """A cell whose static fields are the arguments of its constructor, under the same names."""

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain values."""
        static = [f.name for f in dataclasses.fields(self) if f.metadata.get("static")]
        return {name: getattr(self, name) for name in static}

    def zeros(self, *shape: int) -> Inexact[Array, "..."]:
        """Return zeros in the precision of the weights."""
        weight = jax.tree.leaves(eqx.filter(self, eqx.is_inexact_array))[0]
        return jnp.zeros(shape, weight.dtype)


class AbstractVectorMember(AbstractMember):
    """A cell whose state is one vector, all of which is seen."""

    def initial_state(self) -> Float[Array, " hidden"]:
        """Return the state of zeros."""
        return self.zeros(self.hidden_size)

    def output(self, state: PyTree) -> Float[Array, " hidden"]:
        """Return the state."""
        return state


class AbstractPairMember(AbstractMember):
    """A cell whose state is a pair of vectors, the first of which is seen."""

    def initial_state(self) -> tuple[Float[Array, " hidden"], Float[Array, " hidden"]]:
        """Return the state of zeros."""
        return self.zeros(self.hidden_size), self.zeros(self.hidden_size)

    def output(self, state: PyTree) -> Float[Array, " hidden"]:
        """Return the first of the pair."""
        return state[0]
