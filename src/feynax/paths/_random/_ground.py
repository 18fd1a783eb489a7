r"""Ground state of a potential in one dimension, as a smooth logarithm that JAX can follow.

The slope $u = (\ln\psi_0)'$ obeys $u' = \frac{2m}{\hbar^2}(V - E_0) - u^2$. Integrated inwards
from both sides it forgets how it began, so it is right in the far tails too, where the amplitude
itself is below rounding.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._errors import NotConvergedError, NotNormalisableError

_POINTS, _BASIS = 513, 301
_DECAY = 20.0  # ln of the amplitude's fall from its middle to the edges of the grid
_FARTHEST = 1e3
_LARGEST_MISMATCH = 1e-5


class LogAmplitude(eqx.Module):
    """Logarithm of a ground state's amplitude at any place: quintic between its nodes.

    - `places`: equally spaced; `jets`: value, slope and curvature there, shape (3, places).
    """

    places: Float[np.ndarray, " places"]
    jets: Float[np.ndarray, "3 places"]

    def __call__(self, x: Float[Array, ""]) -> Float[Array, ""]:
        places, jets = jnp.asarray(self.places, x.dtype), jnp.asarray(self.jets, x.dtype)
        width = places[1] - places[0]
        left = jnp.clip(jnp.floor((x - places[0]) / width), 0, len(self.places) - 2).astype(int)
        inside = _quintic((x - places[left]) / width, jets[:, left], jets[:, left + 1], width)
        edge = jnp.where(x > places[-1], len(self.places) - 1, 0)
        away, (value, slope, bend) = x - places[edge], jets[:, edge]
        beyond = value + away * (slope + away / 2 * jnp.minimum(bend, 0))
        return jnp.where((x >= places[0]) & (x <= places[-1]), inside, beyond)


def log_amplitude(
    energy: Callable[[Any], Any], mass: float, hbar: float
) -> tuple[LogAmplitude, float]:
    """Return the ground state of a potential energy, a function of NumPy places, and its level."""
    left, right = _reach(energy, mass, hbar)
    e0, peak = _lowest(energy, left, right, mass, hbar)
    places = np.linspace(left, right, _POINTS)
    middle = int(np.clip(np.searchsorted(places, peak), 1, _POINTS - 2))
    slope = lambda x, u: 2 * mass / hbar**2 * (energy(x) - e0) - u**2
    one = _inwards(slope, places[: middle + 1])
    two = _inwards(slope, places[middle:][::-1])[:, ::-1]
    jump = abs(one[0, -1] - two[0, 0]) * (right - left)
    if not jump < _LARGEST_MISMATCH:
        raise NotConvergedError(
            f"The ground state's slopes from left and right differ by {jump:.1g}.", found=e0
        )
    one[1] -= one[1, -1]
    two[1] -= two[1, 0]
    u, log = np.concatenate([one, two[:, 1:]], 1)
    return LogAmplitude(places, np.stack([log, u, slope(places, u)])), e0


def _reach(energy: Callable[[Any], Any], mass: float, hbar: float) -> tuple[float, float]:
    """Return where the amplitude has fallen far enough, on either side."""
    width = 0.1
    while width < _FARTHEST:
        x = np.linspace(-width, width, 2001)
        V = energy(x)
        rate = np.sqrt(2 * mass * np.maximum(V - V.min(), 0)) / hbar
        fall = np.cumsum(rate) * (x[1] - x[0])
        low = int(np.argmin(V))
        left, right = fall[low] > _DECAY, fall[-1] - fall[low] > _DECAY
        if left and right and np.isfinite(V).all():
            near = np.abs(fall - fall[low]) <= 1.5 * _DECAY
            return float(x[near][0]), float(x[near][-1])
        width *= 1.2
    raise NotNormalisableError(
        f"Argument `potential` must confine the particle, but does not within {width:.3g} of 0."
    )


def _lowest(energy, left: float, right: float, mass: float, hbar: float) -> tuple[float, float]:
    """Lowest level and the place of its largest amplitude, in a basis of sinc functions."""
    x = np.linspace(left, right, _BASIS)
    n = np.arange(_BASIS)
    apart = n[:, None] - n
    far = np.where(apart == 0, 1, apart)
    kinetic = np.where(apart == 0, np.pi**2 / 3, 2.0 * (-1.0) ** apart / far**2)
    kinetic *= hbar**2 / (2 * mass * (x[1] - x[0]) ** 2)
    from scipy.linalg import eigh

    levels, states = eigh(kinetic + np.diag(energy(x)), subset_by_index=[0, 0])
    return float(levels[0]), float(x[np.argmax(np.abs(states[:, 0]))])


def _inwards(slope: Callable[[Any, Any], Any], places: np.ndarray) -> np.ndarray:
    """Slope and logarithm at places that begin at an edge, where the slope turns little."""
    from scipy.integrate import solve_ivp

    inwards = np.sign(places[1] - places[0])
    first = inwards * np.sqrt(max(float(slope(places[0], 0.0)), 0.0))
    both = lambda x, y: np.array([slope(x, y[0]), y[0]])
    run = solve_ivp(both, places[[0, -1]], [first, 0.0], "DOP853", places, rtol=1e-12, atol=1e-13)
    return run.y


def _quintic(t, one, two, width):
    """Interpolate value, slope and curvature of both ends at a share t of the way."""
    scale = jnp.stack([jnp.ones_like(width), width, width**2 / 2])
    a, b = one * scale, two * scale
    rest = b[0] - a[0] - a[1] - a[2], b[1] - a[1] - 2 * a[2], b[2] - a[2]
    third = 10 * rest[0] - 4 * rest[1] + rest[2]
    fourth = -15 * rest[0] + 7 * rest[1] - 2 * rest[2]
    fifth = 6 * rest[0] - 3 * rest[1] + rest[2]
    return a[0] + t * (a[1] + t * (a[2] + t * (third + t * (fourth + t * fifth))))
