"""What the members promise: norms kept, rates of decay, stationary variance, held clocks."""

import math
from typing import Any

import equinox as eqx
import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

N = fx.networks
EYE = np.eye(8)


def scaled(tree, factor):
    return jax.tree.map(lambda w: factor * w if eqx.is_inexact_array(w) else w, tree)


@pytest.mark.float32
@pytest.mark.parametrize("kind", [N.ExpRNN, N.CayleyRNN])
@pytest.mark.parametrize("size", [None, 4])
def test_transitions_are_orthogonal_for_every_weight(kind, size, key):
    cell = kind(2, 8, block_size=size, key=key)
    wild = eqx.tree_at(lambda c: c.upper, cell, 2 * jax.random.normal(key, cell.upper.shape))
    for some in (cell, wild):
        Q = some.prepare()
        for block in np.asarray(Q):
            gap = np.abs(block.T @ block - np.eye(len(block))).max()
            assert gap < (1e-5 if Q.dtype == jnp.float32 else 1e-14)


def test_the_drawn_angles_are_the_eigenvalues(key):
    cell = N.CayleyRNN(1, 8, negative=0, key=key)
    angles = 2 * jnp.arctan(cell.upper[0, ::2, 1::2].diagonal() / 2)
    found = np.sort(np.abs(np.angle(np.linalg.eigvals(cell.prepare()[0]))))[::2]
    np.testing.assert_allclose(found, np.sort(angles), atol=1e-12)
    assert 0 <= found.min() <= found.max() <= math.pi / 2


@pytest.mark.parametrize("form", ["simple", "full"])
def test_unitaries_are_unitary(form, key):
    U = np.asarray(N.URNN(2, 16, form=form, key=key).prepare())
    np.testing.assert_allclose(U.conj().T @ U, EYE, atol=1e-14)
    assert np.abs(U - np.diag(np.diag(U))).max() > 0.1 or form == "full"


def test_a_fixed_rotation_keeps_the_norm_for_ever(key):
    cell = N.ExpRNN(1, 8, activation="identity", key=key)
    start = jnp.arange(8.0)
    _, last = N.run(cell, jnp.zeros((5000, 1)), state=start)
    assert jnp.linalg.norm(last) == pytest.approx(float(jnp.linalg.norm(start)), rel=1e-11)


@pytest.mark.parametrize("value", [1.0, 1j])
def test_modrelu_keeps_phases_and_is_zero_at_zero(value):
    v = np.array([3.0, -2.0, 0.5, 0.0]) * value
    found = N.modrelu(jnp.asarray(v), jnp.array([-1.0, 0.5, -1.0, 4.0]))
    np.testing.assert_allclose(found, np.array([2.0, -2.5, 0.0, 0.0]) * value, atol=1e-15)
    total = lambda v: (jnp.real(N.modrelu(v, jnp.ones(4))) ** 2).sum()
    assert bool(jnp.isfinite(jax.grad(total)(jnp.asarray(v))).all())


def test_lru_keeps_the_variance_of_white_noise(key):
    cell = N.LRU(3, 4, state_size=6, radii=(0.3, 0.9), key=key)
    # The stationary variance is the energy of the impulse response, one input at a time.
    impulses = jnp.zeros((400, 3, 3)).at[0].set(jnp.eye(3)).transpose(1, 0, 2)
    states = jax.vmap(
        lambda xs: jax.lax.scan(lambda s, x: (cell(s, x),) * 2, cell.initial_state(), xs)[1]
    )(impulses)
    variance = (jnp.abs(states) ** 2).sum((0, 1))
    wanted = (cell.input_real**2 + cell.input_imag**2).sum(1)
    np.testing.assert_allclose(variance, wanted, rtol=1e-12)


