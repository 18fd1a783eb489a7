"""The propagator: against packets, against itself, and against the Schroedinger equation."""

import math

import numpy as np
import pytest

import feynax as fx
from feynax.quantum import GaussianState, QuadraticHamiltonian

CLASSES = {
    "centre up": (0.3, -0.5, -0.2, 0.4, 0.52),
    "centre down": (0.1, 0.5, 0.2, -0.4, 0.2),
    "saddle": (0.1, 0.3, -0.1, 0.3, 0.2),
    "force": (0.2, -0.25, 0.3, 0.25, 0.5),
    "free": (0.0, 0.0, 0.3, 0.4, 0.0),
    "force, C2 zero": (0.3, 0.0, 0.2, -0.4, 0.0),
}
HBAR = 0.5
POINTS = np.linspace(-14, 14, 4001)
STEP = POINTS[1] - POINTS[0]
AT = np.linspace(-1.5, 2, 6)


def hamiltonian(name):
    return QuadraticHamiltonian.from_coefficients(*CLASSES[name], hbar=HBAR)


def times(ham):
    long = (4.0, 9.0, 13.0, -3.0, -12.0) if ham.kind == "elliptic" else ()
    return (0.5, 1.4, -0.8, *long)


@pytest.mark.parametrize("name", CLASSES)
def test_it_carries_packets_as_they_are_carried(name):
    ham = hamiltonian(name)
    packet = GaussianState.from_width([0.3, -0.4], 0.9, hbar=HBAR)
    for t in times(ham):
        carried = ham.kernel(t)(AT[:, None], POINTS) @ packet(POINTS) * STEP
        assert np.max(np.abs(carried - ham.evolve(packet, t)(AT))) < 1e-12


@pytest.mark.parametrize("name", CLASSES)
def test_backwards_is_the_adjoint(name):
    ham = hamiltonian(name)
    for t in times(ham):
        there, back = ham.kernel(t), ham.kernel(-t)
        assert np.allclose(back(AT[:, None], AT), there(AT, AT[:, None]).conj(), rtol=1e-10)


@pytest.mark.parametrize("name", CLASSES)
def test_two_steps_make_one(name):
    ham = hamiltonian(name)
    points = np.linspace(-60, 60, 60001)
    soft = np.exp(-((points / 25) ** 16))  # the integral of a phase, cut off far away
    pairs = [(0.7, 0.9), (-1.1, 0.6)] + ([(4.0, 3.1), (2.2, 9.4)] if "centre" in name else [])
    for first, second in pairs:
        inner = ham.kernel(first)(points, 0.4) * soft
        total = ham.kernel(second)(AT[:, None], points) @ inner * (points[1] - points[0])
        assert np.max(np.abs(total - ham.kernel(first + second)(AT, 0.4))) < 1e-6


@pytest.mark.parametrize("name", CLASSES)
def test_the_schroedinger_equation(name):
    ham = hamiltonian(name)
    one, t, d = ham.one, 1.1, 1e-3
    shifts = np.array([-2, -1, 0, 1, 2])
    first, second = np.array([1, -8, 0, 8, -1]) / 12, np.array([-1, 16, -30, 16, -1]) / 12
    psi = ham.kernel(t)(AT, 0.2)
    in_time = sum(w * ham.kernel(t + d * k)(AT, 0.2) for w, k in zip(first, shifts, strict=True))
    near = ham.kernel(t)(AT[:, None] + d * shifts, 0.2)
    slope, bend = near @ first / d, near @ second / d**2
    momentum = -1j * HBAR * slope
    right = -(HBAR**2) * one.d2 * bend + one.d1 * momentum - (one.c1 + one.c2 * AT) * AT * psi
    right = right + one.e2 * (AT * momentum - 0.5j * HBAR * psi)
    assert np.max(np.abs(1j * HBAR * in_time / d - right)) < 1e-8


@pytest.mark.parametrize("name", ["centre up", "centre down"])
def test_the_maslov_phase_counts_half_periods(name):
    ham = hamiltonian(name)
    half, sign = math.pi / ham.one.rate, math.copysign(1, ham.one.d2)
    y1 = ham.one.centre()[0]
    for count in range(7):
        t = (count + 0.37) * half
        kernel = ham.kernel(t)
        expected = -sign * math.pi * (0.25 + count / 2) - ham.one.centre_energy() * t / HBAR
        assert abs(np.exp(1j * (np.angle(kernel(y1, y1)) - expected)) - 1) < 1e-12
        assert kernel.maslov == (count if sign > 0 else -1 - count)


@pytest.mark.float32
def test_caustics_are_refused():
    for name in ("centre up", "centre down"):
        ham = hamiltonian(name)
        half = math.pi / ham.one.rate
        for count in (-3, 0, 1, 4):
            with pytest.raises(fx.CausticError, match="propagate"):
                ham.kernel(count * half)
            ham.kernel((count + 1e-6) * half)
    without = QuadraticHamiltonian.from_coefficients(0.2, 0.3, 0.1, 0.0, 0.5)
    for t in (0.3, 5.0):
        with pytest.raises(fx.CausticError):
            without.kernel(t)
    with pytest.raises(ValueError, match="`t`"):
        ham.kernel([0.1, 0.2])
    with pytest.raises(ValueError, match="`t`"):
        ham.kernel(math.nan)


