"""What the state of a recurrent network does along data."""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Float

from .._checks import check
from ._style import INK, NEGATIVE, POSITIVE, THIRD, draw_field, frame, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_STEPS = 900  # drawn of all paths together: a page stays small
_MOST_UNITS = 128
_MARKS = {"stable": ("o", THIRD), "saddle": ("X", POSITIVE), "unstable": ("^", POSITIVE)}


class StatePath(NamedTuple):
    """The states of one cell, to be drawn.

    **Fields:**

    - `name`: of the cell.
    - `paths`: its states along each series.
    - `points`: fixed points, one a row, with their `stability`.
    """

    name: str
    paths: Sequence[Float[np.ndarray, "_ state"]]
    points: Float[np.ndarray, "k state"]
    stability: Sequence[str]


def state_portrait(cells: Sequence[StatePath], *, tall: bool = False) -> "Figure":
    """Draw each cell's states in the plane in which they vary most, and unit by unit in time.

    Left the paths from blue (first steps) to orange (last), with fixed points; right the numbers
    of the state along the first series, ordered by their part in the first component.

    **Arguments:**

    - `cells`: what to draw.
    - `tall`: one column, for narrow pages.

    **Raises:**

    - `ValueError` where there is no cell.

    ```python
    import numpy as np, feynax as fx
    path = np.cumsum(np.random.default_rng(0).normal(size=(30, 4)), 0)
    cell = fx.plot.StatePath("cell", [path], path[:1], ["stable"])
    assert len(fx.plot.state_portrait([cell]).axes) == 2
    ```
    """
    check(len(cells) > 0, "cells", "hold at least one cell", "none")
    rows = len(cells)
    with styled():
        figure = new_figure(4.2, 5.6 * rows) if tall else new_figure(9.6, 3.9 * rows)
        for index, cell in enumerate(cells):
            top, height = 1 - index / rows, 1 / rows
            if tall:
                plane = figure.add_axes((0.14, top - 0.56 * height, 0.82, 0.5 * height))
                field = figure.add_axes((0.14, top - 0.93 * height, 0.82, 0.24 * height))
            else:
                plane = figure.add_axes((0.07, top - 0.86 * height, 0.42, 0.76 * height))
                field = figure.add_axes((0.58, top - 0.86 * height, 0.4, 0.76 * height))
            turn = _plane(plane, cell)
            _units(field, cell.paths[0], turn)
    return figure


def gradient_growth(curves: Sequence[tuple[str, Float[np.ndarray, "T n"]]]) -> "Figure":
    """Draw how the largest, the middle and the smallest singular value grow with depth in time.

    **Arguments:**

    - `curves`: name of a cell, and `curve` of its [`feynax.equations.GradientGrowth`][].

    ```python
    import numpy as np, feynax as fx
    curve = np.outer(np.arange(1, 9), [-0.1, -1.0])
    assert len(fx.plot.gradient_growth([("cell", curve)]).axes) == 1
    ```
    """
    check(len(curves) > 0, "curves", "hold at least one cell", "none")
    colours = (NEGATIVE, POSITIVE, THIRD, "#CC79A7")
    with styled():
        figure = new_figure(5.2, 2.9)
        ax = figure.add_axes((0.13, 0.16, 0.84, 0.8))
        for index, (name, curve) in enumerate(curves):
            tens = np.maximum(curve / np.log(10), -300)
            steps = np.arange(1, len(tens) + 1)
            colour = colours[index % 4]
            ax.plot(steps, tens.max(1), color=colour, label=name)
            ax.plot(steps, np.median(tens, 1), color=colour, linewidth=0.9, linestyle="--")
        ax.axhline(0, color=INK, linewidth=0.6, alpha=0.5)
        ax.set_xlabel("steps")
        ax.set_ylabel("growth, powers of ten")
        ax.legend(frameon=False, fontsize=8)
    return figure


