"""Orthogonal and unitary cells as ODERNNs: the exact flow is a weight, modReLU the activation."""

from typing import Any

import equinox as eqx
import jax
from jax.scipy.linalg import block_diag
from jaxtyping import Array, Float, Inexact

from .._odernn._activation import identity
from .._odernn._odernn import ODERNN
from .._odernn._stage import Stage
from ._embed import chained, rule
from ._exprnn import CayleyRNN, ExpRNN
from ._modrelu import modrelu
from ._urnn import URNN


class ModReLU(eqx.Module):
    """The rectifier of the modulus with its bias, as a pointwise function."""

    bias: Float[Array, " units"]

    def __call__(self, v: Inexact[Array, " units"]) -> Inexact[Array, " units"]:
        """Apply it to each component."""
        return modrelu(v, self.bias)


@rule.register(ExpRNN)
@rule.register(CayleyRNN)
def _(cell: Any) -> ODERNN:
    act = ModReLU(cell.bias) if cell.activation == "modrelu" else identity
    return chained(cell, Stage(W=block_diag(*cell.prepare()), V=cell.weight_ih, sigma=act))


@rule.register
def _(cell: URNN) -> ODERNN:
    V = jax.lax.complex(cell.input_real, cell.input_imag)
    return chained(cell, Stage(W=cell.prepare(), V=V, sigma=ModReLU(cell.bias)))
