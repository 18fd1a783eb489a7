"""Small cells that together cover all values which the arguments of a unit's gates can take."""

import itertools
from collections.abc import Sequence

import numpy as np

from ._local_interval import Interval

_ROUNDING = 1e-9


def joint_cells(
    forms: np.ndarray,
    offsets: np.ndarray,
    box: Interval,
    free: Sequence[Interval],
    count: int,
) -> list[Interval]:
    """Cut the values of several linear forms over one box, and of free numbers, into cells.

    `forms` is (units, terms, size of the box). The forms read the same inputs, so they do not take
    their extremes together: cells outside their common image (a zonotope, bounded along a fixed
    set of directions) are dropped. Returns one interval of (units, cells) for each form and each
    free number; units that need fewer cells repeat one of theirs.
    """
    middle, half = (box.high + box.low) / 2, (box.high - box.low) / 2
    centre, spread = forms @ middle + offsets, np.abs(forms) @ half + 1e-300
    axes = [Interval(c - s, c + s).widened() for c, s in zip(centre.T, spread.T, strict=True)]
    cells = _grid([*axes, *free], count)
    some = [
        Interval(*((x - c[:, None]) / s[:, None] for x in cell))
        for cell, c, s in zip(cells, centre.T, spread.T, strict=False)
    ]
    inside = _meets(some, forms * half / spread[..., None])
    order = np.argsort(~inside, 1, kind="stable")[:, : inside.sum(1).max()]
    order = np.where(np.take_along_axis(inside, order, 1), order, order[:, :1])
    return [Interval(*(np.take_along_axis(x, order, 1) for x in cell)) for cell in cells]


def corners(q: Sequence[Interval]) -> np.ndarray:
    """All corners of all cells: (units, cells * 2 ** terms, terms)."""
    picks = itertools.product((0, 1), repeat=len(q))
    found = [np.stack([x[side] for x, side in zip(q, pick, strict=True)], -1) for pick in picks]
    return np.concatenate(found, 1)


def _meets(cells: Sequence[Interval], generators: np.ndarray) -> np.ndarray:
    """Which cells no direction separates from the zonotope of (units, terms, size) generators."""
    middles = np.stack([(c.low + c.high) / 2 for c in cells], -1)
    halves = np.stack([(c.high - c.low) / 2 for c in cells], -1)
    inside = np.ones(middles.shape[:2], bool)
    for direction in itertools.product((-1.0, 0.0, 1.0), repeat=len(cells)):
        d = np.array(direction)
        reach = np.abs(np.einsum("k,ukd->ud", d, generators)).sum(1) + _ROUNDING
        inside &= middles @ d - halves @ np.abs(d) <= reach[:, None]
    return inside


def _grid(axes: Sequence[Interval], count: int) -> list[Interval]:
    """Cells of a product of intervals, flattened: (units, count ** len(axes))."""
    found = []
    for place, axis in enumerate(axes):
        shape = [1] * len(axes)
        shape[place] = count
        full = (len(axis.low), *[count] * len(axes))
        ends = (np.broadcast_to(x.reshape(-1, *shape), full) for x in axis.cells(count))
        found.append(Interval(*(x.reshape(len(axis.low), -1) for x in ends)))
    return found
