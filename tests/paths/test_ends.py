"""Modes of the four boundary conditions against sums of sines and cosines, and both ways."""

import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

P = fx.paths
ENDS = {
    "periodic": P.Periodic(),
    "fixed": P.FixedEnds(0.0, 0.0),
    "half": P.HalfLine(0.0),
    "free": P.FreeEnds(),
}
COUNTS = [4, 5, 8]


def table(ends, N):
    """The modes by their formulas, one a column."""
    n, theta = np.arange(ends.sites(N))[:, None], ends.angles(N)
    if isinstance(ends, P.Periodic):
        upper = N // 2 + 1
        return np.hstack([np.cos(n * theta[:upper]), np.sin(n * theta[upper:])])
    return np.cos(n * theta) if isinstance(ends, P.FreeEnds) else np.sin(n * theta)


@pytest.mark.float32
@pytest.mark.parametrize("N", COUNTS)
@pytest.mark.parametrize("name", ENDS)
def test_synthesis_is_the_sum_of_the_table(name, N):
    ends, modes = ENDS[name], table(ENDS[name], N)
    a = jnp.asarray(np.random.default_rng(1).normal(size=(3, modes.shape[1])))
    assert jnp.allclose(ends.synthesis(a, N), a @ modes.T.astype(a.dtype), atol=1e-5)
    assert jnp.allclose(ends.analysis(ends.synthesis(a, N), N), a, atol=1e-5)


def stiffness(ends, N, dt, m, k, midpoint):
    """Second derivatives of the oscillator's lattice action, from its definition."""
    closed, sites = isinstance(ends, P.Periodic), ends.sites(N)
    D, A, w = np.zeros((N, sites)), np.zeros((N, sites)), np.ones(sites)
    for n in range(N):
        D[n, n], D[n, (n + 1) % sites] = -1, 1
        A[n, n], A[n, (n + 1) % sites] = 0.5, 0.5
    if not closed:
        w[[0, -1]] = 0.5
    potential = A.T @ A if midpoint else np.diag(w)
    return m / dt * D.T @ D + k * dt * potential


@pytest.mark.parametrize("midpoint", [True, False])
@pytest.mark.parametrize("N", [6, 7])
@pytest.mark.parametrize("name", ENDS)
def test_modes_diagonalise_both_actions(name, N, midpoint):
    ends, dt, m, k = ENDS[name], 0.3, 1.3, 0.8
    B = table(ends, N)
    half = np.sin(ends.angles(N) / 2) ** 2
    rate = 4 * m / dt * half + k * dt * (1 - half if midpoint else 1)
    wanted = np.diag(N / 2 * ends.norms(N) * rate)
    assert np.allclose(B.T @ stiffness(ends, N, dt, m, k, midpoint) @ B, wanted, atol=1e-12)
