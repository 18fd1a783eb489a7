"""Cells that can be undone, in general and as a chain of shears."""

import abc
from collections.abc import Callable
from typing import NamedTuple

from jaxtyping import Array, Float, PyTree

from ._cell import AbstractCell


class AbstractInvertibleCell(AbstractCell):
    r"""A cell with $\Phi^{-1}$: from the state after a step and its input to the state before.

    [`feynax.networks.reversible_run`][] then needs no stored states for the gradient, and
    [`feynax.networks.recovery`][] measures how far back a state can be recovered. A cell of your
    own defines `invert` beside the members of [`feynax.networks.AbstractCell`][].
    """

    @abc.abstractmethod
    def invert(
        self, ready: PyTree, state: PyTree, drive: PyTree, dt: Float[Array, ""] | None = None
    ) -> PyTree:
        """Undo `step`: return the state before it."""


class Shear(NamedTuple):
    """One part of a state moved by a function of the other parts.

    **Fields:**

    - `part`: index of the part that moves.
    - `push`: from the whole state to what is added to that part; it must not read the part.
    """

    part: int
    push: Callable[[tuple[Array, ...]], Array]


class AbstractShearCell(AbstractInvertibleCell):
    r"""A cell whose step is a chain of shears, $s_i \leftarrow s_i + P(s_{j \ne i})$.

    Each shear is undone by subtracting what was added, so the step has an inverse whatever the
    functions $P$ are, its determinant is 1, and one evaluation of each $P$ serves both the
    inverse and the gradient. The state is a tuple of arrays; a cell defines `shears`.
    """

    @abc.abstractmethod
    def shears(
        self, ready: PyTree, drive: PyTree, dt: Float[Array, ""] | None = None
    ) -> tuple[Shear, ...]:
        """Return the shears of one step in their order."""

    def step(
        self, ready: PyTree, state: PyTree, drive: PyTree, dt: Float[Array, ""] | None = None
    ) -> PyTree:
        """Take one step from what `prepare` and `drive` gave."""
        for part, push in self.shears(ready, drive, dt):
            state = moved(state, part, state[part] + push(state))
        return state

    def invert(
        self, ready: PyTree, state: PyTree, drive: PyTree, dt: Float[Array, ""] | None = None
    ) -> PyTree:
        """Undo `step`: return the state before it."""
        for part, push in reversed(self.shears(ready, drive, dt)):
            state = moved(state, part, state[part] - push(state))
        return state


def moved(state: tuple[Array, ...], part: int, value: Array) -> tuple[Array, ...]:
    """Return the state with one part replaced."""
    return (*state[:part], value, *state[part + 1 :])
