"""How training went."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._checks import check
from ._style import NEGATIVE, POSITIVE, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def learning_curve(
    rows: Sequence[Mapping[str, Any]], *, final: Mapping[str, float] | None = None
) -> "Figure":
    """Draw the share of wrong answers against the step, on a logarithmic axis.

    **Arguments:**

    - `rows`: of a run's `metrics.jsonl`: `kind` ("train" or "eval"), `step`, `accuracy`.
    - `final`: the result on the test set, drawn at the last step.

    **Raises:**

    - `ValueError` where there is no row.

    ```python
    import feynax as fx
    rows = [{"kind": "train", "step": s, "loss": 1 / s, "accuracy": 1 - 1 / s} for s in (1, 2, 3)]
    assert len(fx.plot.learning_curve(rows, final={"accuracy": 0.8}).axes) == 1
    ```
    """
    check(len(rows) > 0, "rows", "hold at least one row", "none")
    with styled():
        figure = new_figure(5.2, 2.7)
        ax = figure.add_axes((0.12, 0.17, 0.68, 0.76))
        last = max(row["step"] for row in rows)
        ends = []
        for kind, name, colour in (
            ("train", "training images", NEGATIVE),
            ("eval", "held-out images", POSITIVE),
        ):
            points = [(row["step"], 1 - row["accuracy"]) for row in rows if row["kind"] == kind]
            if points:
                steps, wrong = np.array(points).T
                shown = 100 * np.maximum(wrong, 1e-4)
                ax.plot(steps, shown, color=colour, marker="o", markersize=2.5)
                ends.append((shown[-1], f"{name}\n{100 * wrong[-1]:.1f} %", colour))
        if final is not None:
            wrong = 100 * (1 - final["accuracy"])
            ax.plot([last], [max(wrong, 1e-2)], "D", color="#009E73", markersize=5)
            ends.append((max(wrong, 1e-2), f"test images\n{wrong:.2f} %", "#009E73"))
        ax.set_yscale("log")
        ax.set_xlabel("optimiser step")
        ax.set_ylabel("wrong answers, %")
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        ax.yaxis.set_minor_formatter(lambda value, _: "")
        ax.set_xlim(0, last * 1.02)
        label_ends(ax, ends)
    return figure


def label_ends(ax: Any, ends: list[tuple[float, str, str]], *, apart: float = 0.19) -> None:
    """Name the curves (value, text, colour) at their right ends, kept apart on any scale."""
    to_axes = ax.transData + ax.transAxes.inverted()
    middle = sum(ax.get_xlim()) / 2
    places = [float(to_axes.transform((middle, value))[1]) for value, _, _ in ends]
    order = np.argsort(places)
    floor = -0.05
    for index in order:
        places[index] = floor = max(places[index], floor)
        floor += apart
    for place, (_, text, colour) in zip(places, ends, strict=True):
        ax.annotate(
            text, (1.02, place), xycoords="axes fraction", color=colour, va="center", fontsize=8
        )
