"""Propagators as recurrent networks: the same steps, and members of the family."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.quantum import (
    Cayley,
    Chebyshev,
    DenseOperator,
    ExactPropagator,
    GridBasis,
    Krylov,
    SplitOperator,
    SymplecticEuler,
    Verlet,
)

PSI = np.array([0.6, 0.64j, 0.48])
REAL = np.array([[0.5, -1.0, 0.2], [-1.0, 0.3, 0.4], [0.2, 0.4, -0.8]])
COMPLEX = REAL + 1j * np.array([[0, 0.3, -0.7], [-0.3, 0, 0.1], [0.7, -0.1, 0]])
PLANE = GridBasis(3, length=4.0)

PROPAGATORS = {
    "euler": (SymplecticEuler(REAL, 0.2, hbar=0.5), "SymplecticRNN"),
    "verlet": (Verlet(REAL, 0.2, hbar=0.5), "SymplecticRNN"),
    "verlet, no matrix": (Verlet(DenseOperator(REAL), 0.2), "PropagatorCell"),
    "cayley": (Cayley(COMPLEX, 0.2, hbar=0.5), "CayleyRNN"),
    "cayley, backwards": (Cayley(COMPLEX, -0.2), "CayleyRNN"),
    "cayley, no matrix": (Cayley(DenseOperator(COMPLEX), 0.2), "PropagatorCell"),
    "exact": (ExactPropagator(COMPLEX, 0.2, hbar=0.5), "ExpRNN"),
    "krylov": (Krylov(COMPLEX, 0.2, vectors=4), "PropagatorCell"),
    "chebyshev": (Chebyshev(COMPLEX, 0.2), "PropagatorCell"),
    "split": (
        SplitOperator(PLANE.kinetic(), PLANE.potential(lambda q: q**2), 0.2),
        "PropagatorCell",
    ),
    "split, driven": (
        SplitOperator(PLANE.kinetic(), lambda t: t * jnp.arange(3.0), 0.2),
        "PropagatorCell",
    ),
}


@pytest.mark.parametrize("name", PROPAGATORS)
@pytest.mark.float32
def test_network_and_propagator_take_the_same_steps(name):
    propagator, family = PROPAGATORS[name]
    net = fx.as_network(propagator, PSI)
    assert type(net.cell).__name__ == family
    outputs, last = fx.networks.run(net, jnp.zeros((12, 1)))
    assert outputs.shape == (12, 6)
    states = propagator.run(PSI, 12, save_every=1).states
    tolerance = 45 * float(jnp.finfo(outputs.dtype).eps)  # 1e-14 in double precision
    assert np.abs(net.wave(outputs) - states).max() < tolerance
    assert np.abs(net.wave(net.output(last)) - states[-1]).max() < tolerance
    assert np.abs(net.wave(net.output(net.state(PSI))) - PSI).max() < 1e-7


def test_any_start_may_be_given_later():
    propagator, _ = PROPAGATORS["cayley"]
    net = fx.as_network(propagator)
    assert not np.any(net.output(net.initial_state()))
    other = np.array([1j, 0, 0])
    outputs = fx.networks.run(net, jnp.zeros((4, 1)), state=net.state(other)).outputs
    assert np.abs(net.wave(outputs[-1]) - propagator.run(other, 4).last).max() < 1e-14
    with pytest.raises(ValueError, match=r"`psi` must have shape \(3\)"):
        net.state(np.ones(2))


def test_weights_are_those_of_the_document():
    """Theorem 4: the printed pair with W = H and no activation; its tanh would spoil it."""
    propagator, _ = PROPAGATORS["euler"]
    cell = fx.as_network(propagator, PSI).cell
    np.testing.assert_array_equal(cell.weights, REAL[None])
    assert (cell.outer, cell.activation, cell.step_size) == ("printed", "identity", 0.4)
    orthogonal = fx.as_network(PROPAGATORS["cayley"][0]).cell.prepare()[0]
    assert np.abs(orthogonal.T @ orthogonal - np.eye(6)).max() < 1e-15


@pytest.mark.parametrize("name", ["euler", "verlet", "cayley", "exact", "split"])
def test_certified_to_keep_distances_in_their_norm(name):
    net = fx.as_network(PROPAGATORS[name][0], PSI)
    bound = fx.maps.step_bound(net, None)
    assert abs(bound.rate - 1) < 1e-14
    euclidean = np.allclose(bound.metric, np.eye(6))
    assert euclidean == (name not in ("euler", "verlet"))
    outputs = np.asarray(fx.networks.run(net, jnp.zeros((50, 1))).outputs)
    if net.layout == "pair":  # the metric is that of the cell's own state, (C, -P)
        outputs = np.concatenate([outputs[:, 3:], -outputs[:, :3]], axis=1)
    assert np.ptp(np.linalg.norm(outputs @ bound.metric.T, axis=1)) < 1e-13


def test_certificate_of_a_network_that_steps_too_far_is_not_given():
    net = fx.as_network(Verlet(REAL, 0.2), PSI)
    weights = lambda n: n.cell.weights
    far = eqx.tree_at(weights, net, 20 * weights(net))
    assert fx.maps.step_bound(far, None).rate == np.inf


def test_certify_and_as_equation_speak_about_them():
    H = np.array([[0.0, 1.0], [1.0, 0.3]])
    net = fx.as_network(Krylov(H, 0.3, vectors=2), [1.0, 0.0])
    cert = fx.certify(net, limit=1.0)
    assert cert
    assert cert.bounds[0] == pytest.approx(1, abs=1e-8)
    assert "unitary" in cert.because
    equation = fx.as_equation(fx.as_network(Verlet(H, 0.3)))
    assert "i hbar psi' = H psi" in equation.ode
    assert (equation.integrator, equation.linear) == ("Verlet", True)
    assert fx.as_equation(net).integrator == "Krylov, order inf"


def test_networks_can_be_trained():
    """The Hamiltonian of a rotation, found from its end state by the network's own gradient."""
    net = fx.as_network(Verlet(np.diag([1.0, -1.0]), 0.1), [1.0, 0.0])
    target = ExactPropagator(np.array([[0.0, 1.0], [1.0, 0.0]]), 1.0).step([1.0, 0.0])

    @jax.jit
    def loss(weights):
        moved = eqx.tree_at(lambda n: n.cell.weights, net, (weights + weights.mT) / 2)
        end = moved.wave(fx.networks.run(moved, jnp.zeros((10, 1))).outputs[-1])
        return jnp.sum(jnp.abs(end - target) ** 2)

    weights, slope = net.cell.weights, jax.jit(jax.grad(loss))
    for _ in range(60):
        weights = weights - 0.3 * slope(weights)
    assert loss(weights) < 1e-5 < loss(net.cell.weights)


def test_open_for_registration_and_clear_where_it_has_no_rule():
    with pytest.raises(TypeError, match="no rule for int: register one"):
        fx.as_network(3)
    with pytest.raises(ValueError, match="go forwards: turn the sign of H"):
        fx.as_network(Verlet(REAL, -0.1))
    net = fx.as_network(Krylov(REAL, 0.1), PSI)
    with pytest.raises(ValueError, match="be left out: the propagator has a step of its own"):
        net(net.initial_state(), jnp.zeros(1), jnp.asarray(2.0))
