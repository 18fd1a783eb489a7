"""Section 1, eq. (1): the network of a state and its conjugate variable."""

import numpy as np

from ...equations import frequency_certificate, resonance_certificate, symplectic_defect
from .._claim import Budget, Finding
from ._claims import CLAIMS

_H = 0.3


def _pair(h_y: float, h_z: float, steps: int) -> np.ndarray:
    """States of (1), with a step for each of its halves."""
    W, (b, y, z) = np.random.default_rng(4).normal(size=(4, 4)), np.ones((3, 4)) / 3
    for _ in range(steps):
        z = z - h_z * np.tanh(W.T @ y + b)
        y = y + h_y * np.tanh(W @ z + b)
    return np.concatenate([y, z])


@CLAIMS.add(
    "eq. (1), step",
    printed="Z <- Z - h s(W^T Y + b), then Y <- Y + s(W Z + b): with h in the first half alone.",
    right="h stands in both halves, or no equation is integrated.",
    expects="corrected",
)
def step_in_both_halves(budget: Budget) -> Finding:
    limit = _pair(2e-4, 2e-4, 5000)
    return Finding.compare(
        "After one unit of time, 100 steps are off from the limit h -> 0 by {printed} as printed, "
        "by {right} with h in both.",
        printed=float(np.abs(_pair(1.0, 0.01, 100) - limit).max()),
        right=float(np.abs(_pair(0.01, 0.01, 100) - limit).max()),
        tolerance=0.05,
    )


@CLAIMS.add(
    "eq. (1), stability",
    kind="statement",
    printed="(1) is stable regardless of the form of the weights W_l.",
    right="Only with the same W in all layers, and h |W| < 2. Weights that change from layer to "
    "layer pump energy in, even where each of them is stable for itself.",
    expects="false",
)
def stable_regardless_of_weights(budget: Budget) -> Finding:
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


@CLAIMS.add(
    "eq. (1), conjugate variable",
    kind="statement",
    printed="Z is a variable conjugate to Y.",
    right="Only with another W^T outside: Z <- Z - h W^T s(W Y + b), Y <- Y + h W^T s(W Z + b). "
    "(1) itself keeps volume, but not the symplectic form that makes variables conjugate.",
    expects="corrected",
)
def conjugate_variable(budget: Budget) -> Finding:
    draw = np.random.default_rng(0)
    W, slopes, one = draw.normal(size=(3, 3)), draw.uniform(size=(2, 3)), np.eye(3)
    defects, volumes = [], []
    for outer in (one, W.T):  # nothing, and W^T, before s
        inner = W.T if outer is one else W
        push_z = -_H * outer @ np.diag(slopes[0]) @ inner
        push_y = _H * outer @ np.diag(slopes[1]) @ W
        none = np.zeros((3, 3))
        jacobian = np.block([[one, push_y], [none, one]]) @ np.block([[one, none], [push_z, one]])
        defects.append(symplectic_defect(jacobian))
        volumes.append(abs(np.linalg.det(jacobian) - 1))
    return Finding.compare(
        "The step's Jacobian J misses J^T Omega J = Omega by {printed} as printed, by {right} with "
        f"the outer W^T; both have determinant 1 to {max(volumes):.1g}.",
        printed=defects[0],
        right=defects[1],
        tolerance=1e-13,
    )
