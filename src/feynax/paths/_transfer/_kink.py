"""Whether a potential has a kink, at which no uniform grid converges fast."""

import numpy as np

from .._ensemble import PathEnsemble
from .._systems._host import energies

_POINTS = 2**13 + 1
_SMOOTH = 6.0  # third differences fall to an eighth when steps are halved, at kinks to a half


def has_kink(ensemble: PathEnsemble, ends: tuple[float, float]) -> bool:
    """Return whether the weight of a slice has a jump in its value, slope or curvature.

    It is looked at in steps of an eight-thousandth of the box and twice that: what is smooth and
    as narrow counts as a kink.
    """
    V = energies(ensemble.potential, np.linspace(*ends, _POINTS)[None])
    V = np.where(np.isnan(V), np.inf, V)
    weight = np.exp(-float(ensemble.dt / ensemble.hbar) * (V - V.min()))
    fine, coarse = (float(np.abs(np.diff(w, 3)).max()) for w in (weight, weight[::2]))
    return fine > _POINTS * np.finfo(float).eps and coarse < _SMOOTH * fine
