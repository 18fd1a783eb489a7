"""How every reading prints."""

import functools

from .._html import html_lines


class AbstractReading:
    """What was found in one thing; it prints as its summary, not as its arrays."""

    def __str__(self) -> str:
        return summary(self)

    def _repr_html_(self) -> str:
        return html_lines(str(self))


@functools.singledispatch
def summary(reading: AbstractReading) -> str:
    """Return what was found as lines for a terminal.

    **Arguments:**

    - `reading`: of an image, a recurrent network, a flow, a network as a quantum system, or paths.

    ```python
    import jax, numpy as np, feynax as fx
    net = fx.networks.PDENet((1, 8, 8), channels=(2,), steps=1, key=jax.random.key(0))
    print(fx.report.summary(fx.report.read(net, np.ones((1, 8, 8)), paths=100)))
    ```
    """
    raise TypeError(f"Argument `reading` must be a reading, but is {type(reading).__name__}.")
