"""Cells that contract by construction: their claims, checked on the weights as they are."""

import jax
import numpy as np
from jaxtyping import Float

from ..networks import REN, MonotoneRNN
from ._attack import widen
from ._step_bound import StepBound, step_bound

_EVERY = "every state and input"
_ROUNDING = 1e-9  # of the rate: far above what float64 loses, far below what anyone reads


@step_bound.register
def _(cell: REN, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    r"""Check the claim by an inequality of its own, from the step alone.

    With $w = \tanh(v)$ every difference has $w_i(v_i - w_i) \ge 0$, so that
    $\rho^2|s|_P^2 - |s_+|_P^2 \ge 2 w^\top\Lambda(Cs + Dw - w)$ for all $(s, w)$ proves the rate.
    """
    metric, rate = cell.certificate_data()
    with jax.enable_x64(True):
        seen, cascade, scale, keep, mix, _ = (np.asarray(a) for a in widen(cell).prepare())
    rate = rate * (1 + _ROUNDING)
    low = _smallest(metric, rate, (seen, cascade, scale), np.concatenate([keep, mix], 1))
    root = np.linalg.cholesky(metric).T
    if low < 0:
        because = f"the inequality of its construction is missed by {-low:.3g}"
        return StepBound(float("inf"), root, because, _EVERY)
    because = f"a matrix inequality in the metric E^T P^-1 E holds with a margin of {low:.3g}"
    return StepBound(rate, root, because, _EVERY)


@step_bound.register
def _(cell: MonotoneRNN, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    with jax.enable_x64(True):
        linear = np.asarray(widen(cell).prepare()[0])
    h, inner = cell.step_size, np.asarray(cell.inner, np.float64)
    # The squashed part only falls along a difference, so the linear part bounds the field.
    falls = float(np.linalg.eigvalsh((linear + linear.T) / 2).max())
    if cell.integrator == "euler":
        rate, method = 1 / (1 - h * falls), "implicit Euler"
    else:
        steep = float(np.linalg.norm(linear, 2) + np.linalg.norm(inner, 2) ** 2)
        stiff = (h * steep) ** 2 / 4
        rate, method = np.sqrt((1 + h * falls + stiff) / (1 - h * falls + stiff)), "midpoint rule"
    because = f"the {method} on a field that falls along every difference by {-falls:.4g}"
    return StepBound(float(rate * (1 + _ROUNDING)), np.eye(len(linear)), because, _EVERY)


def _smallest(
    metric: Float[np.ndarray, "state state"],
    rate: float,
    features: tuple[np.ndarray, np.ndarray, np.ndarray],
    step: Float[np.ndarray, "state both"],
) -> float:
    """Smallest eigenvalue of the inequality, as a share of its largest, less its rounding."""
    C, D, scale = features
    corner = -C.T * scale
    middle = np.diag(2 * scale) - scale[:, None] * D - (scale[:, None] * D).T
    whole = np.block([[rate**2 * metric, corner], [corner.T, middle]]) - step.T @ metric @ step
    values = np.linalg.eigvalsh((whole + whole.T) / 2)
    return float(values[0] / values[-1]) - 1e-14 * len(values)
