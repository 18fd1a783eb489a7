r"""Continuous-time networks: relaxation toward a target whose slopes lie between two numbers.

An Euler step of Beer's form has the difference quotients $1 - Z + ZW\Sigma$, one of rates
$1 - Z + Z\Sigma W$, with $Z$ the shares of the units and $\Sigma$ diagonal, $\sigma'$ between its
least and its largest value. The second has rows that are one number times a fixed row; so has the
transpose of the first, whose norm is that of its transpose in the inverse metric.
"""

import dataclasses

import jax
import numpy as np

from .._certificate import Certificate, Verdict
from ..networks import CTRNN, HamiltonianCTRNN
from ._attack import widen
from ._local_interval import Interval
from ._local_rows import contraction
from ._slopes import SLOPES
from ._step_bound import StepBound, corner_rows, step_bound, unknown

_EVERY = "every state and input"


@step_bound.register
def _(cell: CTRNN, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    r"""Bound Euler's step, and the methods of higher order by it in the same metric.

    Heun's step is the mean of staying and of two Euler steps. The classical Runge-Kutta step is
    Euler's with a mean of the stages' slopes, and products of two, three and four slopes.
    """
    known = SLOPES.get(cell.activation) if isinstance(cell.activation, str) else None
    if known is None:
        return unknown(cell, "nothing is known of the slopes of its activation")
    with jax.enable_x64(True):
        weights, rate = (np.asarray(a) for a in widen(cell).prepare())
    time = cell.step_size * rate
    share = 1 - np.exp(-time) if cell.method == "exponential" else time
    pushed = share[:, None] * weights
    pushed = pushed.T if cell.form == "potential" else pushed
    ends = np.outer(known, np.asarray(cell.gain, np.float64))
    slopes = Interval(ends.min(0), ends.max(0))
    forms = np.stack([np.eye(len(weights)), pushed], 1)
    found = contraction(corner_rows(forms, [Interval(1 - share, 1 - share), slopes]))
    steep = _steepness(pushed, slopes, share, found.weights)
    scales = 1 / found.weights if cell.form == "potential" else found.weights
    because = "a matrix inequality for all slopes of {}, {:g} to {:g}".format(
        cell.activation, *known
    )
    return StepBound(_whole(cell.method, found.rate, steep), np.diag(scales), because, _EVERY)


@step_bound.register
def _(cell: HamiltonianCTRNN, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    """Bound it as an ordinary network of ReLUs; and the energy while no unit switches."""
    with jax.enable_x64(True):
        bound = step_bound(widen(cell).plain(), inputs)
    return dataclasses.replace(bound, parts=(_energy(cell),) if cell.levels else ())


def _steepness(
    pushed: np.ndarray, slopes: Interval, share: np.ndarray, weights: np.ndarray
) -> float:
    """Bound h times the field by its norm at the middle slopes and that of what they vary."""
    middle, reach = (slopes.low + slopes.high) / 2, (slopes.high - slopes.low) / 2
    parts = (middle[:, None] * pushed - np.diag(share), reach[:, None] * pushed)
    turned = (weights[:, None] * part / weights for part in parts)
    return float(sum(np.linalg.norm(part, 2) for part in turned))


def _whole(method: str, euler: float, steep: float) -> float:
    """Factor of a step from Euler's, and from the steepness of h times the field."""
    if method == "heun":
        return (1 + euler**2) / 2
    if method == "rk4":
        return euler + steep**2 / 2 + steep**3 / 6 + steep**4 / 24
    return euler


def _energy(cell: HamiltonianCTRNN) -> Certificate:
    """Prove what a step does to the norm that the flow keeps, the root of the energy."""
    with jax.enable_x64(True):
        wide = widen(cell)
        form, time = np.asarray(wide.form), np.asarray(wide.base.tau)
    step = _linear_step(cell, np.asarray(cell.poisson) @ form, time)
    root = np.linalg.cholesky(form).T
    rate = float(np.linalg.norm(root @ step @ np.linalg.inv(root), 2))
    return Certificate(
        claim=f"a step multiplies the energy between two states by at most {rate**2:.9g}",
        verdict=Verdict.CERTIFIED,
        because="the field is linear there and keeps it; the factor is the method's own",
        domain="states near which no unit switches in a step, all units being on",
        margin=0.0,
        rate=rate,
    )


def _linear_step(cell: HamiltonianCTRNN, field: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """The step where the field is `field` times the state."""
    one, h, method = np.eye(len(field)), cell.base.step_size, cell.base.method
    if method == "exponential":
        return one + ((1 - np.exp(-h / tau)) * tau)[:, None] * field
    step = one
    for order in range({"euler": 1, "heun": 2, "rk4": 4}[method], 0, -1):
        step = one + h / order * field @ step
    return step
