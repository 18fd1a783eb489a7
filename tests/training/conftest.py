"""A small network and small data that train in a second."""

import dataclasses

import equinox as eqx
import jax
import numpy as np
import pytest

from feynax import data, training


class Toy(eqx.Module):
    """A linear read-out after `steps` steps of a small flow; `steps` may be given at the call."""

    inward: jax.Array
    head: jax.Array

    def __init__(self, key):
        first, last = jax.random.split(key)
        self.inward = 0.05 * jax.random.normal(first, (8, 196), "float32")
        self.head = 0.1 * jax.random.normal(last, (10, 8), "float32")

    def __call__(self, image, *, steps=2):
        y = self.inward @ image[:, ::2, ::2].ravel()
        for _ in range(steps):
            y = y + jax.nn.tanh(y) / steps
        return self.head @ y


@pytest.fixture
def toy(key):
    return Toy(key)


@pytest.fixture(scope="session")
def few():
    return data.digits().take(range(240))


@pytest.fixture(scope="session")
def options():
    return training.TrainOptions(
        epochs=3,
        batch=40,
        rate=0.02,
        average=0.9,
        shift=1.0,
        random_steps=(1, 2),
        log_every=4,
        checkpoint_every=5,
    )


@pytest.fixture
def bits():
    """The arrays of a tree as bytes."""
    return lambda tree: [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(tree)]


@dataclasses.dataclass
class Plain:
    """The least that training asks of a data set."""

    images: np.ndarray
    labels: np.ndarray
    mean: float = 0.0
    std: float = 1.0


@pytest.fixture
def plain():
    return Plain
