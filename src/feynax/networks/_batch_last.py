"""Convolution, pooling and heads on fields that keep their batch in the last axis."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def conv(
    weight: Float[Array, "out in kernel kernel"],
    bias: Float[Array, " out"],
    psi: Float[Array, "in height width batch"],
    *,
    stride: int = 1,
) -> Float[Array, "out rows columns batch"]:
    """Cross-correlation of an odd kernel with zeros outside, as one matrix product.

    The patches are strided slices: with few input channels that beats the convolution of XLA's
    CPU back end, which wants channels last.
    """
    out, _, kernel, _ = weight.shape
    reach = (kernel - 1) // 2
    height, width = psi.shape[1:3]
    rows, columns = -(-height // stride), -(-width // stride)
    bordered = jnp.pad(psi, ((0, 0), (reach, reach), (reach, reach), (0, 0)))
    last_i, last_j = stride * (rows - 1) + 1, stride * (columns - 1) + 1
    patches = [
        bordered[:, i : i + last_i : stride, j : j + last_j : stride]
        for i in range(kernel)
        for j in range(kernel)
    ]
    shape = (out, rows, columns, psi.shape[-1])
    if kernel == 1:
        flat = patches[0].reshape(psi.shape[0], -1)
    else:
        flat = jnp.stack(patches, 1).reshape(psi.shape[0] * kernel**2, -1)
    return (weight.reshape(out, -1) @ flat + bias[:, None]).reshape(shape)


def max_pool(psi: Float[Array, "c h w batch"]) -> Float[Array, "c h//2 w//2 batch"]:
    """Largest value of each 2x2 square; an odd last row or column is dropped."""
    channels, height, width, batch = psi.shape
    rows, columns = height // 2, width // 2
    squares = psi[:, : 2 * rows, : 2 * columns].reshape(channels, rows, 2, columns, 2, batch)
    return squares.max((2, 4))
