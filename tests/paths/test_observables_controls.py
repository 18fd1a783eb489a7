"""Zero means are zero, and what they take from the noise; the partition function."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.paths._partition import _log_gaussian, _Oscillator

P = fx.paths
ENDS = [
    P.Periodic(),
    P.FixedEnds([0.6, 0.1], [-0.3, 0.4]),
    P.HalfLine([0.6, 0.1]),
    P.FreeEnds(),
]


def test_zero_means_are_zero_by_quadrature():
    """Two slices, two reference widths: a sum over all paths and no statistics."""
    own = P.PathEnsemble(
        lambda x: x**4 + 0.5 * x, beta=1.0, slices=2, action="takahashi_imada", mass=1.3
    )
    zeros = P.ZeroMeans(own)
    y = np.linspace(-2.6, 2.6, 141)
    x = jnp.asarray(np.stack(np.meshgrid(y, y), -1).reshape(-1, 1, 2))
    action, found = jax.jit(jax.vmap(lambda x: (own.action(x), zeros(own, x))))(x)
    weights = np.exp(-np.asarray(action))[:, None]
    means = (weights * found).sum(0) / weights.sum()
    assert np.all(np.abs(means) < 1e-9)
    spread = (weights * found**2).sum(0) / weights.sum()
    assert np.all(spread > 1e-4)


def test_control_variates_are_unbiased_and_a_hundred_times_less_noisy():
    own = P.PathEnsemble(lambda x: x**4, beta=4.0, slices=32, action="takahashi_imada")
    exact = P.transfer_matrix(own).energy
    quiet = P.control_variates(own, key=jax.random.key(0), observables=["energy"], chains=32)
    both = quiet | {"plain": P.centroid_energy}
    run = P.sample(own, key=jax.random.key(1), observables=both, warmup=100, chains=32, draws=300)
    assert (run["plain"].error / run["energy"].error) ** 2 > 100
    assert abs(run["energy"].value - exact) < 4 * run["energy"].error


def test_open_paths_have_no_zero_means():
    own = P.PathEnsemble(lambda x: x**4, beta=4.0, slices=8, ends=P.FreeEnds())
    with pytest.raises(ValueError, match="closed"):
        P.ZeroMeans(own)


@pytest.mark.parametrize(
    ("action", "ends"),
    list(zip(["takahashi_imada", "midpoint", "takahashi_imada", "trapezoid"], ENDS, strict=True)),
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_partition_of_coupled_oscillators_is_that_of_their_determinant(action, ends):
    centre, stiffness = np.array([0.2, -0.1]), np.array([[1.0, 0.3], [0.3, 2.0]])
    mass, hbar, slices = np.array([[1.9, 0.2], [0.2, 1.1]]), 0.8, 6
    own = P.PathEnsemble(
        _Oscillator(dof=2, centre=centre, stiffness=stiffness),
        beta=2.0,
        slices=slices,
        hbar=hbar,
        mass=mass,
        action=action,
        ends=ends,
    )
    free = np.ones(own.sites, bool)
    x = np.zeros((2, own.sites))
    if isinstance(ends, P.FixedEnds | P.HalfLine):
        x[:, 0], free[0] = ends.start, False
    if isinstance(ends, P.FixedEnds):
        x[:, -1], free[-1] = ends.stop, False
    put = lambda y: own.action(jnp.asarray(x).at[:, free].set(y.reshape(2, -1)))
    y = jnp.zeros(2 * free.sum())
    slope, bend = (np.asarray(jax.jit(f(put))(y)) for f in (jax.grad, jax.hessian))
    exact = slices / 2 * np.linalg.slogdet(mass / (2 * np.pi * hbar * own.dt))[1]
    exact += y.size / 2 * np.log(2 * np.pi) - np.linalg.slogdet(bend)[1] / 2
    exact += slope @ np.linalg.solve(bend, slope) / 2 - float(put(y))
    assert np.isclose(_log_gaussian(own), exact, rtol=1e-12)


def test_partition_of_an_anharmonic_oscillator():
    own = P.PathEnsemble(lambda x: x**4 + x, beta=2.0, slices=16)
    found = P.log_partition(own, key=jax.random.key(4), nodes=3, chains=32, draws=300)
    assert found.error < 0.02
    assert abs(found.value - P.transfer_matrix(own).log_partition) < 4 * found.error
