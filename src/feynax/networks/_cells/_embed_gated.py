"""Gated cells as ODERNNs: gates are coefficients that state and input decide."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from .._odernn._odernn import ODERNN
from .._odernn._stage import Moment, Stage
from ._embed import chained, rule, sizes, unravel, update
from ._gru import GRU
from ._lem import LEM
from ._lstm import LSTM


class LSTMMemory(eqx.Module):
    r"""$c \leftarrow D[f] c + D[i] \tanh(U_c h + V_c x + b_c)$."""

    cell: LSTM

    def __call__(self, moment: Moment) -> Stage:
        """Return the update of the memory."""
        i, f, _, _ = lstm_gates(self.cell, moment)
        U, V, b = candidate(self.cell)
        return update(sizes(self.cell), 0, {1: U}, keep=f, gain=i, V=V, b=b, act=jnp.tanh)


class LSTMOutput(eqx.Module):
    r"""$h \leftarrow D[o] \tanh c$; the gate sees the old $h$, which is still there."""

    cell: LSTM

    def __call__(self, moment: Moment) -> Stage:
        """Return the update of what is seen."""
        o = lstm_gates(self.cell, moment)[3]
        return update(sizes(self.cell), 1, {0: 1.0}, gain=o, act=jnp.tanh)


def lstm_gates(cell: LSTM, moment: Moment) -> tuple[Array, Array, Array, Array]:
    """Return the gates i, f, o as coefficients, and the argument of the candidate in between."""
    _, h = unravel(cell, moment.history[0])
    i, f, g, o = jnp.split(cell.drive(moment.x) + h @ cell.weight_hh.T, 4)
    return jax.nn.sigmoid(i), jax.nn.sigmoid(f), g, jax.nn.sigmoid(o)


def candidate(cell: LSTM) -> tuple[Array, Array, Array]:
    """Return the weights and the bias of the candidate g."""
    U, V = jnp.split(cell.weight_hh, 4)[2], jnp.split(cell.weight_ih, 4)[2]
    return U, V, jnp.split(cell.bias_ih + cell.bias_hh, 4)[2]


@rule.register
def _(cell: LSTM) -> ODERNN:
    return chained(cell, LSTMMemory(cell), LSTMOutput(cell))


class GRUUpdate(eqx.Module):
    r"""$h \leftarrow D[z] h + D[1-z] \tanh(D[r] U h + V x + b)$, $z$ on the old value."""

    cell: GRU

    def __call__(self, moment: Moment) -> Stage:
        """Return the update of the state."""
        cell, h = self.cell, moment.history[0]
        r, z, _ = jnp.split(cell.drive(moment.x), 3)
        U_r, U_z, U = jnp.split(cell.weight_hh, 3)
        c_r, c_z, c = jnp.split(cell.bias_hh, 3)
        r, z = jax.nn.sigmoid(r + h @ U_r.T + c_r), jax.nn.sigmoid(z + h @ U_z.T + c_z)
        b = jnp.split(cell.bias_ih, 3)[2] + r * c
        V = jnp.split(cell.weight_ih, 3)[2]
        W = {0: r[:, None] * U}
        return update(sizes(cell), 0, W, keep=z, gain=1 - z, V=V, b=b, act=jnp.tanh)


@rule.register
def _(cell: GRU) -> ODERNN:
    return chained(cell, GRUUpdate(cell))


class LEMUpdate(eqx.Module):
    r"""One of LEM's two relaxations: $z$ first, then $y$, whose gate saw the same old $y$."""

    cell: LEM
    block: int = eqx.field(static=True)

    def __call__(self, moment: Moment) -> Stage:
        """Return the update of z (block 1), or of y (block 0)."""
        cell = self.cell
        y, _ = unravel(cell, moment.history[0])
        gates = jnp.split(cell.drive(moment.x), 4)[self.block]
        gates = gates + y @ jnp.split(cell.weight_hh, 3)[self.block].T
        share = cell._gate().share(gates)
        inward = jnp.split(cell.weight_hh, 3)[2] if self.block else cell.weight_zy
        row = 2 if self.block else 3
        V, b = jnp.split(cell.weight_ih, 4)[row], jnp.split(cell.bias, 4)[row]
        W = {1 - self.block: inward}
        return update(
            sizes(cell), self.block, W, keep=1 - share, gain=share, V=V, b=b, act=jnp.tanh
        )


@rule.register
def _(cell: LEM) -> ODERNN:
    return chained(cell, LEMUpdate(cell, 1), LEMUpdate(cell, 0))
