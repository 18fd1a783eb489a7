"""Networks as piecewise linear fields, their gradients, and smooth ones to first order."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.networks import CTRNN

WEIGHTS = np.array([[1.2, -2.5, 0.7], [2.0, 0.4, -1.1], [-0.6, 1.8, -0.9]])
TAU = np.array([0.5, 1.0, 2.0])
BIAS = np.array([0.2, -0.3, 0.1])
CURRENT = np.array([0.4, 0.3, -0.2])


def network(activation, **options):
    return CTRNN.from_arrays(
        WEIGHTS, TAU, BIAS, CURRENT, activation=activation, dtype=jnp.float64, **options
    )


@pytest.mark.parametrize("form", ["potential", "rate"])
def test_field_is_the_networks(form, key):
    net = network("relu", form=form, gain=[1.0, 2.0, 0.5], input_weights=[[1.0], [0.5], [-1.0]])
    x = jnp.array([0.7])
    field = fx.maps.relu_field(net, x)
    for y in jax.random.normal(key, (8, 3)):
        assert np.allclose(field(0.0, y), net.field(y, x), rtol=0, atol=1e-14)
        assert np.allclose(field.regime(field.mask(y))(0.0, y), net.field(y, x), atol=1e-14)


def test_refusals():
    with pytest.raises(ValueError, match='activation "relu", but has'):
        fx.maps.relu_field(network("tanh"))
    with pytest.raises(ValueError, match="Argument `gain` must be positive"):
        fx.maps.relu_field(network("relu", gain=-1.0))


def test_gradients_of_a_flow_reach_the_weights():
    """Reverse mode through events against central differences in every kind of parameter."""
    net, y0 = network("relu"), jnp.array([0.9, -0.8, 0.5])
    goal = jnp.array([1.0, -2.0, 0.5])
    names = ("strengths", "log_tau", "bias", "current")

    @jax.jit
    def end(net):
        path = fx.equations.relu_flow(fx.maps.relu_field(net), y0, 5.0)
        return goal @ path.ys, path.count

    value, count = end(net)
    assert count >= 2
    found = jax.grad(lambda net: end(net)[0])(net)
    rng = np.random.default_rng(3)
    for name in names:
        way = jnp.asarray(rng.normal(size=getattr(net, name).shape))
        change = lambda h, name=name, way=way: jax.tree.map(
            lambda leaf, old: leaf + h * way if old is getattr(net, name) else leaf, net, net
        )
        slope = (end(change(1e-5))[0] - end(change(-1e-5))[0]) / 2e-5
        along = jnp.vdot(getattr(found, name), way)
        assert float(along) == pytest.approx(float(slope), rel=1e-6, abs=1e-8 * abs(float(value)))


def gelu_slope(u):
    """Of the form with tanh, which JAX takes by default."""
    c = np.sqrt(2 / np.pi)
    inner = np.tanh(c * (u + 0.044715 * u**3))
    return (1 + inner) / 2 + u / 2 * (1 - inner**2) * c * (1 + 3 * 0.044715 * u**2)


SLOPES = {
    "tanh": lambda u: 1 - np.tanh(u) ** 2,
    "sigmoid": lambda u: 1 / (2 + 2 * np.cosh(u)),
    "gelu": gelu_slope,
}


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu"])
def test_linearised(activation):
    """A = diag(1/tau)(w diag(f'(y + theta)) - 1), and b the velocity, at any state."""
    named = jax.nn.gelu if activation == "gelu" else activation
    net, at = network(named), np.array([0.3, -0.7, 1.1])
    slope = SLOPES[activation](at + BIAS)
    field = fx.maps.linearised(net, at)
    assert np.allclose(field.matrix, (WEIGHTS * slope - np.eye(3)) / TAU[:, None], atol=1e-13)
    assert np.allclose(field.offset, net.field(jnp.asarray(at)), atol=1e-14)
    z = 1e-3 * np.array([1.0, -1.0, 0.5])
    left = np.asarray(net.field(jnp.asarray(at + z))) - field(0.0, z)
    assert np.abs(left).max() < 1e-5


def test_linearised_follows_the_flow_to_second_order():
    net = network("tanh")
    found = fx.equations.fixed_points(net.field, [[0.0, 0.0, 0.0]], kind="field")
    rest = found.points[0]
    grown, _ = fx.maps.linearised(net, rest).flow(1.0)
    errors = []
    for size in (1e-2, 1e-3):
        z = size * np.array([1.0, -0.5, 0.25])
        errors.append(np.abs(fx.equations.solve(net.field, rest + z, 1.0) - rest - grown @ z).max())
    assert np.log10(errors[0] / errors[1]) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_bounded_networks_are_never_hamiltonian_everywhere(activation):
    """The divergence tends to -sum 1/tau far out, whatever it is at the centre."""
    weights = [[3.0, -2.0], [2.0, 5.0]]
    tau = np.array([0.5, 2.0])
    net = CTRNN.from_arrays(weights, tau, activation=activation, dtype=jnp.float64)
    slope = {"tanh": 1.0, "sigmoid": 0.25}[activation]
    trace = lambda at: np.trace(fx.maps.linearised(net, at).matrix)
    assert trace([0.0, 0.0]) == pytest.approx((3 * slope - 1) / 0.5 + (5 * slope - 1) / 2)
    assert trace([60.0, -60.0]) == pytest.approx(-np.sum(1 / tau), abs=1e-12)
    with pytest.raises(fx.NotHamiltonianError):
        fx.quantize(fx.maps.linearised(net, [60.0, -60.0]))
