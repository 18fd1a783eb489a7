"""Lanczos exponentials and Chebyshev's series: proven errors, hard cases, sparse systems."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from feynax.quantum import Chebyshev, DenseOperator, ExactPropagator, GridBasis, Krylov, Verlet


def random_hermitian(rng, size, real):
    Z = rng.standard_normal((size, size)) + (0 if real else 1j * rng.standard_normal((size, size)))
    return (Z + Z.conj().T) / 2


def measured(matrix, psi):
    """A step of six levels, by one program for all."""
    return Krylov(matrix, 5.0, vectors=8).measured(psi)


@pytest.mark.parametrize(("real", "tolerance"), [(True, 1e-10), (False, 1e-2)])
def test_errors_are_within_their_bounds(real, tolerance):
    """Of steps that are far shorter than a Krylov space reaches, and far longer."""
    rng = np.random.default_rng(int(real))
    H = random_hermitian(rng, 12, real)
    psi = rng.standard_normal(12) + 1j * rng.standard_normal(12)
    psi /= np.linalg.norm(psi)

    def hold(step, stretch):
        off = np.linalg.norm(step.step(psi) - scipy.linalg.expm(-1j * stretch * H) @ psi)
        assert off <= step.error_bound(1) + 1e-10
        assert step.error_bound(1) <= tolerance * (1 + 1e-6)

    for stretch in (0.01, 0.1, 2.0, 5.0):  # one program
        hold(Krylov(stretch * H, 1.0, tolerance=tolerance, vectors=8), stretch)
    for stretch in (0.1, 5.0):
        hold(Chebyshev(stretch * H, 1.0, tolerance=tolerance), stretch)


def test_bound_is_sharp_where_steps_are_short():
    rng = np.random.default_rng(0)
    H = random_hermitian(rng, 40, real=False)
    psi = rng.standard_normal(40) + 0j
    psi /= np.linalg.norm(psi)
    found = Krylov(H, 0.4, tolerance=1e-8, vectors=4).measured(psi)
    off = np.linalg.norm(found.psi - scipy.linalg.expm(-0.4j * H) @ psi)
    assert 0.5 * found.error < off <= found.error * (1 + 1e-6)
    assert found.error <= 1e-8 < found.error * 1.001
    assert found.parts > 10


def test_spaces_that_are_used_up_give_the_exact_answer():
    """A start in an invariant subspace, one level only, a Hamiltonian of zero, a state of zero."""
    H = np.diag(np.arange(6.0))
    two, one = np.array([0, 1, 0, 0, 1j, 0]) / np.sqrt(2), np.eye(6)[3]
    found = measured(10 * H, two)
    assert found.parts == 1
    np.testing.assert_allclose(found.psi, np.exp(-50j * np.arange(6)) * two, atol=1e-13)
    np.testing.assert_allclose(measured(H, one).psi, np.exp(-15j) * one, atol=1e-14)
    chebyshev = lambda matrix, psi: Chebyshev(matrix, 5.0).step(psi)
    for step in (lambda matrix, psi: measured(matrix, psi).psi, chebyshev):
        np.testing.assert_allclose(step(0 * H, two), two, atol=1e-14)
        assert not np.any(step(H, 0 * two))
        np.testing.assert_allclose(step(7 * np.eye(6), two), np.exp(-35j) * two, atol=1e-13)


def test_series_ends_where_its_rest_is_small():
    H = np.diag(np.linspace(-1.0, 1.0, 5))
    terms = [len(Chebyshev(H, t, tolerance=1e-10).coefficients) for t in (1.0, 100.0, 400.0)]
    assert terms[0] < 20
    assert 100 < terms[1] < 150
    assert 400 < terms[2] < 470


def test_given_bounds_are_checked():
    H = np.diag([0.0, 3.0])
    wide = Chebyshev(H, 2.0, bounds=(-5.0, 10.0))
    exact = ExactPropagator(H, 2.0)
    assert np.abs(wide.step([0.6, 0.8]) - exact.step([0.6, 0.8])).max() < 1e-11
    for given_as in (H, DenseOperator(H)):
        with pytest.raises(ValueError, match=r"`bounds` must hold the energies .* and 3, but has"):
            Chebyshev(given_as, 2.0, bounds=(0.0, 2.9))
    with pytest.raises(ValueError, match="low < high"):
        Chebyshev(H, 2.0, bounds=(1.0, 1.0))
    growth = wide.stability()
    assert growth
    assert growth.rate == 1 + wide.tolerance


def test_grids_need_no_matrix():
    """Sums of Fourier and diagonal operators, two thousand points, against each other."""
    basis = GridBasis(2048, length=60.0)
    energy = basis.kinetic() + basis.potential(lambda q: 2 * np.cos(q) + 0.05 * q**2)
    psi = basis.project(lambda q: np.exp(-((q - 2) ** 2) + 1j * q))
    a = Krylov(energy, 0.05, tolerance=1e-9).run(psi, 2)
    b = Chebyshev(energy, 0.1, tolerance=1e-10).run(psi, 1)
    assert np.linalg.norm(a.last - b.last) < a.error + b.error + 1e-11
    assert np.linalg.norm(a.last - psi) > 0.1
    means = [float(energy.mean(s)) for s in (jnp.asarray(psi), a.last, b.last)]
    assert np.ptp(means) < 1e-8


def test_nan_ends_the_loop():
    assert np.isnan(measured(np.diag(np.arange(6.0)), [np.nan, 1, 0, 0, 0, 0]).psi).all()


@pytest.mark.float32
@pytest.mark.parametrize("method", [Krylov, Chebyshev])
def test_either_precision(method):
    rng = np.random.default_rng(5)
    H = random_hermitian(rng, 10, real=True)
    step = method(H, 1.0, tolerance=1e-30)
    eps = float(jnp.finfo(step.dtype).eps)
    assert step.tolerance == eps
    psi = np.ones(10) / np.sqrt(10)
    off = np.linalg.norm(np.asarray(step.run(psi, 5).last) - scipy.linalg.expm(-5j * H) @ psi)
    assert off < 200 * eps


def test_wrong_numbers():
    for wrong, message in (
        ({"tolerance": 0.0}, "`tolerance` must be positive"),
        ({"vectors": 1}, "`vectors` must be a whole number of at least 2"),
    ):
        with pytest.raises(ValueError, match=message):
            Krylov(np.eye(2), 1.0, **wrong)
    with pytest.raises(ValueError, match="`tolerance` must be positive"):
        Chebyshev(np.eye(2), 1.0, tolerance=-1.0)


def test_operators_of_a_grid_can_be_pushed():
    basis = GridBasis(32, length=12.0)
    energy = basis.kinetic() + basis.potential(lambda q: q**2 / 2)
    psi = basis.project(lambda q: np.exp(-((q - 1) ** 2) / 2) / np.pi**0.25)
    evolution = Verlet(energy, 0.01).run(psi, 100)
    off = np.linalg.norm(evolution.last - ExactPropagator(energy, 1.0).step(psi))
    assert 1e-7 < off < evolution.error
