"""The record of a flow, a network whose depth is time; page and `result.json` are its views."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Complex, Float

from .._certificate import Certificate
from ..equations import FieldBound, RestPoints
from ._abstract import AbstractReading
from ._plain import certificate_values, finite


@dataclasses.dataclass(frozen=True)
class SolverReading:
    """How a flow is solved, and what the steps do.

    **Fields:**

    - `method`: by name; `step`: its length, or `None` where it is chosen while it runs.
    - `steps`: how many; `tolerance`: of chosen steps, else `None`.
    - `error`: largest difference at the end from a solution of order five with steps a quarter as
      long, of any number of the state and any start.
    - `factors`: what one step makes of each direction at `FlowReading.place`; else `None`.
    - `longest`: up to this length no step lets a direction grow there that the flow lets fade;
      `None` where none fades, or where steps are chosen.
    """

    method: str
    step: float | None
    steps: int
    tolerance: float | None
    error: float
    factors: Complex[np.ndarray, " state"] | None
    longest: float | None


@dataclasses.dataclass(frozen=True)
class FlowReading(AbstractReading):
    r"""Everything that is said about one flow $\dot\psi = f(t, \psi)$.

    **Fields:**

    - `network`: name of its class; `field`: of its field; `parameters`: how many were trained.
    - `equation`: the field, written out where it is known.
    - `starts_name`: where it was started; `times`, `paths`: the solutions from there.
    - `place`: a resting point, or zero where none was found; `eigenvalues`: of the field's
      Jacobian there, at the first time.
    - `rest`: resting points at the first time; `bound`: proven constants of the field.
    - `speed`, `steepness`: the largest rate of parting and norm of a Jacobian along the paths.
    - `solver`, `certificate`.
    - `missing`: what could not be computed, with the reason.
    """

    network: str
    field: str
    parameters: int
    equation: str
    starts_name: str
    times: Float[np.ndarray, " times"]
    paths: tuple[Float[np.ndarray, "times state"], ...]
    place: Float[np.ndarray, " state"] | None
    eigenvalues: Complex[np.ndarray, " state"] | None
    rest: RestPoints | None
    bound: FieldBound | None
    speed: float | None
    steepness: float | None
    solver: SolverReading
    certificate: Certificate | None
    missing: dict[str, str]

    @property
    def size(self) -> int:
        """How many numbers the state has."""
        return self.paths[0].shape[1]

    @property
    def at_rest(self) -> bool:
        """Whether `place` is a resting point."""
        return self.rest is not None and len(self.rest) > 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `result.json`: all numbers that the page shows."""
        return {
            "network": self.network,
            "field": self.field,
            "parameters": self.parameters,
            "equation": self.equation,
            "state": self.size,
            "from": float(self.times[0]),
            "to": float(self.times[-1]),
            "starts": {"name": self.starts_name, "count": len(self.paths)},
            "solver": self._solver(),
            "rest": self._rest(),
            "eigenvalues": _pairs(self.eigenvalues),
            "bound": None
            if self.bound is None
            else {"rate": self.bound.nu, "lipschitz": finite(self.bound.lipschitz)},
            "along_paths": {"rate": self.speed, "lipschitz": self.steepness},
            "certificate": certificate_values(self.certificate),
            "missing": dict(self.missing),
        }

    def _solver(self) -> dict[str, Any]:
        found = self.solver
        return {
            "method": found.method,
            "step": found.step,
            "steps": found.steps,
            "tolerance": found.tolerance,
            "error": finite(found.error),
            "factors": _pairs(found.factors),
            "longest_step": found.longest,
        }

    def _rest(self) -> list[dict[str, Any]] | None:
        if self.rest is None:
            return None
        rows = zip(self.rest.stability, self.rest.residuals, self.rest.points, strict=True)
        return [
            {"stability": kind, "residual": float(residual), "place": point.tolist()}
            for kind, residual, point in rows
        ]


def _pairs(values: np.ndarray | None) -> list[list[float]] | None:
    if values is None:
        return None
    return [[float(value.real), float(value.imag)] for value in values]
