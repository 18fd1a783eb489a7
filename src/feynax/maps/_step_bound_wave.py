"""Networks of wave functions: isometries in the norm of what they keep."""

import numpy as np

from ..networks import SymplecticRNN
from ._local_attack import flat_state, jacobian
from ._step_bound import StepBound, step_bound
from ._wave_network import PropagatorCell, WaveNetwork

_EVERY = "every state and input"


@step_bound.register
def _(cell: WaveNetwork, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    if isinstance(cell.cell, SymplecticRNN):
        return _pushes(cell, cell.cell)
    return step_bound(cell.cell, inputs)


@step_bound.register
def _(cell: PropagatorCell, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    proven = cell.propagator.stability()
    rate = float("inf") if proven.rate is None else proven.rate
    return StepBound(rate, np.eye(len(flat_state(cell))), proven.because, _EVERY)


def _pushes(net: WaveNetwork, cell: SymplecticRNN) -> StepBound:
    r"""Norm of the step in its own invariant, of the state $(C, -P)$."""
    push = cell.step_size * np.asarray(cell.weights[0], np.float64)
    one, none = np.eye(len(push)), np.zeros_like(push)
    if cell.scheme == "verlet":
        form = np.block([[one - push @ push / 4, none], [none, one]])
    else:
        form = np.block([[one, -push / 2], [-push / 2, one]])
    try:
        metric = np.linalg.cholesky(form).T
    except np.linalg.LinAlgError:
        because = "its step is past dt ||H|| = 2 hbar, where no norm is kept"
        return StepBound(float("inf"), np.eye(len(form)), because, _EVERY)
    step = metric @ jacobian(net, flat_state(net), np.zeros(1)) @ np.linalg.inv(metric)
    because = "linear: its norm in the metric of the quadratic form that it keeps"
    return StepBound(float(np.linalg.norm(step, 2)), metric, because, _EVERY)
