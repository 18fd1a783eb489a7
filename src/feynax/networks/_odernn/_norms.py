"""Norms of a step's constant coefficients, for the Lipschitz recursion."""

from typing import Any

import numpy as np

from ...equations import StepNorms
from ._activation import steepest
from ._coefficient import norm, product
from ._lags import Lags
from ._stage import Stage


def step_norms(stages: tuple[Any, ...], output: Any, places: Lags, inner: bool) -> StepNorms | None:
    """Return the norms; `None` where a coefficient depends on anything or a slope is not known."""
    every = (*stages, output)
    if places.skip or not all(isinstance(stage, Stage) for stage in every):
        return None
    slopes = [steepest(stage.sigma) for stage in every]
    if None in slopes:
        return None
    n = len(stages)
    coupled = np.zeros((n + 1, n))
    for q, stage in enumerate(every):
        for k, c in stage.alpha.items():
            if c is not None:
                coupled[q, k - 1] = _norm(product(stage.W, c) if inner else c)
    own = [product(s.W, s.d) if inner and s.W is not None else s.W for s in every]
    return StepNorms(
        weight=np.array([_norm(c) for c in own]),
        kappa=np.array([_norm(stage.kappa) for stage in every]),
        gamma=np.array([_norm(stage.gamma) for stage in every]),
        alpha=coupled[:n],
        beta=coupled[n],
        slopes=np.array(slopes, float),
        lags=np.array([*places.stages, places.output]),
    )


def _norm(c: Any) -> float:
    return 0.0 if c is None else float(norm(c))
