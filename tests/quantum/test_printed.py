"""The document's own equation: its levels, solutions, weight and conditions, right and printed."""

import cmath
import math

import numpy as np
import pytest
from scipy.special import hyp1f1
from test_eigenfunctions import derivatives

import feynax as fx
from feynax.quantum import PrintedOperator, QuadraticHamiltonian

SADDLES = {
    "levels in L2": (0.3, 0.5, -0.2, 0.4, 0.3),
    "levels in L2, C2 < 0": (0.1, -0.35, 0.25, -0.6, 0.4),
    "decays but selects none": (0.1, 0.5, 0.2, -0.3, 1.2),
    "grows": (0.1, 0.5, 0.2, -0.3, -1.2),
}
CENTRE = (0.3, -0.5, -0.2, 0.4, 0.52)


def residual(coefficients, eigenvalue, psi, points):
    """The operator of (23) on psi less lambda psi, as a share of the largest term."""
    c1, c2, d1, d2, e2 = coefficients
    y = np.asarray(points)
    value, first, second = derivatives(psi, y)
    terms = [c2 * second, (c1 - e2 * y) * first, (d1 * y - d2 * y * y - e2) * value]
    terms.append(-eigenvalue * value)
    return np.max(np.abs(sum(terms))) / np.max(np.abs(terms))


@pytest.mark.parametrize("number", range(4))
def test_the_independent_numbers(number, ctrnn_reference):
    case = ctrnn_reference[f"printed_{number}"]
    operator, out = PrintedOperator(*case["in"]["P"]), case["out"]
    assert np.allclose(operator.levels(6), out["levels"], rtol=1e-9, atol=1e-9)
    assert operator.exponents == pytest.approx((out["xi1"], out["xi2"]), rel=1e-9, abs=1e-9)
    assert operator.l2_discrete == out["l2_discrete"]
    psi = operator.eigenfunction(case["in"]["n"])(case["in"]["y"])
    assert np.allclose(psi, out["psi"], rtol=1e-9, atol=1e-9)


NAMES = ["P_saddle", "P_saddle_C2D2_negative", "P_saddle_D2_zero", "saddle_0", "saddle_1"]
NAMES += ["mixed_regime_hamiltonian"]


