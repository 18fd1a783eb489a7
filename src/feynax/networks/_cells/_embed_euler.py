"""Forward Euler and explicit midpoint cells as ODERNNs, and maps that are steps of size one."""

import equinox as eqx
import jax
import jax.numpy as jnp

from .._odernn._activation import Blockwise, identity
from .._odernn._odernn import ODERNN
from .._odernn._stage import Moment, Stage
from ._antisymmetric import AntisymmetricRNN
from ._embed import chained, rule, stepped, update
from ._lipschitz import LipschitzRNN
from ._rnn import RNN, LeakyRNN


@rule.register
def _(cell: RNN) -> ODERNN:
    act = jnp.tanh if cell.nonlinearity == "tanh" else jax.nn.relu
    bias = cell.bias_ih + cell.bias_hh
    return chained(cell, Stage(W=cell.weight_hh, V=cell.weight_ih, b=bias, sigma=act))


@rule.register
def _(cell: LeakyRNN) -> ODERNN:
    share = jax.nn.sigmoid(cell.leak_logit)
    moved = update(
        (cell.hidden_size,),
        0,
        {0: cell.weight_hh},
        keep=1 - share,
        gain=share,
        V=cell.weight_ih,
        b=cell.bias,
        act=jnp.tanh,
    )
    return chained(cell, moved)


class GatedField(eqx.Module):
    r"""$D[z(y, x)] \tanh((W - W^T - \gamma I) y + V x + b)$."""

    cell: AntisymmetricRNN

    def __call__(self, moment: Moment) -> Stage:
        """Return the field, with its gate as a coefficient."""
        matrix = self.cell.prepare()
        V, V_z = jnp.split(self.cell.weight_ih, 2)
        b, b_z = jnp.split(self.cell.bias, 2)
        gate = jax.nn.sigmoid(matrix @ moment.history[0] + V_z @ moment.x + b_z)
        return Stage(W=matrix, V=V, b=b, kappa=gate, sigma=jnp.tanh)


@rule.register
def _(cell: AntisymmetricRNN) -> ODERNN:
    plain = Stage(W=cell.prepare(), V=cell.weight_ih, b=cell.bias, sigma=jnp.tanh)
    field = GatedField(cell) if cell.gated else plain
    return stepped(cell, field, (1.0,), ({},), h=cell.step_size)


@rule.register
def _(cell: LipschitzRNN) -> ODERNN:
    linear, inner = cell.prepare()
    n, eye = cell.hidden_size, jnp.eye(cell.hidden_size, dtype=linear.dtype)
    field = Stage(
        W=jnp.concatenate([inner, linear]),
        V=jnp.concatenate([cell.weight_ih, jnp.zeros_like(cell.weight_ih)]),
        b=jnp.concatenate([cell.bias, jnp.zeros_like(cell.bias)]),
        kappa=jnp.concatenate([eye, eye], axis=1),
        sigma=Blockwise((jnp.tanh, identity), (n, n)),
    )
    if cell.method == "euler":
        return stepped(cell, field, (1.0,), ({},), h=cell.step_size)
    return stepped(cell, field, (0.0, 1.0), ({}, {1: 0.5}), h=cell.step_size)
