"""Gates as steps: Euler's share, the exact flow's time, and the same flow at other rates."""

import hypothesis
import hypothesis.strategies as st
import jax.numpy as jnp
import numpy as np
import pytest

from feynax import equations as eq

FLOWS = [
    eq.SigmoidStep(),
    eq.BoundedSigmoidStep(0.7),
    eq.FusedStep(0.5),
    eq.ExactStep(2.0),
]
AT = jnp.linspace(0.05, 3.0, 7)


@pytest.mark.float32
@pytest.mark.parametrize("step", FLOWS, ids=lambda s: type(s).__name__)
def test_a_share_is_the_flow_over_its_time(step):
    np.testing.assert_allclose(step.share(AT), 1 - jnp.exp(-step.time(AT)), rtol=2e-6)


@pytest.mark.parametrize("step", FLOWS, ids=lambda s: type(s).__name__)
@hypothesis.settings(deadline=None, max_examples=20)
@hypothesis.given(first=st.floats(0.01, 3), second=st.floats(0.01, 3))
def test_two_flows_make_the_flow_of_their_sum(step, first, second):
    a, b, both = (jnp.asarray(t) for t in (first, second, first + second))
    stays = (1 - step.share(AT, a)) * (1 - step.share(AT, b))
    np.testing.assert_allclose(stays, 1 - step.share(AT, both), rtol=1e-10, atol=1e-14)


def test_one_samples_time_is_the_plain_share():
    for step in [*FLOWS, eq.EulerStep(0.3)]:
        np.testing.assert_allclose(step.share(AT, jnp.ones(())), step.share(AT), rtol=1e-14)


def test_euler_scales_its_step_and_is_no_flow():
    step = eq.EulerStep(0.3)
    np.testing.assert_allclose(step.share(AT, jnp.asarray(0.5)), 0.15 * AT)


def test_the_fused_step_is_the_semi_implicit_one():
    y, target, rate, h = 0.3, 1.7, 2.1, 0.5
    z = eq.FusedStep(h).share(jnp.asarray(rate))
    np.testing.assert_allclose(y + z * (target - y), (y + h * rate * target) / (1 + h * rate))


def test_a_clock_moves_whole_or_not_at_all():
    clock = eq.ClockStep((1, 2, 4))
    moved = jnp.stack([clock.share(jnp.asarray(float(t))) for t in range(1, 5)])
    np.testing.assert_array_equal(moved, [[1, 0, 0], [1, 1, 0], [1, 0, 0], [1, 1, 1]])


def test_bad_sizes_are_refused():
    for make in (eq.BoundedSigmoidStep, eq.FusedStep, eq.EulerStep, eq.ExactStep):
        with pytest.raises(ValueError, match="must be"):
            make(0.0)
