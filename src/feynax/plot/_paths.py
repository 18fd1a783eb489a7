"""The paths that carried an answer, over the image and through depth."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from .._checks import check, check_shape
from ._style import (
    FOURTH,
    INK,
    NEGATIVE,
    POSITIVE,
    frame,
    ink_colours,
    new_figure,
    show_field,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_JITTER = 0.36  # of a site's width: equal paths lie side by side


def paths(
    image: Float[np.ndarray, "channels height width"],
    sites: Int[np.ndarray, "n layers_and_one"],
    signs: Float[np.ndarray, " n"],
    shapes: Sequence[tuple[int, int, int]],
    *,
    drawn: int = 250,
) -> "Figure":
    """Draw sampled paths over the image, those that raise the answer and those that lower it apart.

    **Arguments:**

    - `image`: the input; its channels are added up for the ground.
    - `sites`, `signs`: of a `feynax.maps.PathSample`.
    - `shapes`: (C, H, W) at each column of `sites`; places are carried over to input pixels.
    - `drawn`: how many of the paths to draw: the first ones.

    ```python
    import numpy as np, feynax as fx
    sites = np.array([[5, 5, 0], [6, 2, 0]])
    shapes = [(1, 4, 4), (1, 4, 4), (2, 1, 1)]
    figure = fx.plot.paths(np.ones((1, 4, 4)), sites, np.array([1.0, -1.0]), shapes)
    assert len(figure.axes) == 2
    ```
    """
    check_shape("image", image, (None, None, None))
    columns = np.shape(sites)[-1]
    check(len(shapes) == columns, "shapes", f"have length {columns}", len(shapes))
    places = _jittered(in_pixels(np.asarray(sites), shapes), shapes)
    with styled():
        figure = new_figure(5.2, 2.85)
        share = float(np.mean(np.asarray(signs) > 0))
        for index, (sign, colour, text) in enumerate(
            (
                (1, POSITIVE, f"raise the score: {100 * share:.1f} %"),
                (-1, NEGATIVE, f"lower it: {100 * (1 - share):.1f} %"),
            )
        ):
            ax = figure.add_axes((0.02 + 0.5 * index, 0.02, 0.46, 0.86))
            ax.imshow(np.asarray(image).sum(0), cmap=ink_colours())
            frame(ax)
            some = np.flatnonzero(np.asarray(signs) == sign)[: max(drawn // 2, 1)]
            _draw(ax, places[some], colour)
            ax.set_xlim(-0.5, image.shape[2] - 0.5)
            ax.set_ylim(image.shape[1] - 0.5, -0.5)
            ax.set_title(text, color=colour, pad=4)
    return figure


def world_lines(
    sites: Int[np.ndarray, "n layers_and_one"],
    signs: Float[np.ndarray, " n"],
    shapes: Sequence[tuple[int, int, int]],
    names: Sequence[str],
    *,
    drawn: int = 400,
) -> "Figure":
    """Draw sampled paths as world lines: the row of the image against the depth.

    **Arguments:**

    - `sites`, `signs`, `shapes`, `drawn`: as in [`feynax.plot.paths`][].
    - `names`: of the depths, the input first.

    ```python
    import numpy as np, feynax as fx
    sites, shapes = np.array([[5, 5, 0]]), [(1, 4, 4), (1, 4, 4), (2, 1, 1)]
    assert fx.plot.world_lines(sites, np.ones(1), shapes, ["input", "step", "scores"]).axes
    ```
    """
    check(len(shapes) == len(names), "names", f"have length {len(shapes)}", len(names))
    places = _jittered(in_pixels(np.asarray(sites)[:drawn], shapes), shapes)[..., 0]
    spatial = [i for i, shape in enumerate(shapes) if shape[1] * shape[2] > 1]
    with styled():
        figure = new_figure(5.2, 2.85)
        ax = figure.add_axes((0.09, 0.13, 0.87, 0.85))
        _lines(ax, places[:, spatial], np.asarray(signs)[:drawn])
        ax.set_xlim(-0.1, len(spatial) - 0.9)
        ax.set_ylim(shapes[0][1] - 0.5, -0.5)
        ax.set_xticks(range(len(spatial)), [names[i] for i in spatial])
        ax.set_ylabel("row of the image, pixels")
        ax.tick_params(axis="x", length=0, labelsize=7.5)
    return figure


def attribution(
    image: Float[np.ndarray, "channels height width"],
    brought: Float[np.ndarray, "channels height width"],
) -> "Figure":
    """Draw the image, and what the paths from each of its pixels bring to the answer.

    **Arguments:**

    - `image`: the input.
    - `brought`: `feynax.maps.PathSum.attribution`; channels are added up.

    ```python
    import numpy as np, feynax as fx
    assert len(fx.plot.attribution(np.ones((1, 4, 4)), np.ones((1, 4, 4))).axes) == 2
    ```
    """
    check_shape("brought", brought, np.shape(image))
    total = np.asarray(brought).sum(0)
    with styled():
        figure = new_figure(5.2, 2.85)
        left = figure.add_axes((0.02, 0.02, 0.46, 0.86))
        left.imshow(np.asarray(image).sum(0), cmap=ink_colours())
        frame(left)
        left.set_title("the image", pad=4)
        right = figure.add_axes((0.52, 0.02, 0.46, 0.86))
        right.imshow(np.asarray(image).sum(0), cmap=ink_colours(), alpha=0.25)
        show_field(right, total, float(np.abs(total).max()))
        ups, downs = total[total > 0].sum(), total[total < 0].sum()
        right.set_title(f"its pixels bring {ups:+.2f} and {downs:+.2f}", pad=4)
    return figure


def ledger(
    positive: float, negative: float, total: float, sampled: float, error: float
) -> "Figure":
    """Draw what the paths add up to: all that raise the score, all that lower it, what remains.

    **Arguments:**

    - `positive`, `negative`, `total`: of a `feynax.maps.PathSum`.
    - `sampled`, `error`: the same total from sampled paths, with one standard error.

    ```python
    import feynax as fx
    assert len(fx.plot.ledger(12.0, -10.0, 2.0, 2.3, 0.5).axes) == 2
    ```
    """
    with styled():
        figure = new_figure(5.2, 2.85)
        upper = figure.add_axes((0.2, 0.66, 0.7, 0.27))
        upper.barh([0, 1], [positive, negative], color=[POSITIVE, NEGATIVE], height=0.55)
        upper.set_yticks([0, 1], ["raise it", "lower it"])
        for place, value in enumerate((positive, negative)):
            text = f"{value:+.4g}".replace("-", "−")
            upper.annotate(
                text,
                (0, place),
                (6 if value <= 0 else -6, 0),
                textcoords="offset points",
                ha="left" if value <= 0 else "right",
                va="center",
                fontsize=8,
            )
        lower = figure.add_axes((0.2, 0.16, 0.7, 0.33))
        lower.plot([total], [0], "D", color="#009E73", markersize=6)
        lower.errorbar([sampled], [1], xerr=[error], fmt="o", color=FOURTH, capsize=3)
        lower.set_yticks([0, 1], ["exact sum", "sampled"])
        lower.set_xlabel("the score: what remains of both, on its own scale")
        reach = 1.6 * max(abs(sampled - total) + error, 1e-12)
        lower.set_xlim(total - reach, total + reach)
        for ax, most in ((upper, 1.6), (lower, 1.6)):
            ax.set_ylim(most, -0.6)
            ax.tick_params(axis="y", length=0)
            ax.spines["left"].set_visible(False)
        upper.axvline(0, color=INK, linewidth=0.5)
        upper.set_xticks([])
        upper.spines["bottom"].set_visible(False)
    return figure


def in_pixels(
    sites: Int[np.ndarray, "n layers_and_one"], shapes: Sequence[tuple[int, int, int]]
) -> Float[np.ndarray, "n layers_and_one 2"]:
    """Place of each site as (y, x) in pixels of the input; NaN where the path has none yet."""
    _, height, width = shapes[0]
    places = np.full((*sites.shape, 2), np.nan)
    for column, (_, rows, columns) in enumerate(shapes):
        alive = sites[:, column] >= 0
        if rows * columns > 1:
            y, x = np.divmod(sites[alive, column] % (rows * columns), columns)
            places[alive, column, 0] = (y + 0.5) * height / rows - 0.5
            places[alive, column, 1] = (x + 0.5) * width / columns - 0.5
    return places


def _jittered(places: np.ndarray, shapes: Sequence[tuple[int, int, int]]) -> np.ndarray:
    """Move each path a little aside, by the same share of a site's width at every depth."""
    rng = np.random.default_rng(0)
    aside = rng.uniform(-_JITTER, _JITTER, (len(places), 1, 2))
    _, height, width = shapes[0]
    sizes = np.array([[height / rows, width / columns] for _, rows, columns in shapes])
    return places + aside * sizes


