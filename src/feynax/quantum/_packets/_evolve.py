"""Gaussian packets in time: exact, through every caustic."""

import math
import warnings
from collections.abc import Sequence

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

from ..._checks import check
from ..._errors import LeakageWarning
from .._abstract import AbstractQuadratic
from ._branch import spread_angle
from ._flow import Mechanics
from ._gaussian import GaussianState, same_brackets
from ._leakage import orbit_leakage


def evolve(
    ham: AbstractQuadratic,
    state: GaussianState,
    t: Float[ArrayLike, "*times"] | Sequence[float],
    threshold: float | None,
) -> GaussianState | list[GaussianState]:
    """Propagate a packet to one time, or to each of several."""
    must = "have the Poisson matrix and the Planck constant of the Hamiltonian"
    check(same_brackets(ham, state), "state", must, f"hbar {state.hbar}")
    times = np.asarray(t, np.float64)
    check(times.ndim <= 1, "t", "be one time or a vector of times", f"shape {times.shape}")
    flat = times.reshape(-1)
    states = _states(Mechanics(ham), state, flat)
    if ham.region is not None and threshold is not None and len(flat):
        _warn(ham, state, flat, threshold)
    return states if times.ndim else states[0]


def _states(
    mechanics: Mechanics, state: GaussianState, times: Float[np.ndarray, " times"]
) -> list[GaussianState]:
    flow = mechanics.flow(times)
    m, q, p = mechanics.modes, state.q_matrix, state.p_matrix
    begun = np.concatenate(state.canonical_mean)
    means = flow.matrix @ begun + flow.shift
    spreads = flow.matrix @ np.concatenate([q, p])
    products = np.sum(means[:, :m] * means[:, m:], axis=-1) - begun[:m] @ begun[m:]
    actions = state.action + (products - flow.work @ begun - flow.work_shift) / 2
    angles = state.angle + spread_angle(mechanics, times, flow.matrix, q, p)
    principal = np.angle(np.linalg.det(spreads[:, :m]))
    windings = np.rint((angles - principal) / (2 * math.pi)).astype(int).tolist()
    return [
        GaussianState(
            mechanics.frame @ mean,
            spread[:m],
            spread[m:],
            state.poisson,
            state.hbar,
            float(action),
            winding,
        )
        for mean, spread, action, winding in zip(means, spreads, actions, windings, strict=True)
    ]


def _warn(
    ham: AbstractQuadratic,
    state: GaussianState,
    times: Float[np.ndarray, " times"],
    threshold: float,
) -> None:
    ends = {float(min(times.min(), 0.0)), float(max(times.max(), 0.0))}
    worst = max((orbit_leakage(ham, state, end) for end in ends), key=lambda leak: leak[0])
    if worst.probability > threshold:
        warnings.warn(
            f"At time {worst.time:.4g} the packet has {worst.probability:.2g} of its probability "
            f"on the wrong side of unit {worst.unit}: the network follows another regime there.",
            LeakageWarning,
            stacklevel=4,
        )
