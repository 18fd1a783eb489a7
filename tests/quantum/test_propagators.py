"""Steps of Schrödinger's equation by matrices: orders, invariants, proven errors, drift."""

import functools
import json
import pathlib
from fractions import Fraction

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings, strategies as st

from feynax.quantum import (
    Cayley,
    Chebyshev,
    DenseOperator,
    ExactPropagator,
    Krylov,
    SymplecticEuler,
    Verlet,
    spectral_bounds,
)
from feynax.quantum._propagators._unitary import gram_defect

RECORDED = pathlib.Path(__file__).parents[3] / "shared" / "design" / "reference" / "recurrent.json"
MATRIX_STEPS = (SymplecticEuler, Verlet, Cayley, ExactPropagator)


@pytest.fixture(scope="module")
def recorded():
    """The figures of an independent implementation."""
    if not RECORDED.exists():
        pytest.skip("the independent reference numbers are not beside this checkout")
    return json.loads(RECORDED.read_text())["check_d"]


@pytest.fixture(scope="module")
def system():
    """The Hamiltonian and the state of the reference figures, and a complex Hamiltonian."""
    rng = np.random.default_rng(7)
    X = rng.standard_normal((8, 8))
    H = (X + X.T) / 2
    H /= np.linalg.norm(H, 2)
    psi = rng.standard_normal(8) + 1j * rng.standard_normal(8)
    Z = rng.standard_normal((8, 8)) + 1j * rng.standard_normal((8, 8))
    return H, psi / np.linalg.norm(psi), (Z + Z.conj().T) / 2


def exact(H, time, psi):
    return scipy.linalg.expm(-1j * H * time) @ psi


def matrix_of(propagator):
    """The step on rows (P, C)."""
    size = propagator.shape[0]
    step = lambda row: propagator.step(row[:size] + 1j * row[size:])
    images = [step(row) for row in np.eye(2 * size)]
    return np.array([np.concatenate([i.real, i.imag]) for i in images]).T


@pytest.mark.parametrize(
    ("method", "name"),
    [(SymplecticEuler, "order SE"), (Verlet, "order Verlet"), (Cayley, "order Cayley")],
)
def test_errors_and_orders_are_those_recorded(method, name, system, recorded):
    H, psi, _ = system
    errors, orders = recorded[name]
    counts = (40, 80, 160)
    ours = [method(H, 10 / n).run(psi, n) for n in counts]
    found = [np.linalg.norm(e.last - exact(H, 10, psi)) for e in ours]
    np.testing.assert_allclose(found, errors[:3], rtol=1e-9)
    np.testing.assert_allclose(np.log2(np.divide(found[:-1], found[1:])), orders[:2], rtol=1e-6)
    assert abs(orders[-1] - method(H, 0.1).order) < 0.02
    assert all(f <= e.error < 5 * f for f, e in zip(found, ours, strict=True))


