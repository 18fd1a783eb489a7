"""Levels are kept below the certified margin, and lost where it ends."""

import numpy as np
import pytest

import feynax as fx
from feynax.quantum import QuadraticHamiltonian

J2 = np.array([[0.0, 1.0], [-1.0, 0.0]])
J4 = np.kron(J2, np.eye(2))


def hamiltonian(form, poisson):
    return QuadraticHamiltonian(form, np.zeros(len(form)), poisson)


def test_one_mode_loses_its_levels_where_the_margin_ends():
    form = np.array([[2.0, 0.3], [0.3, 0.5]])
    margin = fx.certify(hamiltonian(form, J2)).margin
    sizes, axes = np.linalg.eigh(form)
    assert margin == pytest.approx(sizes[0], rel=1e-9)
    towards = -np.outer(axes[:, 0], axes[:, 0])
    assert hamiltonian(form + 0.999 * margin * towards, J2).kind == "elliptic"
    assert hamiltonian(form + 1.001 * margin * towards, J2).kind == "hyperbolic"


def test_mixed_signs_keep_their_levels_below_the_margin():
    rng = np.random.default_rng(3)
    form = np.diag([1.0, -0.7, 1.0, -0.7])
    ham = hamiltonian(form, J4)
    margin = fx.certify(ham).margin
    # frequencies 1 and 0.7 of opposite signs, in an orthogonal basis: half their distance
    assert margin == pytest.approx(0.15, rel=1e-6)
    for _ in range(200):
        change = rng.normal(size=(4, 4))
        change = change + change.T
        change *= 0.999 * margin / np.linalg.norm(change, 2)
        found = np.linalg.eigvals(J4 @ (form + change))
        assert np.max(np.abs(found.real)) < 1e-7
    # the one change that couples the two modes breaks them when they have met
    coupling = np.zeros((4, 4))
    coupling[0, 3] = coupling[3, 0] = 1.0
    coupling[1, 2] = coupling[2, 1] = 1.0
    broken = np.linalg.eigvals(J4 @ (form + 1.3 * margin * coupling))
    assert np.max(np.abs(broken.real)) > 0.05


def test_a_saddle_is_refused_with_its_class():
    with pytest.raises(fx.ContinuousSpectrumError):
        fx.certify(hamiltonian(np.diag([1.0, -1.0]), J2))


def test_arguments_of_networks_are_refused():
    with pytest.raises(ValueError, match="`limit` must be left out for a Hamiltonian"):
        fx.certify(hamiltonian(np.eye(2), J2), limit=1.0)
