import jax.numpy as jnp
import numpy as np
import pytest

from feynax.equations import AdvectionDiffusion, gain, is_stable, symbol

NAMES = ("a2", "beta", "sigma2", "rho")


def test_reference_gains(reference):
    for case in reference["max_gain_1d"]:
        pde = AdvectionDiffusion(a2=case["a2"], beta=case["beta"], gamma=case["gamma"])
        assert gain(pde).upper == pytest.approx(case["gain"], abs=1e-12)
        searched = gain(pde.kernel())  # the general method
        assert searched.lower - 1e-12 <= case["gain"] <= searched.upper
        assert searched.upper - searched.lower < 1e-11


def test_reference_stability(reference):
    for case in reference["stable_2d"]:
        pde = AdvectionDiffusion(
            a2=case["a2"], beta=case["beta"], sigma2=case["s2"], rho=case["rho"]
        )
        assert is_stable(pde) is case["stable"]
        assert is_stable(pde.kernel()) is case["stable"]


def test_closed_form_against_a_dense_scan():
    rng = np.random.default_rng(0)
    a2, beta, gamma, skip, h = rng.normal(size=(5, 2000)) * np.array([[1], [1], [0.5], [1], [1]])
    h = np.abs(h) + 0.01
    p = np.linspace(0, np.pi, 4001)
    disagreements = 0
    for i in range(2000):
        pde = AdvectionDiffusion(a2=a2[i], beta=beta[i], gamma=gamma[i])
        found = gain(pde, h=h[i], skip=skip[i])
        branch = gamma[i] + a2[i] * (np.cos(p) - 1) + 1j * beta[i] * np.sin(p)
        scan = np.abs(skip[i] + h[i] * branch).max()
        attained = abs(skip[i] + h[i] * symbol(pde, found.momentum[0], skip=0.0))
        # a grid of spacing d misses a maximum by at most d^2/8 times the curvature
        close = scan <= found.upper * (1 + 1e-12) and found.upper <= scan * (1 + 1e-5)
        disagreements += not (close and abs(attained - found.lower) < 1e-9 * (1 + found.lower))
    assert disagreements == 0


def test_line_is_stable_iff_drift_squared_below_diffusion_below_one():
    rng = np.random.default_rng(1)
    a2, beta = rng.uniform(-0.2, 1.3, 3000), rng.normal(size=3000)
    closed = (beta**2 <= a2) & (a2 <= 1)
    found = [is_stable(AdvectionDiffusion(a2=a, beta=b)) for a, b in zip(a2, beta, strict=True)]
    assert np.array_equal(found, closed)
    assert 500 < closed.sum() < 2500


def test_plane_closed_form_against_a_scan():
    rng = np.random.default_rng(2)
    p = 2 * np.pi * np.arange(48) / 48
    grid = np.stack(np.meshgrid(p, p, indexing="ij"), -1)
    stable = 0
    for row in rng.uniform(0, 1, size=(400, 4)) * np.array([1, 0.8, 0.7, 0.8]):
        pde = AdvectionDiffusion(**dict(zip(NAMES, row, strict=True)))
        # the corner p -> 0 is where small drifts fail first: look there too
        fine = np.abs(
            symbol(pde, np.concatenate([grid.reshape(-1, 2), 0.02 * (grid.reshape(-1, 2) - np.pi)]))
        )
        assert is_stable(pde) == bool(fine.max() <= 1 + 1e-9)
        stable += is_stable(pde)
    assert 40 < stable < 360


def test_plane_closed_form_against_the_search():
    rng = np.random.default_rng(3)
    for row in rng.uniform(0, 0.8, size=(12, 4)):
        pde = AdvectionDiffusion(**dict(zip(NAMES, row, strict=True)))
        assert is_stable(pde) == is_stable(pde.kernel())
        halved = AdvectionDiffusion(**dict(zip(NAMES, 2 * row, strict=True)))
        assert is_stable(halved, h=0.5) == is_stable(pde)


def test_no_diffusion_allows_no_drift():
    assert not is_stable(AdvectionDiffusion(a2=0.0, beta=0.1, sigma2=0.5))
    assert is_stable(AdvectionDiffusion(a2=0.0, beta=0.0, sigma2=0.5))
    assert not is_stable(AdvectionDiffusion(a2=-0.1, sigma2=0.5))


