"""Inside one regime the means of a packet are the states of the classical network."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import feynax as fx
from feynax.quantum import GaussianState, orbit_leakage

NETWORKS = [  # weights, tau, theta: centres of both directions
    ([[1.4, -1.1], [1.3, 0.6]], 1.0, [0.2, -0.5]),
    ([[0.7, 0.9], [-1.6, 1.6]], [0.7, 1.4], [-0.3, 0.1]),
]


@pytest.mark.parametrize(("weights", "tau", "theta"), NETWORKS)
def test_means_follow_the_network_to_rounding(weights, tau, theta):
    weights, theta = np.array(weights), np.array(theta)
    rest = np.array([4.0, 5.0]) - theta
    current = rest - weights @ (rest + theta)
    field = fx.equations.ReLUField.ctrnn(weights, tau, theta, current)
    ham = fx.quantize(field, hbar=0.1)
    assert ham.kind == "elliptic"
    packet = GaussianState.from_width(rest + np.array([0.7, -0.4]), 1.2, hbar=0.1)
    assert orbit_leakage(ham, packet, 10.0).probability < 1e-15
    times = np.linspace(0, 10, 21)

    def velocity(t, y):  # the whole network, all its regimes
        return (-y + weights @ np.maximum(y + theta, 0) + current) / np.asarray(tau)

    network = solve_ivp(
        velocity, (0, 10), packet.mean, method="DOP853", t_eval=times, rtol=2.3e-14, atol=1e-14
    )
    quantum = [state.mean for state in ham.evolve(packet, times)]
    assert np.max(np.abs(np.array(quantum) - network.y.T)) <= 1e-12
