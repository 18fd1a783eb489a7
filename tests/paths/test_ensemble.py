"""The action, its Gaussian reference and one trajectory, against definitions and closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

P = fx.paths
ENDS = [P.Periodic(), P.FixedEnds(0.6, -0.3), P.HalfLine(0.6), P.FreeEnds()]


def quartic(x):
    return x**2 / 2 + x**4


def ensemble(action="trapezoid", ends=None, V=quartic, **other):
    return P.PathEnsemble(V, beta=4.0, slices=8, action=action, ends=ends, **other)


def a_path(ens, seed=0):
    x = np.random.default_rng(seed).normal(size=(ens.dof, ens.sites))
    if isinstance(ens.ends, P.FixedEnds | P.HalfLine):
        x[:, 0] = ens.ends.start
    if isinstance(ens.ends, P.FixedEnds):
        x[:, -1] = ens.ends.stop
    return jnp.asarray(x)


def test_midpoint_action_is_3_3_with_the_last_slice():
    ens = ensemble("midpoint", P.FixedEnds(0.6, -0.3), mass=1.9, hbar=0.8)
    x = np.asarray(a_path(ens))[0]
    dt = 4.0 * 0.8 / 8
    terms = [
        1.9 * (x[n] - x[n - 1]) ** 2 / (2 * dt) + dt * quartic((x[n] + x[n - 1]) / 2)
        for n in range(1, 9)
    ]
    assert np.isclose(ens.action(x[None]), sum(terms) / 0.8, rtol=1e-13)


def test_chin_is_its_product_of_exponentials():
    ens = ensemble("chin", P.FixedEnds(0.6, -0.3), mass=1.9)
    x, m, eps = np.asarray(a_path(ens))[0], 1.9, 1.0
    force = x + 4 * x**3
    total = sum(m * (x[n] - x[n - 1]) ** 2 / eps for n in range(1, 9))
    for n in range(0, 8, 2):
        total += eps / 6 * (quartic(x[n]) + quartic(x[n + 2]))
        total += 2 * eps / 3 * (quartic(x[n + 1]) + eps**2 / (48 * m) * force[n + 1] ** 2)
    assert np.isclose(ens.action(x[None]), total, rtol=1e-13)


@pytest.mark.parametrize("ends", ENDS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("action", ["trapezoid", "midpoint", "takahashi_imada", "chin"])
def test_residual_and_modes_add_up_to_the_action(action, ends):
    """S/hbar - q^2/2 - U is one constant: linear terms at the ends included."""
    ens = ensemble(action, ends, mass=1.3, hbar=0.7)
    reference = ens.reference()
    rest = []
    for seed in range(3):
        x = a_path(ens, seed)
        q = reference.analysis(x)
        assert jnp.allclose(reference.synthesis(q), x, atol=1e-12)
        rest.append(ens.action(x) - jnp.sum(q**2) / 2 - ens.residual(reference, x))
    assert np.ptp(rest) < 1e-11 * ens.action(x)


@pytest.mark.parametrize("action", ["trapezoid", "midpoint", "takahashi_imada"])
@pytest.mark.parametrize("ends", ENDS, ids=lambda e: type(e).__name__)
def test_an_oscillators_reference_is_the_oscillator(action, ends):
    V = lambda x: 0.7 * (x - 0.4) ** 2
    ens = ensemble(action, ends, V)
    reference = ens.reference()
    reference = ens.matched(reference.synthesis(jnp.ones(reference.shape))[None])
    for q in np.random.default_rng(2).normal(size=(3, *reference.shape)):
        state = P.settle(ens, reference, jnp.asarray(q))
        assert jnp.abs(state.force).max() < 1e-8  # the stiffness is rounded to ten digits


def test_coupled_particles_decouple_in_the_frame():
    mass = np.array([[1.0, 0.2], [0.2, 2.0]])
    k = np.array([[1.5, -0.6], [-0.6, 0.9]])
    V = lambda x: (jnp.tensordot(jnp.asarray(k), x, 1) * x).sum(0) / 2
    ens = P.PathEnsemble(V, beta=3.0, slices=8, mass=mass)
    reference = ens.matched(jnp.zeros((4, 2, 8)))
    assert np.allclose(reference.stiffness, k, atol=1e-12)
    draws = jax.vmap(reference.synthesis)(jax.random.normal(jax.random.key(1), (40_000, 2, 8)))
    # <x x^T> at one time from the lattice matrix of the action itself.
    whole = jax.hessian(lambda x: ens.action(x.reshape(2, 8)))(jnp.zeros(16))
    exact = np.linalg.inv(whole).reshape(2, 8, 2, 8)[:, 0, :, 0]
    found = np.einsum("cis,cjs->ij", draws, draws) / draws.shape[0] / 8
    assert np.allclose(found, exact, atol=5 * exact.max() / np.sqrt(40_000))  # 5 sigma


def test_a_trajectory_keeps_the_ensemble(key):
    """<x^2> of 64 chains against the lattice's exact value (transfer matrix), 4 sigma."""
    ens = P.PathEnsemble(lambda x: x**4, beta=4.0, slices=16)
    reference = ens.reference()

    @jax.jit
    def run(key):
        start, key = jax.random.normal(key, (64, *reference.shape)), jax.random.fold_in(key, 1)
        state = jax.vmap(lambda q: P.settle(ens, reference, q))(start)

        def step(state, key):
            many, own = jax.random.split(key)
            angle = jax.random.uniform(own, minval=jnp.pi / 4, maxval=jnp.pi / 2)
            move = lambda s, k: P.rotate(ens, reference, s, k, angle=angle, steps=2)
            state, info = jax.vmap(move)(state, jax.random.split(many, 64))
            return state, (jnp.mean(state.x**2, (1, 2)), info.acceptance)

        return jax.lax.scan(step, state, jax.random.split(key, 500))[1]

    squares, acceptance = run(key)
    mean = fx.Estimate.from_chains(squares[50:].T)
    assert 0.6 < acceptance.mean() < 1
    assert abs(mean.value - 0.28507702650870265) < 4 * mean.error
    assert mean.error < 2e-3


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"beta": 0.0}, "`beta` must be positive"),
        ({"slices": 1}, "`slices` must be a whole number"),
        ({"mass": -1.0}, "`mass` must be positive"),
        ({"hbar": 0.0}, "`hbar` must be positive"),
        ({"action": "verlet"}, "`action` must be one of"),
        ({"action": "chin", "slices": 9}, "`slices` must be even"),
        ({"ends": P.HalfLine([0.0, 1.0])}, "`start` must have one place"),
    ],
)
def test_what_is_out_of_range_is_refused(change, text):
    with pytest.raises(ValueError, match=text):
        P.PathEnsemble(quartic, **({"beta": 1.0, "slices": 4} | change))
