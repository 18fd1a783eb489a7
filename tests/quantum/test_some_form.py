"""Whether a matrix is Hamiltonian for some form, against Jordan blocks that were put in."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import feynax as fx
from feynax.quantum import find_poisson, positive_poisson, symplectic_forms

FORMS = ["pair_im", "zero_2", "zero_31", "zero_33", "zero_4", "unequal_blocks", "quadruple"]
FORMS += ["trace_only", "odd", "half_quadruple", "diag_pairs"]


def defect(matrix, poisson):
    form = np.linalg.solve(poisson, matrix)
    return np.max(np.abs(form - form.T)) / np.max(np.abs(form))


@pytest.mark.parametrize("name", FORMS)
def test_reference(name, ctrnn_reference):
    case = ctrnn_reference[f"form_{name}"]
    matrix = np.array(case["in"]["A"])
    found = symplectic_forms(matrix)
    assert found.exists == case["out"]["hamiltonian_for_some_form"]
    assert found.gap > 1e10
    if found.exists:
        assert defect(matrix, found.poisson) < 1e-12
        assert found.poisson is not None
        assert np.linalg.det(found.poisson) == pytest.approx(1)
    elif name != "odd":
        with pytest.raises(fx.NotHamiltonianError, match="independent forms") as caught:
            find_poisson(matrix)
        assert caught.value.trace == pytest.approx(np.trace(matrix))


def test_an_odd_number_of_components():
    assert not symplectic_forms(np.zeros((3, 3))).exists
    for question in (find_poisson, positive_poisson):
        with pytest.raises(ValueError, match="even number"):
            question(np.zeros((3, 3)))


def test_zero_is_hamiltonian_for_every_form():
    found = symplectic_forms(np.zeros((4, 4)))
    assert found.exists
    assert found.dimension == 6


@pytest.mark.parametrize("power", [-150, 0, 150])
def test_scale_does_not_matter(power, ctrnn_reference):
    matrix = np.array(ctrnn_reference["form_quadruple"]["in"]["A"])
    assert symplectic_forms(matrix * 10.0**power).exists
    assert defect(matrix, find_poisson(matrix * 10.0**power)) < 1e-12


def test_a_form_that_almost_exists_is_told():
    matrix = np.array([[0.0, 1.0], [-1.0, 1e-9]])
    with pytest.warns(fx.quantum.ConditionWarning, match="1e-10"):
        found = symplectic_forms(matrix)
    assert not found.exists
    assert found.above == pytest.approx(1e-9)
    assert symplectic_forms(matrix, tol=1e-5).exists


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([2, 4, 6]))
def test_what_is_hamiltonian_is_found(seed, n):
    rng = np.random.default_rng(seed)
    any_, form = rng.standard_normal((2, n, n))
    matrix = (any_ - any_.T) @ (form + form.T)
    found = symplectic_forms(matrix)
    if found.exists:  # always, but for brackets that are nearly singular
        assert defect(matrix, found.poisson) < 1e-6
    else:
        assert np.linalg.cond(any_ - any_.T) > 1e3
    # a trace, however small beside the rest, ends it
    assert not symplectic_forms(matrix + 1e-3 * np.linalg.norm(matrix) * np.eye(n)).exists


def oscillators(frequencies, seed=0):
    m = len(frequencies)
    turns = np.kron([[0.0, 1.0], [-1.0, 0.0]], np.diag(frequencies))
    basis = np.random.default_rng(seed).standard_normal((2 * m, 2 * m))
    return basis @ turns @ np.linalg.inv(basis)


def test_all_modes_positive():
    matrix = oscillators([0.5, 1.0, 3.0])
    poisson = positive_poisson(matrix)
    assert defect(matrix, poisson) < 1e-12
    field = fx.equations.AffineField(matrix, np.ones(6))
    ham = fx.quantum.QuadraticHamiltonian.from_field(field, poisson=poisson)
    assert ham.signs.tolist() == [1, 1, 1]
    assert np.linalg.eigvalsh(ham.form)[0] > 0
    assert np.allclose(ham.frequencies, [0.5, 1.0, 3.0], rtol=1e-12)
    # each v has length 1, whatever its phase
    values, vectors = np.linalg.eig(matrix)
    up = np.imag(values) > 0
    x, y = np.real(vectors[:, up]), np.imag(vectors[:, up])
    assert np.allclose(poisson, x @ y.T - y @ x.T)


@pytest.mark.parametrize(
    ("matrix", "match"),
    [
        (oscillators([1.0, 1.0]), "differ"),
        (oscillators([0.0, 1.0]), "eigenvalue 0"),
        (np.zeros((2, 2)), "eigenvalue 0"),
        (np.diag([1.0, -1.0]), "not all imaginary"),
        (np.array([[0.0, 1.0], [0.0, 0.0]]), "eigenvalue 0"),
        (np.array([[np.nan, 1.0], [0.0, 0.0]]), "finite"),
    ],
)
def test_where_the_choice_is_refused(matrix, match):
    with pytest.raises(ValueError, match=match):
        positive_poisson(matrix)