@hypothesis.settings(deadline=None, max_examples=15)
@hypothesis.given(A=st.floats(0.01, 3.5), logit=st.floats(-2, 3))
def test_linoss_damps_or_keeps_as_its_theorem_says(A, logit):
    for integrator in ("implicit", "symplectic"):
        cell = N.LinOSS(1, 1, integrator=integrator, key=jax.random.key(0))
        cell = eqx.tree_at(
            lambda c: (c.stiffness, c.step_logit), cell, (jnp.array([A]), jnp.array([logit]))
        )
        h, ready = float(jax.nn.sigmoid(logit)), cell.prepare()
        columns = [
            jnp.concatenate(cell.step(ready, tuple(start), jnp.zeros(1)))
            for start in jnp.eye(2)[:, :, None]
        ]
        modulus = np.abs(np.linalg.eigvals(np.stack(columns, 1)))
        wanted = (1 + h**2 * A) ** -0.5 if integrator == "implicit" else 1.0
        np.testing.assert_allclose(modulus, wanted, rtol=1e-10)


@pytest.mark.parametrize("name", ["S5", "S4D"])
def test_state_spaces_decay_by_construction(name, key):
    cell = getattr(N, name)(2, 2, state_size=5, key=key)
    stays, _ = cell.coefficients(cell.prepare(), cell.drive(jnp.ones(2)))
    assert bool((jnp.abs(stays) < 1).all())
    wild = scaled(cell, -7.0)
    stays, _ = wild.coefficients(wild.prepare(), wild.drive(jnp.ones(2)))
    assert bool((jnp.abs(stays) < 1).all())


def test_s5_starts_from_hippo(key):
    cell = N.S5(2, 3, state_size=4, key=key)
    k = np.arange(8)
    hippo = -np.sqrt(np.outer(2 * k + 1, 2 * k + 1)) * (k[:, None] > k) - np.diag(k + 1.0)
    normal = hippo + np.outer(np.sqrt(k + 0.5), np.sqrt(k + 0.5))
    wanted = np.linalg.eigvals(normal)
    rate, _ = cell.prepare()
    np.testing.assert_allclose(np.sort(rate.imag), np.sort(wanted.imag)[4:], atol=1e-9)
    np.testing.assert_allclose(wanted.real, -0.5, atol=1e-9)
    np.testing.assert_allclose(rate.real, -0.5, atol=1e-12)


def test_clockwork_holds_what_does_not_move(key):
    cell = N.ClockworkRNN(2, 8, groups=4, key=key)
    outputs, (_, count) = N.run(cell, jax.random.normal(key, (16, 2)))
    moved = np.asarray(outputs[1:] != outputs[:-1]).reshape(15, 4, 2)
    for group in range(4):
        steps = np.arange(2, 17)
        assert (moved[:, group].all(1) == (steps % 2**group == 0)).all()
        assert not moved[steps % 2**group != 0, group].any()
    assert count == 16


def test_antisymmetric_damping_is_the_least_that_does():
    cell = N.AntisymmetricRNN(1, 6, step_size=0.1, damping=0.0, key=jax.random.key(2))
    W = np.asarray(cell.weight_hh)
    least = cell.smallest_damping()
    growth = lambda g: np.abs(np.linalg.eigvals(np.eye(6) + 0.1 * (W - W.T - g * np.eye(6)))).max()
    assert growth(least * 1.000001) <= 1 + 1e-9
    assert growth(least * 0.99) > 1
    assert not cell.is_linearly_stable()
    calm = N.AntisymmetricRNN(1, 6, damping=1.01 * least, key=jax.random.key(2))
    assert calm.is_linearly_stable()
    assert scaled(cell, 100.0).smallest_damping() == math.inf


def test_liquid_states_stay_between_zero_and_their_targets(key):
    cell = scaled(N.LTC(2, 5, key=key), 5.0)
    outputs = N.run(cell, 9 * jax.random.normal(key, (30, 2))).outputs
    share = outputs / cell.target[None]
    assert bool(((share >= 0) & (share <= 1)).all())


