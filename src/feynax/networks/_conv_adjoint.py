"""A zero-padded convolution, its exact adjoint, and a bound on its norm."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ._batch_last import conv


def forward_conv(
    weight: Float[Array, "out in kernel kernel"],
    bias: Float[Array, " out"],
    psi: Float[Array, "in height width batch"],
) -> Float[Array, "out height width batch"]:
    """$K psi + b$, the batch last."""
    return conv(weight, bias, psi)


def adjoint_conv(
    weight: Float[Array, "out in kernel kernel"], psi: Float[Array, "out height width batch"]
) -> Float[Array, "in height width batch"]:
    r"""$K^T \psi$: the same taps turned round, with inputs and outputs exchanged.

    With zeros outside and an odd kernel this is the exact transpose of $K$,
    $\langle K x, y \rangle = \langle x, K^T y \rangle$.
    """
    turned = jnp.swapaxes(weight[:, :, ::-1, ::-1], 0, 1)
    return conv(turned, jnp.zeros(turned.shape[0], weight.dtype), psi)


def square_norm_bound(weight: Float[Array, "*sets out in kernel kernel"]) -> Float[Array, "*sets"]:
    r"""Upper bound on $\|K\|^2$ for images of any size (Schur's test).

    The largest sum of $|w|$ into one output times the largest sum out of one input. Never below
    the true norm; equal to it for a kernel of one tap that permutes and scales channels alike.
    """
    size = jnp.abs(weight)
    into = size.sum((-3, -2, -1)).max(-1)
    out_of = size.sum((-4, -2, -1)).max(-1)
    return into * out_of
