"""Neural ODEs: bounds of fields and of steps against matrices, random pairs and the search."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.maps._bounds_flow import step_factor

METHODS = ("euler", "midpoint", "heun", "ssprk3", "rk4", "dopri5")


@pytest.mark.parametrize("activation", ["tanh", "gelu", "softplus", "relu6"])
def test_no_jacobian_of_the_field_beats_its_bound(activation, key):
    """100 random states; one of them comes near, so that a bound too loose fails as well."""
    field = fx.networks.MLPField(3, 5, activation=activation, timed=True, key=key)
    bound = fx.maps.field_bound(field)
    jac = jax.jit(jax.vmap(jax.jacfwd(lambda y: field(jnp.zeros((), y.dtype), y))))
    found = np.asarray(jac(4 * jax.random.normal(key, (100, 3), jnp.float32)), np.float64)
    speeds = np.linalg.eigvalsh((found + found.transpose(0, 2, 1)) / 2)[:, -1]
    assert speeds.max() <= bound.nu < speeds.max() + 0.8
    assert np.linalg.norm(found, 2, (1, 2)).max() <= bound.lipschitz


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("h", [0.3, -0.3])
def test_steps_of_linear_fields_stay_below_their_factor(method, h):
    """R(hA) of 50 random matrices, and of one that is the worst there is: L times the identity."""
    tableau = fx.equations.TABLEAUX[method]
    for A in [*np.random.default_rng(0).normal(size=(50, 3, 3)), np.eye(3)]:
        nu, steep = np.linalg.eigvalsh((A + A.T) / 2)[-1], np.linalg.norm(A, 2)
        factor = step_factor(tableau, h, fx.equations.FieldBound(nu, steep * (1 + 1e-12)))
        values, vectors = np.linalg.eig(h * A)
        grown = fx.equations.stability_function(tableau, values.astype(complex))
        step = vectors @ np.diag(grown) @ np.linalg.inv(vectors)
        assert np.linalg.norm(step, 2) <= factor * (1 + 1e-9)
    if h > 0 and method != "dopri5":  # whose weights are not all positive
        assert np.linalg.norm(step, 2) == pytest.approx(factor, rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_slopes_may_change_from_stage_to_stage(method):
    """200 choices of -L or nu at each stage of one number: negative weights take the other side."""
    tableau = fx.equations.TABLEAUX[method]
    ends = np.random.default_rng(0).choice([-1.0, 0.5], (200, tableau.stages))
    for h in (0.01, 0.5):
        grown = np.abs(fx.equations.stability_matrix(tableau, h * ends.astype(complex)))
        factor = step_factor(tableau, h, fx.equations.FieldBound(0.5, 1.0))
        assert grown.max() <= factor * (1 + 1e-12)


def test_a_decay_is_certified_and_a_growth_refuted(key):
    down, up = (
        fx.networks.NeuralODE(_linear(sign, key), steps=8, method="heun") for sign in (-1.0, 1.0)
    )
    assert fx.certify(down, limit=1.0, x=np.ones(2))
    found = fx.certify(up, limit=1.0, x=np.ones(2))
    assert found.verdict is fx.Verdict.REFUTED
    assert found.witness.replay(up) == pytest.approx(np.e, rel=1e-2)
    assert found.bounds[0] == pytest.approx(found.bounds[1], rel=1e-7)  # it is attained


def _linear(sign, key):
    """y' = sign y, as a network of identities."""
    field = fx.networks.MLPField(2, 2, activation="identity", key=key)
    arrays = (sign * jnp.eye(2), jnp.zeros(2), jnp.eye(2), jnp.zeros(2))
    names = ("inward", "inward_bias", "outward", "outward_bias")
    return eqx.tree_at(lambda f: [getattr(f, name) for name in names], field, arrays)


def test_what_has_no_bound_says_why(key):
    field = fx.networks.MLPField(2, 2, key=key)
    with pytest.raises(TypeError, match="chosen while it runs"):
        fx.certify(fx.networks.NeuralODE(field, tolerance=1e-3))
    with pytest.raises(TypeError, match="reversible"):
        fx.certify(fx.networks.NeuralODE(field, adjoint="reversible"))
    with pytest.raises(TypeError, match=r"field_bound\.register"):
        fx.certify(fx.networks.NeuralODE(lambda t, y: -y))
