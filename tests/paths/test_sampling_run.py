"""One call from an ensemble to estimates, against exact lattice values; and its gate."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax import _errors as errors

P = fx.paths
OBSERVABLES = {
    "x": P.Moment(1),
    "x2": P.Moment(2),
    "correlator": lambda ensemble, x: jnp.mean(x * x[:, :1], 0),
}


def double_well(x):
    return 0.25 * (x**2 - 4) ** 2


def wells():
    return P.PathEnsemble(double_well, beta=20.0, slices=64, action="midpoint")


@pytest.fixture(scope="module")
def quartic_run():
    ensemble = P.PathEnsemble(lambda x: x**4, beta=4.0, slices=16)
    return P.sample(ensemble, key=jax.random.key(5), observables=OBSERVABLES, chains=32, draws=1000)


def test_means_are_the_lattices_own_within_4_sigma(quartic_run):
    assert abs(quartic_run["x2"].value - 0.28507702650870265) < 4 * quartic_run["x2"].error
    assert abs(quartic_run["x"].value) < 4 * quartic_run["x"].error
    assert quartic_run["x2"].error < 2e-3
    health = quartic_run.health
    assert abs(health.conserved - 1) < 5 * health.conserved_error < 0.05
    assert abs(health.acceptance - 0.8) < 0.1


def test_arrays_are_means_over_blocks(quartic_run):
    """The correlator at distance 0 is the mean of x_0^2: the same as <x^2>, 4 sigma."""
    correlator = quartic_run.blocks["correlator"]
    assert correlator.shape == (32, 20, 16)
    error = correlator[..., 0].mean(1).std(ddof=1) / np.sqrt(32)
    assert abs(correlator[..., 0].mean() - 0.28507702650870265) < 4 * error


def test_cost_is_counted(quartic_run):
    seconds = quartic_run.seconds
    assert 1.0 <= quartic_run.gradients / quartic_run.acceptance.size < 3.0
    assert seconds.drawing > 0 <= seconds.compiling
    assert "R-hat" in str(quartic_run)
    assert quartic_run._repr_html_().startswith("<pre>")


def test_default_kernel_finds_both_wells():
    """Chains that begin in one well, exact <x^2> by transfer matrix, 4 sigma."""
    start = np.full((1, 1, 64), 2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.CoarseSlicesWarning)
        run = P.sample(
            wells(),
            key=jax.random.key(1),
            observables={"x": P.Moment(1), "x2": P.Moment(2)},
            start=start,
            draws=1500,
        )
    assert abs(run["x2"].value - 3.78044) < 4 * run["x2"].error < 0.05
    assert abs(run["x"].value) < 4 * run["x"].error


@pytest.mark.parametrize("kinks", [False, True])
def test_chains_that_stay_where_they_began_are_refused(kinks):
    """Without the redraw of signs: all in one well, or with a kink pair each."""
    x = np.full((1, 1, 64), 2.0)
    if kinks:
        x[..., 16:48] *= -1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.FeynaxWarning)
        run = P.sample(
            wells(),
            key=jax.random.key(2),
            observables={"x": P.Moment(1), "x2": P.Moment(2)},
            kernel=P.Rotation(),
            start=x,
            draws=1000,
        )
    with pytest.raises(errors.NotMixedError, match="contradict one another") as caught:
        run["x2"]
    assert caught.value.estimate.r_hat > 1.01
    assert "refused" in run.summary()


def test_an_oscillator_is_drawn_exactly():
    """Every proposal is taken, and draws two turns apart know nothing of one another."""
    ensemble = P.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    run = P.sample(ensemble, key=jax.random.key(0), observables=OBSERVABLES, chains=32, draws=1000)
    assert run.acceptance.min() > 1 - 1e-9
    assert run.gradients == run.acceptance.size
    # <x^2> = sum over modes of 1 / lambda.
    angles = 2 * np.pi * np.arange(16) / 16
    exact = np.mean(1 / (4 / 0.25 * np.sin(angles / 2) ** 2 + 0.25))
    assert abs(run["x2"].value - exact) < 4 * run["x2"].error


def test_sampling_stops_at_a_target_error():
    ensemble = P.PathEnsemble(lambda x: x**4, beta=4.0, slices=16)
    ask = dict(key=jax.random.key(5), observables=OBSERVABLES, chains=32)
    run = P.sample(ensemble, draws=10_000, target_error={"x2": 3e-3}, **ask)
    assert run["x2"].error <= 3e-3
    assert run["x2"].ess >= 1000
    assert run.draws < 1000
    with pytest.warns(errors.MixingWarning, match="was not reached"):
        P.sample(ensemble, draws=1000, target_error={"x2": 1e-6}, **ask)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"chains": 0}, "`chains` must be a whole number"),
        ({"draws": 0}, "`draws` must be a whole number"),
        ({"warmup": -1}, "`warmup` must be a whole number"),
        ({"observables": ["y"]}, "`observables` must be one of"),
        ({"observables": {}}, "`observables` must hold at least one"),
        ({"target_error": {"y": 1.0}}, "`target_error` must be one of"),
        ({"target_error": -1.0}, "`target_error` must be positive"),
        ({"devices": 2}, "`devices` must be at most"),
    ],
)
def test_what_is_out_of_range_is_refused(change, text):
    ensemble = P.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    with pytest.raises(ValueError, match=text):
        P.sample(ensemble, **{"key": jax.random.key(0), **change})