def test_matrix_memory_recalls_and_does_not_overflow(key):
    cell = N.MLSTM(3, 4, key=key)
    loud = eqx.tree_at(lambda c: c.bias_gates, cell, jnp.array([2000.0, 5.0]))
    outputs = N.run(loud, jax.random.normal(key, (20, 3))).outputs
    assert bool(jnp.isfinite(outputs).all())
    # One item in the memory: what comes back is its value, gated, whatever the key's length.
    x = jnp.array([1.0, -2.0, 0.5])
    (q, k, v), _, shown = loud.drive(x)
    found = loud.output(loud(loud.initial_state(), x))
    np.testing.assert_allclose(jnp.abs(found), jnp.abs(shown * v[0]), rtol=1e-9)
    assert float(jnp.sum(q * k)) != 0


def test_a_cde_sees_only_how_the_path_moves(key):
    cell = N.NeuralCDE(2, 4, method="rk4", key=key)
    xs = jax.random.normal(key, (5, 2))
    still = jnp.concatenate([xs[:3], xs[2:3], xs[3:]])
    dts = jnp.array([1.0, 1.0, 1.0, 0.0, 1.0, 1.0])
    # A sample repeated after no time is no news.
    np.testing.assert_allclose(
        N.run(cell, still, dts=dts).outputs[-1], N.run(cell, xs).outputs[-1], atol=1e-14
    )


def test_ode_gru_adaptive_and_fixed_agree(key):
    xs = jax.random.normal(key, (2, 2))
    dts = jnp.array([0.4, 2.0])
    fine = N.ODEGRU(2, 3, method="rk4", substeps=10, key=key)
    loose = N.ODEGRU(2, 3, tolerance=1e-9, key=key)
    wanted, found = (N.run(cell, xs, dts=dts).outputs for cell in (fine, loose))
    np.testing.assert_allclose(found, wanted, atol=1e-7)


def ratios(cell, metric, key):
    """One step's ratio of distances, for pairs near and far, under common inputs."""
    keys = jax.random.split(key, 3)
    size = jnp.array([1e-3, 1.0, 30.0])[:, None, None]
    first = 5 * jax.random.normal(keys[0], (3, 40, cell.hidden_size))
    second = first + size * jax.random.normal(keys[1], (3, 40, cell.hidden_size))
    xs = 3 * jax.random.normal(keys[2], (3, 40, cell.input_size))
    stepped = eqx.filter_jit(jax.vmap(jax.vmap(lambda s, x: cell(s, x))))
    length = lambda d: np.sqrt(np.einsum("abi,ij,abj->ab", d, metric, d))
    after = np.asarray(stepped(first, xs) - stepped(second, xs))
    return length(after) / length(np.asarray(first - second))


@pytest.mark.parametrize("factor", [1.0, 6.0])
@pytest.mark.parametrize("integrator", ["euler", "midpoint"])
def test_monotone_contracts_at_its_rate_for_any_weights(integrator, factor, key):
    cell = N.MonotoneRNN(2, 5, integrator=integrator, damping=0.3, key=key)
    cell = scaled(cell, factor)
    metric, rate = cell.certificate_data()
    found = ratios(cell, metric, key)
    assert rate < 1
    assert found.max() <= rate + 1e-9
    assert found.max() > 0.3 * rate


@pytest.mark.parametrize(("integrator", "wanted"), [("euler", 1 / 1.5), ("midpoint", 0.6**0.5)])
def test_monotone_rates_are_attained_by_linear_fields(integrator: Any, wanted):
    # nu = -1/2 and L = 2 with h = 1: recurrent.md's closed forms.
    cell = N.MonotoneRNN(1, 2, integrator=integrator, damping=0.5, key=jax.random.key(0))
    turn = jnp.array([[0.0, (4 - 0.25) ** 0.5], [0.0, 0.0]])
    cell = eqx.tree_at(lambda c: c.turn, scaled(cell, 0.0), turn)
    _, rate = cell.certificate_data()
    assert rate == pytest.approx(wanted, rel=1e-12)
    if integrator == "midpoint":  # implicit Euler's rate is for fields of any stiffness
        jacobian = jax.jacobian(lambda s: cell(s, jnp.zeros(1)))(jnp.zeros(2))
        assert np.linalg.norm(jacobian, 2) == pytest.approx(rate, rel=1e-9)


