"""Liquid, closed-form, clocked and matrix-memory cells as ODERNNs, all with coefficients that move.

What multiplies a state is a coefficient; what is squashed is a stage.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.linalg import block_diag
from jaxtyping import Array

from .._odernn._activation import Blockwise, identity
from .._odernn._odernn import ODERNN
from .._odernn._stage import Moment, Stage
from ._clockwork import ClockworkRNN
from ._embed import Readout, chained, rule, sizes, unravel, update
from ._ltc import LTC, CfC
from ._mlstm import MLSTM


class LiquidUpdate(eqx.Module):
    r"""One sub-step of LTC: $y \leftarrow (y + h f A) / (1 + h (1/\tau + f))$."""

    cell: LTC

    def __call__(self, moment: Moment) -> Stage:
        """Return the sub-step, with its denominator as a coefficient."""
        cell, h = self.cell, self.cell.step_size / self.cell.substeps
        f = jax.nn.sigmoid(cell.drive(moment.x) + cell.weight_hh @ moment.history[0])
        keep = 1 / (1 + h * (cell.prepare() + f))
        return Stage(
            W=cell.weight_hh,
            V=cell.weight_ih,
            b=cell.bias,
            gamma=keep,
            kappa=h * cell.target * keep,
            sigma=jax.nn.sigmoid,
        )


@rule.register
def _(cell: LTC) -> ODERNN:
    return chained(cell, *[LiquidUpdate(cell)] * cell.substeps)


class Mixture(eqx.Module):
    """The heads of CfC: two squashed ones, mixed by the third as a coefficient."""

    cell: CfC

    def __call__(self, moment: Moment) -> Stage:
        """Return the stage that reads the backbone."""
        gate, *_ = jnp.split(self.cell.heads, 3)
        bias, *_ = jnp.split(self.cell.heads_bias, 3)
        late = jax.nn.sigmoid(gate @ moment.stages[0] + bias)
        n = self.cell.hidden_size
        mix = jnp.concatenate([jnp.diag(1 - late), jnp.diag(late)], axis=1)
        alpha = {1: self.cell.heads[n:]}
        return Stage(b=self.cell.heads_bias[n:], alpha=alpha, kappa=mix, sigma=jnp.tanh)


@rule.register
def _(cell: CfC) -> ODERNN:
    slope = 2 / 3
    backbone = Stage(
        W=slope * cell.weight_hh,
        V=slope * cell.weight_ih,
        b=slope * cell.bias,
        kappa=1.7159,
        sigma=jnp.tanh,
    )
    return ODERNN.from_stages(
        (backbone, Mixture(cell)),
        Stage(alpha={2: 1.0}),
        input_size=cell.input_size,
        state_size=cell.hidden_size,
        stage_size=(cell.backbone_size, cell.hidden_size),
        readout=Readout(cell),
        dtype=cell.weight_hh.dtype,
    )


class ClockUpdate(eqx.Module):
    r"""$\kappa = D[1\{l \bmod T_i = 0\}]$, $\gamma = I - \kappa$, and the clock counts on."""

    cell: ClockworkRNN

    def __call__(self, moment: Moment) -> Stage:
        """Return the update of the units whose time has come, and of the clock."""
        cell, state = self.cell, moment.history[0]
        n, dtype = cell.hidden_size, state.dtype
        periods = jnp.asarray(cell.periods, dtype)
        moves = ((state[-1] + 1) % periods == 0).astype(dtype)
        one = jnp.ones(1, dtype)
        return Stage(
            W=jnp.pad(cell.prepare(), ((0, 1), (0, 1))),
            V=jnp.pad(cell.weight_ih, ((0, 1), (0, 0))),
            b=jnp.concatenate([cell.bias, one]),
            gamma=jnp.concatenate([1 - moves, one]),
            kappa=jnp.concatenate([moves, one]),
            sigma=Blockwise((jnp.tanh, identity), (n, 1)),
        )


@rule.register
def _(cell: ClockworkRNN) -> ODERNN:
    return chained(cell, ClockUpdate(cell))


class AssociationUpdate(eqx.Module):
    r"""$C \leftarrow f C + i v k^T$, $n \leftarrow f n + i k$, and their scale.

    The running maximum is $\max(a, b) = b + \mathrm{relu}(a - b)$.
    """

    cell: MLSTM

    def __call__(self, moment: Moment) -> Stage:
        """Return the update of all but what is seen, which stays."""
        (_, k, v), (take, forget), _ = self.cell.drive(moment.x)
        old = unravel(self.cell, moment.history[0])
        keep, k = jax.nn.log_sigmoid(forget), k / k.shape[-1] ** 0.5
        scale = jnp.maximum(keep + old.scale, take)
        f, i = jnp.exp(keep + old.scale - scale), jnp.exp(take - scale)
        parts = sizes(self.cell)
        pushed = (i[:, None] * v)[:, :, None] * k[:, None, :], i[:, None] * k
        b = [p.reshape(-1) for p in pushed]
        held = [jnp.repeat(f, p.size // f.size) for p in b]
        zero = jnp.zeros(parts[3], f.dtype)
        return self._stage(
            parts,
            jnp.concatenate([*b, take, zero]),
            jnp.concatenate([*held, jnp.zeros_like(f), zero + 1]),
            keep - take,
        )

    def _stage(self, parts: tuple[int, ...], shift: Array, held: Array, excess: Array) -> Stage:
        heads, total, start = parts[2], sum(parts), sum(parts[:2])
        pick = jnp.eye(heads, total, start, dtype=shift.dtype)
        return Stage(
            W=jnp.concatenate([pick, jnp.zeros((total, total), shift.dtype)]),
            b=jnp.concatenate([excess, shift]),
            gamma=held,
            kappa=jnp.concatenate([pick.T, jnp.eye(total, dtype=shift.dtype)], axis=1),
            sigma=Blockwise((jax.nn.relu, identity), (heads, total)),
        )


class Recall(eqx.Module):
    r"""$h \leftarrow D[o / \max(|n \cdot q|, e^{-m})]\, C q$."""

    cell: MLSTM

    def __call__(self, moment: Moment) -> Stage:
        """Return the update of what is seen."""
        (q, _, _), _, shown = self.cell.drive(moment.x)
        state = unravel(self.cell, moment.history[0])
        weight = jnp.maximum(jnp.abs(jnp.sum(state.total * q, -1)), jnp.exp(-state.scale))
        size = q.shape[-1]
        reads = block_diag(*[jnp.kron(jnp.eye(size, dtype=q.dtype), row[None]) for row in q])
        return update(sizes(self.cell), 3, {0: reads}, gain=shown / jnp.repeat(weight, size))


@rule.register
def _(cell: MLSTM) -> ODERNN:
    return chained(cell, AssociationUpdate(cell), Recall(cell))
