"""States of continuous spectra: the equation, completeness, Weber's function, refusals."""

import math

import numpy as np
import pytest
from scipy.special import gamma, pbwa
from test_eigenfunctions import residual

import feynax as fx
from feynax.quantum import QuadraticHamiltonian
from feynax.quantum._spectrum._weber import weber

HBAR = 0.8
CASES = {
    "saddle": (0.1, 0.3, -0.1, 0.3, 0.2),
    "saddle, C2 < 0": (0.1, -0.3, -0.1, -0.3, 0.2),
    "saddle, C2 D2 < 0": (0.1, 0.5, 0.2, -0.3, -1.2),
    "saddle, D2 = 0": (0.2, 0.35, 0.1, 0.0, 0.9),
    "saddle, C2 = 0": (0.2, 0.0, 0.1, 0.3, 0.5),
    "saddle, C2 = 0, E2 < 0": (0.2, 0.0, 0.1, 0.3, -0.5),
    "free": (0.2, -0.25, -0.2, 0.25, 0.5),
    "free, down": (0.2, 0.25, 0.2, -0.25, 0.5),
    "force": (0.2, -0.25, 0.3, 0.25, 0.5),
    "force, C2 > 0": (0.2, 0.25, -0.3, -0.25, 0.5),
    "force, C2 = 0": (0.3, 0.0, 0.2, 0.4, 0.0),
    "linear": (-0.3, 0.0, 0.1, 0.0, 0.0),
}


def hamiltonian(name, bracket=1.0, hbar=HBAR):
    c1, c2, d1, d2, e2 = CASES[name]
    form, slope = np.array([[-2 * c2, e2], [e2, 2 * d2]]), np.array([-c1, d1])
    return QuadraticHamiltonian(form, slope, bracket * np.array([[0, 1], [-1, 0]]), hbar)


def branches(ham):
    return range(int(ham.spectrum.multiplicity))


def energies(ham, around):
    """Some of the spectrum: all signs on a line, one side of the edge of a half line."""
    edge = ham.spectrum.edge
    return around if edge is None else edge + ham.spectrum.direction * np.abs(around)


@pytest.mark.parametrize("bracket", [1.0, -0.5])
@pytest.mark.parametrize("name", CASES)
def test_they_solve_the_equation(name, bracket):
    ham = hamiltonian(name, bracket)
    points = np.array([-1.3, 0.25, 1.1, 2.3])
    for energy in energies(ham, np.array([-0.7, 0.05, 1.2])):
        for branch in branches(ham):
            psi = ham.continuous_eigenfunction(energy, branch)
            there = points[abs(psi(points)) > 0]
            assert residual(CASES[name], HBAR, energy, psi, there, "y2", bracket) < 1e-9


def packet(y, hbar=HBAR):
    size = np.exp(-((y - 0.4) ** 2) / (2 * 0.9**2) + 0.5j * y / hbar)
    return size / (math.pi * 0.9**2) ** 0.25


def total_share(ham, spaced, weights, y, weigh):
    """Sum over the spectrum of |<E|packet>|^2."""
    ket = packet(y) * weigh
    total = 0.0
    for energy, weight in zip(spaced, weights, strict=True):
        for branch in branches(ham):
            bra = np.conj(ham.continuous_eigenfunction(energy, branch)(y))
            total += weight * abs(np.sum(bra * ket)) ** 2
    return total


@pytest.mark.parametrize("name", [name for name in CASES if "saddle, C2 = 0" not in name])
def test_they_are_complete(name):
    """All energies together hold the whole of a packet, which fixes the norm of each."""
    ham = hamiltonian(name, 1.0)
    y, step = np.linspace(-6.5, 7.5, 281, retstep=True)
    if ham.spectrum.edge is None:
        spaced, weight = np.linspace(-10, 10, 161, retstep=True)
        weights = np.full(len(spaced), weight)
    else:  # from the edge on in equal steps of momentum, half a step away
        k, weight = np.arange(0.025, 6, 0.05), 0.05
        spaced = ham.spectrum.edge + ham.spectrum.direction * k * k
        weights = 2 * k * weight
    assert total_share(ham, spaced, weights, y, step) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", ["saddle, C2 = 0", "saddle, C2 = 0, E2 < 0"])
def test_the_half_lines_are_complete(name):
    """In x = +-exp(s) the power at the centre is a plain wave."""
    ham = hamiltonian(name)
    s, step = np.linspace(-24, 2.0, 1301, retstep=True)
    centre = ham.one.centre()[1]
    y = centre + np.concatenate([-np.exp(s), np.exp(s)])
    weigh = step * np.concatenate([np.exp(s), np.exp(s)])
    spaced, weight = np.linspace(-14, 14, 281, retstep=True)
    share = total_share(ham, spaced, np.full(281, weight), y, weigh)
    assert share == pytest.approx(1, abs=1e-4)


