"""Stages that read one another: certified, solved, differentiated, or refused."""

import os
import subprocess
import sys

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from feynax.networks import ODERNN, Moment, Stage
from feynax.networks._odernn._implicit import radius

DENSE = dict.fromkeys(("alpha", "beta", "gamma", "kappa"), "dense")
X = jnp.ones(2)


def make(h, key=1, **options):
    options = {"stages": 3, "coefficients": DENSE, "implicit": True, "h": h} | options
    return ODERNN(2, 3, key=jax.random.key(key), **options)


def test_radius_is_the_largest_eigenvalue():
    for key in range(5):
        N = jax.random.uniform(jax.random.key(key), (4, 4))
        exact = np.abs(np.linalg.eigvals(np.asarray(N))).max()
        assert float(radius(N)) == pytest.approx(exact, rel=1e-7)
    assert float(radius(jnp.tril(jnp.ones((3, 3)), -1))) == 0.0
    assert float(radius(jnp.array([[0.5, 1.0], [0.0, 0.5]]))) == pytest.approx(0.5, rel=1e-6)


def test_certified_stages_take_the_fixed_point_and_others_newton():
    """rho(N) < 1 is sufficient, not necessary."""
    small, large = make(0.1), make(2.0)
    found = [net.solve(net.initial_state(), X) for net in (small, large)]
    assert found[0].rho < 1 < found[1].rho
    assert all(s.converged and s.residual < 1e-15 for s in found)
    assert found[1].iterations < 12 < found[0].iterations
    ratio = (found[1].rho / found[0].rho).item()
    assert 1 < ratio < 20.001  # N is affine in h: its gamma part does not scale


def test_implicit_midpoint_needs_its_first_alpha():
    """One stage with alpha_11 = 1/2: the Cayley transform on a linear field; explicit without."""
    A = jnp.array([[0.0, 3.0], [-3.0, 0.0]])
    out = Stage(gamma=1.0, alpha={1: 1.0})
    options = dict(input_size=2, state_size=2, h=0.5)
    start = jnp.array([1.0, 2.0])

    def step(alpha):
        field = Stage(W=A, alpha=alpha)
        net = ODERNN.from_stages((field,), out, implicit=True, **options)
        return net(net.history(start), X).history[0]

    want = np.linalg.solve(np.eye(2) - 0.25 * A, (np.eye(2) + 0.25 * A) @ start)
    assert np.abs(step({1: A / 2}) - want).max() < 1e-14
    assert abs(np.linalg.norm(step({})) - np.linalg.norm(start)) > 1


def test_gradient_is_that_of_finite_differences():
    net = make(2.0)

    def loss(alpha):
        moved = eqx.tree_at(lambda n: n.stages[0].alpha[3], net, alpha)
        return jnp.sum(moved(moved.initial_state(), X).history[0] ** 2)

    loss = jax.jit(loss)
    at = net.stages[0].alpha[3]
    way = jax.random.normal(jax.random.key(2), at.shape)
    slope = float(jnp.sum(jax.grad(loss)(at) * way))
    e = 1e-5
    central = float(loss(at + e * way) - loss(at - e * way)) / (2 * e)
    assert slope == pytest.approx(central, rel=1e-8)
    assert float(jax.jvp(loss, (at,), (way,))[1]) == pytest.approx(slope, rel=1e-12)


def test_newton_differentiates_through_dynamical_coefficients():
    """K1 = x1 K2, K2 = 1 + K1 / 4 with a coefficient that is K1 itself: K1 = x(1 + K1^2 / 4)."""

    class Own(eqx.Module):
        def __call__(self, moment: Moment):
            return Stage(alpha={1: moment.stages[0] / 4}, b=jnp.ones(1))

    class Input(eqx.Module):
        def __call__(self, moment: Moment):
            return Stage(alpha={2: moment.x})

    net = ODERNN.from_stages(
        (Input(), Own()), Stage(alpha={1: 1.0}), input_size=1, state_size=1, implicit=True
    )
    assert net.stage_radius() is None
    new = lambda x: net(net.initial_state(), jnp.reshape(x, 1)).history[0, 0]
    exact = lambda x: (1 - jnp.sqrt(1 - x**2)) * 2 / x
    x = jnp.array(0.6)
    assert float(new(x)) == pytest.approx(float(exact(x)), abs=1e-14)
    assert float(jax.grad(new)(x)) == pytest.approx(float(jax.grad(exact)(x)), rel=1e-12)


def test_complex_stages_are_solved():
    net = make(2.0, dtype=complex, activation=[jnp.sin] * 3 + [jnp.tanh])
    solved = net.solve(net.initial_state(), X)
    assert solved.converged
    assert jnp.iscomplexobj(solved.stages[0])


def unsolvable():
    """K = K + 1 has no solution."""
    stage = Stage(b=jnp.ones(2), alpha={1: 1.0})
    out = Stage(alpha={1: 1.0})
    return ODERNN.from_stages((stage,), out, input_size=2, state_size=2, implicit=True)


def test_unsolved_stages_are_an_error_with_residual_step_and_radius():
    net = unsolvable()
    words = r"h = 1 the residual is .* rho\(N\) is 1; stages are certified"
    with pytest.raises(Exception, match=words):
        net(net.initial_state(), X)
    solved = net.solve(net.initial_state(), X)
    assert not solved.converged
    assert solved.rho == pytest.approx(1, abs=1e-6)
    with pytest.raises(Exception, match=r"h = 1 the residual is .* rho\(N\) is 1 or more"):
        jax.block_until_ready(eqx.filter_jit(lambda n: n(n.initial_state(), X))(net))


def test_unsolved_stages_are_nan_where_errors_are_off(tmp_path):
    code = f"""
import sys
sys.path.insert(0, {os.path.dirname(__file__)!r})
import jax, jax.numpy as jnp
from test_odernn_implicit import X, unsolvable
net = unsolvable()
assert jnp.isnan(net(net.initial_state(), X).history).all()
"""
    environment = os.environ | {"EQX_ON_ERROR": "off"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
