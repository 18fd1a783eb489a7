import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg as sl

from feynax.equations import AdvectionDiffusion, exponent, printed_exponent, symbol


def brute(K, p, skip):
    kh, kw = K.shape[-2:]
    g = skip * np.eye(*K.shape[:2], dtype=complex)
    for i in range(kh):
        for j in range(kw):
            g += K[..., i, j] * np.exp(1j * (p[0] * (i - kh // 2) + p[1] * (j - kw // 2)))
    return g


def test_symbol_against_the_sum():
    rng = np.random.default_rng(0)
    K, p = rng.normal(size=(3, 3, 3, 5)), rng.uniform(-np.pi, np.pi, size=(4, 2))
    found = symbol(K, p, skip=0.7)
    assert found.shape == (4, 3, 3)
    np.testing.assert_allclose(found, [brute(K, q, 0.7) for q in p], atol=1e-13)


def test_skip_as_matrix_and_as_kernel():
    rng = np.random.default_rng(1)
    K, p = rng.normal(size=(2, 3, 3, 3)), rng.uniform(-3, 3, size=(5, 2))
    S = rng.normal(size=(2, 3))
    as_kernel = np.zeros_like(K)
    as_kernel[..., 1, 1] = S
    np.testing.assert_allclose(symbol(K, p, skip=S), symbol(K + as_kernel, p, skip=0.0), atol=1e-13)
    np.testing.assert_allclose(symbol(K, p, skip=as_kernel), symbol(K, p, skip=S), atol=1e-13)
    with pytest.raises(ValueError, match="matrix or kernel"):
        symbol(K, p)


def test_symbol_is_the_layer_on_a_wave():
    """Independent method: run the layer on a plane wave with periodic boundary."""
    rng = np.random.default_rng(2)
    M, m = 12, 5
    K = rng.normal(size=3)
    wave = np.exp(2j * np.pi * m * np.arange(M) / M)
    out = wave + sum(K[j] * np.roll(wave, -(j - 1)) for j in range(3))
    np.testing.assert_allclose(out / wave, symbol(K, 2 * np.pi * m / M), atol=1e-13)


def test_three_taps_and_their_truncation():
    pde = AdvectionDiffusion(a2=0.3, beta=0.2, gamma=-0.1)
    p = np.linspace(-3, 3, 7)
    closed = 1 - 0.1 + 0.3 * (np.cos(p) - 1) + 0.2j * np.sin(p)
    np.testing.assert_allclose(symbol(pde, p), closed, atol=1e-14)
    small = 1e-3
    rest = symbol(pde, small) - 1 - printed_exponent(pde, small)
    # next orders: -i beta p^3/6 + a2 p^4/24
    np.testing.assert_allclose(rest, -1j * 0.2 * small**3 / 6 + 0.3 * small**4 / 24, atol=2e-15)


def test_printed_exponent_on_a_plane():
    pde = AdvectionDiffusion(a2=0.3, beta=0.2, sigma2=0.4, rho=-0.1, gamma=0.05, mixed=0.07)
    p = np.array([2e-3, -1e-3])
    np.testing.assert_allclose(symbol(pde, p) - 1, printed_exponent(pde, p), atol=1e-8)


def test_exponent_is_the_logarithm():
    rng = np.random.default_rng(3)
    K, p = 0.2 * rng.normal(size=(3, 3, 3, 3)), rng.uniform(-3, 3, size=(6, 2))
    H, g = exponent(K, p), symbol(K, p)
    np.testing.assert_allclose([sl.expm(h) for h in H], g, atol=1e-12)
    scalar = exponent(K[0, 0], p)
    np.testing.assert_allclose(np.exp(scalar), symbol(K[0, 0], p), atol=1e-14)


def test_printed_exponent_is_not_the_logarithm(reference):
    """max |e^Omega - 1 - Omega| a layer: the error of eq (31)."""
    p = 2 * np.pi * np.arange(4096) / 4096
    figures = reference["figures_check_math"]
    for a2, beta in ((0.1, 0.05), (0.5, 0.2), (1.0, 0.5)):
        omega = symbol(AdvectionDiffusion(a2=a2, beta=beta), p, skip=0.0)
        error = np.abs(np.exp(omega) - 1 - omega).max()
        printed = figures[f"max_p |e^Om-(1+Om)| for (a2,b)=({a2}, {beta}); bound |Om|^2/2 e^|Om|"]
        np.testing.assert_allclose(error, printed[0], rtol=1e-3)


def test_killed_modes_are_minus_infinity():
    nyquist = exponent(np.array([0.25, -0.5, 0.25]), np.array([1.0, np.pi]))
    assert np.isfinite(nyquist[0])
    assert nyquist[1] == -np.inf
    K = np.zeros((2, 2, 1))
    K[..., 0] = [[-0.5, 0.5], [0.5, -0.5]]  # projects on the sum of both channels
    H = exponent(K, 0.0, ndim=1)
    # minus infinity times the projector on the difference: [[1, -1], [-1, 1]]
    assert np.array_equal(H.real, [[-np.inf, np.inf], [np.inf, -np.inf]])
    K[..., 0] = [[1.0, 0.0], [0.0, -1.0]]  # second channel dies, first doubles
    H = exponent(K, 0.0, ndim=1)
    np.testing.assert_allclose(H[0], [np.log(2), 0.0], atol=1e-14)
    assert H[1, 1] == -np.inf
    K[..., 0] = [[-1.0, 1.0], [0.0, -1.0]]  # nilpotent: everything dies in two layers
    assert np.all(np.diag(exponent(K, 0.0, ndim=1)).real == -np.inf)


def test_a_live_space_that_leans_on_the_null_space():
    """By hand: g = [[A, A x], [0, 0]] has H = log(A) [1, x] off its null space."""
    A, x = np.array([[2.0, 1.0], [0.0, 2.0]]), np.array([0.0, 1.0])
    g = np.zeros((3, 3))
    g[:2, :2], g[:2, 2] = A, A @ x
    H = exponent(g[:, :, None], 0.0, skip=0.0, ndim=1).real
    wanted = [[np.log(2), 0.5, 0.5], [0.0, np.log(2), np.inf], [0.0, 0.0, -np.inf]]
    np.testing.assert_allclose(H, wanted, atol=1e-12)


def test_degenerate_kernels():
    p = np.linspace(-3, 3, 5)
    np.testing.assert_array_equal(exponent(np.zeros(3), p), 0.0)  # identity
    np.testing.assert_allclose(exponent(np.array([0.5]), p), np.log(1.5))  # pure reaction
    K = np.array([0.2, 0.5, 0.1])
    np.testing.assert_allclose(exponent(K, p, skip=0.0), np.log(symbol(K, p, skip=0.0)))
    assert np.all(exponent(np.zeros(3), p, skip=0.0).real == -np.inf)


def test_negative_amplitude_has_a_complex_exponent():
    assert exponent(AdvectionDiffusion(a2=0.8), np.pi).imag == np.pi


@pytest.mark.float32
def test_traced_symbol():
    K, p = jnp.asarray([0.2, -0.7, 0.5]), np.linspace(-3, 3, 5)
    found = jax.jit(lambda k: symbol(k, p))(K)
    np.testing.assert_allclose(found, symbol(np.asarray(K), p), atol=1e-6)


def test_bad_momenta():
    with pytest.raises(ValueError, match="2 components"):
        symbol(np.ones((3, 3)), np.zeros(3))
    with pytest.raises(ValueError, match="fit the channels"):
        symbol(np.ones((2, 2, 3, 3)), np.zeros(2), skip=np.ones((3, 3)))
    with pytest.raises(ValueError, match="be numbers"):
        printed_exponent(AdvectionDiffusion(a2=np.ones(2)), 0.1)
