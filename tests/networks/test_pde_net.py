"""The house's classifier: entries, sizes, stem and lift against ordinary convolutions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from feynax.networks import PDENet
from feynax.networks._batch_last import conv, max_pool


@pytest.mark.parametrize(("kernel", "stride", "size"), [(5, 2, 9), (1, 1, 4)])
def test_conv_equals_xla(key, kernel, stride, size):
    k_weight, k_bias, k_psi = jax.random.split(key, 3)
    weight = jax.random.normal(k_weight, (4, 2, kernel, kernel))
    bias = jax.random.normal(k_bias, (4,))
    psi = jax.random.normal(k_psi, (2, size, size, 3))
    pad = (kernel - 1) // 2
    expected = jax.lax.conv_general_dilated(
        jnp.moveaxis(psi, -1, 0), weight, (stride, stride), [(pad, pad)] * 2
    )
    expected = jnp.moveaxis(expected + bias[None, :, None, None], 0, -1)
    assert jnp.allclose(conv(weight, bias, psi, stride=stride), expected, atol=1e-12)


def test_pool_drops_an_odd_border(key):
    psi = jax.random.normal(key, (2, 5, 7, 3))
    rows, columns = np.arange(2), np.arange(3)
    expected = np.asarray(psi)[:, :4, :6].reshape(2, 2, 2, 3, 2, 3).max((2, 4))
    assert max_pool(psi).shape == (2, len(rows), len(columns), 3)
    assert np.array_equal(max_pool(psi), expected)


def test_one_image_and_a_batch_agree_at_any_number_of_steps(key):
    net = PDENet((3, 12, 10), 5, channels=(3, 4), steps=2, mixed=False, key=key)
    images = jax.random.normal(key, (3, 3, 12, 10), jnp.float32)
    for steps in (None, 5):
        one_by_one = jax.vmap(lambda image, n=steps: net(image, steps=n))(images)
        assert jnp.allclose(net.batch(images, steps=steps), one_by_one, atol=1e-5)


def test_config_builds_the_same_network_again(key):
    net = PDENet((1, 8, 8), 3, channels=(2, 3), stepper="strang", shared=False, key=key)
    again = PDENet(**net.config(), key=key)
    assert jax.tree.structure(net) == jax.tree.structure(again)
    same = jax.tree.map(jnp.array_equal, net, again)
    assert all(jax.tree.leaves(same))


@pytest.mark.parametrize("in_shape", [(1, 2, 28), (28, 28)])
def test_images_that_shrink_to_nothing_are_refused(key, in_shape):
    with pytest.raises(ValueError, match="`in_shape` must"):
        PDENet(in_shape, channels=(2, 2, 2), key=key)
