"""Moments and steady states of open systems, as QuTiP's density matrices have them."""

import numpy as np
import pytest

import feynax as fx

pytestmark = pytest.mark.peer

HBAR, LEVELS = 0.5, 40


@pytest.fixture(scope="module")
def qutip():
    return pytest.importorskip("qutip", reason="QuTiP is not installed beside the library")


def system():
    field = fx.equations.AffineField([[-0.3, 0.9], [-0.5, -0.7]], [0.125, 0.262])
    return fx.quantum.Lindblad.from_field(field, hbar=HBAR)


def operators(qutip):
    a, ham = qutip.destroy(LEVELS), system().hamiltonian
    z = np.sqrt(HBAR / 2) * (a + a.dag()), -1j * np.sqrt(HBAR / 2) * (a - a.dag())
    both = range(2)
    whole = sum(ham.form[i, j] / 2 * z[i] * z[j] for i in both for j in both)
    whole = whole + ham.slope[0] * z[0] + ham.slope[1] * z[1]
    return z, whole / HBAR, [row[0] * z[0] + row[1] * z[1] for row in system().jumps]


def moments(qutip, z, state):
    mean = np.array([qutip.expect(op, state).real for op in z])
    second = [[qutip.expect((p * q + q * p) / 2, state).real for q in z] for p in z]
    return mean, np.array(second) - np.outer(mean, mean)


def test_moments(qutip):
    z, whole, jumps = operators(qutip)
    alpha = (0.3 - 0.2j) / np.sqrt(2 * HBAR)
    options = {"atol": 1e-12, "rtol": 1e-11, "nsteps": 100_000}
    run = qutip.mesolve(whole, qutip.coherent(LEVELS, alpha), [0, 1.3], jumps, options=options)
    found = system().moments([0.3, -0.2], np.eye(2) * HBAR / 2, 1.3)
    mean, covariance = moments(qutip, z, run.states[-1])
    assert np.abs(found.mean - mean).max() < 1e-8
    assert np.abs(found.covariance - covariance).max() < 1e-8


def test_steady_state(qutip):
    z, whole, jumps = operators(qutip)
    state, found = qutip.steadystate(whole, jumps), system().steady_state()
    mean, covariance = moments(qutip, z, state)
    assert np.abs(found.mean - mean).max() < 1e-8
    assert np.abs(found.covariance - covariance).max() < 1e-8
    assert found.purity == pytest.approx((state * state).tr().real, abs=1e-8)
