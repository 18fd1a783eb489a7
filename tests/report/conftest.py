"""One small trained-looking network and its reading, shared by all tests of the page."""

import jax
import numpy as np
import pytest

import feynax as fx


@pytest.fixture(scope="session")
def network():
    """Two stages on images of 12 x 12."""
    key = jax.random.key(3)
    return fx.networks.PDENet((1, 12, 12), 4, channels=(3, 4), steps=2, key=key)


@pytest.fixture(scope="session")
def image():
    """A bar on a dark ground, standardised."""
    plane = np.full((1, 12, 12), -0.4)
    plane[0, 2:10, 5:7] = 2.0
    return plane


@pytest.fixture(scope="session")
def reading(network, image):
    """The bar, read."""
    return fx.report.read(network, image, label=1, image_name="a <bar> & co", paths=3000)


@pytest.fixture(scope="session")
def rows():
    """A learning curve."""
    steps = range(10, 110, 10)
    train = [{"kind": "train", "step": s, "loss": 1 / s, "accuracy": 1 - 2 / s} for s in steps]
    return [*train, {"kind": "eval", "step": 100, "loss": 0.1, "accuracy": 0.97}]


@pytest.fixture(scope="session")
def training():
    """The result of a run."""
    return {"accuracy": 0.9675, "count": 2000, "loss": 0.1}
