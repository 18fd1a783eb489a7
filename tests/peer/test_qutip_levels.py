"""Levels and states of quadratic Hamiltonians against QuTiP's matrices of oscillator states."""

import math

import numpy as np
import pytest

import feynax as fx
from feynax.quantum import QuadraticHamiltonian

pytestmark = pytest.mark.peer
qutip = pytest.importorskip("qutip", reason="QuTiP is not installed")


def operator(coefficients, size, hbar=1.0):
    """The Weyl-ordered Hamiltonian with y1 the coordinate and y2 the momentum."""
    c1, c2, d1, d2, e2 = coefficients
    lower = qutip.destroy(size)
    y1 = (lower + lower.dag()) * math.sqrt(hbar / 2)
    y2 = (lower - lower.dag()) * (-1j * math.sqrt(hbar / 2))
    return -c1 * y1 - c2 * y1 * y1 + d1 * y2 + d2 * y2 * y2 + e2 / 2 * (y1 * y2 + y2 * y1)


@pytest.mark.parametrize("sign", [1, -1])
def test_levels(sign):
    coefficients = sign * np.array([0.3, -0.5, -0.2, 0.4, 0.52])
    ham = QuadraticHamiltonian.from_coefficients(*coefficients, hbar=0.8)
    found = operator(coefficients, 120, 0.8).eigenenergies()
    found = np.sort(sign * found)[:6] * sign
    assert np.allclose(ham.levels(6), found, rtol=0, atol=1e-12)


def test_wave_functions():
    """Overlaps with the oscillator's states are the components of QuTiP's eigenvectors."""
    coefficients = np.array([0.3, -0.5, -0.2, 0.4, 0.52])
    ham = QuadraticHamiltonian.from_coefficients(*coefficients)
    _, states = operator(coefficients, 120).eigenstates(eigvals=4)
    plain = QuadraticHamiltonian.from_coefficients(0, -0.5, 0, 0.5, 0)
    y, step = np.linspace(-12, 12, 601, retstep=True)
    basis = np.array([plain.eigenfunction(k, "y1")(y) for k in range(40)])
    for n, state in enumerate(states):
        components = np.conj(basis) @ ham.eigenfunction(n, "y1")(y) * step
        overlap = np.vdot(state.full()[:40, 0], components)
        assert abs(overlap) == pytest.approx(1, abs=1e-10)


def test_near_the_parabola_a_cut_basis_is_wrong_without_a_word():
    mean = round(math.sqrt(1 - 0.028**2) * 2**40) / 2**40
    coefficients = np.array([0.3, -0.5, -0.2, 0.5, mean])
    ham = QuadraticHamiltonian.from_coefficients(*coefficients)
    found = operator(coefficients, 100).eigenenergies()[0]
    assert abs(found - ham.levels(1)[0]) > 1


def test_a_saddle_has_none_where_a_cut_basis_finds_as_many_as_it_has_states():
    coefficients = np.array([0.1, 0.3, -0.1, 0.3, 0.2])
    small, large = (operator(coefficients, size).eigenenergies() for size in (50, 60))
    assert len(small) == 50
    middle = lambda levels: np.sort(levels[np.argsort(abs(levels))[:2]])
    assert np.max(abs(middle(small) - middle(large))) > 0.01
    with pytest.raises(fx.ContinuousSpectrumError):
        QuadraticHamiltonian.from_coefficients(*coefficients).levels(1)
