"""Paths as networks: how steep they can be."""

import numpy as np

from ..networks import OneHidden
from ._bounds import LayerBound, bounds

_CLOSED = 1e-6  # of the largest place, below which the ends of a period are one


@bounds.register
def _(net: OneHidden) -> list[LayerBound]:
    if net.activation == "step":
        raise TypeError("its units jump, so that no factor bounds what a moment can change.")
    if net.period is not None:
        ends = [np.asarray(net(t), np.float64) for t in (0.0, float(net.period) * (1 - 1e-7))]
        if np.abs(ends[1] - ends[0]).max() > _CLOSED * (1 + np.abs(ends[0]).max()):
            raise TypeError("it jumps where it begins again, so that no factor bounds it.")
    drift, rates, pushes = _slopes(net)
    if net.activation == "relu":
        speeds = _pieces(net, drift, rates, pushes)
        return [LayerBound("path", float(speeds.max()), "the steepest of its straight pieces")]
    steepest = float(np.linalg.norm(np.abs(drift) + np.abs(pushes).sum(1)))
    return [LayerBound("path", steepest, "all waves at their steepest at once")]


def _slopes(net: OneHidden) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    drift, rates, weights = (np.asarray(a, np.float64) for a in (net.drift, net.rates, net.weights))
    return drift, rates, weights * rates


def _pieces(net: OneHidden, drift: np.ndarray, rates: np.ndarray, pushes: np.ndarray) -> np.ndarray:
    """Speeds between the kinks: units that rise come in, the others go out."""
    bends = rates != 0
    kinks = -np.asarray(net.shifts, np.float64)[bends] / rates[bends]
    order = np.argsort(kinks, kind="stable")
    first = drift + pushes[:, rates < 0].sum(1)
    changes = (pushes * np.sign(rates))[:, bends][:, order]
    slopes = np.concatenate([first[:, None], first[:, None] + np.cumsum(changes, 1)], 1)
    if net.period is not None:  # only what lies inside one period
        edges = np.concatenate([[-np.inf], kinks[order], [np.inf]])
        slopes = slopes[:, (edges[1:] > 0) & (edges[:-1] < float(net.period))]
    return np.linalg.norm(slopes, axis=0)
