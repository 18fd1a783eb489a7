"""Steps that update parts of the state one after the other."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from ._activation import Blockwise, identity
from ._coefficient import matrix
from ._odernn import ODERNN, StageFunction
from ._stage import Moment, Stage, rows


def chain(
    updates: Sequence[StageFunction],
    *,
    input_size: int,
    state_size: int,
    readout: Callable[[Array], Array] = identity,
    dtype: Any = None,
) -> ODERNN:
    r"""Return the ODERNN of updates $u \leftarrow \gamma u + \kappa\,\sigma(W u + V x + b)$.

    One stage an update; each reads what the one before has made of the state, and the output is
    the last stage.

    **Arguments:**

    - `updates`: stages without `alpha`, or functions of a `Moment` whose history is the state so
      far.
    - `input_size`, `state_size`, `readout`, `dtype`: as of [`feynax.networks.ODERNN`][].
    """
    stages = [_linked(update, q, state_size) for q, update in enumerate(updates, 1)]
    return ODERNN.from_stages(
        stages,
        Stage(alpha={len(stages): 1.0}),
        input_size=input_size,
        state_size=state_size,
        readout=readout,
        dtype=dtype,
    )


def _linked(update: StageFunction, number: int, state: int) -> StageFunction:
    link = _Link(update, number, state)
    constant = isinstance(update, Stage)
    return link.place(update, jnp.result_type(_precision(update))) if constant else link


def _precision(stage: Stage) -> Any:
    arrays = (stage.W, stage.V, stage.b, stage.kappa, stage.gamma)
    return next(a for a in arrays if eqx.is_inexact_array(a))


class _Link(eqx.Module):
    update: StageFunction
    number: int = eqx.field(static=True)
    state: int = eqx.field(static=True)

    def __call__(self, moment: Moment) -> Stage:
        now = moment.history[0] if self.number == 1 else moment.stages[-1]
        stage = self.update(Moment(moment.step, moment.x, now[None], ()))
        return self.place(stage, now.dtype)

    def place(self, stage: Stage, dtype: Any) -> Stage:
        """Let the update read the stage before it; the first one reads the state."""
        if self.number == 1:
            return with_skip(stage, matrix(1.0, self.state, dtype), dtype)
        alpha = {} if stage.W is None else {self.number - 1: stage.W}
        return Stage(None, stage.V, stage.b, alpha, stage.gamma, stage.kappa, stage.sigma)


def with_skip(stage: Stage, skip: Array, dtype: Any) -> Stage:
    r"""Return the stage with $\gamma$ times `skip` $Y$ as a part of its activation's argument.

    Of an ordinary stage $\gamma$ acts on the stage before it, not on the state.
    """
    if stage.gamma is None:
        return stage
    size, state = skip.shape
    m = rows(stage, state, ()) or state
    kappa = matrix(0.0 if stage.kappa is None else stage.kappa, m, dtype)
    W = jnp.zeros((m, state), dtype) if stage.W is None else matrix(stage.W, m, dtype)
    return Stage(
        W=jnp.concatenate([W, skip]),
        V=None if stage.V is None else _longer(matrix(stage.V, m, dtype), size),
        b=None if stage.b is None else _longer(jnp.asarray(stage.b).astype(dtype), size),
        alpha={k: _longer(matrix(c, m, dtype), size) for k, c in stage.alpha.items()},
        kappa=jnp.concatenate([kappa, matrix(stage.gamma, size, dtype)], axis=1),
        sigma=Blockwise((stage.sigma, identity), (m, size)),
    )  # fmt: skip


def _longer(array: Array, rows: int) -> Array:
    return jnp.concatenate([array, jnp.zeros((rows, *array.shape[1:]), array.dtype)])
