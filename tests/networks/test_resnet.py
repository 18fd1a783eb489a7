"""The residual network: scan against layers one by one, training, plain values."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from feynax.networks import ResNet

BLOCKS = ("basic", "bottleneck", "preactivation")


def small(block, key, **options):
    return ResNet(2, 3, stages=(3, 2), widths=(4, 8), block=block, key=key, **options)


@pytest.mark.parametrize("block", [pytest.param("basic", marks=pytest.mark.float32), *BLOCKS[1:]])
def test_scan_equals_layers_one_by_one(block, key):
    net = small(block, key)
    x = jax.random.normal(key, (2, 8, 8))
    y = x
    for layer in net.layers():
        y = layer(y)
    np.testing.assert_allclose(net(x), y, rtol=1e-12 if x.dtype == jnp.float64 else 1e-4)
    assert eqx.tree_equal(net.with_layers(net.layers()), net)


@pytest.mark.parametrize("block", BLOCKS)
def test_config_rebuilds_the_same_tree(block, key):
    net = small(block, key, stem="image", norm=block != "basic", activation="gelu")
    again = ResNet(**net.config(), key=key)
    assert eqx.tree_equal(net, again)


def test_basic_block_by_hand(key):
    net = ResNet(1, 2, stages=(1,), widths=(2,), norm=False, key=key)
    block = net.stages[0].first
    first, _, second = block.branch.layers
    x = jax.random.normal(key, (2, 5, 5))
    inner = jnp.maximum(first(x), 0)
    np.testing.assert_allclose(block(x), jnp.maximum(x + second(inner), 0), rtol=1e-12)


def test_stride_and_projection_change_the_shape(key):
    net = small("basic", key, strides=(1, 2))
    shapes = [net.stem(jnp.ones((2, 9, 9)))]
    for stage in net.stages:
        shapes.append(stage(shapes[-1]))
    assert [s.shape for s in shapes] == [(4, 9, 9), (4, 9, 9), (8, 5, 5)]
    assert net.stages[0].first.shortcut is None
    assert net.stages[1].first.shortcut is not None


def test_training_lowers_the_loss_and_moves_all_statistics(key):
    net = small("basic", key)
    x = jax.random.normal(key, (12, 2, 6, 6))
    labels = jnp.arange(12) % 3

    def loss(arrays, static):
        net = eqx.combine(arrays, static)
        train = jax.vmap(lambda x: net.train(x, "b"), axis_name="b", out_axes=(0, None))
        y, after = train(x)
        chosen = jnp.take_along_axis(jax.nn.log_softmax(y), labels[:, None], 1)
        return -chosen.mean(), after

    @eqx.filter_jit
    def step(net):
        arrays, static = eqx.partition(net, eqx.is_inexact_array)
        (value, after), g = jax.value_and_grad(loss, has_aux=True)(arrays, static)
        moved = jax.tree.map(lambda a, d: a - 0.1 * d, eqx.filter(after, eqx.is_inexact_array), g)
        return value, eqx.combine(moved, static)

    before = net
    losses = []
    for _ in range(25):
        value, net = step(net)
        losses.append(float(value))
    assert losses[-1] < 0.7 * losses[0]
    for old, new in zip(before.layers(), net.layers(), strict=True):
        for was, now in zip(statistics(old), statistics(new), strict=True):
            assert (was != now).all()


def statistics(layer):
    from feynax.networks import BatchNorm

    is_norm = lambda part: isinstance(part, BatchNorm)
    norms = [n for n in jax.tree.leaves(layer, is_leaf=is_norm) if is_norm(n)]
    return [s for n in norms for s in (n.mean, n.variance)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stages": ()}, "stages"),
        ({"widths": (4,)}, "widths"),
        ({"stem": "huge"}, "huge"),
        ({"stem": {"colour": 1}}, "colour"),
        ({"block": "dense"}, "dense"),
        ({"strides": (0, 1)}, "strides"),
        ({"activation": "swoosh"}, "swoosh"),
    ],
)
def test_wrong_arguments_are_named(options, message, key):
    with pytest.raises(ValueError, match=message):
        ResNet(**{"in_channels": 1, "classes": 2, "stages": (1, 1), "key": key, **options})
