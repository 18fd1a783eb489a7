"""What a recurrent cell is: one step on one example."""

import abc
from typing import Any, ClassVar

import equinox as eqx
import jax
from jaxtyping import Array, Float, Inexact, PyTree

from ..._checks import check
from ._equation import CellEquation


class AbstractCell(eqx.Module):
    r"""One step of a recurrent network: $s_{l+1} = \Phi(s_l, x_l)$ on one example.

    A cell is written in three pieces, so that a sequence pays for each only as often as it must:

    - `prepare()`: what all steps share, such as the exponential of a matrix; once a sequence;
    - `drive(x)`: what a step needs of its input; for all steps at once, before the scan;
    - `step(ready, state, drive, dt)`: the recurrence itself.

    `cell(state, x)` does all three for one step; [`feynax.networks.run`][] does them for a
    sequence, and `vmap` for a batch. `dt` is the time since the last sample in units of the
    sampling step that the cell was trained with; cells that declare an ODE take it, so that they
    can be run on irregular samples and at another sampling rate. The others refuse it.

    A new cell defines the abstract members here, `equation` with its record, and `config()` with
    the plain arguments of its constructor where model files should hold it.
    """

    input_size: eqx.AbstractVar[int]
    hidden_size: eqx.AbstractVar[int]

    @abc.abstractmethod
    def initial_state(self) -> PyTree[Inexact[Array, "..."]]:
        """State before the first sample."""

    def prepare(self) -> PyTree:
        """What all steps of a sequence share; nothing by default."""
        return None

    @abc.abstractmethod
    def drive(self, x: Float[Array, " input"]) -> PyTree[Inexact[Array, "..."]]:
        """What one step needs of its input."""

    @abc.abstractmethod
    def step(
        self, ready: PyTree, state: PyTree, drive: PyTree, dt: Float[Array, ""] | None = None
    ) -> PyTree:
        """Take one step from what `prepare` and `drive` gave."""

    @abc.abstractmethod
    def output(self, state: PyTree) -> Float[Array, " hidden"]:
        """What the next layer sees of a state."""

    @abc.abstractmethod
    def equation(self) -> CellEquation:
        """The equation of which this cell is one step."""

    def __call__(
        self, state: PyTree, x: Float[Array, " input"], dt: Float[Array, ""] | None = None
    ) -> PyTree:
        """Take one step from the input itself."""
        return self.step(self.prepare(), state, self.drive(x), dt)


class AbstractLinearCell(AbstractCell):
    r"""A cell that is linear in its state: $s_{l+1} = a_l \odot s_l + b_l$, $a, b$ of the input.

    All steps of a sequence can then be taken in parallel ([`feynax.networks.linear_scan`][]).
    Where $a$ is the same at every step of one sample's time and $b$ is affine in the input,
    `time_invariant` says so: [`feynax.networks.run`][] then never forms the states between those
    that it is asked for.
    """

    time_invariant: ClassVar[bool] = False

    @abc.abstractmethod
    def coefficients(
        self, ready: PyTree, drive: PyTree, dt: Float[Array, ""] | None = None
    ) -> tuple[PyTree[Inexact[Array, "..."]], PyTree[Inexact[Array, "..."]]]:
        """Return `(a, b)`, each shaped like the state (or `a` so that it broadcasts)."""

    def step(
        self, ready: PyTree, state: PyTree, drive: PyTree, dt: Float[Array, ""] | None = None
    ) -> PyTree:
        """Take one step from what `prepare` and `drive` gave."""
        a, b = self.coefficients(ready, drive, dt)
        return jax.tree.map(lambda y, scale, shift: scale * y + shift, state, a, b)


def refuse_dt(cell: AbstractCell, dt: Any) -> None:
    """Say that a cell declares no ODE, where a time was given to it."""
    name = type(cell).__name__
    check(dt is None, "dt", f"be left out for {name}, which declares no equation in time", "a time")
