"""Where in the complex plane a method does not let linear equations grow."""

import math
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Complex

from ..equations import Tableau, circle_radius, stability_function
from ._style import INK, NEGATIVE, POSITIVE, THIRD, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GRID = 200  # points a side
_SIDE = 5.0  # half the width of the part of the plane that is shown


def stability_region(
    tableau: Tableau, points: Complex[np.ndarray, " points"] | None = None
) -> "Figure":
    r"""Draw where $|R(z)| \le 1$, $z = h\lambda$, and the circle on which steps contract.

    The shade is the region; the circle is $|z + r| \le r$ of
    [`feynax.equations.circle_radius`][], inside of which coefficients may also differ from stage to
    stage, as those of nonlinear fields do.

    **Arguments:**

    - `tableau`: of the method.
    - `points`: values of $h\lambda$ to mark.

    ```python
    import numpy as np, feynax as fx
    figure = fx.plot.stability_region(fx.equations.tableau("rk4"), np.array([-1 + 1j]))
    assert len(figure.axes) == 1
    ```
    """
    line = np.linspace(-_SIDE, _SIDE, _GRID)
    real, imaginary = np.meshgrid(line, line)
    growth = np.abs(stability_function(tableau, real + 1j * imaginary))
    with styled():
        figure = new_figure(4.4, 4.2)
        ax = figure.add_axes((0.13, 0.12, 0.84, 0.85))
        ax.contourf(real, imaginary, growth, levels=[0, 1], colors=[NEGATIVE], alpha=0.2)
        ax.contour(real, imaginary, growth, levels=[1], colors=[NEGATIVE], linewidths=1.2)
        _circle(ax, circle_radius(tableau))
        ax.axvline(0, color=INK, linewidth=0.5, alpha=0.5)
        ax.axhline(0, color=INK, linewidth=0.5, alpha=0.5)
        if points is not None:
            ax.plot(np.real(points), np.imag(points), "o", color=POSITIVE, markersize=6)
        ax.set(xlim=(-_SIDE, _SIDE), ylim=(-_SIDE, _SIDE), aspect="equal")
        ax.set_xlabel("real part of hλ")
        ax.set_ylabel("imaginary part of hλ")
    return figure


def _circle(ax: "Axes", radius: float) -> None:
    """The circle, or the line that it becomes for methods that contract at any step."""
    if math.isinf(radius):
        ax.axvline(0, color=THIRD, linewidth=1.4, linestyle="--")
        return
    angle = np.linspace(0, 2 * np.pi, 200)
    ax.plot(radius * (np.cos(angle) - 1), radius * np.sin(angle), "--", color=THIRD)
