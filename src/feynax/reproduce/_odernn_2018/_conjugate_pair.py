"""Section 1, eq. (1): the network of a state and its conjugate variable."""

import numpy as np

from ...equations import symplectic_defect
from .._claim import Budget, Finding
from .._shared import step_in_both_halves, weights_that_change
from ._claims import CLAIMS

_H = 0.3


CLAIMS.add(
    "eq. (1), step",
    printed="Z <- Z - h s(W^T Y + b), then Y <- Y + s(W Z + b): with h in the first half alone.",
    right="h stands in both halves, or no equation is integrated.",
    expects="corrected",
)(step_in_both_halves)


CLAIMS.add(
    "eq. (1), stability",
    kind="statement",
    printed="(1) is stable regardless of the form of the weights W_l.",
    right="Only with the same W in all layers, and h |W| < 2. Weights that change from layer to "
    "layer pump energy in, even where each of them is stable for itself.",
    expects="false",
)(weights_that_change)


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
