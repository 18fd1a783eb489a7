"""The fast stencil against an ordinary convolution, value and gradient."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from feynax.networks._stencil import CROSS, SQUARE, stencil


def plain(taps, psi):
    """The same sum by XLA's own depthwise convolution."""
    offsets = CROSS if len(taps) == len(CROSS) else SQUARE
    kernel = jnp.zeros((psi.shape[0], 1, 3, 3), psi.dtype)
    for tap, (i, j) in zip(taps, offsets, strict=True):
        kernel = kernel.at[:, 0, 1 + i, 1 + j].set(tap)
    batch_first = jnp.moveaxis(psi, -1, 0)
    out = jax.lax.conv_general_dilated(
        batch_first, kernel, (1, 1), "SAME", feature_group_count=psi.shape[0]
    )
    return jnp.moveaxis(out, 0, -1)


@pytest.mark.parametrize("count", [len(CROSS), len(SQUARE)])
@pytest.mark.parametrize(
    "size",
    [pytest.param((3, 5, 4, 2), marks=pytest.mark.float32), (1, 1, 1, 3), (2, 2, 7, 1)],
)
def test_value_and_gradient_equal_a_convolution(key, count, size):
    k_taps, k_psi, k_weight = jax.random.split(key, 3)
    taps = jax.random.normal(k_taps, (count, size[0]))
    psi = jax.random.normal(k_psi, size)
    weight = jax.random.normal(k_weight, size)

    def value_and_slopes(function):
        @jax.jit
        def both(t, p):
            out, back = jax.vjp(function, t, p)
            return out, back(weight)

        return both(taps, psi)

    tolerance = 1e-12 if psi.dtype == jnp.float64 else 1e-4
    ours, theirs = map(jax.tree.leaves, (value_and_slopes(stencil), value_and_slopes(plain)))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance)