def memory_histogram(cells: Sequence[tuple[str, Float[np.ndarray, " times"]]]) -> "Figure":
    """Draw how many directions of the state remember for how long, on a logarithmic axis.

    **Arguments:**

    - `cells`: name of a cell, and memory times in samples; infinite ones are counted beyond the
      right end.

    ```python
    import numpy as np, feynax as fx
    figure = fx.plot.memory_histogram([("cell", np.array([0.5, 2.0, np.inf]))])
    assert len(figure.axes) == 1
    ```
    """
    check(len(cells) > 0, "cells", "hold at least one cell", "none")
    seen = np.concatenate([times for _, times in cells])
    finite = seen[np.isfinite(seen) & (seen > 0)]
    low, high = (finite.min(), finite.max()) if finite.size else (1.0, 10.0)
    # Directions forgotten within a hundredth of a sample are gone: no need to tell them apart.
    low, high = max(low, 1e-2), max(high, 2e-2)
    edges = np.geomspace(low * 0.999, max(high, low * 1.1) * 1.001, 31)
    colours = (NEGATIVE, POSITIVE, THIRD, "#CC79A7")
    with styled():
        figure = new_figure(5.2, 2.9)
        ax = figure.add_axes((0.13, 0.16, 0.84, 0.8))
        for index, (name, times) in enumerate(cells):
            kept = np.clip(np.where(np.isfinite(times), times, high), low, high)
            share = 100 * np.histogram(kept, edges)[0] / len(kept)
            ax.stairs(share, edges, color=colours[index % 4], label=name, linewidth=1.4)
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        ax.set_xlabel("memory, samples")
        ax.set_ylabel("directions, %")
        ax.legend(frameon=False, fontsize=8)
    return figure


def _plane(ax: "Axes", cell: StatePath) -> Float[np.ndarray, " state"]:
    """Paths and fixed points in the first two principal components; returns the first of them."""
    every = np.concatenate(cell.paths)
    middle = every.mean(0)
    _, sizes, turn = np.linalg.svd(every - middle, full_matrices=False)
    if len(turn) < 2 or turn.shape[1] < 2:
        turn = np.vstack([turn, np.zeros_like(turn[:1])])
        sizes = np.append(sizes, 0.0)
    share = 100 * sizes**2 / max(float((sizes**2).sum()), 1e-300)
    left = _MOST_STEPS
    for path in cell.paths:
        if left > 0:
            _coloured(ax, (path[:left] - middle) @ turn[:2].T)
            left -= len(path)
    start = (cell.paths[0][0] - middle) @ turn[:2].T
    ax.plot(*start, "o", color=INK, markerfacecolor="none", markersize=8, label="start")
    named: set[str] = set()
    for point, kind in zip((cell.points - middle) @ turn[:2].T, cell.stability, strict=True):
        mark, colour = _MARKS.get(kind, ("s", THIRD))
        label = None if kind in named else f"{kind} fixed point"
        ax.plot(*point, mark, color=colour, markersize=8, label=label, zorder=4)
        named.add(kind)
    ax.autoscale_view()
    ax.margins(0.06)
    ax.set_title(cell.name, loc="left")
    ax.set_xlabel(f"first component, {share[0]:.0f} % of the variance")
    ax.set_ylabel(f"second, {share[1]:.0f} %")
    ax.legend(frameon=False, fontsize=8, loc="best")
    return turn[0]


def _coloured(ax: "Axes", path: Float[np.ndarray, "T 2"]) -> None:
    """A path from blue to orange."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgb

    parts = min(8, len(path) - 1)
    if parts < 1:
        return
    cuts = np.linspace(0, len(path) - 1, parts + 1).round().astype(int)
    pieces = [path[a : b + 1] for a, b in itertools.pairwise(cuts)]
    late = np.linspace(0, 1, parts)[:, None]
    colours = (1 - late) * to_rgb(NEGATIVE) + late * to_rgb(POSITIVE)
    ax.add_collection(LineCollection(pieces, colors=colours, linewidths=0.9, alpha=0.75))


def _units(ax: "Axes", path: Float[np.ndarray, "T n"], first: Any) -> None:
    """Each number of the state against time."""
    order = np.argsort(-first, kind="stable")
    if len(order) > _MOST_UNITS:
        order = order[np.linspace(0, len(order) - 1, _MOST_UNITS).round().astype(int)]
    field = path[:, order].T
    box = (0.0, float(field.shape[1]), float(field.shape[0]), 0.0)
    draw_field(ax, field, float(np.abs(field).max()), box)
    frame(ax)
    ax.set_xlim(box[:2])
    ax.set_ylim(box[2:])
    ax.set_xticks([0, field.shape[1] - 1])
    ax.set_xlabel("sample of the first series")
    ax.set_ylabel(f"{field.shape[0]} numbers of the state")
