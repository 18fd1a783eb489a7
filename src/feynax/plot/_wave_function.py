"""A wave function over one coordinate."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Complex, Float

from .._checks import check_shape
from ._style import INK, NEGATIVE, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def wave_function(
    y: Float[np.ndarray, " points"],
    psi: Complex[np.ndarray, " points"],
    *,
    label: str = "neuron 1",
) -> "Figure":
    r"""Draw a wave function: its size $|\psi|$ as a shade on both sides, its real part as a line.

    **Arguments:**

    - `y`: places, rising.
    - `psi`: complex values there.
    - `label`: of the coordinate.

    ```python
    import numpy as np, feynax as fx
    y = np.linspace(-3, 3, 50)
    assert len(fx.plot.wave_function(y, np.exp(-y**2 / 2 + 2j * y)).axes) == 1
    ```
    """
    check_shape("psi", psi, (len(y),))
    size = np.abs(psi)
    with styled():
        figure = new_figure(5.6, 3.0)
        ax = figure.add_axes((0.12, 0.16, 0.85, 0.8))
        ax.fill_between(y, -size, size, color=NEGATIVE, alpha=0.18, linewidth=0)
        ax.plot(y, np.real(psi), color=NEGATIVE)
        ax.axhline(0, color=INK, linewidth=0.4, alpha=0.4)
        ax.set_xlim(y[0], y[-1])
        ax.set_xlabel(label)
        ax.set_ylabel("wave function")
    return figure
