"""Errors of correlated means, against the closed form of an autoregressive chain."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import feynax as fx
from feynax._errors import ChainTooShortError


def autoregressive(rho, chains, draws, seed=1):
    """Chains with correlation rho^t and variance 1: tau = (1 + rho)/(1 - rho)."""
    noise = np.random.default_rng(seed).normal(size=(chains, draws))
    x = np.empty_like(noise)
    x[:, 0] = noise[:, 0]
    for t in range(1, draws):
        x[:, t] = rho * x[:, t - 1] + math.sqrt(1 - rho**2) * noise[:, t]
    return x


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_correlation_time_of_an_autoregressive_chain(rho):
    """tau within 15 % (its own error here is about 5 %), the mean within 4 sigma."""
    found = fx.Estimate.from_chains(autoregressive(rho, 4, 20_000))
    tau = (1 + rho) / (1 - rho)
    assert found.tau == pytest.approx(tau, rel=0.15)
    assert found.error == pytest.approx(math.sqrt(tau / 80_000), rel=0.1)
    assert abs(found.value) < 4 * found.error
    assert found.r_hat < 1.01


def test_errors_cover_the_truth():
    """Of 200 means, 2/3 lie within one error (4 sigma of a binomial: 0.54 to 0.82)."""
    found = [fx.Estimate.from_chains(autoregressive(0.5, 2, 1000, seed)) for seed in range(200)]
    share = np.mean([abs(e.value) < e.error for e in found])
    assert 0.54 < share < 0.82


def test_short_chains_are_refused_with_what_would_do():
    chain = autoregressive(0.99, 1, 2000)
    with pytest.raises(ChainTooShortError, match="correlation times") as caught:
        fx.Estimate.from_chains(chain)
    assert caught.value.needed > 2000
    assert caught.value.estimate.tau > 40


def test_chains_that_disagree_show_it():
    apart = autoregressive(0.0, 2, 1000)
    apart[1] += 0.7
    try:
        r_hat = fx.Estimate.from_chains(apart).r_hat
    except ChainTooShortError as short:  # the jump between chains also lengthens tau
        r_hat = short.estimate.r_hat
    assert r_hat > 1.05


@settings(max_examples=30, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
def test_shift_and_scale_move_only_value_and_error(shift, scale):
    x = autoregressive(0.3, 2, 500)
    plain, moved = fx.Estimate.from_chains(x), fx.Estimate.from_chains(shift + scale * x)
    assert moved.value == pytest.approx(shift + scale * plain.value, rel=1e-6, abs=1e-6)
    assert moved.error == pytest.approx(scale * plain.error, rel=1e-4)


def test_a_constant_has_no_error():
    found = fx.Estimate.from_chains(np.ones((2, 100)))
    assert (found.value, found.error) == (1.0, 0.0)


def test_bad_samples_are_named():
    with pytest.raises(ValueError, match="`samples` must have shape"):
        fx.Estimate.from_chains(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="nan at index"):
        fx.Estimate.from_chains(np.full((1, 100), np.nan))


def test_prints_its_error():
    assert str(fx.Estimate(1.0, 0.25)) == "1 +- 0.25"