@pytest.mark.parametrize("name", NAMES)
def test_the_levels_of_saddles(name, ctrnn_reference):
    case = ctrnn_reference[name]
    if "P" in case["in"]:
        operator = PrintedOperator(*case["in"]["P"])
    else:
        given = case["in"]
        weights = np.array(given["w"]).T
        net = fx.equations.ReLUField.ctrnn(weights, given["tau"], given["theta"], given["I"])
        operator = PrintedOperator.from_field(net.regime((1, 1)))
        again = PrintedOperator.from_hamiltonian(fx.quantize(net))
        assert again.levels(3) == pytest.approx(operator.levels(3))
    assert np.allclose(operator.levels(6), case["out"]["printed_levels"], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", SADDLES)
def test_eigenfunctions_are_orthonormal_with_the_weight(name):
    operator = PrintedOperator(*SADDLES[name])
    first = operator.eigenfunction(0)
    y = first.centre + first.width * np.linspace(-11, 11, 601)
    rows = []
    for n in (0, 1, 4):
        psi = operator.eigenfunction(n)
        assert psi.eigenvalue == operator.levels(n + 1)[n]
        points = psi.centre + np.array([-1.1, 0.2, 0.9])
        assert residual(SADDLES[name], psi.eigenvalue, psi, points) < 1e-10
        rows.append(psi(y) * np.sqrt(operator.weight(y)))
    overlaps = np.array(rows) @ np.transpose(rows) * (y[1] - y[0])
    assert np.allclose(overlaps, np.eye(3), rtol=0, atol=1e-12)


def test_the_operator_is_symmetric_with_the_weight_and_without_it_is_not():
    """d/dy (C2 w u' ) - (...) w u: (w C2)' = w (C1 - E2 y), so the first-order term is absorbed."""
    c1, c2, _, _, e2 = SADDLES["levels in L2"]
    operator = PrintedOperator(*SADDLES["levels in L2"])
    y = np.array([-0.7, 0.3, 1.4])
    weight, slope, _ = np.real(derivatives(operator.weight, y))
    assert np.allclose(c2 * slope, (c1 - e2 * y) * weight, rtol=1e-11)
    one, two = operator.eigenfunction(0), operator.eigenfunction(1)
    grid = np.linspace(-14, 14, 801)
    assert abs(np.sum(one(grid) * two(grid)) * (grid[1] - grid[0])) > 0.05


@pytest.mark.parametrize("eigenvalue", [0.4, -1.3, 0.3 - 0.8j])
@pytest.mark.parametrize("coefficients", [*SADDLES.values(), CENTRE])
def test_both_branches_solve_the_equation_for_any_eigenvalue(coefficients, eigenvalue):
    operator = PrintedOperator(*coefficients)
    for k in (0, 1):
        branch = lambda y, k=k: operator.solutions(eigenvalue, y)[k]
        assert residual(coefficients, eigenvalue, branch, np.array([-1.3, 0.4, 1.9])) < 1e-10


@pytest.mark.parametrize("name", SADDLES)
def test_the_branches_are_kummers_functions(name):
    """Corrected (24)-(30), with r^3 for the power 3/2 and the exponents divided."""
    c1, c2, d1, d2, e2 = SADDLES[name]
    operator, eigenvalue = PrintedOperator(*SADDLES[name]), -0.77
    y = np.linspace(-1.5, 2.0, 7)
    delta = e2 * e2 + 4 * c2 * d2
    r = math.copysign(math.sqrt(delta), c2)
    xi1, xi2 = operator.exponents
    printed = 2 * delta * eigenvalue + 2 * d2 * c1**2 - 2 * c1 * d1 * e2 - 2 * c2 * d1**2
    alpha = 0.25 + (printed + 4 * c2 * d2 * e2 + e2**3) / (4 * r**3)  # (29)
    z = (delta * y - c1 * e2 - 2 * c2 * d1) ** 2 / (2 * c2 * r**3)
    size = np.exp(-(xi1.real * y * y + xi2.real * y))
    wanted = (
        size * hyp1f1(alpha, 0.5, z),
        size * (delta * y - c1 * e2 - 2 * c2 * d1) * hyp1f1(alpha + 0.5, 1.5, z),
    )
    for found, kummer in zip(operator.solutions(eigenvalue, y), wanted, strict=True):
        assert np.allclose(found / found[0], kummer / kummer[0], rtol=1e-10, atol=1e-11)


def test_the_first_branch_ends_in_the_eigenfunction():
    operator = PrintedOperator(*SADDLES["levels in L2"])
    psi, y = operator.eigenfunction(4), np.linspace(-1.5, 1.5, 9)
    even, _ = operator.solutions(psi.eigenvalue, y)
    assert np.allclose(even / even[0], psi(y) / psi(y[0]), rtol=0, atol=1e-11)


def test_every_number_is_an_eigenvalue_where_c2_d2_is_negative():
    """Solutions at arbitrary lambda decay: they select nothing (sign(C2) E2 > 0 here grows)."""
    decays, grows = (
        PrintedOperator(*SADDLES[name]) for name in ("grows", "decays but selects none")
    )
    y = np.array([-9.0, 9.0])
    for eigenvalue in (0.123, -2.4 + 1.1j):
        assert max(np.max(abs(u)) for u in decays.solutions(eigenvalue, y)) < 1e-4
        assert min(np.min(abs(u)) for u in grows.solutions(eigenvalue, y)) > 1e4


def printed_levels(coefficients, count):
    """(36) and (37) letter by letter."""
    c1, c2, d1, d2, e2 = coefficients
    delta = 4 * c2 * d2 + e2**2
    rest = 2 * d2 * c1**2 - 2 * c1 * d1 * e2 - 2 * c2 * d1**2 + 4 * c2 * d2 * e2 + e2**3
    return [-((2 * n + 1) * delta**1.5 + rest) / (2 * delta) for n in range(count)]


@pytest.mark.float32
def test_36_and_37_hold_for_positive_c2_and_have_the_wrong_sign_else():
    good, bad = SADDLES["levels in L2"], SADDLES["levels in L2, C2 < 0"]
    assert np.allclose(printed_levels(good, 6), PrintedOperator(*good).levels(6), rtol=1e-13)
    right = PrintedOperator(*bad).levels(6)
    middle = right[0] - (right[1] - right[0]) / 2
    assert np.allclose(printed_levels(bad, 6), 2 * middle - right, rtol=1e-13)


def test_the_printed_exponents_lack_a_divisor():
    """(25) is 4 C2 sqrt(Delta) times the right one; in (26) a factor C1 is missing, too."""
    c1, c2, d1, _, e2 = SADDLES["levels in L2"]
    operator = PrintedOperator(*SADDLES["levels in L2"])
    said, right = operator.printed_conditions(), operator.exponents
    root = math.sqrt(operator.discriminant)
    assert said.xi1 / (4 * c2 * root) == pytest.approx(right[0])
    assert said.xi2 / (4 * c2 * root) != pytest.approx(right[1], rel=0.1)
    numerator = 2 * c1 * root - 2 * c1 * e2 - 4 * c2 * d1
    assert numerator / (4 * c2 * root) == pytest.approx(right[1])


@pytest.mark.parametrize(
    ("coefficients", "accepted", "discrete"),
    [
        (SADDLES["levels in L2"], True, True),
        (SADDLES["levels in L2, C2 < 0"], True, True),
        (SADDLES["decays but selects none"], False, False),
        (SADDLES["grows"], True, False),  # the document accepts, and there are no levels
        (CENTRE, False, False),  # (38) is complex where the quantised network has its levels
        ((0.3, 0.5, 0.6, 0.0, 0.4), False, False),  # (39) and not (40)
        ((0.3, 0.5, -0.2, 0.0, 0.4), True, False),  # (39) and (40), never normalisable
    ],
)
def test_the_conditions_as_printed_and_the_right_one(coefficients, accepted, discrete):
    said = PrintedOperator(*coefficients).printed_conditions()
    assert said.accepted == accepted
    assert said.l2_discrete == discrete
    c1, c2, d1, d2, e2 = coefficients
    root = cmath.sqrt(e2 * e2 + 4 * c2 * d2)  # (38)-(40) in the weights, with tau = 1
    w11, w12, w21 = e2 + 1, 2 * c2, 2 * d2
    first = (w11 - 1) ** 2 - (w11 - 1) * root + w12 * w21
    second = -2 * w12 * d1 - (w11 - 1) * c1 + 2 * root
    assert (said.xi1, said.xi2) == pytest.approx((first, second))


def test_levels_exist_where_the_quantised_network_has_none_and_the_reverse():
    for coefficients in SADDLES.values():
        assert PrintedOperator(*coefficients).levels(1).shape == (1,)
        with pytest.raises(fx.ContinuousSpectrumError):
            QuadraticHamiltonian.from_coefficients(*coefficients).levels(1)
    with pytest.raises(fx.ContinuousSpectrumError, match="not positive"):
        PrintedOperator(*CENTRE).levels(1)


def test_levels_of_the_whole_line_in_a_matrix():
    """In L2(dy): the operator on a Fourier grid has the levels where C2 D2 > 0."""
    c1, c2, d1, d2, e2 = SADDLES["levels in L2"]
    n, width = 160, 24.0
    y = (np.arange(n) - n / 2) * width / n
    k = 2j * math.pi * np.fft.fftfreq(n, width / n)
    slope = np.fft.ifft(k[:, None] * np.fft.fft(np.eye(n), axis=0), axis=0).real
    bend = np.fft.ifft((k * k)[:, None] * np.fft.fft(np.eye(n), axis=0), axis=0).real
    matrix = c2 * bend + (c1 - e2 * y)[:, None] * slope + np.diag(d1 * y - d2 * y * y - e2)
    found = np.sort(np.linalg.eigvals(matrix).real)[::-1][:6]
    wanted = PrintedOperator(c1, c2, d1, d2, e2).levels(6)
    assert np.allclose(found, wanted, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("coefficients", "text"),
    [
        ((0.1, 0.0, 0.2, 0.3, 0.5), "first order"),
        (CENTRE, "not positive"),
        ((0.2, -0.25, -0.2, 0.25, 0.5), "not positive"),
    ],
)
def test_what_has_no_levels(coefficients, text):
    operator = PrintedOperator(*coefficients)
    for call in (operator.levels, operator.eigenfunction):
        with pytest.raises(fx.ContinuousSpectrumError, match=text):
            call(1)


@pytest.mark.float32
def test_refusals():
    with pytest.raises(ValueError, match="`c2` must be finite"):
        PrintedOperator(0.1, math.nan, 0.2, 0.3, 0.4)
    lossy = fx.equations.AffineField(np.array([[1.0, 1.0], [1.0, -0.9]]), np.zeros(2))
    with pytest.raises(ValueError, match="trace 0"):
        PrintedOperator.from_field(lossy)
    with pytest.raises(ValueError, match="two components"):
        PrintedOperator.from_field(fx.equations.AffineField(np.zeros((3, 3)), np.zeros(3)))
    with pytest.raises(ValueError, match="not be 0"):
        _ = PrintedOperator(0.1, 0.0, 0.2, 0.3, 0.5).exponents
    with pytest.raises(ValueError, match="nearer"):
        PrintedOperator(*CENTRE).solutions(0.0, 1e5)


def test_the_printed_argument_of_kummers_function_lacks_two_c2():
    """Over Delta^(3/2) alone, as (27) prints, it is no solution; over 2 C2 Delta^(3/2) it is."""
    c1, c2, d1, _, e2 = coefficients = (0.3, 0.8, -0.2, 0.4, 0.3)
    operator, level = PrintedOperator(*coefficients), -1.1
    delta, (xi1, xi2) = operator.discriminant, operator.exponents
    alpha = 0.25 + (level - operator.levels(1)[0] - delta**0.5 / 2) / (2 * delta**0.5)

    def psi(y, divisor):
        z = (-delta * y + c1 * e2 + 2 * c2 * d1) ** 2 / (divisor * delta**1.5)
        return np.exp(-y * (xi1.real * y + xi2.real)) * hyp1f1(alpha, 0.5, z)

    points = np.array([-0.7, 0.4, 1.2])
    assert residual(coefficients, level, lambda y: psi(y, 2 * c2), points) < 1e-9
    assert residual(coefficients, level, lambda y: psi(y, 1.0), points) > 1e-2


def test_the_hermite_argument_of_32_and_33_holds():
    c1, c2, d1, _, e2 = coefficients = SADDLES["levels in L2"]
    operator = PrintedOperator(*coefficients)
    delta, (xi1, xi2) = operator.discriminant, operator.exponents
    y = np.array([-1.4, -0.3, 0.6, 1.7])
    x = (-delta * y + c1 * e2 + 2 * c2 * d1) / (math.sqrt(2 * c2) * delta**0.75)
    third = (8 * x**3 - 12 * x) * np.exp(-y * (xi1.real * y + xi2.real))
    psi = operator.eigenfunction(3)(y)
    assert np.allclose(psi / psi[0], third / third[0], rtol=1e-12)


def test_23_is_minus_the_hamiltonian_with_an_imaginary_y1_but_for_e2():
    """y1 = d/dy, y2 = -y in (18), times -1: every term but the one with E2, by a matrix."""
    c1, c2, d1, d2, e2 = CENTRE
    lower = np.diag(np.sqrt(np.arange(1.0, 24)), 1)
    y, d = (lower + lower.T) / math.sqrt(2), (lower - lower.T) / math.sqrt(2)
    kept = np.s_[:20, :20]
    y1, y2 = d, -y
    weyl = -c1 * y1 - c2 * y1 @ y1 + d1 * y2 + d2 * y2 @ y2 + e2 * (y1 @ y2 + y2 @ y1) / 2
    printed = c2 * d @ d + (c1 * np.eye(24) - e2 * y) @ d + d1 * y - d2 * y @ y - e2 * np.eye(24)
    rest = e2 * (y @ d + d @ y) / 2 - e2 * (-y @ d - np.eye(24))
    assert np.allclose((-weyl - printed)[kept], rest[kept], rtol=0, atol=1e-12)
    assert np.max(abs(rest[kept])) > 1
