"""Residual blocks on a ring of a few sites, small enough to sum over every path."""

import functools

import numpy as np

from ...equations import operator_matrix

SKIP = 0.9  # weight of the skip connection


def momenta(size: int) -> np.ndarray:
    """2 pi k/M for k from 0."""
    return 2 * np.pi * np.arange(size) / size


def waves(size: int) -> np.ndarray:
    """exp(i p (x - y)) with axes (p, x, y)."""
    x = np.arange(size)
    return np.exp(1j * momenta(size)[:, None, None] * (x[:, None] - x[None, :]))


@functools.cache
def network(size: int, layers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Kernels f, input, gates (layers, size) and output of blocks (26) on a ring."""
    draw = np.random.default_rng(5)
    kernels, psi = draw.normal(size=(layers, 3)) / 2, draw.normal(size=size)
    start, gates = psi, []
    for kernel in kernels:
        z = operator_matrix(kernel, size, boundary="periodic", skip=SKIP) @ psi
        gates.append(z > 0)
        psi = np.maximum(z, 0)
    return kernels, start, np.array(gates, float), psi


def layer_matrix(factor: np.ndarray, size: int) -> np.ndarray:
    """Sum over p of exp(ip (x - y)) times a factor for each p."""
    return np.einsum("pxy,p->xy", waves(size), factor)
