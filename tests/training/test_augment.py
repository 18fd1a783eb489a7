"""Distortions are what the formula says, and each image's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from feynax.training import augment
from feynax.training._augment import _warp


@pytest.fixture
def images(key):
    inner = jax.random.uniform(key, (4, 2, 9, 7), "float32")
    return jnp.pad(inner, ((0, 0), (0, 0), (3, 3), (3, 3)))


@pytest.fixture
def keys(key):
    return jax.random.split(key, 4)


def test_nothing_asked_nothing_done(images, keys):
    np.testing.assert_allclose(augment(images, keys), images, atol=1e-6)


def test_draws_against_scipy(images):
    for draw in ([0.3, -0.5, 0.9, -0.2], [-1.0, 1.0, 0.0, 1.0], [0.0, 0.0, 0.5, -0.5]):
        shift, rotate, scale = 2.0, 25.0, 0.2
        found = _warp(images[0], jnp.array(draw, "float32"), shift, rotate, scale)
        angle, zoom = np.deg2rad(draw[0] * rotate), 1 + draw[1] * scale
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / zoom
        centre = (np.array(images.shape[2:]) - 1) / 2
        offset = centre + np.array(draw[2:]) * shift - turn @ centre
        for channel in range(2):
            image = np.asarray(images[0, channel], np.float64)
            wanted = ndimage.affine_transform(image, turn, offset, order=1)
            np.testing.assert_allclose(found[channel], wanted, atol=2e-5)


def test_leaving_the_image_leaves_zeros(images):
    found = _warp(images[0], jnp.array([0.0, 0.0, 1.0, 0.0], "float32"), 50.0, 0.0, 0.0)
    assert float(jnp.abs(found).max()) == 0


def test_an_image_depends_on_its_key_alone(images, keys):
    both = augment(images, keys, shift=2.0, rotate=10.0, scale=0.1)
    back = augment(images[::-1], keys[::-1], shift=2.0, rotate=10.0, scale=0.1)
    np.testing.assert_array_equal(both, back[::-1])
    assert float(jnp.abs(both - images).max()) > 0.1


def test_wrong_shape(keys):
    with pytest.raises(ValueError, match="`images` must have shape"):
        augment(jnp.zeros((4, 9, 9)), keys)
