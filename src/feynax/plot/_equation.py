"""The equation of a block, as what it does to a point: where it goes, how it spreads."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from .._checks import check, check_shape
from ._style import INK, NEGATIVE, POSITIVE, THIRD, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def drift_and_diffusion(
    drift: Float[np.ndarray, "channels 2"],
    covariance: Float[np.ndarray, "channels 2 2"],
    *,
    across: int = 8,
) -> "Figure":
    """Draw, for each channel, where a point of light goes and how it spreads.

    The arrow is the drift, the ellipse one standard deviation of the spread about its end, both
    in pixels to one scale; the square is one pixel, where the point was. A broken line is an axis
    along which the block sharpens (negative variance).

    **Arguments:**

    - `drift`: mean displacement (y, x), pixels.
    - `covariance`: (y, x), pixels^2.
    - `across`: channels in a row.

    ```python
    import numpy as np, feynax as fx
    figure = fx.plot.drift_and_diffusion(np.ones((3, 2)), np.eye(2) * np.ones((3, 1, 1)))
    assert len(figure.axes) == 1
    ```
    """
    check_shape("drift", drift, (None, 2))
    check_shape("covariance", covariance, (len(drift), 2, 2))
    check(len(drift) > 0, "drift", "have at least one channel", "none")
    columns = min(across, len(drift))
    rows = -(-len(drift) // columns)
    known: np.ndarray = np.isfinite(np.c_[drift, np.reshape(covariance, (-1, 4))]).all(1)
    pitch = 1.15 * max(
        [_box(*one)[1] for one in zip(drift[known], covariance[known], strict=True)] + [2]
    )
    with styled():
        width = 5.2
        figure = new_figure(width, width * rows / columns)
        ax = figure.add_axes((0.01, 0.01, 0.98, 0.98))
        for channel in range(len(drift)):
            cell = np.array([channel % columns, channel // columns]) * pitch
            middle = _box(drift[channel], covariance[channel])[0] if known[channel] else np.zeros(2)
            _glyph(ax, cell - middle, drift[channel], covariance[channel], bool(known[channel]))
            x, y = cell - pitch * np.array([0.46, 0.4])
            ax.text(x, y, str(channel), fontsize=6.5, alpha=0.6)
        ax.set_xlim(-pitch / 2, (columns - 0.5) * pitch)
        ax.set_ylim((rows - 0.5) * pitch, -pitch / 2)
        ax.set_axis_off()
    return figure


def _box(drift: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, float]:
    """Middle (x, y) and larger side of the box around a glyph whose pixel is at the origin."""
    half = np.sqrt(np.abs(np.diagonal(covariance)))[::-1]
    low = np.minimum(drift[::-1] - half, -0.5)
    high = np.maximum(drift[::-1] + half, 0.5)
    return (low + high) / 2, float((high - low).max())


def _glyph(
    ax: "Axes", centre: np.ndarray, drift: np.ndarray, covariance: np.ndarray, known: bool
) -> None:
    from matplotlib.patches import Ellipse, FancyArrowPatch, Rectangle

    ax.add_patch(Rectangle(tuple(centre - 0.5), 1, 1, facecolor=INK, edgecolor="none", alpha=0.15))
    if not known:
        ax.text(centre[0], centre[1], "none", ha="center", va="center", fontsize=6.5)
        return
    end = centre + drift[::-1]
    values, axes = np.linalg.eigh(covariance[::-1, ::-1])
    lengths = 2 * np.sqrt(np.abs(values))
    angle = float(np.degrees(np.arctan2(axes[1, 0], axes[0, 0])))
    sharpens = bool((values < 0).any())
    colour = NEGATIVE if sharpens else THIRD
    ax.add_patch(
        Ellipse(
            tuple(end),
            *lengths,
            angle=angle,
            facecolor="none" if sharpens else colour,
            edgecolor=colour,
            alpha=0.9 if sharpens else 0.35,
            linewidth=0.8,
            linestyle="--" if sharpens else "-",
        )
    )
    if np.hypot(*drift) > 0.02:
        ax.add_patch(
            FancyArrowPatch(
                tuple(centre),
                tuple(end),
                arrowstyle="-|>",
                mutation_scale=6,
                shrinkA=0,
                shrinkB=0,
                color=POSITIVE,
                linewidth=1.2,
            )
        )