def test_two_modes():
    form = np.diag([1.0, 0.8, 1.2, -0.9]) + 0.1 * np.ones((4, 4))
    j = np.kron(np.eye(2), [[0.0, 1.0], [-1.0, 0.0]])  # (q1, p1, q2, p2)
    ham = QuadraticHamiltonian(form, np.array([0.1, -0.2, 0.3, 0.1]), j, 0.5)
    packet = GaussianState.from_width([0.2, 0.3, -0.2, 0.1], [0.8, 1.1], hbar=0.5, poisson=j)
    points = np.linspace(-6, 6, 121)
    places = np.stack(np.meshgrid(points, points, indexing="ij"), axis=-1).reshape(-1, 2)
    at = np.array([[0.3, 0.1], [-0.5, 0.8], [0.0, 1.2]])
    for t in (0.9, -1.3, 3.4):
        carried = ham.kernel(t)(at[:, None], places) @ packet(places) * (points[1] - points[0]) ** 2
        assert np.max(np.abs(carried - ham.evolve(packet, t)(at))) < 1e-12


PROPAGATED = {**CLASSES, "D2 zero": (0.2, 0.3, 0.1, 0.0, 0.5), "linear": (0.3, 0.0, -0.2, 0.0, 0.0)}


@pytest.mark.parametrize("name", PROPAGATED)
def test_any_wave_function_through_caustics(name):
    ham = QuadraticHamiltonian.from_coefficients(*PROPAGATED[name], hbar=HBAR)
    points = np.linspace(-11, 11, 401)
    packets = [GaussianState.from_width([x, 0.3], w, hbar=HBAR) for x, w in [(0.5, 0.9), (-1, 0.6)]]
    psi = packets[0](points) + 2j * packets[1](points)
    spans = [0.0, 1e-3, -0.02, 0.4, -0.9]
    if ham.kind == "elliptic":
        half = math.pi / ham.one.rate
        spans += [half, -2 * half, 3.0001 * half, 40.3 * half]
    for t in spans:
        later = [ham.evolve(packet, t)(points) for packet in packets]
        assert np.max(np.abs(ham.propagate(psi, points, t) - later[0] - 2j * later[1])) < 1e-9


def test_what_leaves_the_grid_is_refused():
    ham = hamiltonian("free")
    points = np.linspace(-6, 6, 201)
    assert not np.any(ham.propagate(np.zeros(201), points, 1.0))
    psi = GaussianState.from_width([0.0, 0.0], 0.9, hbar=HBAR)(points)
    for t in (9.0, 30.0, -30.0, 80.0):
        with pytest.raises(ValueError, match="`grid`"):
            ham.propagate(psi, points, t)
    step = points[1] - points[0]
    spreading = QuadraticHamiltonian.from_coefficients(0, 0, 0, 0.4, 0, hbar=HBAR)  # evenly
    passing = 2 * math.pi * HBAR / step * 0.8  # by what the sum cannot tell from rest
    drifting = QuadraticHamiltonian.from_coefficients(0, 0, passing, 0.4, 0, hbar=HBAR)
    for other, t in ((spreading, 4.0), (drifting, 0.5)):
        at_rest = GaussianState.from_width([0.0, 0.0], 0.9, hbar=HBAR)(points)
        with pytest.raises(ValueError, match="`grid`"):
            other.propagate(at_rest, points, t)
    for arguments, name in [
        ((psi, points**3, 1.0), "grid"),
        ((psi[1:], points, 1.0), "psi"),
        ((psi * math.nan, points, 1.0), "psi"),
        ((psi, points, math.inf), "t"),
        ((psi, points, [1.0]), "t"),
    ]:
        with pytest.raises(ValueError, match=f"`{name}`"):
            ham.propagate(*arguments)


def test_phases_of_uncoupled_modes_add_up():
    singles = [hamiltonian(name) for name in ("centre up", "centre down", "centre up", "saddle")]
    singles[2] = QuadraticHamiltonian.from_coefficients(0.1, -2.0, 0.2, 1.5, 0.3, hbar=HBAR)
    parts = np.array([ham.form for ham in singles])
    form = np.block([[np.diag(parts[:, i, k]) for k in range(2)] for i in range(2)])
    slope = np.concatenate([[ham.slope[i] for ham in singles] for i in range(2)])
    together = QuadraticHamiltonian(form, slope, np.kron([[0, 1], [-1, 0]], np.eye(4)), HBAR)
    widths = [0.3, 3.0, 0.2, 1.0]  # strongly chirped soon after
    packet = GaussianState.from_width(np.zeros(8), widths, hbar=HBAR)
    apart = [GaussianState.from_width([0.0, 0.0], width, hbar=HBAR) for width in widths]
    for t in np.linspace(-3.1, 3.3, 25):
        states = [ham.evolve(state, t) for ham, state in zip(singles, apart, strict=True)]
        whole = together.evolve(packet, t)
        assert whole.angle == pytest.approx(sum(state.angle for state in states), abs=1e-9)
        assert whole.action == pytest.approx(sum(state.action for state in states), abs=1e-9)
        kernels = [ham.kernel(t) for ham in singles]
        assert together.kernel(t).maslov == sum(kernel.maslov for kernel in kernels)
