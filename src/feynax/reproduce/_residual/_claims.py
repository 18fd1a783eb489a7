"""Where the claims of the thesis on residual networks are collected."""

import numpy as np

from ...equations import AdvectionDiffusion
from .._claim import Claims

CLAIMS = Claims("residual")


def taps(pde: AdvectionDiffusion) -> np.ndarray:
    """Kernel of an equation in double precision."""
    return np.asarray(pde.kernel(), np.float64)


def short(value: float) -> float:
    """Three digits of a number, for tables."""
    return float(f"{value:.3g}")


def largest(*arrays) -> float:
    """Largest size of any entry."""
    return float(max(np.max(np.abs(array)) for array in arrays))
