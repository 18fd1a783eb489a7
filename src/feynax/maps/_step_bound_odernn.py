"""Any n-t-ODERNN with constant coefficients: the Lipschitz recursion, condition (S5)."""

import numpy as np

from ..equations import lipschitz_recursion
from ..networks import ODERNN
from ._local_attack import flat_state
from ._step_bound import StepBound, step_bound

_EVERY = "every state and input"


@step_bound.register
def _(cell: ODERNN, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    """Bound the whole history: one factor a lag, and a shift of what is remembered."""
    size, norms = len(flat_state(cell)), cell.norms()
    if norms is None:
        because = "coefficients depend on state, input or time, or an activation has no known slope"
        return StepBound(float("inf"), np.eye(size), because, _EVERY)
    factors = lipschitz_recursion(norms, cell.h)
    if not np.isfinite(factors).all():
        because = "the stages are implicit and rho(N) is not below 1"
        return StepBound(float("inf"), np.eye(size), because, _EVERY)
    rate, scales = _weighted(factors, cell.places.length)
    metric = np.diag(np.repeat(scales, size // len(scales)))
    shown = np.array2string(factors, precision=4)
    return StepBound(rate, metric, f"the Lipschitz recursion, {shown} for the lags", _EVERY)


def _weighted(factors: np.ndarray, length: int) -> tuple[float, np.ndarray]:
    """Norm of the companion of the factors, and the weights of the states that attain it.

    A nonnegative matrix has its spectral radius as its 2-norm under the square roots of the
    ratios of its two Perron vectors; the small shift keeps both positive.
    """
    companion = np.eye(length, k=-1) + 1e-9
    companion[0, : len(factors)] += factors
    left, right = (_perron(m) for m in (companion.T, companion))
    scales = np.sqrt(left / right)
    return float(np.linalg.norm(scales[:, None] * companion / scales[None], 2)), scales


def _perron(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eig(matrix)
    return np.abs(np.real(vectors[:, np.argmax(np.real(values))]))
