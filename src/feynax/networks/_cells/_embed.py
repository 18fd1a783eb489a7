"""The exact ODERNN of a cell, on ravelled states."""

import functools
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Inexact

from .._odernn._activation import identity
from .._odernn._chain import chain
from .._odernn._coefficient import matrix
from .._odernn._odernn import ODERNN, StageFunction
from .._odernn._stage import Stage
from ._cell import AbstractCell


@functools.singledispatch
def rule(cell: AbstractCell) -> ODERNN | None:
    """Say how the ODERNN of a class is made; none is unless a rule is registered."""
    return None


@eqx.filter_jit
def embed(cell: AbstractCell) -> ODERNN | None:
    """Return the ODERNN that computes the same map on ravelled states; `None` without a rule.

    One program: a dozen or two would be compiled for the operations one by one.
    """
    return rule(cell)


class Readout(eqx.Module):
    """What a cell shows of its ravelled state."""

    cell: AbstractCell

    def __call__(self, y: Inexact[Array, " state"]) -> Inexact[Array, " hidden"]:
        """Return the cell's output."""
        return self.cell.output(unravel(self.cell, y))


def unravel(cell: AbstractCell, y: Array) -> Any:
    """Return the cell's state of which `y` is the ravelled one."""
    return ravel_pytree(jax.tree.map(jnp.zeros_like, cell.initial_state()))[1](y)


def sizes(cell: AbstractCell) -> tuple[int, ...]:
    """Return how many components each part of the state has."""
    return tuple(part.size for part in jax.tree.leaves(jax.eval_shape(cell.initial_state)))


def update(
    blocks: Sequence[int],
    block: int,
    W: dict[int, Any],
    *,
    keep: Any = None,
    gain: Any = 1.0,
    V: Any = None,
    b: Any = None,
    act: Any = identity,
) -> Stage:
    r"""Return the update of one block: keep times its old value, gain times what is new.

    **Arguments:**

    - `blocks`: the sizes of all.
    - `block`: which one is updated; the others stay.
    - `W`: what the activation sees of each block, by number.
    - `keep`, `gain`: coefficients.
    - `V`, `b`, `act`: as of a stage.
    """
    dtype = next(jnp.result_type(c) for c in (*W.values(), V, b, gain, keep) if eqx.is_array(c))
    own, start = blocks[block], sum(blocks[:block])
    seen = {j: matrix(w, own, dtype) for j, w in W.items()}
    m = next((w.shape[0] for w in seen.values()), own)
    gaps = [jnp.zeros((m, size), dtype) for size in blocks]
    ones = jnp.ones(sum(blocks), dtype)
    held = jnp.zeros((), dtype) if keep is None else jnp.asarray(keep).astype(dtype)
    put = matrix(gain, own, dtype)
    frame = jnp.zeros((sum(blocks), put.shape[1]), dtype)
    whole = len(blocks) == 1
    return Stage(
        W=jnp.concatenate([seen.get(j, gap) for j, gap in enumerate(gaps)], axis=1),
        V=V,
        b=b,
        gamma=keep if whole else ones.at[start : start + own].set(held),
        kappa=put if whole else frame.at[start : start + own].set(put),
        sigma=act,
    )


def chained(cell: AbstractCell, *updates: StageFunction) -> ODERNN:
    """Return the chain of updates on the cell's ravelled state."""
    start, _ = ravel_pytree(jax.tree.map(jnp.zeros_like, cell.initial_state()))
    return chain(
        updates, input_size=cell.input_size, state_size=start.size, readout=Readout(cell),
        dtype=start.dtype,
    )  # fmt: skip


def stepped(
    cell: AbstractCell, field: StageFunction, weights: Sequence[float],
    rows: Sequence[dict[int, float]], *, h: float = 1.0, implicit: bool = False,
) -> ODERNN:  # fmt: skip
    """Return the Runge-Kutta method of a tableau for a field, in the inner form.

    **Arguments:**

    - `field`: $f$ as a stage, with its activation's argument in terms of the state.
    - `weights`: of the stages in the output.
    - `rows`: of the tableau, by stage.
    - `h`: the step.
    """
    start, _ = ravel_pytree(jax.tree.map(jnp.zeros_like, cell.initial_state()))
    stages = [_at(field, row) for row in rows]
    out = Stage(W=1.0, d=0.0, gamma=1.0, alpha={k + 1: w for k, w in enumerate(weights) if w})
    return ODERNN.from_stages(
        stages, out, input_size=cell.input_size, state_size=start.size, h=h, inner=True,
        implicit=implicit, readout=Readout(cell), dtype=start.dtype,
    )  # fmt: skip


def _at(field: StageFunction, row: dict[int, float]) -> StageFunction:
    if not isinstance(field, Stage):
        return _Row(field, tuple(row.items()))
    return Stage(field.W, field.V, field.b, row, None, field.kappa, field.sigma)


class _Row(eqx.Module):
    field: StageFunction
    row: tuple[tuple[int, float], ...] = eqx.field(static=True)

    def __call__(self, moment: Any) -> Any:
        return _at(self.field(moment), dict(self.row))