def test_autocorrelation_of_a_force():
    """int exp(-iEt/hbar) |<E|g>|^2 dE against the closed form of a linear Hamiltonian."""
    ham = hamiltonian("linear")
    c1, _, d1, _, _ = CASES["linear"]
    y, step = np.linspace(-6.5, 7.5, 281, retstep=True)
    spaced, weight = np.linspace(-6, 6, 193, retstep=True)
    waves = np.array(
        [np.sum(np.conj(ham.continuous_eigenfunction(e)(y)) * packet(y)) * step for e in spaced]
    )
    t = 1.3
    found = np.sum(np.exp(-1j * spaced * t / HBAR) * abs(waves) ** 2) * weight
    # H = -C1 y1 + D1 y2: psi(y, t) = exp(-i D1 (y t - C1 t^2/2)/hbar) psi(y - C1 t)
    moved = packet(y - c1 * t) * np.exp(-1j * d1 * (y * t - c1 * t * t / 2) / HBAR)
    assert found == pytest.approx(np.sum(np.conj(packet(y)) * moved) * step, abs=1e-10)


@pytest.mark.parametrize("a", [-4.0, -0.5, 0.0, 0.7, 3.0])
def test_webers_function_against_scipys(a):
    x = np.linspace(-4.5, 4.5, 31)
    wanted = pbwa(a, x)[0] * (1 + math.exp(2 * math.pi * a)) ** -0.25
    assert np.allclose(weber(a, x), wanted, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("a", [-200.0, -30.0, -1.0, 0.0, 2.0, 20.0, 200.0])
def test_webers_function_joins_itself(a):
    """Integrated from far right to 0 it meets its exact value; the two forms agree at the edges."""
    norm = np.exp(-np.logaddexp(0, 2 * math.pi * a) / 4)
    ratio = abs(gamma(0.25 + 0.5j * a) / gamma(0.75 + 0.5j * a)) if abs(a) < 100 else None
    edge = max(10.0, 3 * math.sqrt(abs(a)), abs(a) / 2)
    right, left = weber(a, np.array([1e-15])), weber(a, np.array([-1e-15]))
    assert right == pytest.approx(left, rel=3e-12)
    if ratio:
        assert right[0] == pytest.approx(2**-0.75 * math.sqrt(ratio) * norm, rel=3e-12)
    for side in (-1, 1):
        near, far = weber(a, side * edge * np.array([1 - 1e-15, 1 + 1e-15]))
        top = float(np.max(abs(weber(a, side * edge * np.linspace(0.9, 1, 40)))))
        assert near == pytest.approx(far, abs=3e-11 * top)


def test_the_tail_behind_a_high_barrier_keeps_its_digits():
    """W(a, x) W'(a, -x) + ... is the constant 1 however small the one side is."""
    a, x, h = 12.0, 3.0, 1e-3
    value, other = weber(a, x + h * np.arange(-2, 3)), weber(a, -x - h * np.arange(-2, 3))
    slopes = [np.dot([1, -8, 0, 8, -1], f) / (12 * h) for f in (value, other)]
    wronskian = value[2] * slopes[1] - other[2] * slopes[0]
    assert wronskian * math.sqrt(1 + math.exp(2 * math.pi * a)) == pytest.approx(1, rel=1e-8)


@pytest.mark.float32
def test_what_is_transmitted():
    """Far right over far left: the transmission of an inverted parabola."""
    ham = hamiltonian("saddle")
    one = ham.one
    energy = one.centre_energy() + 0.3 * HBAR * one.rate
    psi = ham.continuous_eigenfunction(energy)
    y = np.linspace(60, 60.05, 400)
    centre = one.centre()[1]
    high = [np.max(abs(psi(centre + side * y))) for side in (-1, 1)]
    a = 0.3
    k = math.sqrt(1 + math.exp(2 * math.pi * a)) - math.exp(math.pi * a)
    assert high[1] / high[0] == pytest.approx(k, rel=1e-3)


@pytest.mark.parametrize(
    ("coefficients", "error", "text"),
    [
        ((0.0, 0.0, 0.3, 0.4, 0.0), fx.quantum.DeltaFunctionError, "C2 = 0"),
        ((0.0, 0.0, 0.1, 0.0, 0.0), fx.quantum.DeltaFunctionError, "C1 = 0"),
        ((0.3, -0.5, -0.2, 0.4, 0.3), ValueError, "eigenfunction"),
        ((0.0, 0.0, 0.0, 0.0, 0.0), fx.InfiniteDegeneracyError, "zero"),
    ],
)
def test_what_has_no_such_function(coefficients, error, text):
    with pytest.raises(error, match=text):
        QuadraticHamiltonian.from_coefficients(*coefficients).continuous_eigenfunction(1.0)


def test_arguments_outside_the_spectrum():
    with pytest.raises(ValueError, match="`energy` must lie inside the half line"):
        hamiltonian("free").continuous_eigenfunction(-0.05)
    with pytest.raises(ValueError, match="`branch` must"):
        hamiltonian("force").continuous_eigenfunction(0.0, 1)
    with pytest.raises(ValueError, match="`energy` must be finite"):
        hamiltonian("force").continuous_eigenfunction(math.nan)
    with pytest.raises(ValueError, match="within 200"):
        hamiltonian("saddle").continuous_eigenfunction(1e3)
    assert np.isnan(hamiltonian("saddle, C2 = 0").continuous_eigenfunction(0.0)(0.4))
