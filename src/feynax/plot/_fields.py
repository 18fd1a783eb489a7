"""Fields side by side: one row a network, one column a depth."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from .._checks import check
from ._style import draw_field, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def fields(
    names: Sequence[str],
    rows: Mapping[str, Sequence[Float[np.ndarray, "height width"]]],
) -> "Figure":
    """Draw fields as a table of pictures, each on its own scale, clear at zero.

    **Arguments:**

    - `names`: of the columns.
    - `rows`: name of each row, and its fields.

    **Raises:**

    - `ValueError` where a row has not one field for each column.

    ```python
    import numpy as np, feynax as fx
    one = np.ones((4, 4))
    assert fx.plot.fields(["input", "after"], {"(39)": [one, one]}).axes
    ```
    """
    check(len(names) > 0 and len(rows) > 0, "rows", "hold at least one field", "none")
    for name, row in rows.items():
        check(len(row) == len(names), f"rows[{name!r}]", f"have length {len(names)}", len(row))
    cell, step, left, top = 1.0, 1.08, 0.55, 0.25
    width, height = left + len(names) * step, top + len(rows) * step
    with styled():
        figure = new_figure(width, height)
        ax = figure.add_axes((0, 0, 1, 1))
        ax.set_axis_off()
        for column, name in enumerate(names):
            middle = left + column * step + cell / 2
            ax.text(middle, top - 0.06, name, ha="center", va="bottom", fontsize=8)
        for index, (name, row) in enumerate(rows.items()):
            y = top + index * step
            ax.text(left - 0.08, y + cell / 2, name, ha="right", va="center", fontsize=8)
            for column, field in enumerate(row):
                x = left + column * step
                draw_field(ax, field, float(np.abs(field).max()), (x, x + cell, y + cell, y))
        ax.set(xlim=(0, width), ylim=(height, 0), aspect="auto")
    return figure
