"""Errors of derived quantities and health of chains, against autoregressive closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.signal import lfilter

import feynax as fx
from feynax._errors import ChainTooShortError

TAU = 19.0  # of rho = 0.9: (1 + rho)/(1 - rho)


def autoregressive(rho, *shape, seed=0):
    """Stationary series of variance 1 along the last axis."""
    noise = np.random.default_rng(seed).normal(size=shape)
    noise[..., 1:] *= math.sqrt(1 - rho**2)
    return np.asarray(lfilter([1.0], [1.0, -rho], noise))


def test_a_ratio_of_correlated_series_has_the_error_of_its_projection():
    """y = 2 + x, z = 1 + x + w: d(y/z) = x - 2 (x + w) = -x - 2w, so both taus enter."""
    x, w = autoregressive(0.9, 8, 20_000), autoregressive(0.5, 8, 20_000, seed=1)
    found = fx.paths.derived(lambda y, z: y / z, 2 + x, 1 + x + w)
    exact = math.sqrt((TAU + 4 * 3) / x.size)
    assert found.error == pytest.approx(exact, rel=0.1)  # 2 sigma of a tau's own error
    assert abs(found.value - 2) < 3 * exact
    blocks = [np.mean(s.reshape(8, 40, 500), -1) for s in (2 + x, 1 + x + w)]
    again = fx.paths.jackknife(lambda y, z: y / z, *blocks).at()
    assert again.error == pytest.approx(found.error, rel=0.15)
    assert again.value == pytest.approx(found.value, abs=0.2 * exact)


def test_errors_cover_the_truth_as_often_as_they_say():
    """Of 200 ensembles of a variance, 68 % lie within one error (4 sigma: 55 to 81 %)."""
    x = autoregressive(0.7, 200, 4, 1500)
    variance = lambda m1, m2: m2 - m1**2
    found = [fx.paths.derived(variance, one, one**2) for one in x]
    away = np.array([(one.value - 1) / one.error for one in found])
    assert 0.55 < np.mean(np.abs(away) < 1) < 0.81
    assert abs(away.mean()) < 4 / math.sqrt(200)
    blocked = x.reshape(200, 4, 15, 100)
    blocks = [fx.paths.jackknife(variance, b.mean(-1), (b**2).mean(-1)).at() for b in blocked]
    share = np.mean([abs(one.value - 1) < one.error for one in blocks])
    assert 0.55 < share < 0.81


def test_the_bias_of_a_square_is_taken_off():
    """<m>^2 of white noise is 1/n too large; over 400 ensembles the rest is within 4 sigma."""
    x = np.random.default_rng(3).normal(size=(400, 10, 150))
    square = lambda m: m * m
    plain = np.array([fx.paths.derived(square, 0.3 + one, unbiased=False).value for one in x])
    mended = np.array([fx.paths.derived(square, 0.3 + one).value for one in x])
    spread = mended.std() / 20
    assert abs(mended.mean() - 0.09) < 4 * spread
    assert np.mean(plain - mended) == pytest.approx(1 / 1500, rel=0.1)


def test_a_constant_has_no_error_and_short_chains_keep_their_value():
    assert fx.paths.derived(lambda a: a**2, np.full((2, 100), 3.0)).error == 0
    chains = autoregressive(0.98, 2, 400)
    with pytest.raises(ChainTooShortError) as caught:
        fx.paths.derived(math.exp, chains)
    found = caught.value.estimate
    assert isinstance(found, fx.Estimate)
    assert found.value == pytest.approx(math.exp(chains.mean()), rel=0.2)


def test_blocks_that_still_correlate_are_refused():
    x = autoregressive(0.9, 8, 4000)
    with pytest.raises(ChainTooShortError, match="ten correlation times"):
        fx.paths.jackknife(np.asarray, x.reshape(8, 400, 10).mean(-1), most=3200)
    fx.paths.jackknife(np.asarray, x.reshape(8, 400, 10).mean(-1))  # merged, they do not


def test_jackknife_of_arrays_knows_their_covariance():
    """Means of x and x + w: covariance [[1, 1], [1, 2]]/n, within 4 sigma of 256 blocks (1/3)."""
    x, w = (np.random.default_rng(k).normal(size=(8, 50, 20)) for k in range(2))
    found = fx.paths.jackknife(lambda m: 3 * m, np.stack([x.mean(-1), (x + w).mean(-1)], -1))
    covariance = found.covariance * x.size / 9
    np.testing.assert_allclose(covariance, [[1, 1], [1, 2]], rtol=0.33)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), found.error)


def test_health_of_an_autoregressive_chain():
    """tau and effective size within 3 of their own errors; R-hat sees a shift and a width."""
    x = autoregressive(0.9, 4, 20_000)
    found = fx.paths.diagnose(x)
    assert abs(found.tau - TAU) < 3 * found.tau_error < 0.3 * TAU
    assert found.ess_mean == pytest.approx(x.size / TAU, rel=0.2)
    assert found.mcse == pytest.approx(math.sqrt(TAU / x.size), rel=0.1)
    assert found.r_hat < 1.01
    apart, wide = x.copy(), x.copy()
    apart[0] += 0.8
    wide[0] *= 2
    assert fx.paths.diagnose(apart).r_hat > 1.02
    assert fx.paths.diagnose(wide).r_hat > 1.02
    with pytest.raises(ValueError, match="at index"):
        fx.paths.diagnose(np.where(x > 2, np.nan, x))


def test_the_error_of_tau_is_its_spread():
    """Spread of tau over 200 ensembles against its stated error: within 20 % (4 sigma)."""
    x = autoregressive(0.6, 200, 2, 1000)
    found = [fx.paths.diagnose(one) for one in x]
    spread = np.std([one.tau for one in found])
    assert np.mean([one.tau_error for one in found]) == pytest.approx(spread, rel=0.2)


@settings(max_examples=100, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_short_form_is_read_back(value, error):
    """The digits in brackets are the error to 30 %, and the value is off by less than half."""
    text = fx.Estimate(value, error).short()
    number, rest = text[:-1].split("(")
    unit = 10.0 ** -(len(number.split(".")[1]) if "." in number else 0)
    assert int(rest) * unit == pytest.approx(error, rel=0.3)
    assert abs(float(number) - value) <= 0.51 * error
