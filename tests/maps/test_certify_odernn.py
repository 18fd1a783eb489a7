"""The Lipschitz recursion on ODERNNs as they are: lags, implicit stages, gates."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx


def small(key, **more):
    """A step with weights small enough to contract."""
    net = fx.networks.ODERNN(2, 3, key=key, **more)
    return jax.tree.map(lambda a: 0.3 * a if eqx.is_array(a) else a, net)


def test_one_linear_stage_is_its_norm(key):
    W = jax.random.normal(key, (3, 3))
    keep = fx.networks.Stage(W=jnp.eye(3))
    out = fx.networks.Stage(W=W)
    net = fx.networks.ODERNN.from_stages((keep,), out, input_size=2, state_size=3)
    bound = fx.maps.step_bound(net, None)
    assert bound.rate == pytest.approx(np.linalg.norm(W, 2), rel=1e-6)


@pytest.mark.parametrize("more", [{"stages": 2}, {"stages": 3, "lags": 3}], ids=["plain", "lags"])
def test_the_bound_holds_along_trajectories(more, key):
    """30 pairs of histories, 8 steps, in the metric of the bound."""
    net = small(key, **more)
    bound = fx.maps.step_bound(net, None)
    assert np.isfinite(bound.rate)
    xs = jax.random.normal(key, (8, 2))
    shape = (2, 30, *net.initial_state().history.shape)
    starts = jax.random.normal(jax.random.fold_in(key, 1), shape)

    def last(start):
        return fx.networks.run(net, xs, state=net.history(start)).state.history

    ends = jax.jit(jax.vmap(jax.vmap(last)))(starts)
    far, near = (
        np.linalg.norm((a[0] - a[1]).reshape(30, -1) @ bound.metric.T, axis=1)
        for a in (starts, ends)
    )
    assert (near <= bound.rate**8 * far * (1 + 1e-9)).all()


def test_lags_bound_the_companion_of_a_scalar_recurrence():
    """y+ = a y + b y_before: the rate is the largest root of z^2 = |a| z + |b|."""
    first = fx.networks.Stage(W=0.5 * jnp.eye(1))
    second = fx.networks.Stage(W=0.3 * jnp.eye(1))
    out = fx.networks.Stage(alpha={1: jnp.eye(1), 2: jnp.eye(1)})
    net = fx.networks.ODERNN.from_stages((first, second), out, input_size=1, state_size=1, lags=2)
    wanted = max(np.roots([1, -0.5, -0.3]).real)
    assert fx.maps.step_bound(net, None).rate == pytest.approx(wanted, rel=1e-6)


def test_implicit_stages_need_a_small_radius(key):
    calm, wild = (small(key, stages=2, implicit=True, h=h) for h in (0.1, 1e4))
    assert np.isfinite(fx.maps.step_bound(calm, None).rate)
    assert "rho(N)" in fx.maps.step_bound(wild, None).because


def test_gates_have_no_bound_from_norms_alone(key):
    gated = fx.networks.GRU(2, 3, key=key).equation().odernn
    bound = fx.maps.step_bound(gated, None)
    assert bound.rate == float("inf")
    assert "depend" in bound.because


def test_certify_searches_histories_and_leaves_clocks_alone(key):
    found = fx.certify(small(key, stages=2, lags=2), limit=1.0, box=(-jnp.ones(2), jnp.ones(2)))
    assert found.bounds[0] <= found.bounds[1]
