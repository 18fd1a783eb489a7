"""Cells that contract by construction keep their certificate whatever training does to them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

MAKE = {
    "ren": lambda key: fx.networks.REN(2, 5, rate=0.9, key=key),
    "euler": lambda key: fx.networks.MonotoneRNN(2, 5, damping=0.3, key=key),
    "midpoint": lambda key: fx.networks.MonotoneRNN(
        2, 5, integrator="midpoint", damping=0.3, key=key
    ),
}


def shaken(cell, key, size):
    """The cell after a violent move of all its weights."""
    arrays, static = eqx.partition(cell, eqx.is_inexact_array)
    leaves, structure = jax.tree.flatten(arrays)
    keys = jax.random.split(key, len(leaves))
    moved = [a + size * jax.random.normal(k, a.shape) for a, k in zip(leaves, keys, strict=True)]
    return eqx.combine(jax.tree.unflatten(structure, moved), static)


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("size", [0.0, 2.0])
def test_certified_for_any_weights(name, size, key):
    cell = shaken(MAKE[name](key), key, size)
    found = fx.certify(cell, limit=1.0)
    assert found
    assert found.rate < 1
    assert found.bounds[0] <= found.rate


@pytest.mark.parametrize("name", MAKE)
def test_the_rate_is_that_of_the_construction(name, key):
    cell = MAKE[name](key)
    bound = fx.maps.step_bound(cell, None)
    assert bound.rate == pytest.approx(cell.certificate_data().rate, rel=1e-8)
    P = bound.metric.T @ bound.metric
    np.testing.assert_allclose(P, cell.certificate_data().metric, rtol=1e-9, atol=1e-12)


def test_a_false_claim_is_not_believed(key, monkeypatch):
    cell = MAKE["ren"](key)
    true = cell.certificate_data()
    monkeypatch.setattr(fx.networks.REN, "certificate_data", lambda self: true._replace(rate=0.2))
    bound = fx.maps.step_bound(cell, None)
    assert bound.rate == float("inf")
    assert "missed" in bound.because


def test_trajectories_contract_in_the_metric(key):
    """20 pairs, 10 steps: no pair may do worse than the rate allows."""
    cell = shaken(MAKE["ren"](key), key, 0.5)
    bound = fx.maps.step_bound(cell, None)
    xs = jax.random.normal(key, (10, 2))
    starts = 3 * jax.random.normal(jax.random.fold_in(key, 1), (2, 20, 5))
    last = jax.vmap(jax.vmap(lambda s: fx.networks.run(cell, xs, state=s).state))(starts)
    far, near = (np.linalg.norm((a[0] - a[1]) @ bound.metric.T, axis=1) for a in (starts, last))
    assert (near <= bound.rate**10 * far * (1 + 1e-9)).all()
    assert jnp.isfinite(last).all()
