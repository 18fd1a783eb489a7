"""The record of a recurrent cell: which integrator it is, of which equation."""

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

from jaxtyping import PyTree

from ...equations import AbstractStep


@dataclasses.dataclass(frozen=True)
class CellEquation:
    """A recurrent cell read as one step of an integrator.

    Two orders are kept apart that the documents write as one pair: how many past states a step
    reads (`lags`), and how many derivatives the equation has (`derivative_order`).

    **Fields:**

    - `name`: of the cell.
    - `ode`: the equation, to be read.
    - `state`: the space the state lives in, such as "R^2H: (c, h)".
    - `field`: what kind of function the right-hand side is, such as "nonlinear dense".
    - `structure`: of its operator: "free", "antisymmetric", "skew generator", ...
    - `integrator`: "forward Euler", "exact flow", "symplectic Euler", "implicit midpoint", ...
    - `step`: the step policy; `None` where there is no step, as in a map that is no flow.
    - `step_from`: what the step depends on.
    - `stages`: the n of the n-t-ODERNN that computes the same map.
    - `lags`: its t: how many different past states a step reads.
    - `derivative_order`: 1 for first-order equations, 2 for oscillators.
    - `coefficients`: whether those of the ODERNN are constant or depend on state and input.
    - `linear`: whether the step is linear in the state at a given input.
    - `vector_field`: $s' = f(s, x)$ as a function of state and input, where the cell declares an
      ODE; its unit of time is one sample.
    - `odernn`: the [`feynax.networks.ODERNN`][] that computes the same map on `ravel`ed states.
    - `note`: what else must be known.
    """

    name: str
    ode: str
    state: str
    field: str
    structure: str
    integrator: str
    step: AbstractStep | None
    step_from: Literal["nothing", "clock", "input", "state and input"]
    stages: int
    lags: int
    derivative_order: int
    coefficients: Literal["constant", "dynamical"]
    linear: bool = False
    vector_field: Callable[[PyTree, PyTree], PyTree] | None = None
    odernn: Any = None
    note: str = ""

    @property
    def scannable(self) -> bool:
        """Whether all steps can be taken in parallel: linear, with steps that no state decides."""
        return self.linear and self.step_from != "state and input"

    def __str__(self) -> str:
        step = f", step from {self.step_from}" if self.step_from != "nothing" else ""
        lines = [
            f"{self.name}: {self.ode}",
            f"  by {self.integrator}{step}",
            f"  state {self.state}; {self.field} field; {self.structure} operator",
            f"  n = {self.stages} stages, t = {self.lags} past states, "
            f"derivative order {self.derivative_order}, {self.coefficients} coefficients",
            f"  {'parallel' if self.scannable else 'sequential'} in time",
        ]
        return "\n".join([*lines, *([f"  {self.note}"] if self.note else [])])
