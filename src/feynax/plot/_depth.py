"""Numbers of each layer against the depth, and amplitudes over all momenta."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from .._checks import check
from ._style import INK, NEGATIVE, POSITIVE, THIRD, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def gain_and_drift(
    names: Sequence[str],
    gain: Float[np.ndarray, " layers"],
    drift: Float[np.ndarray, " layers"],
    spread: Float[np.ndarray, " layers"],
) -> "Figure":
    """Draw the largest gain of each layer, and how far its channels carry and spread on average.

    **Arguments:**

    - `names`: of the layers.
    - `gain`: factor by which a layer can stretch a difference, at most.
    - `drift`: mean length of the displacement over the channels, pixels a layer.
    - `spread`: mean standard deviation that a layer adds, pixels (negative: it sharpens).

    ```python
    import numpy as np, feynax as fx
    one = np.ones(2)
    assert len(fx.plot.gain_and_drift(["first", "second"], one, one, one).axes) == 2
    ```
    """
    check(len(names) == len(gain) > 0, "gain", f"have length {len(names)}", len(gain))
    places = np.arange(len(names))
    height = 0.32 * len(names) + 0.75
    with styled():
        figure = new_figure(5.2, height)
        bottom, tall = 0.45 / height, 1 - 0.75 / height
        left = figure.add_axes((0.24, bottom, 0.31, tall))
        right = figure.add_axes((0.62, bottom, 0.35, tall))
        left.axvline(1, color=INK, linewidth=0.6, alpha=0.6)
        left.hlines(places, 1, gain, color=POSITIVE, linewidth=1.2)
        left.plot(gain, places, "o", color=POSITIVE, markersize=4)
        left.set_yticks(places, names)
        left.set_xlabel("gain, at most")
        right.axvline(0, color=INK, linewidth=0.6, alpha=0.6)
        right.plot(drift, places - 0.12, "o", color=NEGATIVE, markersize=4)
        right.plot(spread, places + 0.12, "s", color=THIRD, markersize=4)
        right.set_yticks([])
        right.set_xlabel("pixels a layer")
        figure.text(0.62, 1 - 0.2 / height, "drift", color=NEGATIVE, fontsize=8)
        figure.text(0.73, 1 - 0.2 / height, "spread (1 s.d.)", color=THIRD, fontsize=8)
        for ax in (left, right):
            ax.set_ylim(len(names) - 0.5, -0.5)
            ax.tick_params(axis="y", length=0)
            ax.margins(x=0.15)
    return figure


def symbol(
    size: Float[np.ndarray, "n n"],
    *,
    title: str = "",
) -> "Figure":
    """Draw how much a layer leaves of each wave: the largest |g(p)| over the Brillouin zone.

    **Arguments:**

    - `size`: the largest singular value of g at momenta (p_y, p_x) from -pi to pi.
    - `title`: above the picture.

    ```python
    import numpy as np, feynax as fx
    assert len(fx.plot.symbol(np.ones((5, 5))).axes) == 1
    ```
    """
    size = np.asarray(size, np.float64)
    with styled():
        figure = new_figure(2.6, 2.7)
        ax = figure.add_axes((0.2, 0.17, 0.74, 0.72))
        edge = np.pi
        away = np.log(np.maximum(size, 1e-3))
        limit = max(float(np.abs(away).max()), 1e-3)
        from ._style import signed_colours

        ax.imshow(
            away,
            cmap=signed_colours(),
            vmin=-limit,
            vmax=limit,
            extent=(-edge, edge, edge, -edge),
        )
        p = np.linspace(-edge, edge, len(size))
        if size.min() < 1 < size.max():
            ax.contour(p, p, size, levels=[1.0], colors=INK, linewidths=0.8)
        ax.set_xticks([-edge, 0, edge], ["-π", "0", "π"])
        ax.set_yticks([-edge, 0, edge], ["-π", "0", "π"])
        ax.set_xlabel("$p_x$, radians a pixel")
        ax.set_ylabel("$p_y$")
        ax.set_title(f"{title}\n{size.min():.2f} to {size.max():.2f}".strip(), fontsize=8)
    return figure
