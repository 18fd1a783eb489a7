"""The Hamiltonian block is undone exactly, symplectic, and flat in depth at fixed total time."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.networks._conv_adjoint import adjoint_conv, forward_conv


def double(tree):
    cast = lambda x: x.astype(jnp.result_type(float)) if eqx.is_inexact_array(x) else x
    return jax.tree.map(cast, tree)


def block_of(key, channels=4, **options):
    k_block, k_first, k_second = jax.random.split(key, 3)
    block = double(fx.networks.HamiltonianBlock(channels, key=k_block, **options))
    shape = block.force_bias.shape
    return eqx.tree_at(
        lambda b: (b.force_bias, b.drift_bias),
        block,
        (0.1 * jax.random.normal(k_first, shape), 0.1 * jax.random.normal(k_second, shape)),
    )


def oscillator(omega, total_time, steps):
    """Both signs of a coordinate: K^T relu(K x) = omega x, a linear oscillator."""
    block = double(
        fx.networks.HamiltonianBlock(
            2, hidden=2, kernel=1, total_time=total_time, steps=steps, key=jax.random.key(0)
        )
    )
    both = jnp.array([1.0, -1.0]).reshape(1, 2, 1, 1, 1) * omega**0.5
    return eqx.tree_at(lambda b: (b.force_kernel, b.drift_kernel), block, (both, both))


@pytest.mark.parametrize("kernel", [1, pytest.param(3, marks=pytest.mark.float32), 5])
def test_turned_kernel_is_the_adjoint(key, kernel):
    kw, kx, ky = jax.random.split(key, 3)
    weight = jax.random.normal(kw, (3, 2, kernel, kernel))
    x, y = jax.random.normal(kx, (2, 4, 6, 1)), jax.random.normal(ky, (3, 4, 6, 1))
    left = jnp.vdot(forward_conv(weight, jnp.zeros(3), x), y)
    np.testing.assert_allclose(left, jnp.vdot(x, adjoint_conv(weight, y)), rtol=1e-4, atol=1e-5)
    if x.dtype == jnp.float64:
        np.testing.assert_allclose(left, jnp.vdot(x, adjoint_conv(weight, y)), rtol=1e-12)


@pytest.mark.parametrize("shared", [True, False])
def test_inverse_undoes_the_call(key, shared):
    block = block_of(key, steps=6, hidden=3, shared=shared)
    psi = jax.random.normal(key, (4, 5, 7))
    for steps in (6, 12):
        there = block(psi, steps=steps)
        assert jnp.abs(there - psi).max() > 0.1
        np.testing.assert_allclose(block.inverse(there, steps=steps), psi, atol=1e-13)
    assert block.round_trip_error(psi) < 1e-13


@pytest.mark.parametrize("shared", [True, False])
def test_reversible_gradient_equals_the_stored_one(key, shared):
    block = block_of(key, steps=5, shared=shared)
    stored = block_of(key, steps=5, shared=shared, reversible=False)
    psi = jax.random.normal(key, (4, 5, 5))
    grad = eqx.filter_jit(eqx.filter_grad(lambda bp: jnp.sum(jnp.sin(bp[0](bp[1])))))
    for a, b in zip(
        jax.tree.leaves(grad((block, psi))), jax.tree.leaves(grad((stored, psi))), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


def test_jacobian_is_symplectic(key):
    block = block_of(key, steps=4, shared=False, reversible=False, total_time=3.0)
    psi = jax.random.normal(key, (4, 3, 4))
    size = psi.size
    jacobian = jax.jacfwd(lambda v: block(v.reshape(psi.shape)).ravel())(psi.ravel())
    eye, zero = np.eye(size // 2), np.zeros((size // 2, size // 2))
    omega = np.block([[zero, eye], [-eye, zero]])
    assert np.abs(jacobian - np.eye(size)).max() > 0.1
    np.testing.assert_allclose(jacobian.T @ omega @ jacobian, omega, atol=1e-12)


def test_oscillator_turns_at_its_frequency_with_order_two_over_a_staggered_start():
    omega, time = 1.5, 2.0
    x0 = jnp.array([1.0, 0.0]).reshape(2, 1, 1)
    exact = np.array([np.cos(omega * time), -np.sin(omega * time)])
    errors = [
        float(jnp.abs(oscillator(omega, time, n)(x0).ravel() - exact).max()) for n in (100, 200)
    ]
    assert errors[0] < 0.02
    # the two halves are read at times half a step apart: first order as it stands
    np.testing.assert_allclose(errors[0] / errors[1], 2, rtol=0.05)


def test_step_limit_of_an_oscillator():
    psi = jnp.array([1.0, 0.5]).reshape(2, 1, 1)
    below = oscillator(1.9, 1000.0, 1000)(psi)  # h omega = 1.9
    above = oscillator(2.1, 1000.0, 1000)(psi)
    assert jnp.abs(below).max() < 10
    assert jnp.abs(above).max() > 1e20


def test_energy_error_falls_with_the_step_and_does_not_drift(key):
    block = block_of(key, steps=10, total_time=4.0)
    psi = jax.random.normal(key, (4, 6, 6))
    energy = jax.jit(lambda n: block.energy(block(psi, steps=n)), static_argnums=0)
    start = block.energy(psi)
    errors = [abs(float(energy(n) - start)) for n in (40, 80, 160)]
    assert errors[0] < 0.1 * start
    assert errors[2] < 0.6 * errors[1] < 0.4 * errors[0]


def singular_values(block, psi, steps):
    jacobian = jax.jacfwd(lambda v: block(v.reshape(psi.shape), steps=steps).ravel())(psi.ravel())
    return np.linalg.svd(jacobian, compute_uv=False)


def test_shared_kernels_at_fixed_total_time_are_flat_in_depth():
    """64 sites, taps of size 1; with h = 1 instead the same kernels explode."""
    rng = np.random.default_rng(3)
    row = lambda: jnp.zeros((1, 1, 1, 3, 3)).at[..., 1, :].set(rng.normal(size=3))
    bias = 0.1 * jnp.ones((1, 1))
    kernels = (row(), row(), bias, bias)
    psi = jnp.stack([jnp.asarray(rng.normal(size=(1, 64))), jnp.zeros((1, 64))])

    def block(total_time):
        options = {"total_time": total_time, "reversible": False, "key": jax.random.key(0)}
        where = lambda b: (b.force_kernel, b.drift_kernel, b.force_bias, b.drift_bias)
        return eqx.tree_at(where, double(fx.networks.HamiltonianBlock(2, **options)), kernels)

    values = {n: singular_values(block(1.0), psi, n) for n in (10, 100)}
    for found in values.values():
        assert 1 < found[0] < 30
        np.testing.assert_allclose(found * found[::-1], 1, rtol=1e-9)  # pairs s, 1/s
    assert values[100][0] < 1.1 * values[10][0]
    assert singular_values(block(100.0), psi, 100)[0] > 1e5


def test_batch_equals_vmap(key):
    block = block_of(key, steps=3)
    psi = jax.random.normal(key, (5, 4, 6, 6))
    batched = jnp.moveaxis(block.batch_last(jnp.moveaxis(psi, 0, -1)), -1, 0)
    np.testing.assert_allclose(jax.vmap(block)(psi), batched, rtol=1e-5, atol=1e-5)


def test_config_builds_it_again(key):
    block = fx.networks.HamiltonianBlock(
        6, total_time=2.0, steps=4, hidden=5, kernel=5, shared=False, reversible=False, key=key
    )
    again = fx.networks.HamiltonianBlock(**block.config(), key=key)
    assert eqx.tree_equal(block, again)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"channels": 3}, "`channels` must be even"),
        ({"kernel": 4}, "`kernel` must be odd"),
        ({"steps": 0}, "`steps` must be a whole number"),
        ({"total_time": 0.0}, "`total_time` must be positive"),
    ],
)
def test_wrong_arguments(key, wrong, says):
    with pytest.raises(ValueError, match=says):
        fx.networks.HamiltonianBlock(**{"channels": 2, **wrong}, key=key)


def test_wrong_channels(key):
    with pytest.raises(ValueError, match=r"`psi` must have shape \(2, any, any\)"):
        fx.networks.HamiltonianBlock(2, key=key)(jnp.ones((3, 4, 4)))
