"""One loop for everything: series, endless tasks and evolution learn, stop and go on."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from feynax import data
from feynax.networks import SequenceNet
from feynax.training import DivergedError, Loss, TrainOptions, _record, evaluate, fit
from feynax.training._clock import Clock
from feynax.training._optimiser import make_rates


class Reader(eqx.Module):
    """A linear read-out of the mean of the steps that exist."""

    weight: jax.Array
    decay: jax.Array

    def __call__(self, xs, *, mask=None, dts=None):
        there = jnp.ones(len(xs), xs.dtype) if mask is None else mask.astype(xs.dtype)
        steps = there if dts is None else there * dts
        return self.weight @ ((steps @ xs) / steps.sum()) * self.decay


@pytest.fixture
def reader():
    return Reader(jnp.zeros((9, 12), "float32"), jnp.ones((), "float32"))


@pytest.fixture(scope="session")
def vowels():
    return data.japanese_vowels().standardised()


@pytest.fixture(scope="session")
def adder():
    return SequenceNet(2, 1, cell="MinGRU", hidden=3, block="plain", key=jax.random.key(1))


def without_time(rows):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def stopped(monkeypatch, at, *args, **kwargs):
    """Run `fit` until step `at`, as a signal would stop it."""
    seen = []

    def stop(self):
        seen.append(1)
        if len(seen) == at:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_record.Record, "advance", stop)
        with pytest.raises(KeyboardInterrupt):
            fit(*args, **kwargs)


def test_ragged_series_are_learnt(reader, vowels):
    test = data.japanese_vowels("test").standardised(vowels)
    run = fit(reader, vowels, options=TrainOptions(updates=60, batch=54, rate=0.05), valid=test)
    assert run.rows[-1]["kind"] == "eval"
    assert run.rows[-1]["accuracy"] > 0.85
    found = evaluate(run.network, test, batch=101)
    logits = np.stack([run.network(jnp.asarray(test.series(i))) for i in range(370)])
    assert found["accuracy"] == pytest.approx((logits.argmax(1) == test.targets).mean())


def test_times_reach_the_network(reader, vowels):
    run = fit(reader, vowels, options=TrainOptions(updates=5, batch=54, rate=0.05))
    once, twice = evaluate(run.network, vowels), evaluate(run.network, vowels.slower(2))
    assert once["loss"] == pytest.approx(twice["loss"], rel=1e-5)


def test_task_resumes_to_the_same_bits(adder, bits, tmp_path, monkeypatch):
    task = data.AddingProblem(12)
    options = TrainOptions(updates=7, batch=8, rate=0.01, log_every=2, checkpoint_every=3)
    whole = fit(adder, task, options=options, valid=task, folder=tmp_path / "whole")
    assert whole.rows[-1].keys() >= {"mae", "loss", "count"}
    for at in (2, 5):
        home = tmp_path / str(at)
        stopped(monkeypatch, at, adder, task, options=options, valid=task, folder=home)
        again = fit(adder, task, options=options, valid=task, folder=home, resume=True)
        assert bits(again.network) == bits(whole.network)
        assert without_time(again.rows) == without_time(whole.rows)


def test_evolution_resumes_to_the_same_bits(adder, bits, tmp_path, monkeypatch):
    pytest.importorskip("cma", reason="CMA-ES is an optional extra")
    task = data.AddingProblem(8)
    options = TrainOptions(updates=9, batch=16, population=6, checkpoint_every=2)
    given = {"options": options, "method": "cma"}
    whole = fit(adder, task, **given)
    home = tmp_path / "hurt"
    stopped(monkeypatch, 5, adder, task, **given, folder=home)
    again = fit(adder, task, **given, folder=home, resume=True)
    assert bits(again.network) == bits(whole.network)


def test_evolution_finds_the_minimum_of_a_parabola():
    pytest.importorskip("cma", reason="CMA-ES is an optional extra")

    class Point(eqx.Module):
        place: jax.Array

        def __call__(self, xs):
            return self.place + 0 * xs.sum()

    series = data.SeriesData(
        np.zeros((4, 1, 1), np.float32), np.tile([[1.0, -2.0]], (4, 1)), "point", "made"
    )
    options = TrainOptions(updates=60, batch=4, spread=0.5)
    run = fit(Point(jnp.zeros(2, "float32")), series, options=options, method="cma")
    np.testing.assert_allclose(run.network.place, [1, -2], atol=1e-3)


def test_time_ends_a_run_and_leads_its_rate(adder, tmp_path):
    options = TrainOptions(cpu_seconds=0.2, batch=8, schedule="linear", rate=0.01, log_every=1)
    run = fit(adder, data.AddingProblem(8), options=options, folder=tmp_path)
    rates = [row["rate"] for row in run.rows if row["kind"] == "train"]
    assert 0.2 <= run.training_seconds < 3
    assert rates[0] == pytest.approx(0.01)
    assert len(rates) == run.steps
    assert all(np.diff(rates) <= 0)
    again = fit(adder, data.AddingProblem(8), options=options, folder=tmp_path, resume=True)
    assert again.steps == run.steps


def test_rates_follow_steps_or_time():
    plain = TrainOptions(updates=10, rate=1.0, schedule="linear")
    rate = make_rates(plain, 10)
    np.testing.assert_allclose([rate(n, 0.0) for n in range(10)], [1] * 6 + [0.8, 0.6, 0.4, 0.2])
    timed = make_rates(dataclasses.replace(plain, updates=0, cpu_seconds=4.0), 10**9)
    np.testing.assert_allclose([timed(0, s) for s in (0, 2, 3, 3.6)], [1, 1, 0.5, 0.2], atol=1e-3)


def test_clock_leaves_out_what_is_aside():
    clock = Clock(5.0)
    clock.start(4.9)
    with clock.aside():
        sum(range(10**7))  # takes more than 0.1 CPU seconds
    assert not clock.is_over()
    clock.start(5.0)
    assert clock.is_over()


def test_slow_arrays_move_by_their_share(reader, vowels):
    plain = TrainOptions(updates=1, batch=54, rate=0.1, schedule="constant")
    slow = dataclasses.replace(plain, slow=("weight",), slow_factor=0.25)
    whole, part = (fit(reader, vowels, options=o).network.weight for o in (plain, slow))
    np.testing.assert_allclose(part, 0.25 * whole, rtol=1e-6)
    assert np.abs(whole).max() > 0.05


def test_a_loss_of_ones_own(reader, vowels):
    worst = Loss(
        lambda y, target, weights: ((y**2).sum() + (reader.decay - 3) ** 2, y.max()), "top"
    )
    run = fit(reader, vowels, worst, TrainOptions(updates=2, batch=30))
    assert run.rows[-1]["loss"] == pytest.approx(4.0)
    assert run.rows[-1]["top"] == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"updates": 0}, "`updates` must be set, or `cpu_seconds`, for an endless task"),
        ({"updates": 2, "slow": ("nu",)}, r"`slow` must name arrays of the network"),
        ({"updates": 2, "shift": 1.0}, "`shift` must be 0"),
    ],
)
def test_what_a_task_refuses(adder, options, says):
    with pytest.raises(ValueError, match=says):
        fit(adder, data.AddingProblem(8), options=TrainOptions(batch=8, **options))


def test_what_does_not_fit_is_said_before_compiling(adder, reader, vowels):
    options = TrainOptions(updates=1, batch=8)
    narrow = Reader(jnp.zeros((4, 12), "float32"), reader.decay)
    with pytest.raises(ValueError, match=r"`network` must give 9 numbers"):
        fit(narrow, vowels, options=options)
    with pytest.raises(ValueError, match="`loss` must be one of"):
        fit(reader, vowels, "huber", options)
    with pytest.raises(ValueError, match="`method` must be one of"):
        fit(reader, vowels, options=options, method="newton")
    with pytest.raises(DivergedError, match="at step 1"):
        fit(dataclasses.replace(reader, decay=reader.decay * jnp.nan), vowels, options=options)
