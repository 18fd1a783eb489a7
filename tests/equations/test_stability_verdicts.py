"""Verdicts and constants of methods against reference numbers, closed forms and attacks."""

import json
import math
import pathlib
from fractions import Fraction

import numpy as np
import pytest

import feynax as fx
from feynax.equations import TABLEAUX, BlockTableau, FieldBound, tableau

REFERENCE = pathlib.Path(__file__).parents[3] / "shared/design/reference/recurrent.json"
NAMES = {
    "explicit Euler": "euler",
    "implicit Euler": "implicit_euler",
    "implicit midpoint": "implicit_midpoint",
    "trapezoid (Lobatto IIIA 2)": "trapezoid",
    "Lobatto IIIB 2": "lobatto_iiib_2",
    "Lobatto IIIC 2": "lobatto_iiic_2",
    "explicit midpoint": "midpoint",
    "Heun 2": "heun",
    "Ralston 2": "ralston",
    "SSPRK3": "ssprk3",
    "RK4": "rk4",
    "RK4 3/8": "rk4_38",
    "Gauss 2": "gauss_2",
    "Gauss 3": "gauss_3",
    "Radau IA 2": "radau_ia_2",
    "Radau IIA 2": "radau_iia_2",
    "Radau IIA 3": "radau_iia_3",
    "Lobatto IIIA 3": "lobatto_iiia_3",
    "Lobatto IIIB 3": "lobatto_iiib_3",
    "Lobatto IIIC 3": "lobatto_iiic_3",
    "SDIRK2 Crouzeix/Norsett gamma=(3+sqrt3)/6": "sdirk_crouzeix",
    "SDIRK2 gamma=1/4 (two midpoints)": "sdirk_midpoints",
    "SDIRK2 stiffly accurate gamma=1-1/sqrt2": "sdirk_stiff",
    "Burrage SDIRK gamma=0.2": "sdirk_burrage",
}
CERTIFIED = {
    *("implicit_euler", "implicit_midpoint", "gauss_2", "gauss_3", "sdirk_midpoints"),
    *("radau_ia_2", "radau_iia_2", "radau_iia_3", "lobatto_iiic_2", "lobatto_iiic_3"),
    "sdirk_crouzeix",
}


@pytest.fixture(scope="module")
def recurrent():
    """Reference numbers made without the library; skips where they are not at hand."""
    if not REFERENCE.exists():
        pytest.skip("the independent reference numbers are not beside this checkout")
    return json.loads(REFERENCE.read_text())


def method(name):
    """A method by its name in the reference file."""
    if name.startswith("theta"):
        return fx.equations.theta_method(Fraction(name.split()[0].split("=")[1]))
    return tableau(NAMES[name])


def test_all_verdicts_of_the_reference(recurrent):
    rows = recurrent["check_c1"]["tableaux"]
    assert len(rows) == 26
    for name, row in rows.items():
        found = method(name)
        least = np.linalg.eigvalsh(fx.equations.burrage_butcher(found))[0]
        assert least == pytest.approx(row["min_eig_Q"], abs=1e-12)
        assert found.weights.min() == pytest.approx(row["min_b"], abs=1e-15)
        assert bool(fx.equations.algebraic_certificate(found)) is row["certified"]
        radius = float(row["circle_radius"])
        assert fx.equations.circle_radius(found) == pytest.approx(radius, rel=1e-12)


def test_solvability_of_the_reference(recurrent):
    for name, value in recurrent["check_a"].items():
        if name.startswith("alpha0"):
            found = fx.equations.solvability(method(name.removeprefix("alpha0 ")))
            assert found == pytest.approx(value, abs=1e-8)


CLOSED = {
    "gauss_2": 3.0,
    "gauss_3": 2.0,
    "radau_iia_2": 1.5,
    "lobatto_iiic_2": 1.0,
    "sdirk_crouzeix": 6 / (3 + math.sqrt(3)),
}


@pytest.mark.parametrize("name", CLOSED)
def test_solvability_in_closed_form(name):
    assert fx.equations.solvability(tableau(name)) == pytest.approx(CLOSED[name], abs=1e-8)


def test_solvability_needs_an_inverse():
    with pytest.raises(ValueError, match="must have an invertible A, but has rank 0"):
        fx.equations.solvability(tableau("euler"))


@pytest.mark.parametrize("name", TABLEAUX)
def test_verdict_and_witness(name):
    found = fx.equations.algebraic_certificate(tableau(name))
    assert bool(found) is (name in CERTIFIED)
    if not found:
        assert found.witness.stretch > 1 + 1e-6


