"""What is refused of a stage, in words that name it."""

from typing import Any

import jax.numpy as jnp

from ..._checks import check
from ._coefficient import check_coefficient
from ._stage import Stage, rows


def check_stage(
    q: str, stage: Any, sizes: tuple[int, ...], number: int, state: int, inputs: int,
    implicit: bool, inner: bool,
) -> None:  # fmt: skip
    """Refuse coefficients that do not fit, naming the stage and the coefficient."""
    check(isinstance(stage, Stage), f"stages[{q}]", "give a Stage", type(stage).__name__)
    last = number > len(sizes)
    own, before = (state, state) if last else (sizes[number - 1], sizes[number - 2])
    reach = len(sizes) if implicit or last else number - 1
    _check_reads(q, stage, reach, implicit, len(sizes))
    m = rows(stage, state, sizes)
    live = (m is not None and stage.kappa is not None) or stage.gamma is not None
    check(live, f"stages[{q}]", "have a term that is not None", "none")
    if m is not None:
        check_coefficient(f"W of stage {q}", stage.W, m, state)
        check_coefficient(f"V of stage {q}", stage.V, m, inputs)
        check_coefficient(f"kappa of stage {q}", stage.kappa, own, m)
        b = () if stage.b is None else jnp.shape(stage.b)
        check(b in ((), (m,)), f"b of stage {q}", f"have shape ({m},)", f"shape {b}")
    for k, c in stage.alpha.items():
        check_coefficient(f"alpha[{k}] of stage {q}", c, state if inner else m or 0, sizes[k - 1])
    if number > 1:
        check_coefficient(f"gamma of stage {q}", stage.gamma, own, before)


def _check_reads(q: str, stage: Stage, reach: int, implicit: bool, stages: int) -> None:
    for k in stage.alpha:
        later = not implicit and reach < k <= stages
        must = "belong to an earlier stage: only implicit steps read later ones"
        check(not later, f"alpha[{k}] of stage {q}", must, f"k = {k}")
        check(1 <= k <= reach, f"alpha[{k}] of stage {q}", f"belong to one of {reach} stages", k)
