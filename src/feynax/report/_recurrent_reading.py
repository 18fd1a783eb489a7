"""The record of a recurrent network read along data; page and `result.json` are views of it."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Float

from .._certificate import Certificate
from .._estimate import Estimate
from ..equations import GradientGrowth, JacobianSpectrum, RestPoints
from ..networks import CellEquation
from ._abstract import AbstractReading
from ._plain import certificate_values, finite
from ._recurrent_quantum import volume_of
from ._spectrum_reading import SpectrumReading


@dataclasses.dataclass(frozen=True)
class Memory:
    """The longest memory of a cell at many points of the data, in samples.

    **Fields:**

    - `median`, `low`, `high`: over the points; low and high leave a twentieth outside each.
    - `growing`: share of the points where some direction grows instead.
    """

    median: float
    low: float
    high: float
    growing: float

    @classmethod
    def of(cls, spectrum: JacobianSpectrum) -> "Memory":
        """Sum up a spectrum along data."""
        longest = spectrum.memory_times.max(1)
        # Infinite times are not interpolated between: the nearest point is taken.
        low, middle, high = np.quantile(longest, (0.05, 0.5, 0.95), method="nearest")
        return cls(float(middle), float(low), float(high), float(np.mean(~np.isfinite(longest))))


@dataclasses.dataclass(frozen=True)
class CellReading:
    """Everything that was found about one cell.

    **Fields:**

    - `name`: where it stands; `cell`: its class; `inputs`, `units`, `numbers`: inputs, outputs,
      and numbers in its state.
    - `equation`: which integrator it is.
    - `box`: least and largest input of each channel that the cell saw.
    - `paths`: its states along each series, the first state included.
    - `spectrum`: of the Jacobian along the data; `growth`: of gradients along the first series;
      `rest`: fixed points at the mean input; `lyapunov`: largest exponent there, in nats a
      sample; `certificate`; `quantum`: the reading as a quantum system. Each is `None` where
      `missing` says why.
    - `window`: how many samples it keeps whole before it drops them, for states that are a ring
      of past inputs; else `None`.
    """

    name: str
    cell: str
    inputs: int
    units: int
    numbers: int
    equation: CellEquation
    box: tuple[Float[np.ndarray, " input"], Float[np.ndarray, " input"]]
    paths: tuple[Float[np.ndarray, "_ state"], ...]
    spectrum: JacobianSpectrum | None
    growth: GradientGrowth | None
    rest: RestPoints | None
    lyapunov: Estimate | None
    certificate: Certificate | None
    quantum: SpectrumReading | None
    window: int | None
    missing: dict[str, str]

    @property
    def memory(self) -> Memory | None:
        """The longest memory along the data."""
        return None if self.spectrum is None else Memory.of(self.spectrum)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `result.json`."""
        return {
            "name": self.name,
            "cell": self.cell,
            "inputs": self.inputs,
            "units": self.units,
            "state": self.numbers,
            "equation": _equation(self.equation),
            "memory": _memory(self.memory),
            "growth": _growth(self.growth),
            "fixed_points": _rest(self.rest),
            "lyapunov": None
            if self.lyapunov is None
            else {"value": self.lyapunov.value, "error": self.lyapunov.error},
            "certificate": certificate_values(self.certificate),
            "volume": finite(volume_of(self.spectrum)),
            "window": self.window,
            "quantum": None if self.quantum is None else self.quantum.to_dict(),
            "missing": dict(self.missing),
        }


@dataclasses.dataclass(frozen=True)
class RecurrentReading(AbstractReading):
    """Everything that is said about one recurrent network.

    **Fields:**

    - `network`: name of its class; `parameters`: how many numbers were trained.
    - `series_name`: what it was read along; `lengths`: samples of each series.
    - `cells`: one reading a cell.
    """

    network: str
    parameters: int
    series_name: str
    lengths: tuple[int, ...]
    cells: tuple[CellReading, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `result.json`: all numbers that the page shows."""
        return {
            "network": self.network,
            "parameters": self.parameters,
            "series": {"name": self.series_name, "lengths": list(self.lengths)},
            "cells": [cell.to_dict() for cell in self.cells],
        }


def _equation(found: CellEquation) -> dict[str, Any]:
    return {
        "name": found.name,
        "ode": found.ode,
        "integrator": found.integrator,
        "step": None if found.step is None else type(found.step).__name__,
        "step_from": found.step_from,
        "state": found.state,
        "field": found.field,
        "structure": found.structure,
        "stages": found.stages,
        "lags": found.lags,
        "derivative_order": found.derivative_order,
        "coefficients": found.coefficients,
        "scannable": found.scannable,
        "note": found.note,
    }


def _memory(found: Memory | None) -> dict[str, Any] | None:
    if found is None:
        return None
    numbers = {"median": found.median, "low": found.low, "high": found.high}
    return {k: finite(v) for k, v in numbers.items()} | {
        "growing": found.growing,
        "unit": "samples",
    }


def _growth(found: GradientGrowth | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "steps": len(found.curve),
        "log_largest": finite(found.log_singular[0]),
        "log_smallest": finite(found.log_singular[-1]),
        "per_step": finite(found.log_singular[0] / len(found.curve)),
        "unsettled": finite(found.settled),
    }


def _rest(found: RestPoints | None) -> dict[str, Any] | None:
    if found is None:
        return None
    rows = zip(found.stability, found.residuals, found.eigenvalues, found.reached, strict=True)
    return {
        "lost": int(found.lost),
        "points": [
            {
                "stability": kind,
                "residual": float(residual),
                "leading": [float(spectrum[0].real), float(spectrum[0].imag)],
                "reached": int(reached),
            }
            for kind, residual, spectrum, reached in rows
        ],
    }
