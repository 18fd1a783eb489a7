"""Endless tasks are what their definitions say, and the same for the same key."""

import jax
import numpy as np
import pytest

from feynax import data


@pytest.mark.float32
def test_copy_memory_step_by_step(key):
    inputs, targets, weights = map(np.asarray, data.CopyMemory(30, 5, 4).sample(key))
    assert len(inputs) == 30 + 2 * 4
    assert (inputs[:4] < 5).all()
    assert (inputs[4:33] == 5).all()
    assert inputs[33] == 6
    assert (inputs[34:] == 5).all()
    np.testing.assert_array_equal(targets[-4:], inputs[:4])
    np.testing.assert_array_equal(np.flatnonzero(weights), [34, 35, 36, 37])


def test_selective_copy_keeps_the_order(key):
    inputs, targets, weights = map(np.asarray, data.SelectiveCopy(40, 6, 7).sample(key))
    np.testing.assert_array_equal(inputs[:40][inputs[:40] < 6], targets[-7:])
    assert inputs[40] == 7
    assert weights.sum() == 7


@pytest.mark.float32
def test_adding_marks_one_number_in_each_half(key):
    many = data.draw_series(data.AddingProblem(41), 300)
    marks = many.inputs[..., 1]
    assert (marks[:, :20].sum(1) == 1).all()
    assert (marks[:, 20:].sum(1) == 1).all()
    sums = (many.inputs[..., 0] * marks).sum(1)
    np.testing.assert_allclose(many.targets[:, 0], sums, rtol=1e-6)
    # Variance of the sum: 1/6; of its estimate from 300 draws: sigma = 0.012 (kurtosis 2.4).
    assert abs(((many.targets - 1) ** 2).mean() - 1 / 6) < 4 * 0.012


def test_the_key_decides():
    task = data.CopyMemory(10)
    one, same, other = (task.sample(jax.random.key(seed))[0] for seed in (1, 1, 2))
    assert (one == same).all()
    assert not (one == other).all()


@pytest.mark.parametrize("make", [data.CopyMemory, data.SelectiveCopy, data.AddingProblem])
def test_lengths_are_checked(make):
    with pytest.raises(ValueError, match="`length` must be a whole number"):
        make(0)
