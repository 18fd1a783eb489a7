"""The continuum limit: powers, errors of the fit, and what is refused."""

import numpy as np
import pytest

import feynax as fx
from feynax._errors import BadFitWarning

STEPS = np.array([0.1, 0.15, 0.2, 0.3])


def seen(power, noise=1e-3, seed=0, second=0.0):
    values = 2 + 0.7 * STEPS**power + second * STEPS ** (power + 2)
    values = values + noise * np.random.default_rng(seed).normal(size=4)
    return [fx.Estimate(value, noise) for value in values]


@pytest.mark.filterwarnings("ignore::feynax._errors.BadFitWarning")  # of 300 sets, three must
@pytest.mark.parametrize("power", [1, 2, 4])
def test_errors_and_chi2_of_the_limit_are_honest(power):
    """Over 300 noisy sets: pulls have mean 0 and width 1, chi2 its two degrees of freedom."""
    found = [
        fx.paths.extrapolate(seen(power, seed=seed, noise=1e-3), STEPS, power=power)
        for seed in range(300)
    ]
    pulls = np.array([(one.estimate.value - 2) / one.estimate.error for one in found])
    assert abs(pulls.mean()) < 4 / np.sqrt(300)
    assert pulls.std() == pytest.approx(1, abs=0.16)
    good = [one.chi2 for one in found]
    assert np.mean(good) == pytest.approx(2, abs=4 * np.sqrt(4 / 300))


def test_a_second_power_is_fitted_when_asked_for_and_missed_loudly_when_not():
    points = seen(2, noise=1e-5, second=0.5)
    both = fx.paths.extrapolate(points, STEPS, power=2, terms=2)
    assert both.powers == (0, 2, 4)
    assert abs(both.estimate.value - 2) < 4 * both.estimate.error
    np.testing.assert_allclose(both.coefficients, [2, 0.7, 0.5], atol=0.01)
    np.testing.assert_allclose(both(STEPS), [one.value for one in points], atol=1e-4)
    with pytest.warns(BadFitWarning, match="powers"):
        fx.paths.extrapolate(points, STEPS, power=2)


def test_two_sizes_are_refused():
    with pytest.raises(ValueError, match="at least 3 different values"):
        fx.paths.extrapolate(seen(2)[:3], [0.1, 0.2, 0.2], power=2)
    with pytest.raises(ValueError, match="at least 4 different values"):
        fx.paths.extrapolate(seen(2)[:3], STEPS[:3], power=2, terms=2)
