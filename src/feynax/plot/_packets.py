"""A packet's mean beside the classical network: course, widths, and what leaks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from .._checks import check_shape
from ._style import FOURTH, INK, NEGATIVE, POSITIVE, THIRD, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = (NEGATIVE, POSITIVE, THIRD, FOURTH)
_MOST = 4  # neurons that are drawn


def packet(
    times: Float[np.ndarray, " times"],
    classical: Float[np.ndarray, "times n"],
    means: Float[np.ndarray, "times n"],
    covariances: Float[np.ndarray, "times n n"],
    leakage: Float[np.ndarray, " times"] | None = None,
    *,
    labels: Sequence[str] = (),
) -> "Figure":
    """Draw the mean of a packet, its width, and the classical network from the same start.

    **Arguments:**

    - `times`: of all rows.
    - `classical`: states of the network: lines.
    - `means`, `covariances`: of the packet: dashes upon them, and bands of one deviation.
    - `leakage`: probability outside of the regime, drawn below where it is given.
    - `labels`: names of the neurons; of more than four the first four are drawn.

    ```python
    import numpy as np, feynax as fx
    t = np.linspace(0, 6, 50)
    turn = np.stack([np.cos(t), -np.sin(t)], -1)
    widths = np.broadcast_to(0.1 * np.eye(2), (50, 2, 2))
    assert len(fx.plot.packet(t, turn, turn, widths, 0 * t).axes) == 2
    ```
    """
    n = np.shape(means)[-1]
    check_shape("classical", classical, (len(times), n))
    check_shape("covariances", covariances, (len(times), n, n))
    names = list(labels) or [f"neuron {index + 1}" for index in range(n)]
    with styled():
        figure = new_figure(5.6, 3.9 if leakage is not None else 3.0)
        low = 0.36 if leakage is not None else 0.15
        ax = figure.add_axes((0.11, low, 0.74, 0.96 - low))
        for index in range(min(n, _MOST)):
            colour = _COLOURS[index]
            mean, spread = means[:, index], np.sqrt(covariances[:, index, index])
            ax.fill_between(times, mean - spread, mean + spread, color=colour, alpha=0.15)
            ax.plot(times, classical[:, index], color=colour, linewidth=1.2)
            ax.plot(times, mean, "--", color=INK, linewidth=0.9)
            ax.annotate(
                names[index],
                (1.01, mean[-1]),
                xycoords=("axes fraction", "data"),
                color=colour,
                va="center",
                fontsize=8,
            )
        ax.set_xlim(times[0], times[-1])
        ax.set_ylabel("state")
        if leakage is None:
            ax.set_xlabel("time")
        else:
            below = figure.add_axes((0.11, 0.11, 0.74, 0.17), sharex=ax)
            below.semilogy(times, np.maximum(leakage, 1e-16), color=INK, linewidth=1.0)
            below.set_ylim(1e-16, 1.0)
            below.set_yticks([1e-16, 1e-8, 1.0], ["10⁻¹⁶", "10⁻⁸", "1"])
            below.minorticks_off()
            below.set_ylabel("outside")
            below.set_xlabel("time")
            ax.tick_params(labelbottom=False)
    return figure
