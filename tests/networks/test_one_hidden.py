"""One-hidden-layer networks: gauge folding, both ways, for every kind of unit."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from feynax.networks import OneHidden, Zigzag, fold

UNITS = 6
small = st.floats(-4, 4).map(lambda x: round(x, 2))
row = st.lists(small, min_size=UNITS, max_size=UNITS)
evaluate = eqx.filter_jit(lambda net, t: jax.vmap(net, out_axes=1)(t))


def by_hand(a, d, c, b, t):
    return b + np.maximum(np.multiply.outer(t, a) + d, 0) @ c


@settings(max_examples=60, deadline=None, derandomize=True)
@given(row, row, row, small, st.integers(0, UNITS))
def test_a_folded_network_is_the_network(a, d, c, b, equal):
    """Left-facing and constant units, equal kinks, kinks outside: all drawn often."""
    a, d, c = np.array(a), np.array(d), np.array(c)
    a[:equal], d[:equal] = a[0], d[0]  # equal kinks
    path = fold(OneHidden(a, d, c, b), -1.0, 2.0)
    assert np.all(np.diff(path.times) > 0)
    t = np.linspace(-1.0, 2.0, 41)
    wanted = by_hand(a, d, c, b, t)
    size = 1 + np.abs(wanted).max()
    assert np.allclose(np.interp(t, path.times, path.sites[0]), wanted, atol=1e-12 * size)


def test_folding_and_back_ends_in_the_gauge_of_the_document():
    key = np.random.default_rng(7)
    net = OneHidden(key.normal(size=9), key.normal(size=9), key.normal(size=(2, 9)), 0.3)
    path = fold(net, -1.0, 1.5)
    back = path.network()
    t = jnp.linspace(-1.0, 1.5, 101)
    assert jnp.allclose(evaluate(back, t), evaluate(net, t), atol=1e-12)
    assert jnp.all(back.rates == 1)
    again = fold(back, -1.0, 1.5)
    assert np.allclose(again.times, path.times, atol=1e-14)
    assert np.allclose(again.sites, path.sites, atol=1e-12)


def test_the_gauge_changes_nothing_and_its_volume_factors_off():
    key = np.random.default_rng(8)
    net = OneHidden(key.normal(size=9), key.normal(size=9), key.normal(size=(1, 9)))
    other = net.rescaled(key.uniform(0.1, 5.0, size=9))
    t = jnp.linspace(-1.0, 1.5, 33)
    assert jnp.allclose(evaluate(net, t), evaluate(other, t), atol=1e-12)
    path, same = fold(net, -1.0, 1.5), fold(other, -1.0, 1.5)
    assert np.allclose(path.times, same.times, atol=1e-13)
    invariant = lambda u: jnp.stack([u[0] * u[1], u[2] / u[1], u[1]])
    matrix = jax.jacfwd(invariant)(jnp.array([0.7, -1.3, 0.4]))
    assert np.isclose(np.linalg.det(matrix), -1, atol=1e-14)
    with pytest.raises(RuntimeError, match="`scales` must be positive"):
        net.rescaled(-np.ones(9))


def test_a_kink_is_where_the_slope_changes():
    """A left-facing unit, v < 0, turns the slope by w |v| at -b/v; outside it leaves a line."""
    path = fold(OneHidden([-2.0, 3.0, 0.0], [2.0, 30.0, 5.0], [1.5, 1.0, 0.1]), 0.0, 3.0)
    assert path.times.tolist() == [0.0, 1.0, 3.0]
    slopes = np.diff(path.sites[0]) / np.diff(path.times)
    assert np.allclose(slopes, [3.0 - 3.0, 3.0])
    assert np.isclose(path.sites[0, 0], 1.5 * 2 + 30 + 0.5)


@pytest.mark.float32
def test_activations_and_their_conventions():
    step = OneHidden([1.0], [-1.0], [2.0], activation="step")
    assert evaluate(step, jnp.array([0.9, 1.0, 7.0]))[0].tolist() == [0.0, 2.0, 2.0]
    wave = OneHidden([2.0], [0.5], [3.0], 1.0, activation="sin", drift=0.5)
    assert np.isclose(wave(0.7)[0], 1 + 0.35 + 3 * np.sin(1.9), atol=1e-6)
    saw = OneHidden([1.0], [0.0], [1.0], period=2.0)
    assert np.allclose(evaluate(saw, jnp.array([-0.5, 0.5, 3.0]))[0], [1.5, 0.5, 1.0])


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: OneHidden([1.0], [0.0, 1.0], [1.0]), "`shifts` must have shape"),
        (lambda: OneHidden([1.0], [0.0], [1.0], [1.0, 2.0]), "`bias` must have shape"),
        (lambda: OneHidden([1.0], [0.0], [1.0], activation="tanh"), "`activation` must be one"),
        (lambda: fold(OneHidden([1.0], [0.0], [1.0], period=1.0), 0.0, 1.0), "`net` must be ReLU"),
        (lambda: fold(OneHidden([np.nan], [0.0], [1.0]), 0.0, 1.0), "`rates` must be finite"),
        (lambda: fold(OneHidden([1.0], [0.0], [1.0]), 1.0, 1.0), "`stop` must be later"),
        (lambda: Zigzag(jnp.zeros(3), jnp.zeros((1, 4))), "`sites` must have shape"),
    ],
)
def test_what_does_not_fit_is_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()
