"""Closed forms of lattice oscillators against transfer matrices and reference numbers."""

import numpy as np
import pytest

import feynax as fx

P = fx.paths
CASES = [("midpoint", 1.3, 0.7, 0.9), ("trapezoid", 1.3, 0.7, 0.9), ("trapezoid", 9.0, 1.0, 1.0)]


def lattice(action, omega, mass, hbar, slices=8):
    return P.LatticeOscillator(omega, beta=3.0, slices=slices, action=action, mass=mass, hbar=hbar)


def slice_matrix(own, points=201, length=7.0):
    """The kernel of one slice on a grid, from the action itself."""
    x, dx = np.linspace(-length, length, points, retstep=True)
    a, b, k = x[:, None], x[None], own.mass * own.omega**2
    V = k * ((a + b) / 2) ** 2 / 2 if own.action == "midpoint" else k * (a**2 + b**2) / 4
    S = own.mass * (a - b) ** 2 / (2 * own.dt) + own.dt * V
    return x, dx, np.sqrt(own.mass / (2 * np.pi * own.hbar * own.dt)) * np.exp(-S / own.hbar)


@pytest.mark.parametrize(("action", "omega", "mass", "hbar"), CASES)
def test_everything_is_the_transfer_matrix(action, omega, mass, hbar):
    own = lattice(action, omega, mass, hbar)
    x, dx, K = slice_matrix(own)
    power = [np.eye(len(x)) / dx]
    for _ in range(8):
        power.append(power[-1] @ K * dx)
    Z = np.trace(power[8]) * dx
    assert np.isclose(np.log(Z), own.log_partition, rtol=1e-12, atol=1e-12)
    values = np.sort(np.linalg.eigvalsh(K * dx))[::-1][:4]
    assert np.allclose(-own.hbar / own.dt * np.log(values), own.levels(4), rtol=1e-9)
    moments = [x @ (power[k] * power[8 - k].T) @ x * dx**2 / Z for k in range(1, 8)]
    assert np.allclose(moments, own.correlation(np.arange(1, 8)), rtol=1e-11, atol=1e-15)
    kernel = P.euclidean_kernel(
        x[:, None], x, 3.0 * hbar, omega=omega, mass=mass, hbar=hbar, slices=8, action=action
    )
    assert np.allclose(kernel, power[8], rtol=1e-9, atol=1e-12)
    middle = len(x) // 2
    held = [power[n][middle] * power[8 - n][:, middle] for n in range(1, 8)]
    wanted = [(h * x**2).sum() / h.sum() for h in held]
    assert np.allclose(wanted, own.held_square(np.arange(1, 8)), rtol=1e-10)
    psi = power[8].sum(1) * dx
    near = abs(middle - 10)
    assert np.isclose(-np.log(psi[near] / psi[middle]) / x[near] ** 2, own.end_exponent, rtol=1e-9)


def test_reference_numbers(paths_reference):
    for name, case in paths_reference["midpoint_oscillator_closed_form"].items():
        omega, mass, hbar, beta, N = (float(part.split("=")[1]) for part in name.split(","))
        own = P.LatticeOscillator(
            omega, beta=beta, slices=int(N), action="midpoint", mass=mass, hbar=hbar
        )
        found = [own.rate, own.log_partition, own.correlation(0)]
        assert np.allclose(found, [case["Omega"], case["lnZ"], case["x2"]], rtol=1e-13)
    for name, wanted in paths_reference["dirichlet_path"].items():
        T, N = (float(name.split(key)[1].split()[0]) for key in (" T=", " N="))
        own = P.LatticeOscillator(1.0, beta=T, slices=int(N), action="midpoint")
        for n, square in wanted.items():
            assert np.isclose(own.held_square(int(n)), square, rtol=1e-12)
    own = P.LatticeOscillator(1.0, beta=2.0, slices=8, action="midpoint")
    wanted = paths_reference["one_sided"]["om=1,dtau=.25,N=8: coefficient of y^2"]
    assert np.isclose(own.end_exponent, wanted, rtol=1e-12)


def test_low_temperatures_and_many_slices_give_the_continuum():
    own = P.LatticeOscillator(1.5, beta=400.0, slices=100_000, action="midpoint")
    assert np.isclose(own.correlation(0), 1 / 3, rtol=1e-14)  # no error of slices at all
    assert np.isclose(own.levels(1)[0] - 0.75, -(1.5**2) * own.dt / 8, rtol=1e-2)
    assert np.isclose(own.log_partition, -400 * own.levels(1)[0], rtol=1e-12)
    far = P.euclidean_kernel(0.3, 0.4, 400.0, omega=1.5)
    assert np.isclose(far, np.sqrt(1.5 / np.pi) * np.exp(-0.75 * 0.25 - 300), rtol=1e-11)


@pytest.mark.parametrize(("step", "wanted"), [(0.4, 0.820), (0.2, 0.905), (0.1, 0.951)])
def test_5_6_is_a_rule_of_right_ends_and_of_first_order(step, wanted):
    """Its exponent of the ground state relative to m omega/2 hbar; the midpoint rule's is 1."""
    N = int(12 / step)
    form = np.zeros((N + 1, N + 1))  # of y = x_0 .. x_N
    for n in range(1, N + 1):
        form[np.ix_([n - 1, n], [n - 1, n])] += np.array([[1.0, -1.0], [-1.0, 1.0]]) / step
        form[n, n] += step
    inner = form[0, 0] - form[0, 1:] @ np.linalg.solve(form[1:, 1:], form[1:, 0])
    assert np.isclose(inner, wanted, atol=1e-3)
    for action, exact in (("midpoint", 1.0), ("trapezoid", np.hypot(1, step / 2))):
        own = P.LatticeOscillator(1.0, beta=12.0, slices=N, action=action)
        assert np.isclose(2 * own.end_exponent, exact, rtol=1e-9)


def test_free_slices_are_exact_for_any_number_and_bad_numbers_are_refused():
    x, dx = np.linspace(-12, 12, 301, retstep=True)
    half = P.euclidean_kernel(x[:, None], x, 0.6, mass=1.3)
    whole = P.euclidean_kernel(0.4, -0.2, 1.2, mass=1.3, slices=2)
    left = P.euclidean_kernel(0.4, x, 0.6, mass=1.3)
    assert np.isclose(left @ P.euclidean_kernel(x, -0.2, 0.6, mass=1.3) * dx, whole, rtol=1e-12)
    assert np.allclose(half, half.T)
    with pytest.raises(ValueError, match="a midpoint slice has no oscillator"):
        P.LatticeOscillator(2.0, beta=8.0, slices=8, action="midpoint")
    with pytest.raises(ValueError, match="`tau` must be positive"):
        P.euclidean_kernel(0.0, 0.0, -1.0)
    with pytest.raises(ValueError, match="`omega` must be positive"):
        P.LatticeOscillator(-1.0, beta=1.0, slices=4)
