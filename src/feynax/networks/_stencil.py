"""Depthwise 3x3 stencils on fields that keep their batch last."""

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

Offset = tuple[int, int]

CROSS: tuple[Offset, ...] = ((0, 0), (0, -1), (0, 1), (-1, 0), (1, 0))
SQUARE: tuple[Offset, ...] = (*CROSS, (-1, -1), (-1, 1), (1, -1), (1, 1))


def stencil(
    taps: Float[Array, "taps channels"], psi: Float[Array, "channels height width batch"]
) -> Float[Array, "channels height width batch"]:
    r"""Apply one small kernel to each channel, with zeros outside (cross-correlation).

    $y_c[i, j] = \sum_k t_{kc}\, \psi_c[i + \Delta_k, j + \delta_k]$ over the offsets of
    `CROSS` (5 taps) or `SQUARE` (9 taps).

    The batch comes last so that every shift is a contiguous block and the vector lanes are the
    batch. The gradient is written by hand: it keeps the input alone, and its sums are fused in
    pairs along one axis, the form in which XLA's CPU back end vectorises them. Measured on the
    forward and gradient pass of 27 layers of 16 channels (64 images of 28x28, float32, one core):
    0.097 CPU s in micro-batches of 8 beside 0.090 of PyTorch, channels-last; with plain sums 0.12
    to 0.14; the same network differentiated automatically, batch first, 0.75
    (`benchmarks/pde_block.py`).

    **Arguments:**

    - `taps`: 5 or 9 weights a channel, in the order of `CROSS` or `SQUARE`.
    - `psi`: fields, batch last.

    **Returns:**

    Fields of the shape and dtype of `psi`.
    """
    return _apply(taps, psi)


@jax.custom_vjp
def _apply(taps: Array, psi: Array) -> Array:
    return _weighted(taps, _shifts(_bordered(psi), _offsets(taps)))


def _forward(taps: Array, psi: Array) -> tuple[Array, tuple[Array, Array]]:
    return _apply(taps, psi), (taps, psi)


def _backward(kept: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
    taps, psi = kept
    # The adjoint of a shift is the opposite shift. The barrier makes XLA build the bordered
    # gradient once instead of inside each of the loops that read it.
    bordered = lax.optimization_barrier(_bordered(g))
    moved = _shifts(bordered, tuple((-di, -dj) for di, dj in _offsets(taps)))
    # The centre needs no border; the others come in pairs, which sum along one axis at once.
    centre = jnp.einsum("cn,cn->c", psi.reshape(len(psi), -1), g.reshape(len(psi), -1))
    pairs = zip(moved[1::2], moved[2::2], strict=True)
    rest = [s for one, two in pairs for s in _sum_pair(psi * one, psi * two)]
    sums = jnp.stack([centre, *(jnp.sum(s, (1, 2)) for s in rest)])
    return sums, _weighted(taps, moved)


_apply.defvjp(_forward, _backward)


def _offsets(taps: Array) -> tuple[Offset, ...]:
    return CROSS if taps.shape[0] == len(CROSS) else SQUARE


def _bordered(psi: Array) -> Array:
    return jnp.pad(psi, ((0, 0), (1, 1), (1, 1), (0, 0)))


def _shifts(bordered: Array, offsets: tuple[Offset, ...]) -> list[Array]:
    height, width = bordered.shape[1] - 2, bordered.shape[2] - 2
    return [bordered[:, 1 + i : 1 + i + height, 1 + j : 1 + j + width] for i, j in offsets]


def _weighted(taps: Array, moved: list[Array]) -> Array:
    total = taps[0][:, None, None, None] * moved[0]
    for tap, part in zip(taps[1:], moved[1:], strict=True):
        total = total + tap[:, None, None, None] * part
    return total


def _sum_pair(one: Array, two: Array) -> tuple[Array, ...]:
    zero = jnp.zeros((), one.dtype)

    def add(left, right):
        return left[0] + right[0], left[1] + right[1]

    return lax.reduce((one, two), (zero, zero), add, (2,))
