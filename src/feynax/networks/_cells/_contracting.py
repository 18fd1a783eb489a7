"""What a cell gives that contracts whatever its weights are."""

import abc
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ._cell import AbstractCell


class Contraction(NamedTuple):
    r"""What is to be verified of a contracting cell.

    $$|s_{l+1} - s'_{l+1}|_P \le \rho\,|s_l - s'_l|_P$$

    **Fields:**

    - `metric`: $P$ with $|v|_P^2 = v^\top P v$, float64.
    - `rate`: $\rho$ a sample, the same for every input.
    """

    metric: Float[np.ndarray, "hidden hidden"]
    rate: float


class AbstractContractingCell(AbstractCell):
    """A cell that forgets its past at a known rate before, during and after training."""

    @abc.abstractmethod
    def certificate_data(self) -> Contraction:
        """Return metric and rate of the weights as they are now."""
