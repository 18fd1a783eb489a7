"""The picture of Theorem 4, in the style of the library's plots."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...plot._style import NEGATIVE, POSITIVE, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def errors_and_budget(times: Sequence[float], errors: Sequence[float]) -> "Figure":
    """Draw the error of T ||H|| steps beside 1/(T ||H||)^2, both axes logarithmic."""
    with styled():
        figure = new_figure(5.2, 2.7)
        ax = figure.add_axes((0.12, 0.17, 0.70, 0.78))
        printed = 1 / np.asarray(times, float) ** 2
        for values, name, colour in (
            (np.asarray(errors), "found", NEGATIVE),
            (printed, "printed", POSITIVE),
        ):
            ax.loglog(times, values, color=colour, marker="o", markersize=3)
            ax.annotate(
                name, (times[-1], values[-1]), (6, 0), textcoords="offset points", color=colour,
                va="center",
            )  # fmt: skip
        ax.set_xticks(list(times), [f"{t:g}" for t in times], minor=False)
        ax.set_xticks([], minor=True)
        ax.set_xlabel("T ||H||")
        ax.set_ylabel("error")
        return figure
