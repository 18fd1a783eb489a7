import numpy as np
import pytest

from feynax.equations import (
    AdvectionDiffusion,
    operator_matrix,
    similarity_gauge,
    spectrum,
)


def same_set(found, wanted, atol):
    """Compare two spectra whatever their order."""
    left = list(found)
    for value in wanted:
        nearest = int(np.argmin([abs(value - other) for other in left]))
        assert abs(left.pop(nearest) - value) < atol


def test_reference_spectra(reference):
    case = reference["spectrum_zero"]
    pde = AdvectionDiffusion(a2=case["a2"], beta=case["beta"], gamma=case["gamma"])
    found = spectrum(pde, case["M"])
    assert found.is_real
    same_set(found.values, case["eig"], 1e-13)
    case = reference["spectrum_periodic"]
    found = spectrum(pde, case["M"], boundary="periodic")
    same_set(found.values, np.array(case["re"]) + 1j * np.array(case["im"]), 1e-13)


@pytest.mark.parametrize(("a2", "beta"), [(0.7, 0.3), (0.3, 0.7), (-0.5, 0.2), (0.0, 0.4)])
def test_walls_in_closed_form_against_the_dense_matrix(a2, beta):
    pde = AdvectionDiffusion(a2=a2, beta=beta, gamma=0.2)
    found = spectrum(pde, 7)
    dense = np.linalg.eigvals(operator_matrix(pde, 7))
    same_set(found.values, dense, 1e-10)
    assert found.is_real == (abs(beta) <= abs(a2))
    assert not found.defective
    same_set(spectrum(pde.kernel(), 7, skip=0.5).values, dense + 0.5, 1e-10)


def test_plane_with_walls_is_a_kronecker_sum():
    pde = AdvectionDiffusion(a2=0.7, beta=0.3, sigma2=0.4, rho=0.6, gamma=-0.1)
    dense = np.linalg.eigvals(operator_matrix(pde, (3, 4)))
    for kernel in (pde, pde.kernel()):
        found = spectrum(kernel, (3, 4))
        assert found.method == "closed form"
        same_set(found.values, dense, 1e-10)


@pytest.mark.parametrize("boundary", ["zero", "periodic"])
@pytest.mark.parametrize("size", [(4, 5), (1, 2)])  # the second is smaller than the stencil
def test_many_channels_against_the_dense_matrix(boundary, size):
    rng = np.random.default_rng(0)
    K, skip = rng.normal(size=(2, 2, 3, 3)), rng.normal(size=(2, 2))
    found = spectrum(K, size, boundary=boundary, skip=skip)
    assert found.method == ("dense" if boundary == "zero" else "symbol")
    same_set(
        found.values,
        np.linalg.eigvals(operator_matrix(K, size, boundary=boundary, skip=skip)),
        1e-10,
    )


def test_dense_matrix_is_the_layer():
    """Independent method: correlate by loops."""
    rng = np.random.default_rng(1)
    K, psi = rng.normal(size=(2, 3, 3, 5)), rng.normal(size=(3, 4, 6))
    wide = np.pad(psi, ((0, 0), (2, 2), (4, 4)))
    wanted = np.zeros((2, 4, 6))
    for y in range(4):
        for x in range(6):
            patch = wide[:, y : y + 5 : 2, x : x + 9 : 2]
            wanted[:, y, x] = np.einsum("oiyx,iyx->o", K, patch)
    found = operator_matrix(K, (4, 6), dilation=2) @ psi.ravel()
    np.testing.assert_allclose(found.reshape(2, 4, 6), wanted, atol=1e-12)


def test_defective_at_equal_drift_and_diffusion():
    pde = AdvectionDiffusion(a2=0.3, beta=0.3, gamma=0.1)
    found = spectrum(pde, 6)
    assert found.defective
    np.testing.assert_allclose(found.values, -0.2, atol=1e-15)
    T = operator_matrix(pde, 6) + 0.2 * np.eye(6)
    assert np.linalg.matrix_rank(T) == 5  # one Jordan block
    assert "defective" in str(found)
    assert not spectrum(pde, 1).defective
    assert not spectrum(AdvectionDiffusion(a2=0.0, beta=0.0), 6).defective
    assert not spectrum(pde, 6, boundary="periodic").defective
    shear = np.array([[[[0.0]], [[1.0]]], [[[0.0]], [[0.0]]]])
    assert spectrum(shear, (2, 2)).defective
    assert spectrum(shear, (2, 2), boundary="periodic").defective


def test_gauge_makes_the_stencil_symmetric():
    S = similarity_gauge(0.7, 0.3, 6)
    T = operator_matrix(AdvectionDiffusion(a2=0.7, beta=0.3), 6)
    symmetric = T * S / S[:, None]  # S^-1 T S
    np.testing.assert_allclose(symmetric, symmetric.T, atol=1e-15)
    np.testing.assert_allclose(np.diag(symmetric, 1), np.sqrt(0.4) / 2, rtol=1e-14)
    # skin effect: every mode leans on the left wall
    vectors = np.linalg.eig(T)[1]
    assert np.all(np.abs(vectors[0]) > np.abs(vectors[-1]))


def test_depthwise_and_printing():
    rng = np.random.default_rng(2)
    K = rng.normal(size=(3, 3))
    each = np.concatenate([spectrum(k, 5).values for k in K])
    same_set(spectrum(K, 5, ndim=1).values, each, 1e-9)
    periodic = np.concatenate([spectrum(k, 5, boundary="periodic").values for k in K])
    same_set(spectrum(K, 5, ndim=1, boundary="periodic").values, periodic, 1e-12)
    assert str(spectrum(AdvectionDiffusion(a2=0.5), 3)).startswith("3 real eigenvalues, radius 0.8")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: spectrum(np.ones(3), 4, boundary="neumann"), "be one of periodic, zero"),
        (lambda: spectrum(np.ones(5), (4, 4)), "have 1 numbers"),
        (lambda: spectrum(np.ones((2, 3, 3, 3)), (4, 4)), "as many channels out as in"),
        (lambda: operator_matrix(np.ones((3, 3)), (65, 64)), "at most 4096 rows"),
        (lambda: operator_matrix(np.ones(4), 8, centre=1.5), "every tap on a pixel"),
        (lambda: spectrum(np.ones(3), 0), "whole number"),
        (lambda: similarity_gauge(0.3, 0.3, 4), "lie within"),
    ],
)
def test_bad_spectra_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
