"""Section 3: quantum mechanics as a network with random weights."""

import numpy as np

from .._claim import Budget, Finding
from ._claims import CLAIMS


@CLAIMS.add(
    "eq. (3.17)",
    printed="With step weights W the free action is a Gaussian with one extra term: "
    "(m dt/2)[W^T(1 + 11^T)W - 2c 1^T W + c^2], c = (x_fin - x_ini)/dt.",
    expects="holds",
)
def free_action_in_step_weights(budget: Budget) -> Finding:
    draw = np.random.default_rng(0)
    m, dt, ends = 1.3, 0.2, (0.6, -0.3)
    W = draw.normal(size=(100, 7))
    c = (ends[1] - ends[0]) / dt
    steps = np.append(W, c - W.sum(-1, keepdims=True), axis=-1)
    action = m * dt / 2 * np.sum(steps**2, -1)
    ones = W.sum(-1)
    printed = m * dt / 2 * (np.sum(W**2, -1) + ones**2 - 2 * c * ones + c**2)
    error = np.max(np.abs(printed - action) / action)
    return Finding.compare(
        "On 100 random paths of 8 slices the two sides differ by {printed}, relative.",
        printed=float(error),
        tolerance=1e-13,
    )
