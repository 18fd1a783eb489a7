"""Oscillators and anti-Hermitian networks as ODERNNs."""

import jax.numpy as jnp

from .._odernn._activation import Blockwise, identity
from .._odernn._odernn import ODERNN
from .._odernn._stage import Stage
from ._arnn_fields import antisymmetric
from ._arnn_midpoint import ImplicitMidpointRNN
from ._arnn_two_step import TwoStepLeapfrogRNN
from ._cornn import CoRNN
from ._embed import chained, rule, sizes, stepped, update
from ._symplectic import SymplecticRNN
from ._unicornn import UnICORNN


def activation(name: str):
    """Return the pointwise function of a name."""
    return jnp.tanh if name == "tanh" else identity


@rule.register
def _(cell: CoRNN) -> ODERNN:
    """Velocities first: the linear forces are a block that is not activated."""
    n, h = cell.hidden_size, cell.step_size
    by_y, by_z = jnp.split(cell.weight_hh, 2, axis=1)
    eye, none = jnp.eye(n, dtype=by_y.dtype), jnp.zeros_like(by_y)
    push = update(
        sizes(cell), 1,
        {0: jnp.concatenate([by_y, cell.stiffness * eye]), 1: jnp.concatenate([by_z, none])},
        keep=1 - h * cell.damping * jnp.ones(n, by_y.dtype),
        gain=h * jnp.concatenate([eye, -eye], axis=1),
        V=jnp.concatenate([cell.weight_ih, jnp.zeros_like(cell.weight_ih)]),
        b=jnp.concatenate([cell.bias, jnp.zeros_like(cell.bias)]),
        act=Blockwise((jnp.tanh, identity), (n, n)),
    )  # fmt: skip
    return chained(cell, push, update(sizes(cell), 0, {1: h * eye}, keep=1.0))


@rule.register
def _(cell: SymplecticRNN) -> ODERNN:
    """Half-steps of z and y in their order; each is the gradient of a function of the other."""
    blocks, h = sizes(cell), cell.step_size
    (V_z, V_y), (b_z, b_y) = jnp.split(cell.weight_ih, 2), jnp.split(cell.bias, 2)
    transposed = cell.outer == "transpose"
    W_z, W_y = (
        (cell.weights[0], cell.weights[1]) if transposed else (cell.weights[0].T, cell.weights[0])
    )
    eye = jnp.eye(cell.hidden_size, dtype=W_z.dtype)
    out_z, out_y = (W_z.T, W_y.T) if transposed else (eye, eye)
    act = activation(cell.activation)

    def push(share: float) -> Stage:
        return update(blocks, 1, {0: W_z}, keep=1.0, gain=-share * h * out_z, V=V_z, b=b_z, act=act)

    move = update(blocks, 0, {1: W_y}, keep=1.0, gain=h * out_y, V=V_y, b=b_y, act=act)
    if cell.scheme == "verlet":
        return chained(cell, push(0.5), move, push(0.5))
    return chained(cell, push(1.0), move)


@rule.register
def _(cell: ImplicitMidpointRNN) -> ODERNN:
    field = Stage(
        W=antisymmetric(cell.weight),
        V=cell.weight_ih,
        b=cell.bias,
        sigma=activation(cell.activation),
    )
    return stepped(cell, field, (1.0,), ({1: 0.5},), h=cell.step_size, implicit=True)


@rule.register
def _(cell: TwoStepLeapfrogRNN) -> ODERNN:
    r"""$Y_{l+1} = Y_{l-1} + 2 h K_1$: the state before the last is a lag, not a component."""
    field = Stage(
        W=antisymmetric(cell.weight),
        V=cell.weight_ih,
        b=cell.bias,
        sigma=activation(cell.activation),
    )
    return ODERNN.from_stages(
        (field, Stage(W=1.0)), Stage(W=1.0, alpha={1: 2.0}), input_size=cell.input_size,
        state_size=cell.hidden_size, lags=2, h=cell.step_size, dtype=cell.weight.dtype,
    )  # fmt: skip


@rule.register
def _(cell: UnICORNN) -> ODERNN:
    n, h = cell.hidden_size, jnp.diag(cell.prepare())
    eye = jnp.eye(n, dtype=h.dtype)
    push = update(
        sizes(cell),
        1,
        {0: jnp.concatenate([jnp.diag(cell.weight_hh), cell.stiffness * eye])},
        keep=1.0,
        gain=-jnp.concatenate([h, h], axis=1),
        V=jnp.concatenate([cell.weight_ih, jnp.zeros_like(cell.weight_ih)]),
        b=jnp.concatenate([cell.bias, jnp.zeros_like(cell.bias)]),
        act=Blockwise((jnp.tanh, identity), (n, n)),
    )
    return chained(cell, push, update(sizes(cell), 0, {1: h}, keep=1.0))
