"""Leakage out of a regime: against counting, against dense sampling, and when it is told."""

import warnings

import numpy as np
import pytest

import feynax as fx
from feynax.quantum import GaussianState, LeakageWarning, leakage, orbit_leakage

CENTRE = [[1.5, -1.0], [1.0, 0.5]]  # omega^2 = 3/4


def centre(hbar, current=(1.0, -1.0)):
    field = fx.equations.ReLUField.ctrnn(CENTRE, current=current)
    return fx.quantize(field, hbar=hbar)


def test_counting_agrees():
    rng = np.random.default_rng(4)
    region = fx.equations.Region(
        np.array([[1.0, 0.3], [-0.4, 1.0], [0.0, 0.0]]),
        np.array([0.2, -0.1, 1.0]),
        np.array([True, False, True]),
    )
    mean, cov = np.array([0.3, -0.2]), np.array([[0.5, 0.2], [0.2, 0.3]])
    drawn = rng.multivariate_normal(mean, cov, 200_000)
    on = drawn @ region.inner.T + region.shift >= 0
    wrong = np.mean(on != region.mask, axis=0)
    expected = leakage((mean, cov), region)
    sigma = np.sqrt(expected * (1 - expected) / len(drawn))
    assert np.all(np.abs(wrong - expected) <= 4 * sigma)
    assert expected[2] == 0
    batch = leakage((np.stack([mean, mean]), np.stack([cov, cov])), region)
    assert np.array_equal(batch, np.stack([expected, expected]))


@pytest.mark.float32
def test_without_spread_it_is_yes_or_no():
    region = fx.equations.Region(np.eye(2), np.zeros(2), np.array([True, False]))
    for mean, expected in [([1, -1], [0, 0]), ([-1, 1], [1, 1]), ([0, 0], [0, 0])]:
        assert leakage((mean, np.zeros((2, 2))), region).tolist() == expected


def test_far_tails_keep_their_digits():
    region = fx.equations.Region(np.eye(1), np.zeros(1), np.array([True]))
    tail = leakage(([20.0], [[1.0]]), region)[0]
    assert tail == pytest.approx(2.7536241186062337e-89, rel=1e-12)  # of the normal distribution


@pytest.mark.parametrize("hbar", [0.01, 0.3])
def test_the_worst_of_an_orbit_is_found(hbar):
    ham = centre(hbar)
    packet = GaussianState.from_width(ham.centre + np.array([0.4, 0.1]), 1.4, hbar=hbar)
    times = np.linspace(0, 20, 4001)
    states = ham.evolve(packet, times, threshold=None)
    densely = max(np.max(leakage(state, ham.region)) for state in states)
    worst = orbit_leakage(ham, packet, 20.0)
    assert densely <= worst.probability * (1 + 1e-9)
    assert worst.probability == pytest.approx(densely, rel=1e-2)
    assert leakage(ham.evolve(packet, worst.time, threshold=None), ham.region)[
        worst.unit
    ] == pytest.approx(worst.probability, rel=1e-9)
    back = orbit_leakage(ham, packet, -20.0)
    assert back.time <= 0
    assert back.probability == pytest.approx(worst.probability, rel=1e-3)  # a closed orbit


def test_leaving_the_region_is_told_once():
    ham = centre(0.01)
    inside = GaussianState.coherent(ham, ham.centre + np.array([0.2, 0.0]))
    outside = GaussianState.coherent(ham, [0.2, 0.4])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ham.evolve(inside, np.linspace(0, 9, 5))
        ham.evolve(outside, 9.0, threshold=None)
    with pytest.warns(LeakageWarning, match="wrong side of unit") as told:
        ham.evolve(outside, np.linspace(-1, 9, 7))
    assert len(told) == 1
    assert told[0].filename == __file__
    period = 2 * np.pi / ham.one.rate
    with pytest.warns(LeakageWarning):  # in between, not at the end
        ham.evolve(outside, period)


def test_bad_arguments():
    ham = centre(0.1)
    with pytest.raises(ValueError, match="`state`"):
        leakage((np.zeros(3), np.eye(3)), ham.region)
    with pytest.raises(ValueError, match="`t`"):
        orbit_leakage(ham, GaussianState.coherent(ham), np.inf)
    bare = fx.quantum.QuadraticHamiltonian.from_coefficients(0, -0.5, 0, 0.5, 0)
    with pytest.raises(ValueError, match="`ham`"):
        orbit_leakage(bare, GaussianState.coherent(bare), 1.0)
