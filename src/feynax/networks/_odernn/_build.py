"""Constant coefficients drawn at random."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from ..._checks import check, check_choice
from ._stage import Stage

KINDS = ("scalar", "diagonal", "dense", "none")
DEFAULTS = {"alpha": "scalar", "beta": "scalar", "gamma": "none", "kappa": "none"}


def draw_stages(
    n: int, state: int, inputs: int, size: int, kinds: Mapping[str, str] | None,
    acts: Sequence[Callable[[Array], Array]], implicit: bool, inner: bool, dtype: Any,
    key: PRNGKeyArray,
) -> tuple[tuple[Stage, ...], Stage]:  # fmt: skip
    """Return n stages and the output stage, all entries uniform within 1 / sqrt(columns)."""
    chosen = _chosen(kinds)
    keys = iter(jax.random.split(key, (n + 1) * (n + 5)))
    wide = state if inner else size

    def draw(kind: str, rows: int, columns: int, name: str) -> Array | None:
        shape = {"scalar": (), "diagonal": (rows,), "dense": (rows, columns)}.get(kind)
        if shape is None:
            return None
        if kind != "dense":
            must = f'be "dense" where the state has {state} and a stage {size} components'
            check(rows == columns, name, must, repr(kind))
        return _uniform(next(keys), shape, 1 / math.sqrt(max(columns, 1)), dtype)

    def stage(q: int, m: int, p: int, old: int, act: Any) -> Stage:
        last = q > n
        read = range(1, n + 1) if implicit or last else range(1, q)
        push, rows = ("beta", state if inner else m) if last else ("alpha", wide if inner else m)
        kappa = draw(chosen["kappa"], p, m, "kappa")
        return Stage(
            W=draw("dense", m, state, "W"),
            V=draw("dense", m, inputs, "V"),
            b=draw("diagonal", m, m, "b"),
            alpha={k: c for k in read if (c := draw(chosen[push], rows, size, push)) is not None},
            gamma=draw(chosen["gamma"], p, old, "gamma") if q > 1 else None,
            kappa=1.0 if kappa is None else kappa,
            sigma=act,
        )

    stages = tuple(stage(q, size, size, size, acts[q - 1]) for q in range(1, n + 1))
    return stages, stage(n + 1, state, state, state, acts[n])


def _chosen(kinds: Mapping[str, str] | None) -> dict[str, str]:
    for name, kind in (kinds or {}).items():
        check_choice("coefficients", name, DEFAULTS)
        check_choice(f"coefficients[{name}]", kind, KINDS)
    return {**DEFAULTS, **(kinds or {})}


def _uniform(key: PRNGKeyArray, shape: tuple[int, ...], bound: float, dtype: Any) -> Array:
    if not jnp.issubdtype(dtype, jnp.complexfloating):
        return jax.random.uniform(key, shape, dtype, -bound, bound)
    real = jnp.finfo(dtype).dtype
    parts = jax.random.uniform(key, (2, *shape), real, -bound, bound)
    return jax.lax.complex(parts[0], parts[1])
