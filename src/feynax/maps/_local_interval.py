"""Interval arithmetic on the host: what gates, slopes and products can be over a box."""

from typing import NamedTuple

import numpy as np

# Wider than what float64 loses in the sums and functions below.
_ROUNDING = 1e-12


class Interval(NamedTuple):
    """Arrays of lower and upper ends, of one shape."""

    low: np.ndarray
    high: np.ndarray

    def __add__(self, other: "Interval") -> "Interval":  # pyright: ignore
        return Interval(self.low + other.low, self.high + other.high)

    def __mul__(self, other: "Interval") -> "Interval":  # pyright: ignore
        ends = [a * b for a in self for b in other]
        return Interval(np.minimum.reduce(ends), np.maximum.reduce(ends))

    def __neg__(self) -> "Interval":
        return Interval(-self.high, -self.low)

    def hull(self, other: "Interval") -> "Interval":
        """Smallest interval around both."""
        return Interval(np.minimum(self.low, other.low), np.maximum(self.high, other.high))

    def size(self) -> np.ndarray:
        """Largest absolute value."""
        return np.maximum(np.abs(self.low), np.abs(self.high))

    def take(self, rows: slice) -> "Interval":
        """Return some of the entries."""
        return Interval(self.low[rows], self.high[rows])

    def widened(self) -> "Interval":
        """Return the interval with room for rounding."""
        room = _ROUNDING * (1 + self.size())
        return Interval(self.low - room, self.high + room)

    def cells(self, count: int) -> "Interval":
        """Cut into `count` equal cells along a new last axis."""
        edges = np.linspace(self.low, self.high, count + 1, axis=-1)
        return Interval(edges[..., :-1], edges[..., 1:])


def affine(weight: np.ndarray, box: Interval, bias: np.ndarray) -> Interval:
    """Image of a box under an affine map, exact but for rounding."""
    middle, half = (box.high + box.low) / 2, (box.high - box.low) / 2
    centre, spread = weight @ middle + bias, np.abs(weight) @ half
    return Interval(centre - spread, centre + spread).widened()


def sigmoid(a: Interval) -> Interval:
    """Logistic function."""
    return Interval(*(_sigmoid(x) for x in a)).widened()


def tanh(a: Interval) -> Interval:
    """Hyperbolic tangent."""
    return Interval(*(np.tanh(x) for x in a)).widened()


def sigmoid_slope(a: Interval) -> Interval:
    """Slope of the logistic function: largest at 0, falling on both sides."""
    return _slope(a, lambda x: _sigmoid(x) * _sigmoid(-x), 0.25)


def tanh_slope(a: Interval) -> Interval:
    """Slope of tanh: largest at 0, falling on both sides."""
    return _slope(a, lambda x: 1 - np.tanh(x) ** 2, 1.0)


def _slope(a, function, top: float) -> Interval:
    low, high = function(a.low), function(a.high)
    inside = (a.low <= 0) & (a.high >= 0)
    ends = Interval(np.minimum(low, high), np.where(inside, top, np.maximum(low, high))).widened()
    return Interval(np.maximum(ends.low, 0), np.minimum(ends.high, top))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(x / 2))
