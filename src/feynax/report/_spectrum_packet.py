"""A packet that follows a network, from a start inside of the regime."""

import math
from typing import Any

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

from .._checks import check_finite, check_positive, check_shape
from ..equations import AffineField, ReLUField, relu_flow, solve
from ..networks import CTRNN
from ..quantum import GaussianState, Lindblad, QuadraticHamiltonian, canonical_basis, leakage
from ._spectrum_reading import PacketReading

_TIMES = 241
_SHARE = 0.6  # of the way from the fixed point to the nearest threshold that the orbit takes
_WIDTHS = 3.0  # how far off the fixed point the start is where no threshold is near

Mechanics = QuadraticHamiltonian | Lindblad


def read_packet(
    mechanics: Mechanics,
    piece: AffineField,
    network: CTRNN | ReLUField,
    whole: ReLUField | None,
    origin: Float[np.ndarray, " n"],
    start: Float[ArrayLike, " n"] | None,
    duration: float | None,
) -> PacketReading:
    """Follow the narrowest packet of a system, and the network from the same start."""
    if duration is not None:
        check_positive("duration", duration)
    times = np.linspace(0.0, _duration(mechanics) if duration is None else duration, _TIMES)
    begin = _start(mechanics, piece) if start is None else np.asarray(start, np.float64) - origin
    check_shape("start", begin, (piece.size,))
    check_finite("start", begin)
    means, covariances = _moments(mechanics, begin, times)
    classical = _classical(network, whole, begin + origin, times)
    leaks, inside = None, np.ones(len(times), bool)
    if piece.region is not None:
        leaks = np.max(leakage((means, covariances), piece.region), axis=-1, initial=0.0)
        inside = np.logical_and.accumulate(piece.region.depth(classical) >= -1e-9)
    return PacketReading(times, classical, means + origin, covariances, leaks, inside)


def _moments(
    mechanics: Mechanics, begin: Float[np.ndarray, " n"], times: Float[np.ndarray, " times"]
) -> tuple[Float[np.ndarray, "times n"], Float[np.ndarray, "times n n"]]:
    if isinstance(mechanics, Lindblad):
        n = len(begin)
        added = np.zeros(mechanics.field.size - n)  # to an odd number of neurons
        narrow = _narrow(mechanics.hamiltonian)
        moved = mechanics.moments(np.concatenate([begin, added]), narrow, times)
        return np.asarray(moved.mean)[:, :n], np.asarray(moved.covariance)[:, :n, :n]
    states = mechanics.evolve(_state(mechanics, begin), times, threshold=None)
    return np.stack([s.mean for s in states]), np.stack([s.covariance for s in states])


def _duration(mechanics: Mechanics) -> float:
    """Two periods of the slowest mode, or some times of growth and decay where nothing turns."""
    if isinstance(mechanics, QuadraticHamiltonian) and mechanics.kind == "elliptic":
        return 4 * math.pi / float(np.min(mechanics.frequencies))
    speed = float(np.max(np.abs(mechanics.field.eigenvalues())))
    times = 3 if np.max(np.real(mechanics.field.eigenvalues())) > 0 else 10
    return times / speed if speed > 0 else 1.0


def _state(ham: QuadraticHamiltonian, mean: Float[np.ndarray, " n"]) -> GaussianState:
    if ham.kind == "elliptic" and len(set(ham.signs.tolist())) == 1:
        return GaussianState.coherent(ham, mean)
    return GaussianState.from_covariance(mean, _narrow(ham), poisson=ham.poisson, hbar=ham.hbar)


def _narrow(ham: QuadraticHamiltonian) -> Float[np.ndarray, "n n"]:
    """A pure state's covariance, alike in coordinates and momenta."""
    basis = canonical_basis(ham.poisson)
    return ham.hbar / 2 * basis @ basis.T


def _start(mechanics: Mechanics, piece: AffineField) -> Float[np.ndarray, " n"]:
    """Off the fixed point, so far that an orbit around it stays within its regime."""
    rest, line = piece.rest_set()
    if rest is None or line.size:
        return np.zeros(piece.size)
    is_open = isinstance(mechanics, Lindblad)
    covariance = _narrow(mechanics.hamiltonian) if is_open else _state(mechanics, rest).covariance
    shift = np.sqrt(np.diag(covariance))[: piece.size] * _WIDTHS
    if piece.region is None or not piece.region.depth(rest) > 0:
        return rest + shift
    reach = _reach(piece, shift, _duration(mechanics) / 2)
    room = float(piece.region.depth(rest))
    return rest + shift * min(1.0, _SHARE * room / reach if reach > 0 else 1.0)


def _reach(piece: AffineField, shift: Float[np.ndarray, " n"], until: float) -> float:
    """How far toward a threshold an orbit from here comes."""
    assert piece.region is not None
    flow, _ = piece.flow(np.linspace(0.0, until, 200))
    lengths = np.linalg.norm(piece.region.inner, axis=-1)
    units = piece.region.inner[lengths > 0] / lengths[lengths > 0, None]
    return float(np.max(np.abs(flow @ shift @ units.T), initial=0.0))


def _classical(
    network: CTRNN | ReLUField, whole: ReLUField | None, start: np.ndarray, times: np.ndarray
) -> Float[np.ndarray, "times n"]:
    if whole is not None:
        return np.asarray(relu_flow(whole, start, times, max_events=256).ys)
    smooth: Any = network
    return np.asarray(solve(smooth.field, start, times))
