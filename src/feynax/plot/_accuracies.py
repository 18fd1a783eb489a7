"""Accuracy of several networks while they learn."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._checks import check
from ._curve import label_ends
from ._style import FOURTH, INK, NEGATIVE, POSITIVE, THIRD, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = (POSITIVE, NEGATIVE, THIRD, FOURTH, INK)


def accuracies(curves: Mapping[str, Sequence[tuple[int, float]]]) -> "Figure":
    """Draw the share of right answers against the step, one named line a network.

    **Arguments:**

    - `curves`: name, and pairs of step and accuracy; up to ten.

    **Raises:**

    - `ValueError` where there is no curve, an empty one, or more than ten.

    ```python
    import feynax as fx
    curves = {"(39)": [(60, 0.7), (120, 0.8)], "control": [(60, 0.8), (120, 0.9)]}
    assert len(fx.plot.accuracies(curves).axes[0].lines) == 2
    ```
    """
    check(0 < len(curves) <= 10, "curves", "hold one to ten curves", len(curves))
    check(all(len(c) > 0 for c in curves.values()), "curves", "have a point each", "an empty one")
    with styled():
        figure = new_figure(5.2, 3.1)
        ax = figure.add_axes((0.12, 0.15, 0.46, 0.7))
        ends = []
        for index, (name, points) in enumerate(curves.items()):
            steps, right = np.array(points, float).T
            colour, line = _COLOURS[index % 5], "-" if index < 5 else "--"
            ax.plot(steps, 100 * right, line, color=colour, marker="o", markersize=2.5)
            ends.append((100 * right[-1], f"{name}  {100 * right[-1]:.1f} %", colour))
        ax.set_xlabel("optimiser step")
        ax.set_ylabel("right answers, %")
        label_ends(ax, ends, apart=0.075)
    return figure
