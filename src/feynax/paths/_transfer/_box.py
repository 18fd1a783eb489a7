r"""Where the paths of one degree of freedom are, found from the potential alone.

A closed path comes to x with a weight of at least $e^{-\min(\beta \Delta V, W)}$, where
$W = \frac2\hbar \int \sqrt{2 m \Delta V}$ is the cost of going there from the outermost minimum
and back (for the oscillator the exponent is $\tanh(z)$ of the first, and no less than three
quarters of the smaller). The box holds all x where this is not negligible.
"""

import numpy as np

from .._potential import AbstractPotential
from .._systems._host import energies

_SHELLS, _INSIDE, _POINTS = 60, 20, 128
_ZOOMS, _ZOOM_POINTS = 4, 257
_NEGLIGIBLE = 60.0


def scan(potential: AbstractPotential, length: float) -> tuple[np.ndarray, np.ndarray]:
    """Return places on both sides of the origin in shells of double size, and V there.

    Shells reach from a millionth of `length` to 2^40 times it; the lowest place is looked at
    more closely. From where V is not a number outwards, it counts as infinite.
    """
    powers = np.linspace(-_INSIDE, _SHELLS - _INSIDE, _SHELLS * _POINTS)
    side = length * 2.0**powers
    x = np.concatenate([-side[::-1], [0.0], side])
    V = energies(potential, x[None])
    for _ in range(_ZOOMS):
        low = int(np.nanargmin(V))
        near = np.linspace(x[max(low - 1, 0)], x[min(low + 1, x.size - 1)], _ZOOM_POINTS)
        x, V = np.append(x, near), np.append(V, energies(potential, near[None]))
        order = np.unique(x, return_index=True)[1]
        x, V = x[order], V[order]
    return x, np.where(np.isnan(V), np.inf, V)


def box(
    potential: AbstractPotential, *, mass: float, hbar: float, beta: float
) -> tuple[float, float]:
    """Return the two ends of the box."""
    x, V = scan(potential, hbar * np.sqrt(beta / mass))
    excess = V - V.min()
    near = excess < _NEGLIGIBLE / beta
    inner = int(np.argmin(V))
    right = _reach(x[inner:], V[inner:], near[inner:], mass, hbar)
    left = _reach(-x[inner::-1], V[inner::-1], near[inner::-1], mass, hbar)
    return -left, right


def _reach(x: np.ndarray, V: np.ndarray, near: np.ndarray, mass: float, hbar: float) -> float:
    """Return how far one side goes; `x` grows from the lowest place outwards."""
    last = int(np.flatnonzero(near)[-1])
    drops = np.flatnonzero(np.diff(V[: last + 2]) < 0)
    start = int(drops[-1]) + 1 if drops.size else 0
    speed = np.sqrt(2 * mass * np.clip(V[start:] - V[start], 0, 1e300))
    steps = np.diff(x[start:]) * (speed[1:] + speed[:-1]) / 2
    cost = 2 / hbar * np.cumsum(steps)
    paid = start + 1 + int(np.searchsorted(cost, _NEGLIGIBLE))
    return float(x[min(max(paid, last + 1), x.size - 1)])
