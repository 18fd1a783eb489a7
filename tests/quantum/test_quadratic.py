"""Classes and levels of one degree of freedom, against the independent numbers."""

import math
import warnings

import numpy as np
import pytest

import feynax as fx
from feynax.quantum import QuadraticHamiltonian

CLASSES = ["centre_up", "centre_down", "near_parabolic", "saddle", "saddle_C2D2_negative"]
CLASSES += ["saddle_C2_zero", "saddle_D2_zero", "free", "free_C2_zero", "force", "force_C2_zero"]
CLASSES += ["linear", "zero"]
NETWORKS = ["centre_0", "centre_1", "centre_2", "saddle_0", "saddle_1", "mixed_regime_hamiltonian"]


def network(case):
    given = case["in"]
    weights = np.array(given["w"]).T  # theirs are from the row's neuron
    return fx.equations.ReLUField.ctrnn(weights, given["tau"], given["theta"], given["I"])


@pytest.mark.filterwarnings("ignore::feynax._errors.ConditionWarning")
@pytest.mark.parametrize("name", CLASSES)
def test_class_and_spectrum(name, ctrnn_reference):
    case = ctrnn_reference[f"P_{name}"]
    ham = QuadraticHamiltonian.from_coefficients(*case["in"]["P"], hbar=case["in"]["hbar"])
    out = case["out"]
    assert ham.kind == out["class"]
    assert ham.spectrum.shape == out["spectrum"]
    assert ham.one.discriminant == pytest.approx(out.get("Delta", ham.one.discriminant), abs=1e-12)
    if "edge" in out:
        assert ham.spectrum.edge == pytest.approx(out["edge"], abs=1e-14)
        assert ham.spectrum.direction == out["edge_direction"]
    if "fixed_point" in out:
        assert np.allclose(ham.one.centre(), out["fixed_point"], rtol=1e-9, atol=1e-9)
        assert ham.one.centre_energy() == pytest.approx(out["h_star"], rel=1e-9, abs=1e-9)
    if "levels" in out:
        assert np.allclose(ham.levels(6), out["levels"], rtol=1e-9, atol=1e-9)
        assert ham.one.sign == out["sign"]


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name, ctrnn_reference):
    case = ctrnn_reference[name]
    field, out = network(case), case["out"]
    for mask, regime in out["regimes"].items():
        found = field.regime([int(bit) for bit in mask])
        assert np.allclose(found.matrix, regime["A"], rtol=0, atol=1e-14)
        assert np.allclose(found.offset, regime["b"], rtol=0, atol=1e-14)
    ham = fx.quantize(field, hbar=case["in"]["hbar"])
    c = ham.one
    assert np.allclose([c.c1, c.c2, c.d1, c.d2, c.e2], out["coeffs"], rtol=0, atol=1e-12)
    assert ham.kind == out["class"]
    for mask, holds in out["hamiltonian_regimes"].items():
        bits = [int(bit) for bit in mask]
        if holds:
            assert fx.quantize(field, regime=bits).modes == 1
        else:
            with pytest.raises(fx.NotHamiltonianError):
                fx.quantize(field, regime=bits)


def test_a_network_with_loss_has_no_hamiltonian(ctrnn_reference):
    case = ctrnn_reference["not_hamiltonian"]
    with pytest.raises(fx.NotHamiltonianError, match="Lindblad") as caught:
        fx.quantize(network(case))
    assert caught.value.trace == pytest.approx(case["out"]["trace"])


def test_what_has_no_levels_says_which_spectrum_it_has():
    with pytest.raises(fx.ContinuousSpectrumError, match="whole line") as caught:
        QuadraticHamiltonian.from_coefficients(0.1, 0.3, -0.1, 0.3, 0.2).levels(1)
    assert caught.value.kind == "hyperbolic"
    assert caught.value.discriminant == pytest.approx(0.4)
    with pytest.raises(fx.InfiniteDegeneracyError):
        QuadraticHamiltonian.from_coefficients(0, 0, 0, 0, 0).levels(1)


def test_a_small_difference_is_told():
    with pytest.warns(fx.quantum.ConditionWarning, match="small difference"):
        assert QuadraticHamiltonian.from_coefficients(0, -0.5, 0, 0.5, 1 - 1e-9).kind == "elliptic"


def test_scale_does_not_change_the_class():
    for power in (-300, -150, 0, 150, 300):
        scale = 2.0**power
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ham = QuadraticHamiltonian.from_coefficients(0, -scale, 0, scale, 0.5 * scale)
        assert ham.kind == "elliptic"
        assert math.isclose(ham.one.rate, scale * math.sqrt(3.75), rel_tol=1e-15)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"hbar": 0.0}, "hbar"),
        ({"hbar": math.nan}, "hbar"),
        ({"poisson": np.eye(2)}, "poisson"),
        ({"poisson": np.zeros((2, 2))}, "poisson"),
    ],
)
def test_bad_arguments(arguments, name):
    field = fx.equations.AffineField([[0.0, 1.0], [-1.0, 0.0]], [0.0, 0.0])
    with pytest.raises(ValueError, match=f"`{name}`"):
        QuadraticHamiltonian.from_field(field, **arguments)


def test_an_odd_number_of_components_has_no_form():
    field = fx.equations.AffineField(np.zeros((3, 3)), np.zeros(3))
    with pytest.raises(ValueError, match="even number"):
        QuadraticHamiltonian.from_field(field)
