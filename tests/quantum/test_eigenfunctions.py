"""Wave functions of levels: the independent numbers, the equation, the norm, both variables."""

import math

import numpy as np
import pytest
from numpy.polynomial import chebyshev

import feynax as fx
from feynax.quantum import QuadraticHamiltonian
from feynax.quantum._hermite import hermite_function

UP = (0.3, -0.5, -0.2, 0.4, 0.52)
DOWN = (0.2, 0.6, 0.1, -0.3, -0.35)


def derivatives(function, points, radius=0.05):
    """A function with its first two derivatives at points, from Chebyshev series about each."""
    nodes = chebyshev.chebpts1(20)
    found = []
    for point in points:
        values = function(point + radius * nodes)
        parts = [chebyshev.Chebyshev.fit(nodes, v, 19, domain=[-1, 1]) for v in _split(values)]
        series = [[p.deriv(k)(0.0) if k else p(0.0) for p in parts] for k in range(3)]
        found.append([(re + 1j * im) / radius**k for k, (re, im) in enumerate(series)])
    return np.array(found).T


def _split(values):
    return np.real(values), np.imag(values)


def residual(
    coefficients, hbar, energy, psi, points, representation="y2", bracket=1.0, radius=0.05
):
    """H psi - E psi from the operators themselves, as a share of the largest term."""
    c1, c2, d1, d2, e2 = coefficients
    y = np.asarray(points)
    value, first, second = derivatives(psi, y, radius)
    unit = 1j * hbar * bracket * (1 if representation == "y2" else -1)
    moved, twice = unit * first, unit * unit * second
    mixed = e2 * (y * moved + unit * value / 2)  # (y1 y2 + y2 y1)/2
    if representation == "y2":
        terms = [-c1 * moved, -c2 * twice, d1 * y * value, d2 * y * y * value, mixed]
    else:
        terms = [-c1 * y * value, -c2 * y * y * value, d1 * moved, d2 * twice, mixed]
    terms.append(-energy * value)
    return np.max(np.abs(sum(terms))) / np.max(np.abs(terms))


