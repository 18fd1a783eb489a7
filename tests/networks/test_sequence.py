"""A cell along a sequence: the scan against single steps, masks, times, linear recurrences."""

from typing import ClassVar

import equinox as eqx
import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.networks import AbstractLinearCell, linear_scan, run

CELLS = [fx.networks.LSTM, fx.networks.GRU]


class Leak(AbstractLinearCell):
    """y' = rate (x - y), exactly; the smallest linear cell there is."""

    rate: jax.Array
    input_size: int = eqx.field(static=True, default=2)
    hidden_size: int = eqx.field(static=True, default=2)

    def initial_state(self):
        return jnp.zeros(2, self.rate.dtype)

    def drive(self, x):
        return x

    def coefficients(self, ready, drive, dt=None):
        stays = jnp.exp(-self.rate * (1.0 if dt is None else dt))
        return stays, (1 - stays) * drive

    def output(self, state):
        return state

    def equation(self):
        raise TypeError("no record")


def one_by_one(cell, xs, dts=None):
    state, outputs = cell.initial_state(), []
    for index, x in enumerate(xs):
        state = cell(state, x, None if dts is None else dts[index])
        outputs.append(cell.output(state))
    return jnp.stack(outputs), state


def make(kind):
    return kind(3, 4, key=jax.random.key(3)), jax.random.normal(jax.random.key(4), (6, 3))


@pytest.mark.float32
@pytest.mark.parametrize("kind", CELLS)
def test_the_scan_is_the_loop(kind):
    cell, xs = make(kind)
    wanted, last = one_by_one(cell, xs)
    outputs, state = run(cell, xs)
    np.testing.assert_allclose(outputs, wanted, atol=1e-6 if xs.dtype == jnp.float32 else 1e-14)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), state, last)


@pytest.mark.parametrize("kind", CELLS)
def test_one_sample_at_a_time_is_no_time_at_all(kind):
    cell, xs = make(kind)
    np.testing.assert_allclose(run(cell, xs, dts=jnp.ones(6)).outputs, run(cell, xs).outputs)


@pytest.mark.parametrize("kind", CELLS)
def test_padding_changes_nothing(kind):
    cell, xs = make(kind)
    noise = jnp.concatenate([xs[:4], 1e3 * jnp.ones((2, 3))])
    held = run(cell, noise, mask=jnp.arange(6) < 4)
    wanted = run(cell, xs[:4])
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-14)
    jax.tree.map(close, held.state, wanted.state)
    close(held.outputs[:4], wanted.outputs)
    np.testing.assert_array_equal(held.outputs[5], held.outputs[3])


def test_a_linear_cell_takes_times_and_masks():
    cell, xs = Leak(jnp.array([0.3, 2.0])), jax.random.normal(jax.random.key(1), (7, 2))
    dts = jnp.array([1.0, 0.5, 2.0, 0.1, 1.0, 3.0, 1.0])
    np.testing.assert_allclose(run(cell, xs, dts=dts).outputs, one_by_one(cell, xs, dts)[0])
    mask = jnp.array([True, False, True, True, False, False, True])
    kept = run(cell, xs, mask=mask)
    np.testing.assert_allclose(kept.outputs[mask], one_by_one(cell, xs[mask])[0])
    np.testing.assert_allclose(kept.state, kept.outputs[-1])


def test_the_exact_flow_sees_only_the_time():
    cell, x = Leak(jnp.array([0.3, 2.0])), jnp.array([[1.0, -1.0]])
    thrice = run(cell, jnp.repeat(x, 3, 0)).state
    np.testing.assert_allclose(run(cell, x, dts=jnp.array([3.0])).state, thrice, rtol=1e-14)


@hypothesis.settings(deadline=None, max_examples=15)
@hypothesis.given(length=st.integers(1, 9), seed=st.integers(0, 99))
def test_parallel_and_sequential_agree(length, seed):
    keys = jax.random.split(jax.random.key(seed), 3)
    scale = jax.random.normal(keys[0], (length, 2), jnp.complex128)
    shift = jax.random.normal(keys[1], (length, 2), jnp.complex128)
    start = jax.random.normal(keys[2], (2,), jnp.complex128)
    both = [linear_scan(scale, shift, start, method=m) for m in ("sequential", "parallel")]
    np.testing.assert_allclose(*both, rtol=1e-10, atol=1e-12)


def test_gradients_flow_through_both_scans():
    scale, shift = jnp.full((5, 2), 0.9), jnp.ones((5, 2))
    grads = [
        jax.grad(lambda a, m=m: linear_scan(a, shift, jnp.ones(2), method=m)[-1].sum())(scale)
        for m in ("sequential", "parallel")
    ]
    np.testing.assert_allclose(*grads, rtol=1e-12)


def test_bad_series_are_refused():
    cell, xs = make(fx.networks.GRU)
    with pytest.raises(ValueError, match=r"shape \(time, input\)"):
        run(cell, xs[0])
    with pytest.raises(ValueError, match="3 columns"):
        run(cell, xs[:, :2])
    with pytest.raises(ValueError, match="at least one step"):
        run(cell, xs[:0])
    with pytest.raises(ValueError, match="`mask`"):
        run(cell, xs, mask=jnp.ones(5, bool))


EVERY = [fx.networks.GRU, fx.networks.MinGRU, fx.networks.LRU, fx.networks.S5, fx.networks.S4D]


@pytest.mark.parametrize("kind", EVERY)
def test_few_outputs_are_those_of_all_steps(kind):
    cell, xs = make(kind)
    xs = jnp.concatenate([xs, xs**2])
    whole = lambda c: run(c, xs).outputs[3::4]
    few = lambda c: run(c, xs, every=4).outputs
    np.testing.assert_allclose(few(cell), whole(cell), rtol=1e-12, atol=1e-14)
    total = lambda f: eqx.filter_grad(lambda c: jnp.sum(f(c) ** 2))(cell)
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    jax.tree.map(close, total(few), total(whole))


@pytest.mark.parametrize("kind", EVERY[2:])
def test_invariant_cells_are_the_loop(kind):
    cell, xs = make(kind)
    wanted, last = one_by_one(cell, xs)
    outputs, state = run(cell, xs)
    np.testing.assert_allclose(outputs, wanted, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(state, last, rtol=1e-12, atol=1e-14)


def test_few_outputs_need_a_divisor():
    cell, xs = make(fx.networks.GRU)
    with pytest.raises(ValueError, match="divide the 6 steps"):
        run(cell, xs, every=4)


class ShiftedLeak(AbstractLinearCell):
    """The same leak, invariant, with an input that is moved before it is used."""

    time_invariant: ClassVar[bool] = True

    rate: jax.Array
    input_size: int = eqx.field(static=True, default=2)
    hidden_size: int = eqx.field(static=True, default=2)

    def initial_state(self):
        return jnp.zeros(2, self.rate.dtype)

    def drive(self, x):
        return x + 1.5

    def coefficients(self, ready, drive, dt=None):
        stays = jnp.exp(-self.rate)
        return stays, (1 - stays) * drive

    def output(self, state):
        return state

    def equation(self):
        raise TypeError("no record")


def test_a_constant_part_of_the_drive_counts_at_every_skipped_step():
    cell, xs = ShiftedLeak(jnp.array([0.3, 2.0])), jax.random.normal(jax.random.key(2), (8, 2))
    few = run(cell, xs, every=4).outputs
    np.testing.assert_allclose(few, one_by_one(cell, xs)[0][3::4], rtol=1e-13)
