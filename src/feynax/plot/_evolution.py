"""An input on its way through the layers: figure 4.5 of the thesis, for any network."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from .._checks import check, check_count
from ._style import INK, NEGATIVE, POSITIVE, new_figure, show_field, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def evolution(
    names: Sequence[str],
    fields: Sequence[Float[np.ndarray, "channels height width"]],
    contributions: Sequence[Float[np.ndarray, " channels"]],
    scores: Float[np.ndarray, " classes"],
    *,
    channels: int = 6,
    tall: bool = False,
    classes: Sequence[str] | None = None,
) -> "Figure":
    """Draw the input, the fields that carried most of the answer at each depth, and the scores.

    A channel keeps its row as long as the shape of the fields stays the same. Each field has its
    own scale, clear at zero.

    **Arguments:**

    - `names`: of the depths, the input first.
    - `fields`: the fields at these depths, of any sizes.
    - `contributions`: how much of the answer passes through each channel there; the largest are
      shown.
    - `scores`: the outputs.
    - `channels`: how many fields to show at each depth, at most.
    - `tall`: depth runs downwards, for narrow pages.
    - `classes`: names of the outputs.

    Source: V. Imchitr (2020), figure 4.5.

    ```python
    import numpy as np, feynax as fx
    image, deeper = np.ones((1, 8, 8)), np.ones((3, 4, 4))
    figure = fx.plot.evolution(
        ["input", "block"], [image, deeper], [np.ones(1), np.ones(3)], np.array([0.5, 2.0])
    )
    assert len(figure.axes) == 1 + 3 + 1
    ```
    """
    check_count("channels", channels)
    same = len(names) == len(fields) == len(contributions)
    check(same and len(fields) > 0, "fields", "have one name and contribution each", len(fields))
    rows = min(channels, max(len(field) for field in fields))
    chosen = _follow(fields, contributions, rows)
    depth = len(fields)
    with styled():
        if tall:
            figure = new_figure(5.2, 0.72 * depth + 1.9)
        else:
            figure = new_figure(0.92 * depth + 1.9, 0.86 * rows + 0.55)
        grid = _Grid(figure, depth, rows, tall)
        for column, (name, field) in enumerate(zip(names, fields, strict=True)):
            grid.name(column, name)
            for row, channel in enumerate(chosen[column]):
                place = (rows - 1) / 2 if len(chosen[column]) == 1 else row
                limit = float(np.abs(field[channel]).max())
                show_field(grid.axes(column, place), field[channel], limit)
        grid.scores(np.asarray(scores), classes or [str(i) for i in range(len(scores))])
    return figure


class _Grid:
    """Places of the fields in inches: depth to the right, or downwards."""

    def __init__(self, figure: "Figure", depth: int, rows: int, tall: bool):
        self.figure, self.depth, self.rows, self.tall = figure, depth, rows, tall
        self.width, self.height = figure.get_size_inches()
        self.cell = 0.66 if tall else 0.8
        self.step = 0.72 if tall else 0.92

    def axes(self, column: int, row: float):
        if self.tall:
            left = 0.95 + row * 0.7
            top = 0.1 + column * self.step
        else:
            left = 0.1 + column * self.step
            top = 0.42 + row * 0.86
        size = self.cell
        box = (left / self.width, 1 - (top + size) / self.height)
        return self.figure.add_axes((*box, size / self.width, size / self.height))

    def name(self, column: int, name: str) -> None:
        if self.tall:
            x, y, across, up = 0.85, 0.1 + column * self.step + self.cell / 2, "right", "center"
        else:
            x, y, across, up = 0.1 + column * self.step + self.cell / 2, 0.36, "center", "bottom"
        self.figure.text(
            x / self.width,
            1 - y / self.height,
            name,
            ha=across,
            va=up,
            fontsize=8,
            linespacing=1.05,
        )

    def scores(self, scores: np.ndarray, classes: Sequence[str]) -> None:
        best = int(scores.argmax())
        colours = [POSITIVE if score > 0 else NEGATIVE for score in scores]
        places = np.arange(len(scores))
        if self.tall:
            top = 0.45 + self.depth * self.step
            box = (0.95 / self.width, 0.3 / self.height, 0.78, 1 - (top + 0.3) / self.height)
            ax = self.figure.add_axes(box)
            ax.bar(places, scores, color=colours, width=0.62)
            ax.set_xticks(places, classes)
            ax.set_yticks([])
            ax.axhline(0, color=INK, linewidth=0.5)
            labels = ax.get_xticklabels()
        else:
            left = 0.4 + self.depth * self.step
            ax = self.figure.add_axes(
                (left / self.width, 0.1 / self.height, 1.25 / self.width, 1 - 0.52 / self.height)
            )
            ax.barh(places, scores, color=colours, height=0.62)
            ax.set_yticks(places, classes)
            ax.set_xticks([])
            ax.axvline(0, color=INK, linewidth=0.5)
            ax.invert_yaxis()
            labels = ax.get_yticklabels()
        ax.tick_params(length=0)
        ax.set_title("scores", fontsize=8, pad=5)
        for spine in ax.spines.values():
            spine.set_visible(False)
        labels[best].set_fontweight("bold")
        labels[best].set_fontsize(11)


def _follow(
    fields: Sequence[np.ndarray], contributions: Sequence[np.ndarray], rows: int
) -> list[list[int]]:
    """Channels to show at each depth: one choice for each run of equal shapes, at its end."""
    chosen: list[list[int]] = []
    end = 0
    for column, field in enumerate(fields):
        if column >= end:
            end = column
            while end < len(fields) and fields[end].shape == field.shape:
                end += 1
            size = np.abs(np.asarray(contributions[end - 1]))
            best = np.argsort(-size, kind="stable")[:rows]
            now = [int(c) for c in best]
        chosen.append(now)
    return chosen
