"""Statistics of chains against ArviZ and pyerrors, from the same draws."""

import types
import warnings

import numpy as np
import pytest
from scipy.signal import lfilter

import feynax as fx

pytestmark = pytest.mark.peer
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of their own imports
    arviz = pytest.importorskip("arviz")
    pyerrors = pytest.importorskip("pyerrors")


@pytest.fixture(scope="module", params=[0.0, 0.9, -0.5])
def chains(request):
    noise = np.random.default_rng(2).normal(size=(4, 5000))
    return 2.0 + np.asarray(lfilter([1.0], [1.0, -request.param], noise))


def test_health_is_arvizs(chains):
    """R-hat and effective sizes are the same formulas: equal to rounding."""
    found = fx.paths.diagnose(chains)
    assert found.r_hat == pytest.approx(float(arviz.rhat(chains)), rel=1e-9)
    for name in ("bulk", "tail", "mean"):
        wanted = float(arviz.ess(chains, method=name))
        assert getattr(found, f"ess_{name}") == pytest.approx(wanted, rel=1e-6)


def test_a_ratio_has_pyerrors_error(chains):
    """Another window, the same Gamma method: errors agree to 10 %, values to a tenth of them."""
    ours = fx.paths.derived(lambda a, b: b / a**2, chains, chains**2, unbiased=False)
    names = [f"ensemble|{k}" for k in range(len(chains))]
    first, second = (pyerrors.Obs(list(s), names) for s in (chains, chains**2))
    theirs = second / first**2
    theirs.gamma_method()
    assert ours.value == pytest.approx(theirs.value, abs=0.1 * theirs.dvalue)
    assert ours.error == pytest.approx(theirs.dvalue, rel=0.1)


def test_a_run_goes_to_arviz_with_its_chains(chains):
    run = types.SimpleNamespace(
        series={"x": chains}, acceptance=np.full_like(chains, 0.8), energy_change=0 * chains
    )
    data = fx.paths.to_arviz(run)
    np.testing.assert_array_equal(data.posterior["x"].values, chains)
    assert data.posterior["x"].dims[:2] == ("chain", "draw")
    assert float(data.sample_stats["acceptance_rate"].mean()) == pytest.approx(0.8)
