"""Resting points, spectra and gradients, against closed forms and dense linear algebra."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from feynax.equations import (
    fixed_points,
    gradient_growth,
    jacobian_spectrum,
    memory_times,
    slow_points,
)
from feynax.networks import GRU, LRU, LSTM, driven, held


def hopfield(y):
    return jnp.tanh(2 * y)


@pytest.mark.float32
def test_fixed_points_of_a_map_and_their_kinds():
    found = fixed_points(hopfield, np.linspace(-2, 2, 9)[:, None])
    assert sorted(found.stability) == ["stable", "stable", "unstable"]
    assert found.reached.sum() == 9
    assert found.lost == 0
    top = found.points.max()
    assert abs(np.tanh(2 * top) - top) < 1e-14
    # closed form of the slope: 2 (1 - y^2)
    assert found.eigenvalues[found.points.argmax(), 0].real == pytest.approx(2 - 2 * top**2)


def test_two_units_have_nine_resting_points_with_the_right_signs():
    """A product of two bistable units: 4 stable nodes, 4 saddles, 1 unstable node."""
    grid = np.stack(np.meshgrid(*2 * [np.linspace(-1.3, 1.3, 8)]), -1).reshape(-1, 2)
    found = fixed_points(lambda y: y - y**3, grid, kind="field")
    kinds = sorted(found.stability)
    assert kinds == ["saddle"] * 4 + ["stable"] * 4 + ["unstable"]
    assert np.abs(np.sort(np.unique(found.points.round(8))) - [-1, 0, 1]).max() < 1e-8


def test_a_start_that_leads_nowhere_is_counted_as_lost():
    found = fixed_points(lambda y: y**2 + 1, [[0.3], [1.0]], kind="field")
    assert len(found) == 0
    assert found.lost == 2


def test_the_ghost_of_a_saddle_node_is_a_slow_point():
    found = slow_points(lambda y: y**2 + 1e-4, [[0.5], [-0.4]], kind="field")
    assert len(found) == 1
    assert abs(found.points[0, 0]) < 1e-4
    assert found.residuals[0] == pytest.approx(1e-4, rel=1e-4)
    assert len(slow_points(lambda y: y**2 + 1.0, [[0.5]], kind="field")) == 0


def test_slow_points_are_stationary_for_the_speed():
    W = jnp.array(np.random.default_rng(3).normal(size=(4, 4)) * 0.7)
    start = np.random.default_rng(4).normal(size=(6, 4))

    def field(y):
        return jnp.tanh(W @ y + 1.0) - 0.05 * y

    found = slow_points(field, start, kind="field", speed=10.0)
    slope = jax.jit(jax.vmap(jax.grad(lambda y: jnp.sum(field(y) ** 2) / 2)))(found.points)
    assert len(found) >= 1
    assert jnp.abs(slope).max() < 1e-5


@pytest.mark.parametrize("cell", [LSTM, GRU])
def test_analysis_runs_on_any_cell(cell, key):
    step = held(cell(2, 3, key=key), jnp.array([0.5, -1.0]))
    n = step.start.size
    found = fixed_points(step, jax.random.normal(key, (4, n)))
    assert len(found) >= 1
    assert found.residuals.max() < 1e-10
    assert jnp.abs(step(jnp.array(found.points[0])) - found.points[0]).max() < 1e-10
    spectrum = jacobian_spectrum(step, found.points)
    assert np.allclose(spectrum.eigenvalues, found.eigenvalues)


def test_growth_along_data_is_that_of_the_product_of_jacobians(key):
    step = driven(GRU(2, 3, key=key))
    xs = jax.random.normal(key, (7, 2))
    growth = gradient_growth(step, step.start, xs)
    J = np.eye(3)
    y = step.start
    for x in xs:
        J = np.asarray(jax.jacfwd(step)(y, x)) @ J
        y = step(y, x)
    assert np.allclose(growth.log_singular, np.log(np.linalg.svd(J)[1]), atol=1e-9)
    assert np.allclose(growth.states[-1], y)


def test_complex_states_give_each_eigenvalue_with_its_conjugate(key):
    cell = LRU(2, 4, key=key)
    a, _ = cell.coefficients(cell.prepare(), cell.drive(jnp.ones(2)))
    step = held(cell, jnp.ones(2))
    found = jacobian_spectrum(step, step.start).eigenvalues[0]
    expected = np.concatenate([np.ravel(a), np.conj(np.ravel(a))])
    assert np.allclose(np.sort_complex(found), np.sort_complex(expected), atol=1e-12)


def test_singular_maps_have_infinite_logarithms_and_no_warning():
    growth = gradient_growth(lambda y: jnp.stack([y[0] / 2, 0 * y[1]]), [1.0, 1.0], steps=5)
    assert growth.log_singular.tolist() == [pytest.approx(5 * np.log(0.5)), -np.inf]
    assert growth.smallest == 0.0


@given(st.integers(1, 6), st.integers(0, 2**31))
@settings(max_examples=15, deadline=None)
def test_spectrum_of_a_linear_map_is_that_of_its_matrix(n, seed):
    A = np.random.default_rng(seed).normal(size=(n, n))
    values = jacobian_spectrum(lambda y: jnp.asarray(A) @ y, np.zeros((1, n))).eigenvalues[0]
    assert np.allclose(np.sort_complex(values), np.sort_complex(np.linalg.eigvals(A)), atol=1e-9)


@pytest.mark.float32
def test_memory_times():
    assert memory_times([np.exp(-0.1), 2.0, 0.0]).tolist() == [pytest.approx(10), np.inf, 0.0]
    field = memory_times([-0.5 + 3j, 0.1], kind="field")
    assert field.tolist() == [2.0, np.inf]


def test_memory_time_is_how_long_a_disturbance_lasts():
    A = jnp.array([[0.9, 0.3], [0.0, 0.5]])
    time = jacobian_spectrum(lambda y: A @ y, np.zeros((1, 2))).memory_times[0, 0]
    left = [np.linalg.matrix_power(np.asarray(A), k)[0, 0] for k in (0, 20)]
    assert -20 / np.log(left[1] / left[0]) == pytest.approx(time)


def test_growth_of_a_linear_map_is_its_singular_values():
    """Explicit Euler of an antisymmetric field: every singular value (1 + h^2 w^2)^(T/2)."""
    h, w, steps = 0.1, 3.0, 500
    turn = jnp.array([[1.0, -h * w], [h * w, 1.0]])
    growth = gradient_growth(lambda y: turn @ y, [1.0, 0.0], steps=steps)
    assert np.allclose(growth.log_singular, steps / 2 * np.log1p((h * w) ** 2), rtol=1e-12)


def test_implicit_midpoint_of_an_antisymmetric_field_neither_grows_nor_vanishes():
    A = np.random.default_rng(0).normal(size=(6, 6))
    A = A - A.T
    cayley = jnp.asarray(np.linalg.solve(np.eye(6) - 0.05 * A, np.eye(6) + 0.05 * A))
    growth = gradient_growth(lambda y: cayley @ y, np.ones(6), steps=1000)
    assert np.abs(growth.log_singular).max() < 1e-11
    assert "neither" in str(growth)


def test_growth_keeps_small_values_beside_large_ones():
    """A non-normal product whose values span 1e-300 to 1e300, in closed form by powers."""
    Q = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    A = jnp.asarray(Q @ np.diag([2.0, 1.0, 0.5]) @ Q.T)
    growth = gradient_growth(lambda y: A @ y, np.ones(3), steps=1500)
    assert np.allclose(growth.log_singular, 1500 * np.log([2.0, 1.0, 0.5]), atol=1e-9)
    assert growth.largest == np.inf


def test_vanishing_tanh_network_and_its_curve():
    W = jnp.asarray(np.random.default_rng(5).normal(size=(8, 8)) * 0.2)
    growth = gradient_growth(lambda y: jnp.tanh(W @ y), np.ones(8), steps=200)
    assert "vanish" in str(growth)
    assert growth.curve.shape == (200, 8)
    assert growth.curve[-1, 0] == pytest.approx(growth.log_singular[0], abs=3.0)
    # determinants are exact for any decomposition
    assert growth.curve[-1].sum() == pytest.approx(growth.log_singular.sum(), rel=1e-9)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="`kind` must be one of field, map"):
        fixed_points(hopfield, [[0.0]], kind="flow")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"`f` must return shape \(2,\)"):
        fixed_points(lambda y: y[:1], [[0.0, 1.0]])
    with pytest.raises(ValueError, match="`starts` must be finite"):
        fixed_points(hopfield, [[np.nan]])
    with pytest.raises(ValueError, match="`inputs` must hold one input for each of 2"):
        jacobian_spectrum(lambda y, x: y + x, np.zeros((2, 1)), np.zeros((3, 1)))
    with pytest.raises(ValueError, match="`steps` must be given"):
        gradient_growth(hopfield, [0.0])
