"""A scan without stored states has the gradient of the plain scan."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx


def leap(params, state, x):
    y, z = state
    z = z + 0.1 * jnp.tanh(params["w"] @ y + x)
    return y + 0.1 * jnp.sin(z) * params["scale"], z


def leap_back(params, state, x):
    y, z = state
    y = y - 0.1 * jnp.sin(z) * params["scale"]
    return y, z - 0.1 * jnp.tanh(params["w"] @ y + x)


def plain(params, state, xs, length=None):
    return jax.lax.scan(lambda s, x: (leap(params, s, x), None), state, xs, length)[0]


def make(key, n=4, steps=20):
    kw, ky, kz, kx = jax.random.split(key, 4)
    params = {"w": jax.random.normal(kw, (n, n)), "scale": jnp.ones(n), "count": 3, "ids": None}
    state = (jax.random.normal(ky, (n,)), jax.random.normal(kz, (n,)))
    return params, state, jax.random.normal(kx, (steps, n))


def loss_of(scan, rest):
    def loss(learned, state, xs):
        y, z = scan({**rest, **learned}, state, xs)
        return jnp.sum(y**2) + jnp.sum(jnp.cos(z))

    return loss


@pytest.mark.float32
def test_gradient_equals_that_of_the_plain_scan(key):
    params, state, xs = make(key)
    learned = {"w": params.pop("w"), "scale": params.pop("scale")}
    ours = lambda p, s, x: fx.networks.reversible_scan(leap, leap_back, p, s, x)
    want = jax.jit(jax.grad(loss_of(plain, params), (0, 1, 2)))(learned, state, xs)
    got = jax.jit(jax.grad(loss_of(ours, params), (0, 1, 2)))(learned, state, xs)
    tolerance = 1e3 * float(np.finfo(xs.dtype).eps)
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_whole_numbers_are_carried_but_have_no_gradient():
    def forward(table, state, index):
        return state + table["values"][table["order"][index]]

    def backward(table, state, index):
        return state - table["values"][table["order"][index]]

    def last(values):
        table = {"values": values, "order": jnp.array([2, 0, 2])}
        return fx.networks.reversible_scan(forward, backward, table, jnp.ones(()), jnp.arange(3))

    np.testing.assert_array_equal(jax.jit(jax.grad(last))(jnp.arange(3.0)), [1, 0, 2])


def test_memory_does_not_depend_on_the_length(key):
    params, state, _ = make(key, n=64)

    def temporary(scan, length):
        def loss(w):
            y, _ = scan({**params, "w": w}, state, length)
            return jnp.sum(y)

        compiled = jax.jit(jax.grad(loss)).lower(params["w"]).compile()
        found = compiled.memory_analysis()
        assert found is not None
        return found.temp_size_in_bytes

    def zero(step):
        return lambda p, s, x: step(p, s, jnp.zeros(64))

    forward, backward = zero(leap), zero(leap_back)
    ours = lambda p, s, n: fx.networks.reversible_scan(forward, backward, p, s, length=n)
    kept = lambda p, s, n: jax.lax.scan(lambda s, x: (forward(p, s, x), None), s, None, n)[0]
    assert temporary(ours, 2000) == temporary(ours, 20)
    assert temporary(kept, 2000) > 10 * temporary(ours, 2000)


def test_round_trip_sees_a_lossy_inverse(key):
    params, state, xs = make(key)
    good = fx.networks.round_trip(leap, leap_back, params, state, xs)
    bad = fx.networks.round_trip(leap, lambda p, s, x: s, params, state, xs)
    assert good < 1e-13
    assert bad > 0.01


def test_round_trip_measures_the_price_of_contraction():
    shrink, grow = (lambda p, s, x: s / 3 + 1), (lambda p, s, x: (s - 1) * 3)
    error = fx.networks.round_trip(shrink, grow, None, jnp.full(2, 0.3), length=20)
    assert 1e-9 < error < 1e-5  # 3^20 = 3.5e9 times the rounding of one number
