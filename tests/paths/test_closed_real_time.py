"""Real-time kernels against reference numbers, explicit Gaussian integrals and the quantum part."""

import numpy as np
import pytest

import feynax as fx

P = fx.paths
FAR = [(1.0, 0.7, 8), (1.0, 4.0, 16), (2.0, 7.0, 64), (1.3, -2.5, 16)]


def test_reference_numbers(paths_reference):
    table = paths_reference["real_time"]
    free = complex(*table["free xf=.6 xi=-.3 t=.7"])
    assert abs(P.real_time_kernel(0.6, -0.3, 0.7) - free) < 1e-15
    for name, case in table.items():
        if not name.startswith("oscillator"):
            continue
        omega, t = (float(name.split(key)[1].split()[0]) for key in ("om=", " t="))
        kernel = lambda slices=None, w=omega, t=t: P.real_time_kernel(
            0.6, -0.3, t, omega=w, slices=slices, action="midpoint"
        )
        assert abs(kernel() - complex(*case["mehler"])) < 1e-14
        for N, value in case["lattice_midpoint"].items():
            assert abs(kernel(int(N)) - complex(*value)) < 2e-14


@pytest.mark.parametrize("action", ["midpoint", "trapezoid"])
@pytest.mark.parametrize(("omega", "t", "N"), FAR)
def test_finite_n_is_the_gaussian_integral_with_phases_by_signs(omega, t, N, action):
    """Far beyond caustics: several eigenvalues of the action have turned over."""
    m, hbar, ends = 1.3, 0.8, np.array([-0.3, 0.6])
    dt = abs(t) / N
    form = np.zeros((N + 1, N + 1))
    pull = -dt * m * omega**2 * np.array([[1.0, 1.0], [1.0, 1.0]]) / 4
    pull = pull if action == "midpoint" else np.diag(np.diag(2 * pull))
    for n in range(N):
        form[n : n + 2, n : n + 2] += m / dt * np.array([[1.0, -1.0], [-1.0, 1.0]]) + pull
    held = form[np.ix_([0, N], [0, N])]
    slope, constant = form[1:-1][:, [0, N]] @ ends, float(ends @ held @ ends) / 2
    inside = P.gaussian_amplitude(form[1:-1, 1:-1], slope, constant, hbar=hbar)
    log = N / 2 * np.log(m / (2 * np.pi * hbar * dt)) - 1j * np.pi / 4 * N
    wanted = inside * np.exp(log)
    wanted = wanted if t > 0 else wanted.conjugate()
    found = P.real_time_kernel(
        0.6, -0.3, t, omega=omega, mass=m, hbar=hbar, slices=N, action=action
    )
    assert abs(found - wanted) < 1e-12


def test_the_continuum_is_the_quantum_parts_kernel():
    ham = fx.quantum.QuadraticHamiltonian.from_coefficients(0, -0.845, 0, 0.5, 0, hbar=0.8)
    for t in (0.7, 4.0, 9.0, -4.0):
        wanted = ham.kernel(t)(0.6, -0.3)
        found = P.real_time_kernel(0.6, -0.3, t, omega=1.3, hbar=0.8)
        assert abs(found - wanted) < 1e-12


def test_trapezoid_slices_are_unitary_and_midpoints_lose_norm():
    """A packet through two slices and back through their adjoint, on a grid."""
    x, dx = np.linspace(-9, 9, 801, retstep=True)
    packet = np.exp(-((x - 1) ** 2) / 2)
    for action, norm in (("trapezoid", 1.0), ("midpoint", (1 + 0.15**2) ** -2)):
        K = P.real_time_kernel(x[:, None], x, 0.6, omega=1.0, slices=2, action=action)
        after = K @ packet * dx
        found = np.sum(np.abs(after) ** 2) / np.sum(packet**2)
        assert np.isclose(found, norm, rtol=1e-9)


@pytest.mark.parametrize("t", [0.0, np.pi, 2 * np.pi, -np.pi])
def test_caustics_are_refused(t):
    with pytest.raises(fx.CausticError, match="delta function"):
        P.real_time_kernel(0.6, -0.3, t, omega=1.0)


def test_a_caustic_on_slices_is_at_its_own_frequency():
    N = 4
    t = 2 * N * np.tan(np.pi / (2 * N))  # Omega t = pi for midpoint slices
    with pytest.raises(fx.CausticError, match="After 1 half periods"):
        P.real_time_kernel(0.0, 0.0, t, omega=1.0, slices=N, action="midpoint")
    with pytest.raises(fx.CausticError, match="is no square"):
        P.gaussian_amplitude([[1.0, 1.0], [1.0, 1.0]])
    with pytest.raises(ValueError, match="`slices` must leave omega dt < 2"):
        P.real_time_kernel(0.0, 0.0, 8.0, omega=1.0, slices=4)
    with pytest.raises(ValueError, match="`form` must be symmetric"):
        P.gaussian_amplitude([[1.0, 0.5], [0.0, 1.0]])
