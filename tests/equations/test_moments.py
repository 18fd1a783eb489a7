import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from feynax.equations import AdvectionDiffusion, kernel_from_pde, pde_from_kernel


@pytest.mark.parametrize("name", ["moments_3x3", "moments_5x5", "isotropic_laplacian"])
@pytest.mark.float32
def test_reference_moments(reference, name):
    K, C = np.array(reference[name]["K"]), np.array(reference[name]["C"])
    np.testing.assert_allclose(pde_from_kernel(K), C, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(kernel_from_pde(C), K, rtol=1e-12, atol=1e-13)


def test_reference_line(reference):
    for case in reference["kernel_to_pde_1d"]:
        pde = AdvectionDiffusion.from_kernel(np.array(case["k"]))
        found = [pde.a2, pde.beta, pde.gamma]
        np.testing.assert_allclose(found, [case["a2"], case["beta"], case["gamma"]], atol=1e-14)


@settings(deadline=None, max_examples=60)
@given(
    st.tuples(st.integers(1, 7), st.integers(1, 7)),
    st.integers(1, 3),
    st.integers(0, 2**31 - 1),
)
def test_moments_are_a_bijection(sizes, dilation, seed):
    rng = np.random.default_rng(seed)
    K = rng.normal(size=(2, *sizes))
    centre = [(k - 1) / 2 for k in sizes]  # half-integers for even sizes
    C = pde_from_kernel(K, centre=centre, dilation=dilation)
    back = kernel_from_pde(C, centre=centre, dilation=dilation)
    np.testing.assert_allclose(back, K, rtol=1e-9, atol=1e-10)


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 7), st.integers(0, 5), st.integers(0, 2**31 - 1))
def test_stencil_is_exact_on_polynomials(size, tap, seed):
    """Independent method: apply the stencil to x^n and differentiate by hand."""
    rng = np.random.default_rng(seed)
    C = rng.normal(size=size)
    centre = min(tap, size - 1)
    K = np.asarray(kernel_from_pde(C, centre=centre))
    polynomial = np.polynomial.Polynomial(rng.normal(size=size))
    at = 0.7
    applied = sum(w * polynomial(at + i - centre) for i, w in enumerate(K))
    wanted = sum(c * polynomial.deriv(m)(at) if m else c * polynomial(at) for m, c in enumerate(C))
    size_of = sum(abs(w * polynomial(at + i - centre)) for i, w in enumerate(K))
    assert abs(applied - wanted) <= 1e-11 * max(size_of, 1)


def test_dilation_moves_the_taps():
    wide = np.zeros(5)
    K = np.array([0.3, -0.7, 0.5])
    wide[::2] = K
    np.testing.assert_allclose(
        pde_from_kernel(K, dilation=2), pde_from_kernel(wide)[:3], atol=1e-14
    )


def test_printed_slope_is_backwards():
    """Section 4.1 prints [1/2, 0, -1/2] for d/dx: a framework makes it minus d/dx."""
    np.testing.assert_allclose(pde_from_kernel(np.array([0.5, 0.0, -0.5])), [0.0, -1.0, 0.0])


def test_a_3x3_stencil_is_not_second_order():
    rng = np.random.default_rng(0)
    cross_and_corner = [
        AdvectionDiffusion(**dict(zip(("a2", "beta", "sigma2", "rho", "gamma"), row, strict=True)))
        for row in np.eye(5)
    ]
    five = np.array([pde.kernel().ravel() for pde in cross_and_corner])
    six = np.vstack([five, AdvectionDiffusion(a2=0.0, mixed=1.0).kernel().ravel()])
    assert np.linalg.matrix_rank(five) == 5
    assert np.linalg.matrix_rank(six) == 6
    with pytest.raises(ValueError, match="second-order stencil"):
        AdvectionDiffusion.from_kernel(rng.normal(size=(3, 3)))


def test_named_coefficients_round_trip():
    rng = np.random.default_rng(1)
    names = ("a2", "beta", "sigma2", "rho", "gamma", "mixed")
    values = dict(zip(names, rng.normal(size=(6, 4)), strict=True))
    pde = AdvectionDiffusion(**values)
    back = AdvectionDiffusion.from_kernel(pde.kernel())
    for name in names:
        np.testing.assert_allclose(getattr(back, name), values[name], atol=1e-13)
    C = np.zeros((4, 3, 3))
    C[:, 0, 2], C[:, 0, 1], C[:, 2, 0] = values["a2"] / 2, values["beta"], values["sigma2"] / 2
    C[:, 1, 0], C[:, 0, 0], C[:, 1, 1] = values["rho"], values["gamma"], values["mixed"]
    np.testing.assert_allclose(pde.kernel(), kernel_from_pde(C), atol=1e-13)


def test_negative_diffusion_has_no_alpha():
    pde = AdvectionDiffusion.from_kernel(np.array([-0.3, 0.1, -0.1]))
    with pytest.raises(ValueError, match=r"negative diffusion: a2=-0\.4"):
        _ = pde.alpha
    assert AdvectionDiffusion(a2=0.25).alpha == 0.5
    np.testing.assert_allclose(AdvectionDiffusion(sigma2=np.array([4.0, 9.0])).sigma, [2.0, 3.0])


@pytest.mark.float32
def test_traced_moments_have_gradients():
    K = jnp.asarray(np.random.default_rng(2).normal(size=(2, 3, 3)))
    jacobian = jax.jacobian(lambda k: kernel_from_pde(pde_from_kernel(k)))(K)
    tolerance = 1e-12 if K.dtype == jnp.float64 else 1e-5
    np.testing.assert_allclose(jacobian.reshape(18, 18), np.eye(18), atol=tolerance)
    pde = AdvectionDiffusion(a2=K[0, 0, 0], beta=K[0, 0, 1])
    traced = jax.jit(lambda e: e.kernel())(pde)
    np.testing.assert_allclose(traced, pde.kernel(), atol=tolerance)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pde_from_kernel(np.ones(4)), "odd sizes unless `centre`"),
        (lambda: pde_from_kernel(np.array([1.0, np.nan, 0.0])), "be finite"),
        (lambda: pde_from_kernel(np.ones(3), ndim=3), "be 1 or 2"),
        (lambda: pde_from_kernel(np.ones(3), ndim=2), "at least 2 axes"),
        (lambda: pde_from_kernel(np.ones((3, 0))), "have a tap"),
        (lambda: pde_from_kernel(np.ones(3), dilation=0), "whole number"),
        (lambda: pde_from_kernel(np.ones((3, 3)), centre=[1.0]), "2 numbers"),
        (lambda: kernel_from_pde(np.ones(4), size=3), "orders below"),
        (lambda: kernel_from_pde(np.ones((3, 3)), size=(3, 3, 3)), "2 axes"),
        (lambda: AdvectionDiffusion(a2=np.ones((2, 2))), "shape \\(channels,\\)"),
        (lambda: AdvectionDiffusion.from_kernel(np.ones(5)), "three taps"),
    ],
)
def test_bad_stencils_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_wide_stencils_warn():
    with pytest.warns(UserWarning, match="condition number"):
        pde_from_kernel(np.ones(11))


def test_one_tap_is_reaction():
    assert pde_from_kernel(np.array([[0.3]]))[0, 0] == 0.3
    assert kernel_from_pde(np.array([0.3]), size=3).tolist() == [0.0, 0.3, 0.0]
