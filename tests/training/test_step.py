"""The step's gradient, loss and collective."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from feynax import training
from feynax.training import TrainOptions, cross_entropy
from feynax.training._optimiser import make_direction
from feynax.training._prepare import draws_of_epoch
from feynax.training._problem import problem_of
from feynax.training._step import TrainState, _sharded_gradient, make_step


@pytest.mark.float32
def test_cross_entropy_closed_form():
    logits = jnp.array([[0.0, 1.0, 2.0], [3.0, 0.0, -1.0]], "float32")
    labels = jnp.array([2, 1], "int32")
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    hard = -np.log(p[[0, 1], [2, 1]])
    np.testing.assert_allclose(cross_entropy(logits, labels), hard, rtol=1e-5)
    soft = 0.9 * hard - 0.1 * np.log(p).mean(1)
    np.testing.assert_allclose(cross_entropy(logits, labels, 0.1), soft, rtol=1e-5)


def test_gradient_is_that_of_the_mean_loss(toy, few):
    options = TrainOptions(batch=40, smoothing=0.1)
    params, static = eqx.partition(toy, eqx.is_inexact_array)
    rows, moment = np.arange(7, 47, dtype=np.int32), np.array([0, 3], np.int32)
    mesh = training.data_mesh(1)
    view, arrays, *_ = problem_of(few, None, options)
    grads, moved, metrics = jax.jit(
        lambda *a: _sharded_gradient(static, options, mesh, view, *a, 2)
    )(params, jax.tree.map(jnp.asarray, arrays), rows, moment)

    x = jnp.asarray(few.take(rows).standard())

    def loss(params):
        logits = jax.vmap(lambda image: eqx.combine(params, static)(image, steps=2))(x)
        return cross_entropy(logits, jnp.asarray(few.labels[rows]), 0.1).mean()

    value, wanted = jax.value_and_grad(loss)(params)
    assert moved is None
    np.testing.assert_allclose(metrics[0], value, rtol=1e-5)
    np.testing.assert_allclose(grads.inward, wanted.inward, atol=1e-6)
    np.testing.assert_allclose(grads.head, wanted.head, atol=1e-6)


def test_running_statistics_follow_the_data_and_not_the_gradient(few):
    """Of a batch norm right behind the images the statistics are known: mean and variance."""
    from feynax.networks import BatchNorm, Flatten, Linear, Sequential

    key = jax.random.key(0)
    norm = BatchNorm(1, momentum=0.25)
    net = Sequential([norm, Flatten(), Linear(784, 10, key=key)])
    run = training.train(net, few, TrainOptions(epochs=1, batch=40, micro=20, rate=1e-3))
    moments = []
    for start in range(0, len(few.labels) // 40 * 40, 40):
        rows = _order(few, 40)[start : start + 40].reshape(2, 20)
        moments += [np.asarray(few.take(rows.ravel()).standard()).reshape(2, -1)]
    mean, variance = 0.0, 1.0
    for halves in moments:
        mean += 0.25 * (halves.mean(1).mean() - mean)
        variance += 0.25 * (halves.var(1, ddof=1).mean() - variance)
    found = run.network.layers[0]
    np.testing.assert_allclose(found.mean, [mean], rtol=1e-4)
    np.testing.assert_allclose(found.variance, [variance], rtol=1e-4)
    assert not np.array_equal(found.weight, norm.weight)


def _order(few, batch):
    """Rows of the first epoch in their order, as `train` draws them."""
    order, _ = draws_of_epoch(TrainOptions(epochs=1, batch=batch), len(few.labels), 0)
    return np.asarray(order).ravel()


def test_one_collective_whatever_the_number_of_arrays(toy, few):
    options, mesh = TrainOptions(batch=40), training.data_mesh(1)
    params, static = eqx.partition(toy, eqx.is_inexact_array)
    direction = make_direction(options)
    view, arrays, *_ = problem_of(few, None, options)
    step = make_step(static, options, direction, mesh, view)
    state = TrainState(params, direction.init(params), None)
    rows, moment = np.arange(40, dtype=np.int32), np.zeros(2, np.int32)
    text = step.lower(state, arrays, rows, moment, np.float32(0.1), None).as_text()
    assert text.count("stablehlo.all_reduce") == 1


def test_evaluate_is_the_plain_mean(toy, few):
    for batch in (1000, 100, 7):
        found = training.evaluate(toy, few, batch=batch)
        logits = jax.vmap(toy)(jnp.asarray(few.standard()))
        loss = cross_entropy(logits, jnp.asarray(few.labels)).mean()
        right = (np.asarray(logits).argmax(1) == few.labels).mean()
        assert found["count"] == 240
        assert found["loss"] == pytest.approx(float(loss), rel=1e-5)
        assert found["accuracy"] == pytest.approx(right)


def test_mesh_refuses_devices_that_are_not_there():
    with pytest.raises(ValueError, match="`devices` must be at most the 1"):
        training.data_mesh(2)
