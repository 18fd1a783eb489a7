"""Where the claims of the thesis on residual networks are collected."""

import numpy as np

from .._claim import Claims

CLAIMS = Claims("residual")


def largest(*arrays) -> float:
    """Largest size of any entry."""
    return float(max(np.max(np.abs(array)) for array in arrays))
