"""The loop learns, says when it cannot, and goes on after an interruption as if nothing was."""

import dataclasses

import equinox as eqx
import jax
import numpy as np
import pytest

from feynax import data, training
from feynax._errors import ConfigError
from feynax.training import DivergedError, TrainOptions, _record


class Scalar(eqx.Module):
    weight: jax.Array

    def __call__(self, image):
        return (self.weight * image.sum()).sum()


def without_time(rows):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


@pytest.mark.float32
def test_learns(toy):
    train, test = data.digits().take(range(2000)), data.digits("test").take(range(500))
    options = TrainOptions(epochs=4, batch=50, rate=5e-3)
    before = training.evaluate(toy, test)
    run = training.train(toy, train, options, valid=test)
    assert before["accuracy"] < 0.3
    assert run.rows[-1]["kind"] == "eval"
    assert run.rows[-1]["accuracy"] > 0.75
    assert run.steps == 160
    assert run.rows[-1]["step"] == 160


def test_rows(toy, few, options):
    run = training.train(toy, few, options, valid=few)
    trained = [row["step"] for row in run.rows if row["kind"] == "train"]
    # Every 4 steps, at each checkpoint (every 5 and the last) and at the end of each epoch of 6.
    assert trained == [4, 5, 6, 8, 10, 12, 15, 16, 18]
    assert [row["step"] for row in run.rows if row["kind"] == "eval"] == [6, 12, 18]
    assert [row["epoch"] for row in run.rows if row["kind"] == "eval"] == [1, 2, 3]


def test_resume_is_bit_identical_wherever_it_stopped(
    toy, few, options, bits, tmp_path, monkeypatch
):
    whole = training.train(toy, few, options, valid=few, folder=tmp_path / "whole")
    step_of = {}

    def stop(self):
        step_of["now"] += 1
        if step_of["now"] == step_of["stop"]:
            raise KeyboardInterrupt

    for at in (1, 5, 6, 11, 18):
        home = tmp_path / str(at)
        step_of.update(now=0, stop=at)
        with monkeypatch.context() as patch:
            patch.setattr(_record.Record, "advance", stop)
            with pytest.raises(KeyboardInterrupt):
                training.train(toy, few, options, valid=few, folder=home)
        again = training.train(toy, few, options, valid=few, folder=home, resume=True)
        assert bits(again.network) == bits(whole.network), at
        kept = training.read_metrics(home / "metrics.jsonl")
        assert without_time(kept) == without_time(whole.rows), at
        assert kept == again.rows


def test_seed_decides(toy, few, options, bits):
    short = dataclasses.replace(options, epochs=1)
    one, same = (training.train(toy, few, short) for _ in range(2))
    other = training.train(toy, few, dataclasses.replace(short, seed=1))
    assert bits(one.network) == bits(same.network)
    assert bits(one.network) != bits(other.network)


def test_micro_batches_change_nothing_but_rounding(toy, few):
    plain = TrainOptions(epochs=1, batch=40, rate=0.01, epsilon=1e-3, shift=1.0)
    one = training.train(toy, few, plain)
    parts = training.train(toy, few, dataclasses.replace(plain, micro=10))
    np.testing.assert_allclose(one.network.inward, parts.network.inward, atol=2e-6)


def test_the_callers_network_stays(toy, few, options):
    before = np.array(toy.head)
    training.train(toy, few, dataclasses.replace(options, epochs=1))
    np.testing.assert_array_equal(toy.head, before)


def test_average_is_the_running_mean(toy, few, tmp_path):
    options = TrainOptions(epochs=1, batch=40, rate=0.01, average=0.5, checkpoint_every=1, keep=99)
    run = training.train(toy, few, options, folder=tmp_path)
    from safetensors.numpy import load_file

    mean = np.array(toy.head)
    for step, file in enumerate(training.checkpoints(tmp_path / "checkpoints")):
        decay = min(0.5, (1 + step) / (10 + step))
        mean = decay * mean + (1 - decay) * load_file(file)["params/head"]
    np.testing.assert_allclose(run.network.head, mean, atol=1e-6)


def test_divergence_names_the_step(toy, few):
    wild = TrainOptions(epochs=2, batch=40, rate=1e30, schedule="constant")
    with pytest.raises(DivergedError, match=r"at step [2-5] \(epoch 1\)"):
        training.train(toy, few, wild)


def test_diverged_state_is_never_a_checkpoint(toy, few, tmp_path):
    wild = TrainOptions(epochs=2, batch=40, rate=1e30, schedule="constant", checkpoint_every=1)
    with pytest.raises(DivergedError):
        training.train(toy, few, wild, folder=tmp_path)
    loaded = training.checkpoints(tmp_path / "checkpoints")
    rows = training.read_metrics(tmp_path / "metrics.jsonl")
    assert len(rows) == int(loaded[-1].stem.split("-")[1])


def test_bad_data(toy, few, plain):
    images = few.images / np.float32(255)
    images[7, 3, 2] = np.nan
    with pytest.raises(
        ValueError, match=r"`images` must be finite, but has nan at index \(7, 3, 2\)"
    ):
        training.train(toy, plain(images, few.labels))
    with pytest.raises(ValueError, match="`labels` must lie between 0 and 9"):
        training.train(toy, plain(few.images, few.labels + 5))
    with pytest.raises(ValueError, match="`labels` must have shape"):
        training.train(toy, plain(few.images, few.labels[:-1]))
    with pytest.raises(ValueError, match="`batch` must be at most the 240"):
        training.train(toy, few, TrainOptions(batch=241))
    with pytest.raises(ValueError, match="one floating type"):
        training.train(lambda image: image.sum() * np.ones(10, "float32"), few)
    with pytest.raises(ValueError, match=r"give \(batch, classes\)"):
        training.train(Scalar(jax.numpy.ones(2, "float32")), few)


def test_another_run_is_not_resumed(toy, few, options, tmp_path):
    short = dataclasses.replace(options, epochs=1)
    training.train(toy, few, short, folder=tmp_path)
    changed = dataclasses.replace(short, rate=0.03)
    with pytest.raises(ConfigError, match=r"`rate = 0.02`, but now it is 0.03"):
        training.train(toy, few, changed, folder=tmp_path, resume=True)