def test_witness_replays_from_what_is_said():
    cert = fx.equations.algebraic_certificate(tableau("lobatto_iiia_3"))
    z = np.array(eval(cert.because.rsplit(" is ", 1)[1]))
    assert (z.real <= 0).all()
    step = lambda y: fx.equations.scalar_step(tableau("lobatto_iiia_3"), z, y)
    assert cert.witness.replay(step) == pytest.approx(cert.witness.stretch, rel=1e-12)


@pytest.mark.parametrize("name", ["gauss_2", "radau_iia_2", "lobatto_iiic_2", "sdirk_midpoints"])
def test_certified_methods_survive_the_search(name):
    gain, z = fx.equations.worst_gain(tableau(name))
    assert gain <= 1 + 1e-9
    assert (z.real == 0).all()


def test_search_finds_the_known_supremum():
    """theta = 0.4 tends to 1.5, the stiff SDIRK to sqrt(2)."""
    gain, _ = fx.equations.worst_gain(fx.equations.theta_method("2/5"))
    assert gain == pytest.approx(1.5, abs=1e-3)
    gain, _ = fx.equations.worst_gain(tableau("sdirk_stiff"))
    assert gain == pytest.approx(math.sqrt(2), abs=1e-2)


@pytest.mark.parametrize("name", ["euler", "heun", "ralston", "ssprk3", "rk4", "rk4_38"])
def test_circles_are_sharp(name):
    radius = fx.equations.circle_radius(tableau(name))
    inside, _ = fx.equations.worst_gain(tableau(name), region="disc", radius=radius)
    outside, _ = fx.equations.worst_gain(tableau(name), region="disc", radius=1.3 * radius)
    assert inside == pytest.approx(1, abs=1e-9)
    assert outside > 1.02


def test_stability_function_of_gauss_is_the_pade_approximant():
    z = np.array([0.3 + 1j, -2.0, 5j])
    wanted = (1 + z / 2 + z**2 / 12) / (1 - z / 2 + z**2 / 12)
    np.testing.assert_allclose(fx.equations.stability_function(tableau("gauss_2"), z), wanted)
    with pytest.raises(ValueError, match="`z` must end with an axis of 2"):
        fx.equations.stability_matrix(tableau("gauss_2"), z)


def test_energy_identity():
    """Residual 1e-14 with M, of order one with the printed Q, for dense random blocks."""
    rng = np.random.default_rng(0)
    blocks = BlockTableau(rng.normal(size=(3, 3, 3, 3)), rng.normal(size=(3, 3, 3)))
    start, slopes = rng.normal(size=3), rng.normal(size=(3, 3))
    M, Q = fx.equations.burrage_butcher(blocks), fx.equations.printed_tensor(blocks)
    assert abs(fx.equations.energy_defect(blocks, M, start, slopes, 0.7)) < 1e-13
    assert abs(fx.equations.energy_defect(blocks, Q, start, slopes, 0.7)) > 0.1
    np.testing.assert_array_equal(M, M.T)
    assert np.abs(Q - Q.T).max() > 0.1


def test_blocks_that_are_multiples_of_one_give_the_scalar_tensor():
    found = tableau("radau_iia_2")
    eye = np.eye(2)
    blocks = BlockTableau(found.matrix[:, :, None, None] * eye, found.weights[:, None, None] * eye)
    wanted = np.kron(fx.equations.burrage_butcher(found), eye)
    np.testing.assert_allclose(fx.equations.burrage_butcher(blocks), wanted, atol=1e-15)
    np.testing.assert_allclose(fx.equations.printed_tensor(blocks), wanted, atol=1e-15)


def test_printed_tensor_can_be_positive_where_the_right_one_is_not():
    rng = np.random.default_rng(3)
    count = 0
    for _ in range(400):
        X = rng.normal(size=(2, 2, 2))
        beta = 0.3 * X @ X.transpose(0, 2, 1)
        alpha = 0.3 * rng.normal(size=(2, 2, 2, 2)) + 1.2 * np.einsum(
            "ij,pq->ijpq", np.eye(2), np.eye(2)
        )
        blocks = BlockTableau(alpha, beta)
        Q, M = fx.equations.printed_tensor(blocks), fx.equations.burrage_butcher(blocks)
        count += np.linalg.eigvalsh(Q + Q.T)[0] > 2e-3 and np.linalg.eigvalsh(M)[0] < -1e-3
    assert count > 0


def test_printed_theorem_has_the_wrong_sign():
    """Counterexample 1: tanh itself, alpha = 1/2, beta = 1, Q = 0; the midpoint step expands."""
    solve = lambda y: _root(lambda k: k - math.tanh(y + k / 2))
    apart = abs((0.3 + solve(0.3)) - (0.1 + solve(0.1))) / 0.2
    assert apart == pytest.approx(2.529433697558102, rel=1e-9)
    assert fx.equations.burrage_butcher(tableau("implicit_midpoint")) == 0
    assert not fx.equations.layer_field(np.eye(1)).is_monotone
    cert = fx.equations.algebraic_certificate(
        tableau("implicit_midpoint"), fx.equations.layer_field(np.eye(1))
    )
    assert cert.verdict is fx.Verdict.UNDECIDED


