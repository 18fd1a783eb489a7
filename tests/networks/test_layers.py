"""Layers against plain loops and the formulas they state."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from feynax import networks


def correlate(x, weight, bias, stride, padding, dilation, groups):
    """The definition, loop by loop."""
    out, per_group, kh, kw = weight.shape
    padded = np.pad(x, ((0, 0), (padding[0],) * 2, (padding[1],) * 2))
    rows = (padded.shape[1] - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    columns = (padded.shape[2] - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    y = np.zeros((out, rows, columns))
    for o, i, j in np.ndindex(y.shape):
        first = o // (out // groups) * per_group
        for c, a, b in np.ndindex(per_group, kh, kw):
            row, column = i * stride[0] + a * dilation[0], j * stride[1] + b * dilation[1]
            y[o, i, j] += weight[o, c, a, b] * padded[first + c, row, column]
        y[o, i, j] += bias[o]
    return y


@settings(max_examples=10, deadline=None)
@given(
    stride=st.tuples(st.integers(1, 2), st.integers(1, 3)),
    padding=st.tuples(st.integers(0, 1), st.integers(0, 2)),
    dilation=st.tuples(st.integers(1, 2), st.just(1)),
    groups=st.sampled_from([1, 2]),
)
def test_conv_is_the_stated_correlation(stride, padding, dilation, groups):
    conv = networks.Conv(2, 4, (3, 2), stride, padding, dilation, groups, key=jax.random.key(1))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 7, 6))
    bias = rng.normal(size=4)
    conv = eqx_set(conv, "bias", jnp.asarray(bias, conv.weight.dtype))
    y = conv(jnp.asarray(x, conv.weight.dtype))
    expected = correlate(x, np.asarray(conv.weight), bias, stride, padding, dilation, groups)
    tolerance = 1e-12 if y.dtype == jnp.float64 else 1e-4
    np.testing.assert_allclose(y, expected, atol=tolerance)


def eqx_set(module, name, value):
    import equinox as eqx

    return eqx.tree_at(lambda m: getattr(m, name), module, value)


def test_batch_norm_evaluates_its_formula(key):
    norm = networks.BatchNorm(3, epsilon=0.1)
    values = dict(weight=[1.0, -2.0, 0.5], bias=[0.1, 0.2, 0.3], mean=[1.0, 2.0, 3.0])
    for name, value in (*values.items(), ("variance", [0.5, 1.5, 2.5])):
        norm = eqx_set(norm, name, jnp.array(value))
    x = jax.random.normal(key, (3, 2, 2))
    scale = np.array([1.0, -2.0, 0.5]) / np.sqrt(np.array([0.5, 1.5, 2.5]) + 0.1)
    shift = np.array([0.1, 0.2, 0.3]) - scale * np.array([1.0, 2.0, 3.0])
    expected = scale[:, None, None] * np.asarray(x) + shift[:, None, None]
    np.testing.assert_allclose(norm(x), expected, rtol=1e-12, atol=1e-12)
    for ours, theirs in zip(norm.scale_and_shift(), (scale, shift), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_batch_norm_in_training_uses_and_follows_the_batch(key):
    norm = networks.BatchNorm(2, momentum=0.25)
    batch = 3 + 2 * jax.random.normal(key, (6, 2, 3, 3))
    train = jax.vmap(lambda x: norm.train(x, "b"), axis_name="b", out_axes=(0, None))
    y, after = train(batch)
    x = np.asarray(batch)
    np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-12)
    spread = x.var((0, 2, 3))
    np.testing.assert_allclose(y.var((0, 2, 3)), spread / (spread + 1e-5), rtol=1e-10)
    np.testing.assert_allclose(after.mean, 0.25 * x.mean((0, 2, 3)), rtol=1e-12)
    unbiased = x.var((0, 2, 3), ddof=1)
    np.testing.assert_allclose(after.variance, 0.75 + 0.25 * unbiased, rtol=1e-12)


def test_batch_norm_without_statistics_is_refused_in_evaluation():
    norm = networks.BatchNorm(2, running=False)
    with pytest.raises(ValueError, match="training mode"):
        norm(jnp.ones((2, 3, 3)))
    with pytest.raises(ValueError, match="running statistics"):
        norm.scale_and_shift()


@settings(max_examples=12, deadline=None)
@given(
    kernel=st.integers(2, 3),
    stride=st.integers(1, 3),
    padding=st.integers(0, 1),
    included=st.booleans(),
)
def test_pools_are_windows(kernel, stride, padding, included):
    x = np.random.default_rng(0).normal(size=(2, 7, 6)) - 5  # negative: padding must not win
    x = x.astype(jnp.zeros(0).dtype)
    largest = networks.MaxPool(kernel, stride, padding)(jnp.asarray(x))
    mean = networks.AvgPool(kernel, stride, padding, included)(jnp.asarray(x))
    for c, i, j in np.ndindex(largest.shape):
        rows = [r for r in range(i * stride - padding, i * stride - padding + kernel) if 0 <= r < 7]
        columns = [r for r in range(j * stride - padding, j * stride - padding + kernel)]
        window = x[c][rows][:, [r for r in columns if 0 <= r < 6]]
        assert largest[c, i, j] == window.max()
        count = kernel**2 if included else window.size
        np.testing.assert_allclose(mean[c, i, j], window.sum() / count, rtol=1e-5)


def test_ties_go_to_the_first_maximum():
    pool = networks.MaxPool(2)
    g = jax.grad(lambda x: pool(x).sum())(jnp.ones((1, 2, 4)))
    assert g[0].tolist() == [[1.0, 0.0, 1.0, 0.0], [0.0] * 4]
    everywhere = networks.GlobalPool("max")
    assert jax.grad(lambda x: everywhere(x).sum())(jnp.ones((1, 2, 2))).sum() == 1


@pytest.mark.parametrize(
    ("name", "points", "values"),
    [
        ("relu", [-1.0, 0.0, 2.0], [0.0, 0.0, 2.0]),
        ("leaky_relu", [-1.0, 2.0], [-0.01, 2.0]),
        ("relu6", [-1.0, 3.0, 7.0], [0.0, 3.0, 6.0]),
        ("gelu", [1.0], [0.8413447460685429]),  # the normal distribution function at 1
        ("tanh", [0.5], [np.tanh(0.5)]),
        ("softplus", [0.0], [np.log(2)]),
        ("identity", [-1.5], [-1.5]),
    ],
)
def test_activations(name, points, values):
    y = networks.Activation(name)(jnp.array(points))
    np.testing.assert_allclose(y, values, rtol=1e-12 if y.dtype == jnp.float64 else 1e-6)


def test_kinks_have_gradient_zero():
    for name, place in (("relu", 0.0), ("relu6", 0.0), ("relu6", 6.0)):
        assert jax.grad(networks.Activation(name))(jnp.array(place)) == 0


@pytest.mark.float32
def test_sequential_rebuilds_itself_from_plain_values(key):
    specs = [
        {"kind": "conv", "in_channels": 1, "out_channels": 2, "padding": 1},
        {"kind": "batch_norm", "channels": 2},
        {"kind": "activation", "name": "gelu"},
        {"kind": "avg_pool", "kernel": 2},
        {"kind": "residual", "branch": [{"kind": "conv", "in_channels": 2, "out_channels": 2,
                                         "kernel": 1}], "after": "identity"},
        {"kind": "max_pool", "kernel": 2},
        {"kind": "sequential", "layers": [{"kind": "global_max"}]},
        {"kind": "linear", "in_features": 2, "out_features": 3, "bias": False},
    ]  # fmt: skip
    net = networks.Sequential(specs, key=key)
    again = networks.Sequential(**net.config(), key=key)
    assert again.config() == net.config()
    assert jax.tree.structure(again) == jax.tree.structure(net)
    x = jax.random.normal(key, (1, 8, 8))
    assert net(x).shape == (3,)
    y, _ = jax.vmap(lambda x: net.train(x, "b"), axis_name="b", out_axes=(0, None))(x[None])
    assert y.shape == (1, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda k: networks.Conv(0, 1, key=k), "in_channels"),
        (lambda k: networks.Conv(3, 4, groups=2, key=k), "divisible"),
        (lambda k: networks.Conv(1, 1, kernel=(1, 2, 3), key=k), "kernel"),
        (lambda k: networks.Linear(3, 0, key=k), "out_features"),
        (lambda k: networks.Activation("swoosh"), "swoosh"),
        (lambda k: networks.MaxPool(2, padding=2), "half"),
        (lambda k: networks.GlobalPool("median"), "median"),
        (lambda k: networks.BatchNorm(2, epsilon=0.0), "epsilon"),
        (lambda k: networks.Sequential([{"kind": "magic"}], key=k), "magic"),
        (lambda k: networks.Sequential([{"kind": "conv"}]), "key"),
        (lambda k: networks.Conv(2, 1, key=k)(jnp.ones((1, 4, 4))), "shape"),
        (lambda k: networks.Linear(2, 1, key=k)(jnp.ones(3)), "shape"),
    ],
)
def test_wrong_arguments_are_named(make, message, key):
    with pytest.raises(ValueError, match=message):
        make(key)
