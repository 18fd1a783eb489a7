"""The parabolic block brings any two inputs closer, for any weights."""

import equinox as eqx
import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.networks._conv_adjoint import adjoint_conv, forward_conv, square_norm_bound


def double(tree):
    cast = lambda x: x.astype(jnp.result_type(float)) if eqx.is_inexact_array(x) else x
    return jax.tree.map(cast, tree)


@jax.jit
def gap(weights, one, two):
    block = double(fx.networks.ParabolicBlock(2, steps=3, hidden=3, key=jax.random.key(0)))
    block = eqx.tree_at(lambda b: (b.kernel, b.bias), block, weights)
    return jnp.linalg.norm(block(one) - block(two)), jnp.linalg.norm(one - two)


@hypothesis.settings(deadline=None, max_examples=60, derandomize=True)
@hypothesis.given(st.integers(0, 10**6), st.floats(0.01, 100.0), st.floats(0.001, 100.0))
def test_two_inputs_never_move_apart(seed, size, distance):
    kw, kb, k1, k2 = jax.random.split(jax.random.key(seed), 4)
    weights = (size * jax.random.normal(kw, (1, 3, 2, 3, 3)), jax.random.normal(kb, (1, 3)))
    one = jax.random.normal(k1, (2, 4, 5))
    after, before = gap(weights, one, one + distance * jax.random.normal(k2, one.shape))
    assert after <= before * (1 + 1e-12)


def test_the_bound_is_not_below_the_norm_and_is_reached_by_one_tap(key):
    weight = jax.random.normal(key, (3, 2, 3, 3))
    columns = jax.vmap(lambda e: forward_conv(weight, jnp.zeros(3), e.reshape(2, 6, 6, 1)).ravel())(
        jnp.eye(72)
    )
    norm = np.linalg.norm(columns, 2)
    assert norm**2 <= square_norm_bound(weight) < 10 * norm**2
    assert square_norm_bound(jnp.full((1, 1, 1, 1), -3.0)) == 9


def test_two_is_the_limit():
    def step(product, psi):
        """One step whose h |K|^2 is `product`, with h = 1."""
        kernel = jnp.full((1, 1, 1, 1), product**0.5)
        inner = jax.nn.relu(forward_conv(kernel, jnp.zeros(1), psi))
        return psi - adjoint_conv(kernel, inner)

    psi = jnp.ones((1, 1, 1, 1))
    assert jnp.abs(step(2.0, psi) - step(2.0, 2 * psi)).max() <= 1 + 1e-12
    assert jnp.abs(step(2.1, psi) - step(2.1, 2 * psi)).max() > 1.09


def test_the_kernel_that_acts_keeps_the_condition_at_every_number_of_steps(key):
    block = double(fx.networks.ParabolicBlock(3, steps=4, shared=False, total_time=2.0, key=key))
    block = eqx.tree_at(lambda b: b.kernel, block, 20 * block.kernel)
    for steps in (1, 2, 4, 16):
        product = 2.0 / steps * square_norm_bound(block.bounded_kernel(steps))
        assert product.max() <= 2 * (1 + 1e-12)
    np.testing.assert_array_equal(block.bounded_kernel(16), block.bounded_kernel(4))
    mild = eqx.tree_at(lambda b: b.kernel, block, 1e-3 * block.kernel)
    np.testing.assert_array_equal(mild.bounded_kernel(), mild.kernel)


def test_shared_kernel_at_fixed_total_time_is_flat_in_depth():
    """64 sites: the specification's extremes 1.0 and .4 of the Jacobian at depth 100."""
    rng = np.random.default_rng(3)
    taps = rng.normal(size=3)
    row = jnp.zeros((1, 1, 1, 3, 3)).at[..., 1, :].set(taps / np.abs(taps).sum())
    block = double(fx.networks.ParabolicBlock(1, key=jax.random.key(0)))
    block = eqx.tree_at(lambda b: b.kernel, block, row)
    psi = jnp.asarray(rng.normal(size=(1, 1, 64)))
    for steps in (10, 100):
        jacobian = jax.jacfwd(lambda v, n=steps: block(v, steps=n).ravel())(psi).reshape(64, 64)
        values = np.linalg.svd(jacobian, compute_uv=False)
        assert 0.9 < values[0] <= 1 + 1e-12
        assert 0.3 < values[-1] < 0.7


def test_more_steps_resolve_the_same_flow(key):
    block = double(fx.networks.ParabolicBlock(2, steps=8, key=key))
    psi = jax.random.normal(key, (2, 6, 6))
    fine = block(psi, steps=512)
    errors = [float(jnp.abs(block(psi, steps=n) - fine).max()) for n in (8, 16, 32)]
    assert errors[0] < 0.1
    assert errors[2] < 0.6 * errors[1] < 0.4 * errors[0]


@pytest.mark.parametrize("shared", [pytest.param(True, marks=pytest.mark.float32), False])
def test_batch_equals_vmap(key, shared):
    block = double(fx.networks.ParabolicBlock(2, steps=3, shared=shared, key=key))
    psi = jax.random.normal(key, (5, 2, 6, 6))
    batched = jnp.moveaxis(block.batch_last(jnp.moveaxis(psi, 0, -1)), -1, 0)
    np.testing.assert_allclose(jax.vmap(block)(psi), batched, rtol=1e-5, atol=1e-5)


def test_config_builds_it_again(key):
    block = fx.networks.ParabolicBlock(
        3, total_time=2.0, steps=4, hidden=5, kernel=5, shared=False, key=key
    )
    assert eqx.tree_equal(block, fx.networks.ParabolicBlock(**block.config(), key=key))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"kernel": 2}, "`kernel` must be odd"), ({"hidden": 0}, "`hidden` must be a whole number")],
)
def test_wrong_arguments(key, wrong, says):
    with pytest.raises(ValueError, match=says):
        fx.networks.ParabolicBlock(**{"channels": 2, **wrong}, key=key)