def test_printed_budget_fails(system, recorded):
    """N = T||H|| steps are one radian each: the error grows with T, instead of as 1/N^2."""
    H, psi, _ = system
    states = SymplecticEuler(H, 1.0).run(psi, 80, save_every=5).states
    found = [np.linalg.norm(states[t // 5 - 1] - exact(H, t, psi)) for t in (5, 10, 20, 40, 80)]
    np.testing.assert_allclose(found, recorded["SE with N=T||H|| steps (dt=1)"], rtol=1e-9)
    assert found[-1] > 3 * found[0]


def test_printed_step_is_symplectic_and_nothing_else(system):
    H, _, _ = system
    dt, one, none = 0.3, np.eye(8), np.zeros((8, 8))
    M = matrix_of(SymplecticEuler(H, dt))
    np.testing.assert_allclose(M, np.block([[one, dt * H], [-dt * H, one - dt**2 * H @ H]]),
                               atol=1e-15)  # fmt: skip
    J = np.block([[none, one], [-one, none]])
    assert np.abs(M.T @ J @ M - J).max() < 1e-14
    assert np.abs(M + M.T).max() > 1
    assert np.abs(M.T @ M - np.eye(16)).max() > 0.01


@pytest.mark.parametrize("method", MATRIX_STEPS)
@pytest.mark.float32
def test_invariants_stay(method, system):
    H, psi, _ = system
    step = method(H, 0.5)
    values = [float(step.invariant(s)) for s in step.run(psi, 200, save_every=50).states]
    slack = 200 * float(jnp.finfo(step.dtype).eps)
    assert np.ptp([float(step.invariant(psi)), *values]) < slack
    norms = [np.linalg.norm(s) for s in step.run(psi, 200, save_every=50).states]
    assert (np.ptp(norms) > 1e-4) == (method in (SymplecticEuler, Verlet))


@pytest.mark.parametrize("method", [Cayley, ExactPropagator, Krylov, Chebyshev])
def test_complex_hamiltonians(method, system):
    _, psi, H = system
    dt = 0.01
    evolution = method(H, dt, hbar=2.0).run(psi, 50)
    error = np.linalg.norm(evolution.last - exact(H / 2, 50 * dt, psi))
    assert error <= evolution.error + 1e-13
    assert evolution.error < 1e-3
    back = method(H, -dt, hbar=2.0).run(evolution.last, 50).last
    assert np.abs(back - psi).max() < 1e-9
    assert np.abs(evolution.last - psi).max() > 0.1


def test_embedding_is_antisymmetric_and_moves_both_halves(system):
    _, psi, H = system
    G = Cayley(H, 0.1).generator()
    assert G.shape == (16, 16)
    assert np.abs(G + G.T).max() == 0
    row = scipy.linalg.expm(G) @ np.concatenate([psi.real, psi.imag])
    after = exact(H, 1.0, psi)
    np.testing.assert_allclose(row, np.concatenate([after.real, after.imag]), atol=1e-13)


@pytest.mark.parametrize("size", [2, 6])
@pytest.mark.parametrize("method", [Cayley, ExactPropagator])
def test_norm_drifts_by_less_than_1e_12_in_1e5_steps(method, size):
    """The sum of 1e5 independent roundings is about 3e-14; of equal ones, up to 1e-11."""
    rng = np.random.default_rng(size)
    Z = rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size))
    psi = rng.standard_normal(size) + 0j
    psi /= np.linalg.norm(psi)
    step = method(Z + Z.conj().T, 0.1)
    states = np.asarray(step.run(psi, 100_000, save_every=10_000).states)
    assert np.abs(np.linalg.norm(states, axis=1) - 1).max() < 2e-13
    bare = eqx.tree_at(lambda p: p.transition.rest, step, 0 * step.transition.rest)
    states = np.asarray(bare.run(psi, 100_000, save_every=10_000).states)
    assert np.abs(np.linalg.norm(states, axis=1) - 1).max() > 5e-13


def test_gram_defect_sees_far_below_rounding():
    """Against the same sums in fractions, which are exact."""
    rng = np.random.default_rng(3)
    Q, _ = np.linalg.qr(rng.standard_normal((5, 5)) + 1j * rng.standard_normal((5, 5)))
    real, imag = (np.vectorize(Fraction, otypes=[object])(part) for part in (Q.real, Q.imag))
    expected = (real.T @ real + imag.T @ imag - np.eye(5, dtype=int)).astype(float)
    expected = expected + 1j * (real.T @ imag - imag.T @ real).astype(float)
    assert 1e-17 < np.abs(expected).max() < 1e-14
    assert np.abs(gram_defect(Q) - expected).max() < 1e-19


@given(seed=st.integers(0, 2**31), error=st.floats(1e-6, 0.3), reach=st.floats(0.5, 300.0))
@settings(max_examples=30, deadline=None)
@pytest.mark.parametrize("method", [SymplecticEuler, Verlet, Cayley])
def test_steps_for_are_enough_and_not_many_too_many(method, seed, error, reach):
    """Of a spectrum that is drawn, with the largest level the worst, by matrix powers."""
    rng = np.random.default_rng(seed)
    levels = np.append(rng.uniform(-1, 1, 3), rng.choice([-1.0, 1.0]))
    step = method(np.diag(levels), 0.5)
    count = step.steps_for(error, reach)

    def off(count):
        x = reach / count * levels
        if method is Cayley:
            return np.abs(np.exp(-2j * np.arctan(x / 2) * count) - np.exp(-1j * reach * levels))
        blocks = np.array([[[1, d], [-d, 1 - d * d]] for d in x])
        if method is Verlet:
            blocks = np.array([[[1 - d * d / 2, d - d**3 / 4], [-d, 1 - d * d / 2]] for d in x])
        powers = np.linalg.matrix_power(blocks, count)
        c, s = np.cos(reach * levels), np.sin(reach * levels)
        turns = np.stack([np.stack([c, s], 1), np.stack([-s, c], 1)], 1)
        return np.linalg.norm(powers - turns, 2, (1, 2))

    assert off(count).max() <= error * (1 + 1e-6) + 1e-11
    assert step.error_bound(count - 1, time_step=reach / max(count - 1, 1)) > error or count == 1


def test_steps_grow_as_corrected(system):
    """Euler O(T/eps + T^1.5/eps^.5), Verlet and Cayley the second term alone."""
    H = np.diag([1.0, -1.0])
    euler, verlet, cayley = (m(H, 0.1) for m in (SymplecticEuler, Verlet, Cayley))
    assert euler.steps_for(1e-4, 10) / euler.steps_for(1e-3, 10) == pytest.approx(10, rel=0.2)
    for step in (verlet, cayley):
        assert step.steps_for(1e-5, 100) / step.steps_for(1e-3, 100) == pytest.approx(10, rel=0.1)
        assert step.steps_for(1e-4, 400) / step.steps_for(1e-4, 100) == pytest.approx(8, rel=0.1)


def test_limit_of_the_pushes_is_two(system):
    H, psi, _ = system
    for method in (SymplecticEuler, Verlet):
        step = method(H, 1.999)
        assert step.stability()
        assert 0 < step.stability().margin < 0.01
        assert np.linalg.norm(step.run(psi, 2000, save_every=200).last) < 100
        with pytest.raises(ValueError, match=r"be below 2 hbar / \|\|H\|\| = 2, but has 2.001"):
            method(H, 2.001)
        assert method(H, 2.001, hbar=1.01).turn < 2
        past = eqx.tree_at(lambda p: p.action.matrix, step, step.action.matrix * 1.01)
        assert np.linalg.norm(past.run(psi, 2000, save_every=200).states[0]) > 1e10


def test_backwards(system):
    """The methods for complex Hamiltonians are turned round in `test_complex_hamiltonians`."""
    H, psi, _ = system
    there = Verlet(H, 0.1).run(psi, 10).last
    assert np.abs(Verlet(H, -0.1).run(there, 10).last - psi).max() < 1e-9
    assert np.abs(there - psi).max() > 0.1


def test_cayley_keeps_all_functions_of_the_energy(system):
    _, psi, H = system
    after = np.asarray(Cayley(H, 3.0).run(psi, 500).last)
    for power in (1, 2, 3):
        K = np.linalg.matrix_power(H, power)
        before = np.vdot(psi, K @ psi).real
        assert abs(np.vdot(after, K @ after).real - before) < 1e-11 * max(1, abs(before))


def test_operators_are_solved_for_as_matrices_are(system):
    H, psi, complex_h = system
    for matrix in (H, complex_h):
        by_solver = Cayley(DenseOperator(matrix), 0.7).run(psi, 20)
        turn = np.linalg.solve(np.eye(8) + 0.35j * matrix, np.eye(8) - 0.35j * matrix)
        assert np.abs(by_solver.last - np.linalg.matrix_power(turn, 20) @ psi).max() < 1e-11
    pushed = Verlet(DenseOperator(H), 0.7).run(psi, 20).last
    assert np.abs(pushed - Verlet(H, 0.7).run(psi, 20).last).max() < 1e-13


def test_bounds_hold_the_spectrum():
    rng = np.random.default_rng(0)
    for size in (1, 2, 50, 300):
        X = rng.standard_normal((size, size))
        H = X + X.T
        levels = np.linalg.eigvalsh(H)
        for given_as in (H, DenseOperator(H)):
            low, high = spectral_bounds(given_as)
            assert low <= levels[0]
            assert levels[-1] <= high
            assert high - low <= 1.3 * np.ptp(levels) + 1e-9


def test_saves_and_times(system):
    H, psi, _ = system
    step = Verlet(H, 0.25)
    evolution = step.run(psi, 12, save_every=4, start=1.0)
    assert evolution.times.tolist() == [2.0, 3.0, 4.0]
    assert evolution.states.shape == (3, 8)
    assert jnp.array_equal(evolution.last, evolution.states[-1])
    one_by_one = psi
    for _ in range(12):
        one_by_one = step.step(one_by_one)
    assert np.abs(one_by_one - evolution.last).max() < 1e-15


def test_gradients_go_through_a_run(system):
    H, psi, _ = system
    target = exact(H, 1.0, psi)

    def kept(method, turn):
        angle = turn * np.arange(8.0)
        start = psi * jax.lax.complex(jnp.cos(angle), jnp.sin(angle))
        return jnp.abs(jnp.vdot(target, method(H, 0.25).run(start, 4).last)) ** 2

    for method in (Verlet, Krylov):
        both = jax.jit(jax.value_and_grad(functools.partial(kept, method)))
        slope = (both(0.3 + 1e-5)[0] - both(0.3 - 1e-5)[0]) / 2e-5
        assert abs(both(0.3)[1] - slope) < 1e-7 < abs(slope)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.ones((2, 3)), "be a square matrix or an operator, but has shape"),
        (np.array([[0.0, 1.0], [0.0, 0.0]]), "be Hermitian, but has a defect of 1"),
        (np.array([[np.nan, 0.0], [0.0, 0.0]]), "be finite, but has nan at index"),
        (DenseOperator([[0.0, 1.0], [0.0, 0.0]]), "be tagged Hermitian"),
    ],
)
@pytest.mark.parametrize("method", [*MATRIX_STEPS, Krylov, Chebyshev])
def test_wrong_hamiltonians(method, given, message):
    with pytest.raises(ValueError, match=message):
        method(given, 0.1)


def test_wrong_numbers(system):
    H, psi, complex_h = system
    with pytest.raises(ValueError, match="be real for a split step"):
        Verlet(complex_h, 0.1)
    for step in (0.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="`time_step` must be finite and not zero"):
            Cayley(H, step)
    with pytest.raises(ValueError, match="`hbar` must be positive"):
        Cayley(H, 0.1, hbar=0.0)
    step = Cayley(H, 0.1)
    with pytest.raises(ValueError, match=r"`psi` must have shape \(8\)"):
        step.run(psi[:4], 3)
    with pytest.raises(ValueError, match="divide the 10 steps"):
        step.run(psi, 10, save_every=3)
    with pytest.raises(ValueError, match="`error` must be positive"):
        step.steps_for(0.0, 1.0)


@pytest.mark.float32
def test_single_precision_is_as_good_as_it_can_be(system):
    H, psi, _ = system
    for method in MATRIX_STEPS:
        step = method(H, 0.01)
        evolution = step.run(psi, 100)
        eps = float(jnp.finfo(step.dtype).eps)
        off = np.linalg.norm(np.asarray(evolution.last) - exact(H, 1.0, psi))
        assert off < evolution.error + 100 * eps