def _draw(ax: "Axes", places: np.ndarray, colour: str) -> None:
    """Draw each path as a line from a dot where it starts."""
    from matplotlib.collections import LineCollection

    lines = [line[np.isfinite(line[:, 0])][:, ::-1] for line in places]
    lines = [np.round(line, 2) for line in lines if len(line)]
    ax.add_collection(LineCollection(lines, colors=colour, linewidths=0.7, alpha=0.45))
    starts = np.array([line[0] for line in lines]).reshape(-1, 2)
    ax.scatter(*starts.T, s=3, color=colour, linewidths=0, zorder=3)


def _lines(ax: "Axes", rows: np.ndarray, signs: np.ndarray) -> None:
    from matplotlib.collections import LineCollection

    depth = np.arange(rows.shape[1])
    colours = np.where(signs > 0, POSITIVE, NEGATIVE)
    lines = [
        np.round(np.stack([depth[live], row[live]], 1), 2)
        for row, live in zip(rows, np.isfinite(rows), strict=True)
    ]
    ax.add_collection(LineCollection(lines, colors=colours, linewidths=0.6, alpha=0.45))
    starts = [(*line[0], colour) for line, colour in zip(lines, colours, strict=True) if len(line)]
    for sign in (NEGATIVE, POSITIVE):
        mine = np.array([start[:2] for start in starts if start[2] == sign]).reshape(-1, 2)
        ax.scatter(*mine.T, s=4, color=sign, linewidths=0, zorder=3)
