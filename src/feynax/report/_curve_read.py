"""A path as a network, read: where its units switch, how steep it is, and the weights it has."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from .._certificate import Certificate
from .._citation import cites
from ..maps import certify
from ..networks import OneHidden
from ._abstract import AbstractReading
from ._attempt import attempt
from ._double import widened
from ._plain import certificate_values

_POINTS = 401  # of a path that is drawn


@dataclasses.dataclass(frozen=True)
class CurveReading(AbstractReading):
    """Everything that is said about one path as a network.

    **Fields:**

    - `activation`, `units`, `dof`, `period`: of the network.
    - `times`, `places`: the path, one row a degree of freedom.
    - `switches`: when each unit's argument is zero, in order; `weights`: what the unit then does
      to the first degree of freedom: a change of slope for ReLUs, else its size.
    - `speed`: the largest speed that was seen; `certificate`.
    - `missing`: what could not be computed, with the reason.
    """

    activation: str
    units: int
    dof: int
    period: float | None
    times: Float[np.ndarray, " times"]
    places: Float[np.ndarray, "dof times"]
    switches: Float[np.ndarray, " some"]
    weights: Float[np.ndarray, " some"]
    speed: float
    certificate: Certificate | None
    missing: dict[str, str]

    @property
    def network(self) -> str:
        """Name of its class."""
        return "OneHidden"

    @property
    def parameters(self) -> int:
        """Numbers that make the path: three a unit and the line beside them."""
        return self.units * (2 + self.dof) + 2 * self.dof

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `result.json`: all numbers that the page shows."""
        return {
            "network": self.network,
            "parameters": self.parameters,
            "activation": self.activation,
            "units": self.units,
            "degrees_of_freedom": self.dof,
            "period": self.period,
            "from": float(self.times[0]),
            "to": float(self.times[-1]),
            "lowest": float(self.places.min()),
            "highest": float(self.places.max()),
            "speed": self.speed,
            "switches": self.switches.tolist(),
            "weights": self.weights.tolist(),
            "certificate": certificate_values(self.certificate),
            "missing": dict(self.missing),
        }


@cites("paths")
def read_curve(network: OneHidden) -> CurveReading:
    """Read a path as the network that draws it.

    **Arguments:**

    - `network`: from [`feynax.as_network`][] of an ensemble and a path, or your own.

    **Returns:**

    A [`feynax.report.CurveReading`][]: over one period, or from the first switch to the last.

    ```python
    import feynax as fx
    path = fx.networks.OneHidden([1.0, 1.0], [0.0, -1.0], [2.0, -3.0])
    reading = fx.report.read_curve(path)
    assert reading.switches.tolist() == [0, 1] and abs(reading.certificate.rate - 2) < 1e-6
    ```
    """
    rates, shifts, weights = (
        np.asarray(a, np.float64) for a in (network.rates, network.shifts, network.weights)
    )
    bends = np.flatnonzero(rates)
    when = -shifts[bends] / rates[bends]
    order = np.argsort(when, kind="stable")
    strength = np.abs(rates[bends]) if network.activation == "relu" else np.ones(len(bends))
    period = None if network.period is None else float(network.period)
    times = np.linspace(*_span(when, period), _POINTS)
    with jax.enable_x64(True):
        places = np.asarray(eqx.filter_jit(jax.vmap(widened(network)))(jnp.asarray(times))).T
    speeds = np.linalg.norm(np.diff(places), axis=0) / np.diff(times)
    middle = times[int(speeds.argmax())] + (times[1] - times[0]) / 2
    missing = {"quantum": _ONE_PATH}
    return CurveReading(
        activation=network.activation,
        units=len(rates),
        dof=network.dof,
        period=period,
        times=times,
        places=places,
        switches=when[order],
        weights=(weights[0, bends] * strength)[order],
        speed=float(speeds.max()),
        certificate=attempt("certificate", lambda: certify(network, x=middle), missing),
        missing=missing,
    )


_ONE_PATH = (
    "one path is one term of a path integral, and levels belong to the whole ensemble: "
    "`feynax sample` draws it, and its page has the gap."
)


def _span(when: np.ndarray, period: float | None) -> tuple[float, float]:
    """What is drawn: one period, or a little more than all switches."""
    if period is not None:
        return 0.0, period * (1 - 1e-9)
    low, high = (float(when.min()), float(when.max())) if len(when) else (0.0, 1.0)
    room = 0.1 * (high - low) or 1.0
    return low - room, high + room