def _root(function):
    from scipy.optimize import brentq

    return brentq(function, -2, 2, xtol=1e-15)


def test_printed_theorem_with_dissipation():
    """Counterexample 2: gamma = 1/2 in the output turns the stiff midpoint step into -1.5."""
    z = 1e4
    factor = 0.5 - z / (1 + z / 2)
    assert factor == pytest.approx(-1.4996000799840032, rel=1e-12)


def test_printed_theorem_with_matrix_weights():
    """Counterexample 3: beta = diag(1, 9), alpha = beta/2 has Q = M = 0 and norm 2.8166."""
    A, beta = np.array([[0.0, 1.0], [-1.0, 0.0]]), np.diag([1.0, 9.0])
    blocks = BlockTableau(beta[None, None] / 2, beta[None])
    assert (fx.equations.burrage_butcher(blocks) == 0).all()
    half = beta @ A / 2
    step = np.linalg.solve(np.eye(2) - half, np.eye(2) + half)
    assert np.linalg.norm(step, 2) == pytest.approx(2.816579086776023, rel=1e-12)


@pytest.mark.parametrize("b1", ["0", "1/5", "1/2"])
def test_printed_theorem_with_its_explicit_first_stage(b1):
    """Counterexample 4: without alpha_1k, M_11 = -b_1^2; b_1 = 0 leaves a stage that is unused."""
    from feynax.equations._stability._tableau import build

    rest = 1 - Fraction(b1)
    found = build("printed", 1, f"{b1} {rest}", "0 0", "3/10 1/2")
    M = fx.equations.burrage_butcher(found)
    assert M[0, 0] == -float(Fraction(b1) ** 2)
    assert not fx.equations.algebraic_certificate(found)


RATES = [  # method, h nu, h L, closed form or reference (good to 3e-4)
    ("implicit_euler", -0.5, math.inf, 2 / 3, 1e-9),
    ("implicit_euler", -0.1, 0.4, 1 / 1.1, 1e-8),
    ("implicit_midpoint", -0.5, math.inf, 1.0, 1e-9),
    ("implicit_midpoint", -0.5, 2.0, math.sqrt(0.6), 1e-8),
    ("radau_iia_2", -0.5, math.inf, 2 / 3, 3e-4),
    ("radau_iia_2", -0.5, 2.0, 0.634521484375, 3e-4),
    ("euler", -0.1, 0.4, math.sqrt(0.96), 1e-8),
]


@pytest.mark.parametrize(("name", "hnu", "hL", "wanted", "near"), RATES)
def test_rates(name, hnu, hL, wanted, near):
    field = FieldBound(hnu / 2, hL / 2)
    cert = fx.equations.rate_certificate(tableau(name), field, 2.0)
    assert cert
    assert cert.rate == pytest.approx(wanted, abs=near)
    assert cert.rate >= wanted - 3e-4


def test_rate_with_a_limit():
    field = FieldBound(-0.5)
    euler = tableau("implicit_euler")
    assert fx.equations.rate_certificate(euler, field, 1.0, limit=0.7).margin > 0.03
    low = fx.equations.rate_certificate(euler, field, 1.0, limit=0.6)
    assert low.verdict is fx.Verdict.UNDECIDED
    lost = fx.equations.rate_certificate(tableau("euler"), field, 1.0)
    assert lost.bounds[1] == math.inf


def test_rates_hold_for_linear_fields():
    """200 random matrices with the field's constants: Radau's step is never slower."""
    rng = np.random.default_rng(5)
    cert = fx.equations.rate_certificate(tableau("radau_iia_2"), FieldBound(-0.5, 2.0), 1.0)
    A, b = tableau("radau_iia_2").matrix, tableau("radau_iia_2").weights
    for _ in range(200):
        spin = rng.normal(size=(3, 3))
        J = (spin - spin.T) * rng.exponential() - 0.5 * np.eye(3)
        J *= min(1.0, 2.0 / np.linalg.norm(J, 2))
        if np.linalg.eigvalsh((J + J.T) / 2)[-1] > -0.5:
            continue
        slopes = np.linalg.solve(np.eye(6) - np.kron(A, J), np.kron(np.ones((2, 1)), J))
        step = np.eye(3) + np.kron(b, np.eye(3)) @ slopes
        assert np.linalg.norm(step, 2) <= cert.rate + 1e-12
