"""Cells that are linear in their state as ODERNNs: the exact step is a coefficient."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from .._odernn._odernn import ODERNN
from .._odernn._stage import Moment, Stage
from ._cell import AbstractLinearCell
from ._embed import chained, rule, sizes, update
from ._linoss import LinOSS
from ._lru import LRU
from ._s5 import S4D, S5


class LinearUpdate(eqx.Module):
    r"""$s \leftarrow D[a(x)] s + b(x)$: both coefficients from the input."""

    cell: AbstractLinearCell

    def __call__(self, moment: Moment) -> Stage:
        """Return the update of the state."""
        scale, shift = linear_coefficients(self.cell, moment.x)
        return Stage(b=shift, gamma=scale)


def linear_coefficients(cell: AbstractLinearCell, x: Array) -> tuple[Array, Array]:
    """Return what scales the ravelled state, and what is added."""
    scale, shift = cell.coefficients(cell.prepare(), cell.drive(x))
    scale = jax.tree.map(lambda a, b: jnp.broadcast_to(a, b.shape), scale, shift)
    return ravel_pytree(scale)[0], ravel_pytree(shift)[0]


@rule.register
def _(cell: AbstractLinearCell) -> ODERNN:
    return chained(cell, LinearUpdate(cell))


@rule.register(LRU)
@rule.register(S5)
@rule.register(S4D)
def _(cell: Any) -> ODERNN:
    """Without a step that the input decides the coefficients are constant, and V is a matrix."""
    x = jnp.zeros(cell.input_size, cell.zeros().dtype)
    scale, _ = linear_coefficients(cell, x)
    V = jax.jacfwd(lambda x: linear_coefficients(cell, x)[1])(x)
    return chained(cell, Stage(V=V, gamma=scale))


@rule.register
def _(cell: LinOSS) -> ODERNN:
    """Velocities first, then positions."""
    stiffness, h = cell.prepare()
    share = 1 / (1 + h**2 * stiffness) if cell.integrator == "implicit" else jnp.ones_like(h)
    blocks = sizes(cell)
    push = update(
        blocks, 0, {1: -share * h * stiffness}, keep=share, V=(share * h)[:, None] * cell.weight_ih
    )
    return chained(cell, push, update(blocks, 1, {0: h}, keep=1.0))
