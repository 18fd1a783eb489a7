r"""Short-time actions: where a slice evaluates the potential, and with which correction.

| action | sites | order in dt |
|---|---|---|
| `midpoint` | $V((x_{n-1}+x_n)/2)$, the document's (3.3) | 1 |
| `trapezoid` | $\frac12[V(x_{n-1}) + V(x_n)]$ | 2 |
| `takahashi_imada` | trapezoid of $V + \frac{dt^2}{24}\nabla V^T M^{-1} \nabla V$ | 4 in lnZ, E |
| `chin` | sites $\frac23 V$, $\frac43[V + \frac{dt^2}{12}\nabla V^T M^{-1}\nabla V]$ in turn | 4 |
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Rule:
    """Weights of the potential and of its squared force on two kinds of slices, in turn.

    - `potential`, `force`: of even and odd slices; the force's is in units of dt^2.
    - `midpoint`: evaluates between the sites and not on them.
    - `power`: the power of dt in which lnZ, energies and levels approach the continuum.
    """

    potential: tuple[float, float]
    force: tuple[float, float]
    midpoint: bool
    power: int

    @property
    def corrected(self) -> bool:
        """Whether the squared force enters."""
        return any(self.force)

    def weights(self, terms: int, *, closed: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return both weights of every term of the sum; open ends carry half."""
        kinds = np.arange(terms) % 2
        ends = np.ones(terms)
        if not closed and not self.midpoint:
            ends[[0, -1]] = 0.5
        return ends * np.take(self.potential, kinds), ends * np.take(self.force, kinds)


RULES = {
    "midpoint": Rule((1.0, 1.0), (0.0, 0.0), True, 1),
    "trapezoid": Rule((1.0, 1.0), (0.0, 0.0), False, 2),
    "takahashi_imada": Rule((1.0, 1.0), (1 / 24, 1 / 24), False, 4),
    "chin": Rule((2 / 3, 4 / 3), (0.0, 1 / 9), False, 4),
}
