"""Paths of an ensemble, the network that each of them is, and where they are found."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from .._checks import check, check_shape
from ._style import INK, NEGATIVE, POSITIVE, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FAINT = 12  # paths that are drawn behind the first


def ensemble(
    times: Float[np.ndarray, " sites"],
    paths: Float[np.ndarray, "count sites"],
    grid: Float[np.ndarray, " points"],
    density: Float[np.ndarray, " points"],
    error: Float[np.ndarray, " points"] | None = None,
    exact: Float[np.ndarray, " points"] | None = None,
    *,
    tall: bool = False,
) -> "Figure":
    """Draw paths in Euclidean time, and beside them the density of the places they visit.

    **Arguments:**

    - `times`: of the sites.
    - `paths`: one degree of freedom of some paths; the first is drawn strong.
    - `grid`, `density`, `error`: places, probability a length there, and its standard error.
    - `exact`: the density where it is known, as a dashed line.
    - `tall`: density below the paths and not beside them, for narrow pages.

    ```python
    import numpy as np, feynax as fx
    t, x = np.linspace(0, 1, 9), np.linspace(-2, 2, 21)
    figure = fx.plot.ensemble(t, np.sin(t)[None], x, np.exp(-x**2), exact=np.exp(-x**2))
    assert len(figure.axes) == 2
    ```
    """
    check_shape("paths", paths, (None, len(times)))
    check_shape("density", density, (len(grid),))
    with styled():
        figure = new_figure(4.2, 5.4) if tall else new_figure(8.2, 3.6)
        if tall:
            left = figure.add_axes((0.14, 0.47, 0.83, 0.5))
            right = figure.add_axes((0.14, 0.09, 0.83, 0.27))
        else:
            left = figure.add_axes((0.07, 0.13, 0.6, 0.83))
            right = figure.add_axes((0.7, 0.13, 0.27, 0.83), sharey=left)
        for path in paths[1 : 1 + _FAINT]:
            left.plot(times, path, color=INK, alpha=0.16, linewidth=0.7)
        left.plot(times, paths[0], color=NEGATIVE, linewidth=1.3)
        left.set_xlim(times[0], times[-1])
        left.set_xlabel("Euclidean time")
        left.set_ylabel("place")
        _density(right, grid, density, error, exact, upright=tall)
    return figure


def _density(ax: "Axes", grid, density, error, exact, *, upright: bool) -> None:
    turn = (lambda x, y: (x, y)) if upright else (lambda x, y: (y, x))
    fill = ax.fill_between if upright else ax.fill_betweenx
    if error is not None:
        fill(grid, density - error, density + error, color=POSITIVE, alpha=0.3, linewidth=0)
    ax.plot(*turn(grid, density), color=POSITIVE)
    if exact is not None:
        ax.plot(*turn(grid, exact), "--", color=INK, linewidth=0.9)
    (ax.set_ylim if upright else ax.set_xlim)(0, None)
    (ax.set_xlabel if upright else ax.set_ylabel)("place" if upright else "")
    (ax.set_ylabel if upright else ax.set_xlabel)("density")
    if not upright:
        ax.tick_params(labelleft=False)


def path_network(
    times: Float[np.ndarray, " sites"],
    path: Float[np.ndarray, " sites"],
    kinks: Float[np.ndarray, " units"],
    weights: Float[np.ndarray, " units"],
) -> "Figure":
    """Draw a path, and below it the one-hidden-layer ReLU network that it is: a kink a unit.

    **Arguments:**

    - `times`, `path`: of its sites.
    - `kinks`: where each unit switches on, in time.
    - `weights`: change of slope at each kink, a velocity.

    ```python
    import numpy as np, feynax as fx
    t = np.linspace(0, 1, 5)
    figure = fx.plot.path_network(t, t**2, t[:-1], np.array([0.25, 0.5, 0.5, 0.5]))
    assert len(figure.axes) == 2
    ```
    """
    check_shape("weights", weights, (len(kinks),))
    check(len(path) == len(times), "path", f"have {len(times)} sites", len(path))
    with styled():
        figure = new_figure(5.6, 3.4)
        above = figure.add_axes((0.12, 0.47, 0.85, 0.5))
        below = figure.add_axes((0.12, 0.13, 0.85, 0.26), sharex=above)
        above.plot(times, path, color=NEGATIVE, linewidth=1.2)
        above.set_ylabel("place")
        above.tick_params(labelbottom=False)
        below.vlines(kinks, 0, weights, color=POSITIVE, linewidth=0.9)
        below.axhline(0, color=INK, linewidth=0.5, alpha=0.5)
        below.set_ylabel("weight")
        below.set_xlabel("Euclidean time")
        above.set_xlim(times[0], times[-1])
    return figure
