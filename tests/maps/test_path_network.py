"""A path as a network: the sites it goes through, and what it does between and beyond them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

P = fx.paths
ENDS = {
    "periodic": P.Periodic(),
    "fixed": P.FixedEnds([0.6, 1.0], [-0.3, 0.2]),
    "half": P.HalfLine([0.6, 1.0]),
    "free": P.FreeEnds(),
}
evaluate = eqx.filter_jit(lambda net, t: jax.vmap(net, out_axes=1)(t))


def case(ends, seed=1):
    ens = P.PathEnsemble(
        lambda x: (x**2).sum(0), beta=1.5, slices=5, ends=ENDS[ends], mass=[1.0, 2.0]
    )
    x = np.random.default_rng(seed).normal(size=(2, ens.sites))
    for name, site in (("start", 0), ("stop", -1)):
        x[:, site] = getattr(ens.ends, name, x[:, site])
    return ens, jnp.asarray(x)


@pytest.mark.float32
@pytest.mark.parametrize("basis", ["relu", "step", "modes"])
@pytest.mark.parametrize("ends", ENDS)
def test_it_goes_through_all_sites(ends, basis):
    ens, x = case(ends)
    net = fx.as_network(ens, x, basis)
    t = jnp.asarray(float(ens.dt) * np.arange(ens.sites))
    slack = 2e-6 if x.dtype == jnp.float32 else 1e-13
    assert jnp.allclose(evaluate(net, t), x, atol=slack)
    if ends == "periodic":
        assert jnp.allclose(evaluate(net, t + 3.0), x, atol=10 * slack)
        assert jnp.allclose(net(-float(ens.dt)), x[:, -1], atol=10 * slack)


@pytest.mark.parametrize("ends", ENDS)
def test_relu_is_straight_between_and_steps_are_constant(ends):
    ens, x = case(ends)
    dt, sites = float(ens.dt), x if ends != "periodic" else jnp.append(x, x[:, :1], axis=1)
    t = np.linspace(0, 1.5, 101)[:-1] + 1e-3  # off the jumps, which are at odd halves of dt
    grid = dt * np.arange(6)
    relu = evaluate(fx.as_network(ens, x), jnp.asarray(t))
    step = evaluate(fx.as_network(ens, x, "step"), jnp.asarray(t))
    nearest = np.floor(t / dt + 0.5).astype(int)
    for i in range(2):
        assert np.allclose(relu[i], np.interp(t, grid, sites[i]), atol=1e-13)
    assert np.allclose(step, sites[:, nearest], atol=1e-13)


def test_the_printed_shift_of_one_half_misses_the_sites():
    """(4.1) has theta(t - t_{n-1} - 1/2): for dt < 1/2 its jumps come too late."""
    ens, x = case("free")
    net = fx.as_network(ens, x, "step")
    dt = float(ens.dt)
    assert dt < 0.5
    printed = eqx.tree_at(lambda n: n.shifts, net, net.shifts + dt / 2 - 0.5)
    t = jnp.asarray(dt * np.arange(ens.sites))
    assert jnp.abs(evaluate(printed, t) - x).max() > 0.5


def test_beyond_its_times_relu_goes_on_straight_and_gradients_reach_the_path():
    ens, x = case("fixed")
    net = fx.as_network(ens, x)
    ahead = x[:, -1] + (x[:, -1] - x[:, -2]) * 2
    assert jnp.allclose(net(7 * float(ens.dt)), ahead, atol=1e-12)
    slope = jax.grad(lambda x: fx.as_network(ens, x)(0.4)[0])(x)
    assert jnp.allclose(slope[0, 1:3], jnp.array([2.0, 1.0]) / 3, atol=1e-12)


def test_a_folded_network_has_the_action_of_its_path():
    """A path, its network in another gauge, folded: the same action on the same kinks."""
    ens, x = case("free")
    net = fx.as_network(ens, x).rescaled(np.linspace(0.5, 3.0, 5))
    path = fx.networks.fold(net, 0.0, 1.5)
    found = P.uneven_action(ens, jnp.asarray(path.times), jnp.asarray(path.sites))
    assert np.isclose(found, ens.action(x), rtol=1e-12)


def test_what_does_not_fit_is_refused():
    ens, x = case("free")
    with pytest.raises(ValueError, match="`basis` must be one of modes, relu, step"):
        fx.as_network(ens, x, "cos")
    with pytest.raises(ValueError, match="`path` must have shape"):
        fx.as_network(ens, x[:, 1:])


def test_a_random_cosine_network_is_a_network():
    drawn = P.CosineEnsemble(6, cutoff=4.0).draw(jax.random.key(0))
    times = jnp.linspace(-1.0, 2.0, 7)
    found = jax.vmap(fx.as_network(drawn))(times)[:, 0]
    assert jnp.allclose(found, drawn(times), atol=1e-6)
