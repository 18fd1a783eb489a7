"""An input on its way through the layers: figure 4.5 of the thesis, for any network."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from .._checks import check, check_count
from ._style import INK, NEGATIVE, POSITIVE, draw_field, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
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
    assert len(figure.axes[0].images) == 1 + 3
    ```
    """
    check_count("channels", channels)
    same = len(names) == len(fields) == len(contributions)
    check(same and len(fields) > 0, "fields", "have one name and contribution each", len(fields))
    rows = min(channels, max(len(field) for field in fields))
    chosen = _follow(fields, contributions, rows)
    with styled():
        grid = _Grid(len(fields), rows, tall)
        for column, (name, field) in enumerate(zip(names, fields, strict=True)):
            grid.name(column, name, len(chosen[column]))
            for row, channel in enumerate(chosen[column]):
                grid.field(column, row, len(chosen[column]), field[channel])
        grid.close()
        known = classes or [str(i) for i in range(len(scores))]
        grid.scores(*_leading(np.asarray(scores), known))
    return grid.figure


_TOP, _LARGE = 0.42, 1.45  # inches: of the first row, and of the input


class _Grid:
    """Places of the fields in inches: depth to the right, or downwards; the input is large.

    All fields share one pair of axes, since axes are what is slow to make and to draw.
    """

    def __init__(self, depth: int, rows: int, tall: bool):
        self.rows, self.tall = rows, tall
        self.cell, self.step = (0.66, 0.72) if tall else (0.8, 0.88)
        self.first = 1.6 if tall else 1.72
        self.end = self.first + (depth - 1) * self.step
        size = (5.2, self.end + 1.75) if tall else (self.end + 1.9, 0.86 * rows + 0.47)
        self.width, self.height = size
        self.figure = new_figure(*size)
        self.sheet = self._add(0, 0, *size)
        self.sheet.set_axis_off()

    def field(self, column: int, row: int, count: int, field: np.ndarray) -> None:
        """Draw a field; an input that stands alone is large."""
        left, top, size = self._place(column, row, count)
        box = (left, left + size, top + size, top)
        draw_field(self.sheet, field, float(np.abs(field).max()), box)

    def name(self, column: int, name: str, count: int) -> None:
        """Write the name of a depth over its column, or beside its row."""
        left, top, size = self._place(column, 0, count)
        x, y = (0.85, top + size / 2) if self.tall else (left + size / 2, top - 0.06)
        across, up = ("right", "center") if self.tall else ("center", "bottom")
        self.sheet.text(x, y, name, fontsize=8, linespacing=1.05, ha=across, va=up)

    def close(self) -> None:
        """Make one unit of the sheet one inch."""
        self.sheet.set(xlim=(0, self.width), ylim=(self.height, 0), aspect="auto")

    def _place(self, column: int, row: int, count: int) -> tuple[float, float, float]:
        alone = column == 0 and count == 1
        size = _LARGE if alone else self.cell
        along = 0.08 if column == 0 else self.first + (column - 1) * self.step
        if self.tall:
            return 0.95 + row * 0.7, along, size
        middle = (self.rows * 0.86 - 0.06 - size) / 2
        return along, _TOP + (middle if alone else row * 0.86), size

    def scores(self, scores: np.ndarray, classes: Sequence[str]) -> None:
        """Draw the outputs as bars, the largest one's name in bold."""
        colours = [POSITIVE if score > 0 else NEGATIVE for score in scores]
        places = np.arange(len(scores))
        if self.tall:
            ax = self._add(0.95, self.end + 0.3, 4.15, 1.15)
            ax.bar(places, scores, color=colours, width=0.62)
            ax.set_xticks(places, classes)
            ax.set_yticks([])
            ax.axhline(0, color=INK, linewidth=0.5)
            names = ax.get_xticklabels()
        else:
            ax = self._add(self.end + 0.5, _TOP, 1.3, self.rows * 0.86 - 0.06)
            ax.barh(places, scores, color=colours, height=0.62)
            ax.set_yticks(places, classes)
            ax.set_xticks([])
            ax.axvline(0, color=INK, linewidth=0.5)
            ax.invert_yaxis()
            names = ax.get_yticklabels()
        ax.tick_params(length=0)
        ax.set_title("scores", fontsize=8, pad=4)
        for spine in ax.spines.values():
            spine.set_visible(False)
        names[int(scores.argmax())].set(fontweight="bold", fontsize=11)

    def _add(self, left: float, top: float, width: float, height: float) -> "Axes":
        bottom = 1 - (top + height) / self.height
        box = (left / self.width, bottom, width / self.width, height / self.height)
        return self.figure.add_axes(box)


def _leading(scores: np.ndarray, classes: Sequence[str]) -> tuple[np.ndarray, Sequence[str]]:
    """All scores, or the ten largest where there are many."""
    if len(scores) <= 12:
        return scores, classes
    best = np.argsort(-scores, kind="stable")[:10]
    return scores[best], [classes[int(i)] for i in best]


def _follow(
    fields: Sequence[np.ndarray], contributions: Sequence[np.ndarray], rows: int
) -> list[list[int]]:
    """Channels to show at each depth: one choice for each run of equal shapes, at its end."""
    chosen: list[list[int]] = []
    now: list[int] = []
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
