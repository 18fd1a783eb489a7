"""Continuous-time networks as ODERNNs: relaxations toward a target, by any of their methods."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from .._odernn._activation import Blockwise, identity
from .._odernn._odernn import ODERNN
from .._odernn._stage import Stage
from ._ctrnn import CTRNN
from ._embed import chained, rule, stepped, update

_TABLEAUX = {
    "heun": ((0.5, 0.5), ({}, {1: 1.0})),
    "rk4": ((1 / 6, 1 / 3, 1 / 3, 1 / 6), ({}, {1: 0.5}, {2: 0.5}, {3: 1.0})),
}


class Activate(eqx.Module):
    """The activation of a continuous-time network as a pointwise function."""

    cell: CTRNN

    def __call__(self, v: Array) -> Array:
        """Apply it to each component."""
        return self.cell._activate(v)


@rule.register
def _(cell: CTRNN) -> ODERNN:
    target: Any = _potential(cell) if cell.form == "potential" else _rate(cell)
    rate = jnp.exp(-cell.log_tau)
    n = cell.hidden_size
    if cell.method in ("euler", "exponential"):
        share = cell.step_policy.share(rate)
        gain = share[:, None] * target.kappa
        moved = update(
            (n,), 0, {0: target.W}, keep=1 - share, gain=gain, V=target.V, b=target.b,
            act=target.sigma,
        )  # fmt: skip
        return chained(cell, moved)
    time = (cell.step_size * rate)[:, None]
    weights, rows = _TABLEAUX[cell.method]
    return stepped(cell, _relaxation(target, time), weights, rows)


def _potential(cell: CTRNN) -> Stage:
    r"""$W\,\sigma(g(y + \theta)) + I + V x$: the input stands outside of the activation."""
    n, eye = cell.hidden_size, jnp.eye(cell.hidden_size, dtype=cell.gain.dtype)
    none = jnp.zeros_like(cell.input_weights)
    return Stage(
        W=jnp.concatenate([jnp.diag(cell.gain), jnp.zeros_like(eye)]),
        V=jnp.concatenate([none, cell.input_weights]),
        b=jnp.concatenate([cell.gain * cell.bias, cell.current]),
        kappa=jnp.concatenate([cell.weights, eye], axis=1),
        sigma=Blockwise((Activate(cell), identity), (n, n)),
    )


def _rate(cell: CTRNN) -> Stage:
    r"""$\sigma(g(W r + \theta + I + V x))$."""
    gain = cell.gain[:, None]
    return Stage(
        W=gain * cell.weights,
        V=gain * cell.input_weights,
        b=cell.gain * (cell.bias + cell.current),
        kappa=jnp.eye(cell.hidden_size, dtype=cell.gain.dtype),
        sigma=Activate(cell),
    )


def _relaxation(target: Any, time: Array) -> Stage:
    """Time times (target - state), with the state as a block of its own."""
    m, n = target.W.shape
    eye, dtype = jnp.eye(n, dtype=time.dtype), time.dtype
    return Stage(
        W=jnp.concatenate([target.W, eye]),
        V=jnp.concatenate([target.V, jnp.zeros((n, target.V.shape[1]), dtype)]),
        b=jnp.concatenate([target.b, jnp.zeros(n, dtype)]),
        kappa=time * jnp.concatenate([target.kappa, -eye], axis=1),
        sigma=Blockwise((target.sigma, identity), (m, n)),
    )
