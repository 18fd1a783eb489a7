"""Eq. (1) of both documents: a state, its conjugate variable, and the step between them."""

import numpy as np

from ...equations import frequency_certificate, resonance_certificate
from .._claim import Budget, Finding


def _pair(h_y: float, h_z: float, steps: int) -> np.ndarray:
    """States of (1), with a step for each of its halves."""
    W, (b, y, z) = np.random.default_rng(4).normal(size=(4, 4)), np.ones((3, 4)) / 3
    for _ in range(steps):
        z = z - h_z * np.tanh(W.T @ y + b)
        y = y + h_y * np.tanh(W @ z + b)
    return np.concatenate([y, z])


def step_in_both_halves(budget: Budget) -> Finding:
    """A network with h in one half alone tends to no limit."""
    limit = _pair(2e-4, 2e-4, 5000)
    return Finding.compare(
        "After one unit of time, 100 steps are off from the limit h -> 0 by {printed} as printed, "
        "by {right} with h in both.",
        printed=float(np.abs(_pair(1.0, 0.01, 100) - limit).max()),
        right=float(np.abs(_pair(0.01, 0.01, 100) - limit).max()),
        tolerance=0.05,
    )


def weights_that_change(budget: Budget) -> Finding:
    """Layers that are stable each for itself are not stable together."""
    W = np.random.default_rng(0).normal(size=(3, 3))
    W *= 0.95 / np.linalg.norm(W, 2)
    alone = frequency_certificate("symplectic_euler", np.kron([[0, 1], [-1, 0]], np.eye(3)), 0.95)
    found = resonance_certificate([W, -W], 1.0)
    assert alone
    assert found.rate is not None
    return Finding.compare(
        "W and -W of norm 0.95 in turn, h = 1, where the limit for either is 2: a state grows by a "
        "share {printed} over two layers.",
        printed=found.rate - 1,
        tolerance=1e-9,
    )