def test_monotone_solvers_agree_and_say_when_they_fail(key):
    xs = jax.random.normal(key, (6, 2))
    newton = N.MonotoneRNN(2, 5, key=key)
    fixed = N.MonotoneRNN(2, 5, solver="fixed_point", key=key)
    np.testing.assert_allclose(
        N.run(newton, xs).outputs, N.run(fixed, xs).outputs, rtol=1e-10, atol=1e-12
    )
    with pytest.raises(RuntimeError, match="did not converge"):
        N.run(scaled(fixed, 9.0), xs).outputs.block_until_ready()


@pytest.mark.parametrize(("rate", "factor"), [(1.0, 1.0), (0.7, 1.0), (0.9, 5.0)])
def test_ren_contracts_at_its_rate_for_any_weights(rate, factor, key):
    cell = scaled(N.REN(2, 5, features=4, rate=rate, key=key), factor)
    metric, claimed = cell.certificate_data()
    assert claimed == rate
    assert np.linalg.eigvalsh(metric).min() > 0
    found = ratios(cell, metric, key)
    assert found.max() <= rate + 1e-9
    assert found.max() > 0.2 * rate


def test_ren_features_solve_their_triangle(key):
    cell = N.REN(2, 3, features=4, key=key)
    X = np.asarray(cell.X)
    H = X.T @ X + 1e-3 * np.eye(10)
    a, b, c = slice(0, 3), slice(3, 7), slice(7, 10)
    state, x = np.array([0.3, -1.0, 2.0]), np.array([1.0, -0.5])
    w = np.zeros(4)
    for i in range(4):
        row = -np.tril(H[b, b], -1)[i] @ w - H[b, a][i] @ state
        row += cell.feature_ih[i] @ x + cell.feature_bias[i]
        w[i] = np.tanh(row / (H[b, b][i, i] / 2))
    Y = np.asarray(cell.Y)
    E = (H[a, a] + H[c, c] + Y - Y.T) / 2
    new = np.linalg.solve(E, H[c, a] @ state + H[c, b] @ w + cell.weight_ih @ x + cell.bias)
    np.testing.assert_allclose(cell(jnp.asarray(state), jnp.asarray(x)), new, atol=1e-12)


REFUSED = [
    (N.URNN, {"hidden_size": 5}, "`hidden_size` must be even"),
    (N.ExpRNN, {"block_size": 3}, "divide the 4 hidden units"),
    (N.CayleyRNN, {"negative": 9}, "`negative` must be between 0 and 4"),
    (N.ClockworkRNN, {"groups": 3}, "divide the 4 hidden units"),
    (N.LRU, {"radii": (0.5, 1.0)}, "`radii` must be two moduli"),
    (N.LEM, {"step_size": 1.5}, "`step_size` must be above 0 and at most 1"),
    (N.LeakyRNN, {"leak": 1.0}, "`leak` must be between 0 and 1"),
    (N.MLSTM, {"heads": 3}, "divide the 4 hidden units"),
    (N.REN, {"rate": 1.5}, "`rate` must be above 0 and at most 1"),
    (N.MonotoneRNN, {"damping": 0.0}, "`damping` must be positive and finite"),
    (N.LinOSS, {"integrator": "euler"}, "`integrator` must be one of"),
    (N.S5, {"steps": (0.1, 0.01)}, "0 < shortest <= longest"),
]


@pytest.mark.parametrize(("kind", "options", "words"), REFUSED)
def test_bad_arguments_get_a_sentence(kind, options, words):
    with pytest.raises(ValueError, match=words):
        kind(**({"input_size": 3, "hidden_size": 4} | options), key=jax.random.key(0))
