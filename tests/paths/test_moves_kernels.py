"""Steps to compare with: each leaves the same ensemble invariant; what they cost is known."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.paths._moves._hamiltonian import _maps
from feynax.paths._moves._local import _costs

P = fx.paths
START, STOP, BETA, SLICES, CHAINS = 0.6, -0.3, 2.0, 8, 256
ENDS = [P.Periodic(), P.FixedEnds(START, STOP), P.HalfLine(START), P.FreeEnds()]


def quartic(x):
    return x**2 / 2 + x**4


@pytest.fixture(scope="module")
def held():
    return P.PathEnsemble(quartic, beta=BETA, slices=SLICES, ends=P.FixedEnds(START, STOP))


@eqx.filter_jit
def squares(ensemble, reference, kernel, key):
    """x^2 half way, of all chains and draws, after warm-up; and the mean acceptance of them."""

    def draw(carry, number):
        kernel, states = carry
        keys = jax.random.split(jax.random.fold_in(key, number), 1 + CHAINS)
        step = lambda state, own: kernel.step(ensemble, reference, state, own, keys[0])
        states, move = jax.vmap(step)(states, keys[1:])
        gain = jnp.where(number < 60, 2 / jnp.sqrt(1.0 + number.astype(q.dtype)), 0)
        acceptance = jnp.mean(move.acceptance)
        out = states.x[:, 0, SLICES // 2] ** 2, acceptance
        return (kernel.adapted(acceptance, gain), states), out

    q = jax.random.normal(key, (CHAINS, *reference.shape))
    start = lambda q: kernel.start(ensemble, reference, reference.synthesis(q))
    kept = jax.lax.scan(draw, (kernel, jax.vmap(start)(q)), jnp.arange(200))[1]
    return jax.tree.map(lambda values: values[80:], kept)


def exact_square():
    """<x^2> half way between the ends, by products of the slice's kernel."""
    x = np.linspace(-3, 3, 301)
    dt = BETA / SLICES
    step = lambda x, y: np.exp(-((x - y) ** 2) / (2 * dt) - dt * (quartic(x) + quartic(y)) / 2)
    inner = np.linalg.matrix_power(step(x[:, None], x), SLICES // 2 - 1)
    weight = (step(START, x) @ inner) * (inner @ step(x, STOP))
    return weight @ x**2 / weight.sum()


@pytest.mark.parametrize("name", ["sites", "relu", "local"])
def test_all_kernels_agree_on_the_middle(held, name):
    """Within 4.5 standard errors, each chain's mean taken as one draw."""
    kernel = P.LocalMetropolis() if name == "local" else P.HamiltonianMonteCarlo(held, name)
    found, acceptance = squares(held, held.reference(), kernel, jax.random.key(4))
    means = np.asarray(found).mean(0)
    error = means.std(ddof=1) / np.sqrt(CHAINS)
    assert abs(means.mean() - exact_square()) < 4.5 * error
    assert error < 0.006
    assert abs(np.mean(acceptance) - kernel.target) < 0.1


@pytest.mark.parametrize("ends", ENDS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("action", ["trapezoid", "midpoint", "takahashi_imada", "chin"])
def test_a_sites_terms_are_what_its_change_costs(action, ends):
    ens = P.PathEnsemble(quartic, beta=BETA, slices=SLICES, ends=ends, action=action, hbar=0.7)
    x = np.random.default_rng(0).normal(size=(1, ens.sites))
    for site in (0, 3, ens.sites - 1):
        other = x.copy()
        other[0, site] += 0.3
        cost = ens.action(jnp.asarray(other)) - ens.action(jnp.asarray(x))
        local = _costs(ens, jnp.asarray(other)) - _costs(ens, jnp.asarray(x))
        assert np.isclose(local[site], cost, rtol=1e-10)


def test_stiffness_of_coordinates_grows_as_said():
    """Condition numbers of the oscillator's own covariance, held ends, from N = 16 to 64."""

    def condition(coordinates, N):
        ens = P.PathEnsemble(lambda x: x**2 / 2, beta=8.0, slices=N, ends=P.FixedEnds(0, 0))
        one, dt = np.ones((1, 1)), 8.0 / N
        reference = P.PathReference(
            ens.ends, slices=N, dt=dt, hbar=1.0, mass=one, stiffness=one, centre=np.zeros(1)
        )
        _, from_path = _maps(ens, reference, coordinates)
        columns = jax.vmap(lambda q: from_path(reference.synthesis(q[None])))
        matrix = np.asarray(columns(jnp.eye(N - 1)))[:, 0]
        return np.linalg.cond(matrix) ** 2

    power = lambda name: np.log(condition(name, 64) / condition(name, 16)) / np.log(4)
    assert np.isclose(power("sites"), 2, atol=0.1)
    assert 2.5 < power("relu") < 3.2
    assert 0.4 < power("step") < 1.2
    assert np.isclose(condition("modes", 64), 1)


def test_whitened_density_is_that_of_the_path(held):
    """Up to one constant, ln p(q) is minus the action of the path of q."""
    reference = held.reference()
    density = P.whitened_log_density(held)
    q = jax.random.normal(jax.random.key(0), (5, *reference.shape))
    rest = [density(one) + held.action(reference.synthesis(one)) for one in q]
    assert np.ptp(rest) < 1e-11


def test_kernels_refuse_what_they_cannot():
    with pytest.raises(ValueError, match="coordinates"):
        P.HamiltonianMonteCarlo(P.PathEnsemble(quartic, beta=1.0, slices=4), "places")
    odd = P.PathEnsemble(quartic, beta=1.0, slices=5)
    with pytest.raises(ValueError, match="even"):
        P.LocalMetropolis().start(odd, odd.reference(), jnp.zeros((1, 5)))
    with pytest.raises(ValueError, match="target"):
        P.LocalMetropolis(target=1.0)
