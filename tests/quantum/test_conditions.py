"""Conditions on weights: residuals, penalties, margins, projections."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.quantum import (
    hamiltonian_penalty,
    hamiltonian_residual,
    level_margin,
    project_hamiltonian,
)

J4 = np.kron([[0.0, 1.0], [-1.0, 0.0]], np.eye(2))
RNG = np.random.default_rng(7)
WEIGHTS, TAU = RNG.standard_normal((4, 4)), RNG.uniform(0.5, 2, 4)
ANY = RNG.standard_normal((4, 4))
ANY = ANY - ANY.T


def defect(matrix, poisson):
    form = np.linalg.solve(poisson, matrix)
    return np.max(np.abs(form - form.T))


def regime(weights, tau, on):
    return fx.equations.ReLUField.ctrnn(weights, tau).regime(on).matrix


@pytest.mark.float32
def test_two_units_are_the_trace():
    a = jnp.array([[0.3, -1.0], [2.0, 0.4]])
    found = hamiltonian_residual(a)[0] * jnp.linalg.norm(a) / 2**0.5
    assert float(found) == pytest.approx(0.7, rel=1e-5)
    canonical = hamiltonian_residual(a, J4[::2, ::2])[0] * jnp.linalg.norm(a)
    assert abs(float(canonical)) == pytest.approx(0.7, rel=1e-5)


@pytest.mark.parametrize("poisson", [J4, ANY, None])
def test_zero_exactly_where_there_is_a_hamiltonian(poisson):
    j = ANY if poisson is None else poisson
    symmetric = WEIGHTS + WEIGHTS.T
    inside, outside = jnp.asarray(j @ symmetric), jnp.asarray(j @ symmetric + 0.1 * WEIGHTS)
    assert float(hamiltonian_penalty(inside, poisson)) < 1e-28
    assert float(hamiltonian_penalty(outside, poisson)) > 1e-6
    slope = jax.grad(hamiltonian_penalty)(outside, poisson)
    step = 1e-6 * np.random.default_rng(0).standard_normal((4, 4))
    rise = hamiltonian_penalty(outside + step, poisson) - hamiltonian_penalty(
        outside - step, poisson
    )
    assert float(rise) / 2 == pytest.approx(float(jnp.sum(slope * step)), rel=1e-5)


def test_the_trace_alone_is_not_enough(ctrnn_reference):
    matrix = jnp.asarray(ctrnn_reference["form_trace_only"]["in"]["A"])
    assert abs(float(hamiltonian_residual(matrix)[0])) < 1e-14
    assert float(hamiltonian_penalty(matrix)) > 1e-3


def test_descent_on_the_penalty_finds_a_form():
    descend = jax.jit(lambda a: a - 0.05 * jax.grad(hamiltonian_penalty)(a))
    a = jnp.asarray(WEIGHTS)
    for _ in range(1500):
        a = descend(a)
    assert fx.quantum.symplectic_forms(np.asarray(a), tol=1e-6).exists
    assert not fx.quantum.symplectic_forms(WEIGHTS, tol=1e-6).exists


def test_margin_of_two_units():
    w, tau = np.array([[1.5, -1.2], [0.9, 0.0]]), np.array([1.0, 2.0])
    a = (w - np.eye(2)) / tau[:, None]
    wanted = -((1.5 - 1) ** 2 / tau[0] ** 2 + w[0, 1] * w[1, 0] / (tau[0] * tau[1]))
    ham = fx.quantum.QuadraticHamiltonian.from_field(fx.equations.AffineField(a, np.zeros(2)))
    margin = level_margin(jnp.asarray(a))
    assert float(margin) == pytest.approx(wanted)
    assert float(margin) == pytest.approx(-ham.one.discriminant)
    assert ham.kind == "elliptic"
    slope = jax.grad(level_margin)(jnp.asarray(a))
    assert np.allclose(slope, [[-0.5, -a[1, 0]], [-a[0, 1], 0.5]])


def test_margin_of_many_units_is_a_distance():
    form = ANY @ ANY.T + 0.3 * np.eye(4)
    least = np.linalg.eigvalsh(form)[0]
    for sign in (1, -1):
        margin = level_margin(jnp.asarray(sign * ANY @ form), ANY)
        assert float(margin) == pytest.approx(least, rel=1e-10)
    across = form - 1.01 * least * np.eye(4)
    assert float(level_margin(jnp.asarray(ANY @ across), ANY)) < 0
    with pytest.raises(ValueError, match="poisson"):
        level_margin(jnp.eye(4))


@pytest.mark.parametrize("poisson", [J4, ANY])
@pytest.mark.parametrize("on", [(1, 1, 1, 1), (1, 1, 1, 0), (0, 1, 1, 1)])
def test_projection_is_the_nearest(on, poisson):
    near = project_hamiltonian(WEIGHTS, TAU, regime=on, poisson=poisson)
    assert defect(regime(near, TAU, on), poisson) < 1e-13
    assert np.allclose(project_hamiltonian(near, TAU, regime=on, poisson=poisson), near)
    off = ~np.array(on, bool)
    assert np.array_equal(near[:, off], WEIGHTS[:, off])
    # what was taken away is orthogonal to every way of staying Hamiltonian
    for _ in range(4):
        other = project_hamiltonian(RNG.standard_normal((4, 4)), TAU, regime=on, poisson=poisson)
        along = (other - near)[:, ~off]
        assert abs(np.sum((WEIGHTS - near)[:, ~off] * along)) < 1e-12


def test_projection_refuses_what_no_weights_make_hamiltonian():
    for on in ((0, 0, 0, 0), (0, 1, 0, 1)):  # units 0 and 2 are a coordinate and its momentum
        with pytest.raises(ValueError, match="regime"):
            project_hamiltonian(WEIGHTS, TAU, regime=on, poisson=J4)
    apart = project_hamiltonian(WEIGHTS, TAU, regime=(0, 0, 1, 1), poisson=J4)
    assert defect(regime(apart, TAU, (0, 0, 1, 1)), J4) < 1e-13
    with pytest.raises(ValueError, match="poisson"):
        project_hamiltonian(WEIGHTS)
    with pytest.raises(ValueError, match="tau"):
        project_hamiltonian(WEIGHTS, [1.0, 0.0, 1.0, 1.0], poisson=J4)


def test_odd_numbers_are_refused():
    for question in (hamiltonian_residual, level_margin, project_hamiltonian):
        with pytest.raises(ValueError, match="even"):
            question(jnp.eye(3))
