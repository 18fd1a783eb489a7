"""Parisi and Wu's walk of a whole path: its bias in closed form, and its Metropolis test."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

P = fx.paths


def walker(ensemble, key, *, chains, steps):
    """Return the program of a kernel: configurations (steps, chains, dof, sites), acceptances."""
    sides = jnp.array([0.6, -0.6])[:, None, None] * jnp.ones((2, 1, ensemble.sites))
    reference = ensemble.matched(sides)
    begin = jax.random.normal(key, (chains, *reference.shape))

    @jax.jit
    def run(kernel, key):
        state = jax.vmap(lambda q: kernel.start(ensemble, reference, reference.synthesis(q)))(begin)

        def step(state, key):
            move = lambda s, k: kernel.step(ensemble, reference, s, k, key)
            state, info = jax.vmap(move)(state, jax.random.split(key, chains))
            return state, (state.x, info.acceptance)

        return jax.lax.scan(step, state, jax.random.split(key, steps))[1]

    return lambda kernel: [np.asarray(value) for value in run(kernel, key)], reference


def lattice_modes(ensemble, start, stop):
    """Eigenvalues and vectors of the action's matrix at the inner sites."""
    whole = lambda inner: ensemble.action(jnp.concatenate([start, inner, stop])[None])
    return np.linalg.eigh(jax.jit(jax.hessian(whole))(np.zeros(ensemble.slices - 1)))


def test_eulers_variances_and_their_limit(key):
    """Every mode of an oscillator between two places: 1/mu/(1 - mu h/2) within 4 sigma.

    Beyond h = 2/mu there is none.
    """
    ens = P.PathEnsemble("x**2/2", beta=4.0, slices=6, hbar=0.8, ends=P.FixedEnds(0.6, -0.3))
    mu, axes = lattice_modes(ens, jnp.array([0.6]), jnp.array([-0.3]))
    h = 1.2 / mu[-1]
    run, reference = walker(ens, key, chains=100, steps=1500)
    x = run(P.ParisiWu(h, preconditioned=False, adjusted=False))[0][100:, :, 0]
    assert (x[..., 0] == 0.6).all()
    assert (x[..., -1] == -0.3).all()
    away = (x - reference.base)[..., 1:-1] @ axes
    for k, rate in enumerate(mu):
        found = fx.Estimate.from_chains(away[..., k].T ** 2)
        exact = 1 / rate / (1 - rate * h / 2)
        assert abs(found.value - exact) < 4 * found.error < 0.1 * exact
    beyond = P.ParisiWu(2.05 / mu[-1], preconditioned=False, adjusted=False)
    assert not np.abs(run(beyond)[0][-1]).max() < 1e6


def test_the_preconditioner_draws_an_oscillator_at_any_step(key):
    """One long step is an independent draw, which is never refused: <x^2> within 4 sigma."""
    ens = P.PathEnsemble("x**2/2", beta=4.0, slices=8, action="midpoint")
    reference, kernel = ens.matched(jnp.zeros((4, 1, 8))), P.ParisiWu(30.0)

    @jax.jit
    @jax.vmap
    def draw(key):
        state = kernel.start(ens, reference, jnp.full((1, 8), 7.0))
        return kernel.step(ens, reference, state, key, key)

    new, move = draw(jax.random.split(key, 4000))
    square = np.mean(np.asarray(new.x) ** 2, (1, 2))
    matrix = jax.jit(jax.hessian(lambda x: ens.action(x[None])))(np.zeros(8))
    error = square.std() / np.sqrt(4000)
    assert abs(square.mean() - np.linalg.inv(matrix)[0, 0]) < 4 * error
    assert move.acceptance.min() > 1 - 1e-9
    assert move.accepted.all()


@pytest.mark.parametrize("preconditioned", [True, False])
def test_refusals_make_any_ensemble_exact(preconditioned, key):
    """<x^2> of x^4 on 4 slices against the transfer matrix, within 4 sigma of at most 1 %."""
    x, dt = np.linspace(-4.0, 4.0, 401), 0.5
    slice_ = np.exp(-((x[:, None] - x) ** 2) / (2 * dt) - dt / 2 * (x[:, None] ** 4 + x**4))
    thermal = np.linalg.matrix_power(slice_, 4).diagonal()
    exact = thermal @ x**2 / thermal.sum()
    run, _ = walker(P.PathEnsemble("x**4", beta=2.0, slices=4), key, chains=100, steps=1200)
    paths, acceptance = run(
        P.ParisiWu(0.6 if preconditioned else 0.15, preconditioned=preconditioned)
    )
    found = fx.Estimate.from_chains(np.mean(paths[100:] ** 2, (2, 3)).T)
    assert abs(found.value - exact) < 4 * found.error < 4 * 0.01 * exact
    assert 0.4 < acceptance.mean() < 0.95


def test_warm_up_changes_only_steps_that_can_be_refused():
    gain, low = jnp.array(0.5), jnp.array(0.2)
    assert P.ParisiWu(0.3).adapted(low, gain).step_size < 0.3
    assert P.ParisiWu(0.3, adjusted=False).adapted(low, gain).step_size == 0.3
    with pytest.raises(ValueError, match="`step_size` must be positive"):
        P.ParisiWu(-0.1)
