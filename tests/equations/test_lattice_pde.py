import numpy as np
import pytest

from feynax.equations import AdvectionDiffusion, LatticePDE, gaussian_action, symbol


def test_a_random_3x3_layer_is_of_fourth_order():
    rng = np.random.default_rng(0)
    K = rng.normal(size=(3, 3))
    pde = LatticePDE.from_kernel(K)
    assert pde.order() == 4
    np.testing.assert_allclose(pde.kernel()[0, 0], K, atol=1e-13)
    named = AdvectionDiffusion(a2=0.3, sigma2=0.2, mixed=0.1)
    assert LatticePDE.from_kernel(named.kernel()).order() == 2
    assert LatticePDE.from_kernel(np.array([[0.4]])).order() == 0
    assert LatticePDE.from_kernel(np.zeros((3, 3))).order() == 0


def test_the_equation_is_written_out():
    named = AdvectionDiffusion(a2=0.7, beta=-0.1, sigma2=0.5, rho=0.2, gamma=-0.3)
    text = str(LatticePDE.from_kernel(named.kernel()))
    assert text == "psi_t = -0.3 psi - 0.1 d_x psi + 0.2 d_y psi + 0.35 d_xx psi + 0.25 d_yy psi"
    C = np.zeros((1, 1, 3, 3))
    C[0, 0, 1, 2], C[0, 0, 2, 2] = 0.5, -0.25
    assert str(LatticePDE(C)) == "psi_t = 0.5 d_yxx psi - 0.25 d_yyxx psi"
    assert str(LatticePDE(np.zeros((1, 1, 3, 3)))) == "psi_t = 0"
    coupled = str(LatticePDE(np.eye(2)[:, :, None, None] * C))
    assert (
        coupled
        == "psi_t = C12 d_yxx psi + C22 d_yyxx psi (2 to 2 channels; |C12| = 0.5, |C22| = 0.25)"
    )


def test_the_step_divides_out():
    K = np.random.default_rng(1).normal(size=(2, 2, 3, 3))
    one, half = LatticePDE.from_kernel(K), LatticePDE.from_kernel(K, step=0.5)
    np.testing.assert_allclose(half.coefficients, 2 * one.coefficients)
    p = np.array([[0.3, -0.7]])
    np.testing.assert_allclose(half.symbol(p), symbol(K, p), atol=1e-13)
    np.testing.assert_allclose(half.drift(), one.drift(), atol=1e-13)
    assert half.gain().upper == pytest.approx(one.gain().upper, rel=1e-10)


def test_drift_and_diffusion_are_those_of_the_action():
    act = gaussian_action(0.8, 0.4, -0.02)
    pde = LatticePDE.from_kernel(AdvectionDiffusion(a2=0.8, beta=0.4, gamma=-0.02).kernel()[None])
    np.testing.assert_allclose(pde.drift(), [[0, -act.drift]], atol=1e-14)
    np.testing.assert_allclose(pde.diffusion()[0], [[0, 0], [0, act.variance]], atol=1e-14)


def test_drift_and_diffusion_against_differences_of_the_exponent():
    """Independent method: log g = log mass - i p drift - p S p / 2 + ..."""
    rng = np.random.default_rng(2)
    K = np.zeros((2, 2, 3, 3))
    K[0, 0], K[1, 1] = 0.2 * rng.normal(size=(2, 3, 3))
    pde = LatticePDE.from_kernel(K, skip=0.9, step=0.5)
    e = 1e-4

    def log_g(y, x):
        return np.diagonal(pde.exponent(np.array([y, x])))

    slope = np.stack([log_g(e, 0) - log_g(-e, 0), log_g(0, e) - log_g(0, -e)], -1) / (2 * e)
    np.testing.assert_allclose(pde.drift(), -slope.imag, atol=1e-6)
    yy = -(log_g(e, 0) - 2 * log_g(0, 0) + log_g(-e, 0)) / e**2
    xx = -(log_g(0, e) - 2 * log_g(0, 0) + log_g(0, -e)) / e**2
    xy = -(log_g(e, e) - log_g(e, -e) - log_g(-e, e) + log_g(-e, -e)) / (4 * e**2)
    S = np.stack([np.stack([yy, xy], -1), np.stack([xy, xx], -1)], -2)
    np.testing.assert_allclose(pde.diffusion(), S.real, atol=1e-6)


def test_mean_displacement_of_a_layer():
    """Independent method: push one bright pixel through the layer and take its mean."""
    K = np.array([[0.0, 0.1, 0.0], [0.05, -0.4, 0.15], [0.0, 0.2, 0.0]])
    pde = LatticePDE.from_kernel(K)
    T = K.copy()
    T[1, 1] += 1.0
    y, x = np.mgrid[-1:2, -1:2]
    out = T[::-1, ::-1]  # a source at 0 reaches site -j through tap j
    mean = np.array([(out * y).sum(), (out * x).sum()]) / out.sum()
    np.testing.assert_allclose(pde.drift()[0], mean, atol=1e-14)
    var = (out * x**2).sum() / out.sum() - mean[1] ** 2
    np.testing.assert_allclose(pde.diffusion()[0, 1, 1], var, atol=1e-14)


def test_layers_without_mass_have_no_drift():
    pde = LatticePDE.from_kernel(np.array([[0.1, -1.5, 0.2]]))
    assert np.isnan(pde.drift()).all()


def test_spectrum_of_the_layer():
    pde = LatticePDE.from_kernel(
        AdvectionDiffusion(a2=0.4, sigma2=0.3).kernel(), boundary="periodic"
    )
    assert pde.spectrum((4, 4)).radius == pytest.approx(1)
    assert LatticePDE(pde.coefficients).spectrum((4, 4)).radius < 1  # walls absorb


def test_bad_equations_are_named():
    with pytest.raises(ValueError, match=r"shape \(out, in, kh, kw\)"):
        LatticePDE(np.zeros((3, 3)))
    with pytest.raises(ValueError, match="`step` must be positive"):
        LatticePDE.from_kernel(np.zeros((3, 3)), step=0.0)
    with pytest.raises(ValueError, match="`skip`"):
        LatticePDE(np.zeros((2, 2, 3, 3)), skip=np.ones(3))
    with pytest.raises(ValueError, match="be finite"):
        LatticePDE(np.full((1, 1, 3, 3), np.nan))
