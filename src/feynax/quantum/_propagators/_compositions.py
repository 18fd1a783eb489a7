"""Orders and weights of the factors of a split step."""

from typing import Literal, NamedTuple

import numpy as np

Scheme = Literal["strang", "suzuki", "blanes_moan"]


class Factor(NamedTuple):
    """A share of the potential, looked at when that share of the step is over, then of kinetic."""

    potential: float
    node: float
    kinetic: float


_P = 1 / (4 - 4 ** (1 / 3))
_SUZUKI = (_P, _P, 1 - 4 * _P, _P, _P)
_KICKS = (0.0829844064174052, 0.396309801498368, -0.0390563049223486)
_DRIFTS = (0.245298957184271, 0.604872665711080)

ORDERS = {"strang": 2, "suzuki": 4, "blanes_moan": 4}


def factors(scheme: Scheme, *, merged: bool) -> tuple[Factor, ...]:
    """Return the factors in their order; `merged` where the potential does not change in time."""
    if scheme == "blanes_moan":
        return _blanes_moan()
    found = _midpoints((1.0,) if scheme == "strang" else _SUZUKI)
    return _merged(found) if merged else found


def _midpoints(weights: tuple[float, ...]) -> tuple[Factor, ...]:
    """Strang steps one after the other, the potential taken in the middle of each."""
    ends = np.cumsum((0.0, *weights))
    pairs = [
        (Factor(w / 2, begin + w / 2, w), Factor(w / 2, begin + w / 2, 0.0))
        for w, begin in zip(weights, ends[:-1].tolist(), strict=True)
    ]
    return tuple(factor for pair in pairs for factor in pair)


def _merged(found: tuple[Factor, ...]) -> tuple[Factor, ...]:
    """Two shares of one potential without a kinetic factor between them are one share."""
    kept: list[Factor] = [found[0]]
    for factor in found[1:]:
        last = kept[-1]
        if last.kinetic == 0:
            kept[-1] = Factor(last.potential + factor.potential, factor.node, factor.kinetic)
        else:
            kept.append(factor)
    return tuple(kept)


def _blanes_moan() -> tuple[Factor, ...]:
    """Their SRKN_6^b: six kinetic factors, and errors far below Suzuki's."""
    kicks = (*_KICKS, 1 - 2 * sum(_KICKS), *reversed(_KICKS))
    half = (*_DRIFTS, 0.5 - sum(_DRIFTS))
    drifts = (*half, *reversed(half), 0.0)
    nodes = np.cumsum((0.0, *drifts[:-1])).tolist()
    return tuple(Factor(*each) for each in zip(kicks, nodes, drifts, strict=True))