@pytest.mark.parametrize("number", range(3))
def test_the_independent_numbers(number, ctrnn_reference):
    case = ctrnn_reference[f"eigenfunction_{number}"]
    ham = QuadraticHamiltonian.from_coefficients(*case["in"]["P"], hbar=case["in"]["hbar"])
    for name in ("y1", "y2"):
        psi = ham.eigenfunction(case["in"]["n"], name)(case["in"]["y"])
        assert np.allclose(abs(psi) ** 2, case["out"][f"abs2_{name}"], rtol=1e-9, atol=1e-9)
        wanted = np.array(case["out"][f"relphase_{name}"]) @ [1, 1j]
        assert np.allclose(psi * psi[0].conj(), wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("coefficients", [UP, DOWN])
@pytest.mark.parametrize("representation", ["y1", "y2"])
@pytest.mark.parametrize("bracket", [1.0, -0.7])
def test_they_solve_the_equation_and_have_unit_norm(coefficients, representation, bracket):
    c1, c2, d1, d2, e2 = coefficients
    form, slope = np.array([[-2 * c2, e2], [e2, 2 * d2]]), np.array([-c1, d1])
    ham = QuadraticHamiltonian(form, slope, bracket * np.array([[0, 1], [-1, 0]]), 0.8)
    grid = np.linspace(-14, 14, 701)
    rows = []
    for n in (0, 1, 6):
        psi = ham.eigenfunction(n, representation)
        assert psi.energy == ham.levels(n + 1)[n]
        points = psi.centre + np.array([-1.0, 0.1, 0.7])
        error = residual(coefficients, 0.8, psi.energy, psi, points, representation, bracket)
        assert error < 1e-10
        rows.append(psi(grid))
    overlaps = np.conj(rows) @ np.transpose(rows) * (grid[1] - grid[0])
    assert np.allclose(overlaps, np.eye(3), rtol=0, atol=1e-13)


@pytest.mark.parametrize("bracket", [1.0, -0.7])
@pytest.mark.parametrize("n", [0, 1, 5])
def test_the_link_is_the_phase_of_the_fourier_transform(bracket, n):
    form = np.array([[1.0, 0.52], [0.52, 0.8]])
    ham = QuadraticHamiltonian(
        form, np.array([-0.3, -0.2]), bracket * np.eye(2)[::-1] * [1, -1], 0.8
    )
    one, two = ham.eigenfunction(n, "y1"), ham.eigenfunction(n, "y2")
    scale = ham.poisson[0, 1]
    y1, y2 = np.linspace(-14, 14, 1201), np.array([-0.9, 0.2, 1.3])
    waves = np.exp(-1j * np.outer(y2, y1) / (ham.hbar * scale))
    transformed = waves @ one(y1) * (y1[1] - y1[0]) / math.sqrt(2 * math.pi * ham.hbar * abs(scale))
    assert np.allclose(transformed, one.link * two(y2), rtol=0, atol=1e-13)
    assert one.link == two.link


def test_thousands_of_quanta():
    n = 4000
    width = math.sqrt(2 * n + 1)
    x, step = np.linspace(-width - 6, width + 6, 12001, retstep=True)
    h = hermite_function(n, x)
    assert np.sum(h * h) * step == pytest.approx(1, abs=1e-10)
    assert np.sum(h * hermite_function(n - 2, x)) * step == pytest.approx(0, abs=1e-10)
    # exact at the origin: h_n(0)^2 = (n-1)!!/n!! / sqrt(pi)
    exact = math.exp((math.lgamma((n + 1) / 2) - math.lgamma(n / 2 + 1)) / 2) / math.sqrt(math.pi)
    assert abs(hermite_function(n, np.zeros(()))) == pytest.approx(exact, rel=1e-12)


def test_far_away_and_not_a_number():
    psi = QuadraticHamiltonian.from_coefficients(*UP).eigenfunction(3)
    assert psi(np.array([1e3, -1e200, np.inf, -np.inf])).tolist() == [0, 0, 0, 0]
    assert np.isnan(psi(np.nan))
    assert psi(np.zeros((2, 0))).shape == (2, 0)


@pytest.mark.float32
def test_the_mean_and_variance_are_the_centres_and_the_widths():
    ham = QuadraticHamiltonian.from_coefficients(*DOWN, hbar=0.3)
    for k, name in enumerate(("y1", "y2")):
        psi = ham.eigenfunction(2, name)
        y, step = np.linspace(-9, 9, 901, retstep=True)
        share = abs(psi(y)) ** 2 * step
        assert share @ y == pytest.approx(ham.one.centre()[k], abs=1e-12)
        assert share @ (y - psi.centre) ** 2 == pytest.approx(2.5 * psi.width**2, rel=1e-12)


def test_refusals():
    ham = QuadraticHamiltonian.from_coefficients(*UP)
    with pytest.raises(ValueError, match="`n` must"):
        ham.eigenfunction(-1)
    with pytest.raises(ValueError, match="`representation` must"):
        ham.eigenfunction(0, "q")  # pyright: ignore[reportArgumentType]
    with pytest.raises(fx.ContinuousSpectrumError):
        QuadraticHamiltonian.from_coefficients(0.1, 0.3, -0.1, 0.3, 0.2).eigenfunction(0)
    with pytest.raises(fx.InfiniteDegeneracyError):
        QuadraticHamiltonian.from_coefficients(0, 0, 0, 0, 0).eigenfunction(0)
    pair = QuadraticHamiltonian(np.eye(4), np.zeros(4), np.kron([[0, 1], [-1, 0]], np.eye(2)), 1.0)
    with pytest.raises(ValueError, match="one degree of freedom"):
        pair.eigenfunction(0)


# Errata of the document's (21)-(22), on polynomials times a Gaussian, where all is exact.


def test_the_printed_22_is_not_hermitian():
    """Its anti-Hermitian part is -i E2/4, and the sign before C2 is reversed."""
    c1, c2, d1, d2, e2 = UP
    lower = np.diag(np.sqrt(np.arange(1.0, 30)), 1)
    y, d = (lower + lower.T) / math.sqrt(2), (lower - lower.T) / math.sqrt(2)
    kept = np.s_[:20, :20]  # away from the cut of the basis
    printed = (
        1j * c1 * d - c2 * d @ d + d1 * y + d2 * y @ y + e2 * (-0.5j * np.eye(30) - 0.5j * y @ d)
    )
    loss = ((printed - printed.conj().T) / 2)[kept]
    assert np.allclose(loss, -0.25j * e2 * np.eye(20), rtol=0, atol=1e-13)
    moved = -1j * d  # (21)
    right = -c1 * moved - c2 * moved @ moved + d1 * y + d2 * y @ y
    right = right + e2 * (moved @ y + y @ moved) / 2
    corrected = (
        1j * c1 * d + c2 * d @ d + d1 * y + d2 * y @ y + e2 * (-0.5j * np.eye(30) - 1j * y @ d)
    )
    assert np.allclose(right[kept], corrected[kept], rtol=0, atol=1e-13)
    assert np.allclose(right, right.conj().T, rtol=0, atol=1e-13)


def test_the_printed_21_runs_the_network_backwards():
    """With y1 = -i d/dy2 the commutator has the other sign than the bracket of (11)."""
    lower = np.diag(np.sqrt(np.arange(1.0, 30)), 1)
    y2, d = (lower + lower.T) / math.sqrt(2), (lower - lower.T) / math.sqrt(2)
    kept = np.s_[:28, :28]
    for sign in (1, -1):
        y1 = sign * 1j * d
        bracket = (y1 @ y2 - y2 @ y1)[kept] / 1j
        assert np.allclose(bracket, sign * np.eye(28), rtol=0, atol=1e-13)
