"""Activations and their slopes on the host, in float64, and the gates they amount to."""

from collections.abc import Callable
from typing import Literal

import numpy as np

Gates = Literal["secant", "tangent"]
_Curve = Callable[[np.ndarray], np.ndarray]


def _normal_cdf(z: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr  # slow to import, and GELU alone needs it

    return ndtr(z)


def _gelu_slope(z: np.ndarray) -> np.ndarray:
    return _normal_cdf(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


# value and slope; at a kink the slope that jax.grad gives
_CURVES: dict[str, tuple[_Curve, _Curve]] = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "leaky_relu": (lambda z: np.where(z >= 0, z, 0.01 * z), lambda z: np.where(z >= 0, 1.0, 0.01)),
    "relu6": (lambda z: np.clip(z, 0, 6), lambda z: ((z > 0) & (z < 6)) * 1.0),
    "gelu": (lambda z: z * _normal_cdf(z), _gelu_slope),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "softplus": (lambda z: np.logaddexp(0, z), lambda z: (1 + np.tanh(z / 2)) / 2),
}


def record_gate(name: str, z: np.ndarray, gates: Gates) -> tuple[np.ndarray, float, np.ndarray]:
    r"""Gate, offset $\sigma(0)$ and value of an activation.

    Secant: $k = (\sigma(z) - \sigma(0))/z$, so that $k z + \sigma(0) = \sigma(z)$; tangent:
    $k = \sigma'(z)$. Both are $1[z > 0]$ for ReLU.
    """
    curve, slope = _CURVES[name]
    value, offset = curve(z), float(curve(np.zeros(())))
    if gates == "tangent":
        return slope(z), offset, value
    factor = np.where(z == 0, slope(z), (value - offset) / np.where(z == 0, 1, z))
    return factor, offset, value