def test_matrices_are_judged_by_their_norm():
    """A shear has spectral radius 1 at every momentum and still amplifies."""
    K = np.zeros((2, 2, 1, 1))
    K[0, 1] = 1.0
    found = gain(K)
    assert found.upper == pytest.approx((1 + 5**0.5) / 2, abs=1e-12)
    assert not is_stable(K)


def test_general_bounds_hold_and_are_tight():
    rng = np.random.default_rng(4)
    K = rng.normal(size=(2, 3, 3, 3))
    skip = rng.normal(size=(2, 3))
    found = gain(K, h=0.3, skip=skip)
    p = rng.uniform(-np.pi, np.pi, size=(4000, 2))
    norms = np.linalg.norm(symbol(0.3 * K, p, skip=skip), 2, axis=(1, 2))
    assert norms.max() <= found.upper
    assert found.upper - found.lower < 1e-9
    at = symbol(0.3 * K, np.array(found.momentum), skip=skip)
    assert np.linalg.norm(at, 2) == pytest.approx(found.lower, rel=1e-12)


def test_channels_that_do_not_mix():
    rng = np.random.default_rng(5)
    K = rng.normal(size=(5, 3, 3))
    each = [gain(k).upper for k in K]
    found = gain(K)
    assert found.upper == pytest.approx(max(each), abs=1e-11)
    assert found.channel == int(np.argmax(each))


@pytest.mark.parametrize("centre", [1.0, 1.5])
def test_even_and_dilated_kernels(centre):
    K = np.random.default_rng(6).normal(size=4)
    p = np.linspace(0, 2 * np.pi, 20001)
    offsets = 2 * (np.arange(4) - centre)
    # half-integer offsets do not live on the lattice; their symbol has twice the period
    scan = np.abs(np.exp(1j * np.outer(p, offsets)) @ K).max()
    found = gain(K, skip=0.0, centre=centre, dilation=2)
    assert scan <= found.upper <= scan * (1 + 1e-6)


def test_a_peak_between_all_first_grid_points_is_found():
    """1 - cos(16 p)/2 is lowest, and flat, wherever the search looks first."""
    found = gain(np.array([-0.25, 0.0, -0.25]), dilation=16)
    assert found.lower == pytest.approx(1.5, abs=1e-11)
    assert found.upper == pytest.approx(1.5, abs=1e-11)


def test_degenerate_layers():
    assert gain(np.zeros((3, 3))).upper == pytest.approx(1, abs=1e-11)
    assert gain(np.zeros((3, 3)), skip=0.0).upper <= 1e-10
    assert gain(np.array([[0.5]])).upper == pytest.approx(1.5, abs=1e-11)
    shift = np.zeros(3)
    shift[2] = 1.0
    assert gain(shift, skip=0.0).upper == pytest.approx(1, abs=1e-11)
    assert gain(AdvectionDiffusion(a2=0.5, beta=0.5)).upper == pytest.approx(1, abs=1e-12)


def test_zero_padding_and_masks_do_not_enlarge():
    rng = np.random.default_rng(7)
    K = rng.normal(size=3)
    bound = gain(K).upper
    T = np.eye(9) + sum(K[j] * np.eye(9, k=j - 1) for j in range(3))
    for _ in range(20):
        masked = np.diag(rng.integers(0, 2, 9)) @ T
        assert np.linalg.norm(masked, 2) <= np.linalg.norm(T, 2) * (1 + 1e-12)
        assert np.linalg.norm(T, 2) <= bound


@pytest.mark.float32
def test_single_precision_is_forgiven():
    edge = AdvectionDiffusion(a2=jnp.float32(0.5), sigma2=jnp.float32(0.5 + 1e-6))
    assert is_stable(edge)
    assert not is_stable(AdvectionDiffusion(a2=0.5, sigma2=0.5 + 1e-6))


def test_printing_and_errors():
    assert str(gain(AdvectionDiffusion(a2=1.2, beta=0.1))) == "gain 1.4 at momentum (3.14)"
    with pytest.raises(ValueError, match="`h` must be positive"):
        gain(np.zeros(3), h=0.0)
    with pytest.raises(ValueError, match="two channel axes"):
        gain(np.zeros((2, 2, 2, 3, 3)), skip=np.zeros((2, 2, 2)))
