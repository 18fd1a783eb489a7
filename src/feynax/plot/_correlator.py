"""How long a path remembers: its correlation in Euclidean time, and the gap that it shows."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from .._checks import check_shape
from ._style import INK, NEGATIVE, POSITIVE, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def correlator(
    lags: Float[np.ndarray, " lags"],
    values: Float[np.ndarray, " lags"],
    errors: Float[np.ndarray, " lags"],
    *,
    gap: float | None = None,
    exact: Float[np.ndarray, " lags"] | None = None,
) -> "Figure":
    """Draw a correlator with its errors on a logarithmic scale.

    **Arguments:**

    - `lags`: in units of Euclidean time.
    - `values`, `errors`: of the correlator; what is within one error of zero is left out.
    - `gap`: decay rate that was found, in units of one over time, as a thin line.
    - `exact`: the correlator where it is known, dashed.

    ```python
    import numpy as np, feynax as fx
    t = np.linspace(0, 3, 16)
    figure = fx.plot.correlator(t, np.exp(-t), 0.01 * np.exp(-t), gap=1.0)
    assert len(figure.axes) == 1
    ```
    """
    check_shape("values", values, (len(lags),))
    check_shape("errors", errors, (len(lags),))
    seen = values > errors
    with styled():
        figure = new_figure(5.6, 3.1)
        ax = figure.add_axes((0.13, 0.15, 0.84, 0.8))
        ax.set_yscale("log")
        if gap is not None and seen.any():
            first = values[seen][0] * np.exp(-gap * (lags - lags[seen][0]))
            keep = first > values[seen].min() / 2
            ax.plot(lags[keep], first[keep], color=POSITIVE, linewidth=0.9)
        if exact is not None:
            ax.plot(lags, exact, "--", color=INK, linewidth=0.8)
        ax.errorbar(
            lags[seen],
            values[seen],
            errors[seen],
            fmt="o",
            markersize=2.5,
            color=NEGATIVE,
            elinewidth=0.8,
        )
        ax.set_xlim(lags[0], lags[-1])
        ax.set_xlabel("distance in Euclidean time")
        ax.set_ylabel("correlation")
    return figure
