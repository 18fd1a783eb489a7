"""Cells that contract by construction as ODERNNs: implicit stages, and a cascade of them."""

import jax.numpy as jnp

from .._odernn._activation import Blockwise, identity
from .._odernn._odernn import ODERNN
from .._odernn._stage import Stage
from ._embed import Readout, rule, stepped
from ._monotone import MonotoneRNN
from ._ren import REN


@rule.register
def _(cell: MonotoneRNN) -> ODERNN:
    linear, _ = cell.prepare()
    features, n = cell.inner.shape
    field = Stage(
        W=jnp.concatenate([cell.inner, linear]),
        V=jnp.concatenate([jnp.zeros((features, cell.input_size), linear.dtype), cell.weight_ih]),
        b=jnp.concatenate([cell.bias, jnp.zeros(n, linear.dtype)]),
        kappa=jnp.concatenate([-cell.inner.T, jnp.eye(n, dtype=linear.dtype)], axis=1),
        sigma=Blockwise((jnp.tanh, identity), (features, n)),
    )
    reach = 1.0 if cell.integrator == "euler" else 0.5
    return stepped(cell, field, (1.0,), ({1: reach},), h=cell.step_size, implicit=True)


@rule.register
def _(cell: REN) -> ODERNN:
    """One stage of one component for each feature: each reads the features before it."""
    seen, cascade, scale, keep, mix, inverse = cell.prepare()
    V, b = cell.feature_ih / scale[:, None], cell.feature_bias / scale
    stages = [
        Stage(
            W=seen[q : q + 1],
            V=V[q : q + 1],
            b=b[q : q + 1],
            alpha={k + 1: cascade[q : q + 1, k : k + 1] for k in range(q)},
            sigma=jnp.tanh,
        )
        for q in range(cell.features)
    ]
    out = Stage(
        V=inverse @ cell.weight_ih,
        b=inverse @ cell.bias,
        gamma=keep,
        alpha={k + 1: mix[:, k : k + 1] for k in range(cell.features)},
    )
    return ODERNN.from_stages(
        stages,
        out,
        input_size=cell.input_size,
        state_size=cell.hidden_size,
        stage_size=1,
        readout=Readout(cell),
        dtype=keep.dtype,
    )
