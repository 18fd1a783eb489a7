"""Neural ODEs: orders, gradients against closed forms, and where each adjoint fails."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

import feynax as fx
from feynax._errors import UnstableBackwardError
from feynax.networks._runge_kutta import METHODS

FIXED = ("direct", "checkpoint", "backsolve", "reversible")


class Linear(eqx.Module):
    matrix: jax.Array

    def __call__(self, t, y):
        return y @ self.matrix.T


class Ring(eqx.Module):
    """Diffusion with a2 = 2 between 64 sites on a ring, and a reaction."""

    reaction: jax.Array

    def __call__(self, t, y):
        spread = jnp.roll(y, 1, -1) - 2 * y + jnp.roll(y, -1, -1)
        return spread + jnp.tanh(y @ self.reaction.T)


def ring(key):
    k_field, k_state = jax.random.split(key)
    reaction = jax.random.normal(k_field, (64, 64)) / 8
    return Ring(reaction), jax.random.normal(k_state, (64,))


def spun(t, y):
    return jnp.stack([-y[1], y[0]]) * (1 + jnp.sin(t))


MATRIX = jnp.array([[-0.3, 1.0], [-1.0, 0.2]])
START = jnp.array([1.0, -0.5])


@eqx.filter_jit
def gradients(ode, y0, t0, t1):
    """Of half the squared length of the result: field, y0, t0, t1."""

    def loss(given):
        field, y0, t0, t1 = given
        solved = eqx.tree_at(lambda o: o.field, ode, field)(y0, t0=t0, t1=t1)
        return jnp.sum(solved**2) / 2

    return eqx.filter_grad(loss)((ode.field, y0, t0, t1))


def exact_gradients(t0, t1):
    """The same of the linear field, by matrix exponentials."""
    a, y0, time = np.asarray(MATRIX), np.asarray(START), t1 - t0
    flow = scipy.linalg.expm(a * time)
    y1 = flow @ y0
    back = flow.T @ y1
    # d exp(A t)[E] is the upper right block of exp of [[A, E], [0, A]] t
    by_matrix = np.zeros((2, 2))
    for i, j in np.ndindex(2, 2):
        unit = np.zeros((2, 2))
        unit[i, j] = 1
        block = scipy.linalg.expm(np.block([[a, unit], [0 * a, a]]) * time)[:2, 2:]
        by_matrix[i, j] = y1 @ block @ y0
    return by_matrix, back, -back @ a @ y0, y1 @ a @ y1


@pytest.mark.parametrize(
    ("method", "adjoint"), [*((m, "checkpoint") for m in METHODS), ("rk4", "reversible")]
)
def test_order_of_each_method(method, adjoint):
    ode = fx.networks.NeuralODE(spun, t1=2.0, method=method, adjoint=adjoint)
    angle = 2 + 1 - np.cos(2.0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    errors = [np.abs(ode(START, steps=n) - turn @ np.asarray(START)).max() for n in (32, 64)]
    assert abs(np.log2(errors[0] / errors[1]) - METHODS[method].order) < 0.2


@pytest.mark.parametrize("adjoint", FIXED)
def test_gradients_of_a_linear_equation(adjoint):
    ode = fx.networks.NeuralODE(
        Linear(MATRIX), steps=300, method="dopri5", adjoint=adjoint, coupling=0.9999
    )
    field, *rest = gradients(ode, START, jnp.array(0.5), jnp.array(2.0))
    by_matrix, *exact = exact_gradients(0.5, 2.0)
    tolerance = 1e-9 if adjoint != "reversible" else 1e-8
    np.testing.assert_allclose(field.matrix, by_matrix, rtol=tolerance, atol=tolerance)
    for found, wanted in zip(rest, exact, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    ("adjoint", "solver"),
    [("checkpoint", "dopri8"), ("backsolve", "tsit5")],
)
def test_adaptive_gradients_of_a_linear_equation(adjoint, solver):
    ode = fx.networks.NeuralODE(
        Linear(MATRIX), tolerance=1e-9, adjoint=adjoint, solver=solver, max_steps=256
    )
    field, *rest = gradients(ode, START, jnp.array(0.5), jnp.array(2.0))
    by_matrix, *exact = exact_gradients(0.5, 2.0)
    np.testing.assert_allclose(field.matrix, by_matrix, rtol=1e-6, atol=1e-6)
    for found, wanted in zip(rest, exact, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)


def test_checkpoints_change_nothing(key):
    field = fx.networks.MLPField(3, 8, timed=True, key=key)
    y0 = jax.random.normal(key, (4, 3), jnp.float32)
    times = jnp.float32(0), jnp.float32(1)
    found = [  # 11 steps: three chunks of three and a rest
        gradients(fx.networks.NeuralODE(field, steps=11, adjoint=adjoint), y0, *times)
        for adjoint in ("direct", "checkpoint")
    ]
    for a, b in zip(*map(jax.tree.leaves, found), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    for steps in (1, 2):
        one = fx.networks.NeuralODE(field, steps=steps)(y0)
        two = fx.networks.NeuralODE(field, steps=steps, adjoint="direct")(y0)
        np.testing.assert_allclose(one, two, rtol=1e-6)


def test_gradient_against_finite_differences(key):
    field, y0 = ring(key)
    ode = fx.networks.NeuralODE(field, t1=0.7, steps=9, adjoint="reversible")
    by_field, by_start, *_ = gradients(ode, y0, jnp.array(0.0), jnp.array(0.7))
    k_field, k_start = jax.random.split(key)
    one, two = jax.random.normal(k_field, (64, 64)), jax.random.normal(k_start, (64,))

    @jax.jit
    def loss(e):
        moved = fx.networks.NeuralODE(
            Ring(field.reaction + e * one), t1=0.7, steps=9, adjoint="reversible"
        )
        return jnp.sum(moved(y0 + e * two) ** 2) / 2

    slope = (loss(1e-5) - loss(-1e-5)) / 2e-5
    wanted = jnp.vdot(by_field.reaction, one) + jnp.vdot(by_start, two)
    np.testing.assert_allclose(slope, wanted, rtol=1e-7)


def test_diffusion_cannot_be_walked_back(key):
    """T = 4: the fastest mode grows by e^16 backwards, and the check sees it."""
    field, y0 = ring(key)
    options = {"t1": 4.0, "steps": 64, "adjoint": "backsolve"}
    careless = fx.networks.NeuralODE(field, **options, round_trip_limit=None)
    careful = fx.networks.NeuralODE(field, **options)
    exact = fx.networks.NeuralODE(field, t1=4.0, steps=1000)
    kept = fx.networks.NeuralODE(field, t1=4.0, steps=64)
    times = jnp.array(0.0), jnp.array(4.0)
    by_field = lambda ode: gradients(ode, y0, *times)[0].reaction
    wanted = by_field(exact)
    size = jnp.linalg.norm(wanted)
    right = jnp.linalg.norm(by_field(kept) - wanted) / size
    wrong = jnp.linalg.norm(by_field(careless) - wanted) / size
    assert right < 1e-4
    assert wrong > 100 * right
    with pytest.raises(eqx.EquinoxRuntimeError, match="misses psi"):
        jax.block_until_ready(gradients(careful, y0, *times))
    with pytest.raises(UnstableBackwardError, match="contracts too strongly"):
        careless.round_trip_error(y0, limit=0.01)


def test_reversible_scheme_is_undone_but_leaves_a_contracting_flow(key):
    field, y0 = ring(key)
    ode = fx.networks.NeuralODE(field, t1=0.5, steps=16, adjoint="reversible")
    assert ode.round_trip_error(y0) < 1e-11
    near = jnp.abs(ode(y0) - fx.networks.NeuralODE(field, t1=0.5, steps=64)(y0)).max()
    assert near < 1e-4
    far = fx.networks.NeuralODE(field, t1=8.0, steps=256, adjoint="reversible")(y0)
    kept = fx.networks.NeuralODE(field, t1=8.0, steps=256)(y0)
    assert jnp.abs(far - kept).max() > 1  # grown by e^32 from rounding and truncation


def test_unfinished_solution_names_dtype_and_tolerance():
    ode = fx.networks.NeuralODE(lambda t, y: y**2, t1=2.0, tolerance=1e-6, max_steps=64)
    with pytest.raises(eqx.EquinoxRuntimeError, match="in float64 with tolerance 1e-06 did not"):
        jax.block_until_ready(ode(jnp.ones(1)))


def test_stiff_field_with_the_implicit_solver():
    ode = fx.networks.NeuralODE(
        lambda t, y: -1e4 * (y - jnp.cos(t)), tolerance=1e-6, solver="kvaerno5", max_steps=256
    )
    np.testing.assert_allclose(ode(jnp.zeros(1)), np.cos(1.0), atol=2e-4)


@pytest.mark.float32
def test_batch_equals_vmap(key):
    ode = fx.networks.NeuralODE(fx.networks.MLPField(3, 8, key=key), steps=8)
    y0 = jax.random.normal(key, (5, 3), jnp.float32)
    np.testing.assert_allclose(jax.vmap(ode)(y0), ode(y0), rtol=1e-5, atol=1e-6)


def test_config_builds_it_again(key):
    ode = fx.networks.NeuralODE(
        fx.networks.MLPField(3, 8, activation="softplus", timed=True, key=key), steps=4, t1=2.0
    )
    assert eqx.tree_equal(ode, fx.networks.NeuralODE(**ode.config(), key=key))
    with pytest.raises(ValueError, match="`field` must be an MLPField"):
        fx.networks.NeuralODE(spun).config()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"field": 3}, "`field` must be a function"),
        ({"field": {"size": 2}}, "`key` must draw"),
        ({"t1": 0.0}, "`t1 - t0` must be positive"),
        ({"steps": 0}, "`steps` must be a whole number"),
        ({"method": "rk5"}, "`method` must be one of dopri5, euler"),
        ({"adjoint": "magic"}, "`adjoint` must be one of backsolve"),
        ({"tolerance": 1e-6, "adjoint": "reversible"}, "`adjoint` must be another one"),
        ({"tolerance": -1.0}, "`tolerance` must be positive"),
        ({"coupling": 1.5}, r"`coupling` must lie in \(0, 1\]"),
    ],
)
def test_wrong_arguments(wrong, says):
    with pytest.raises(ValueError, match=says):
        fx.networks.NeuralODE(**{"field": spun, **wrong})


def test_whole_numbers_are_no_state():
    with pytest.raises(ValueError, match="`y0` must hold real"):
        fx.networks.NeuralODE(spun)(jnp.array([1, 2]))
