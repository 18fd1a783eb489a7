"""Operators and levels beside QuTiP's."""

import numpy as np
import pytest

import feynax as fx

pytestmark = pytest.mark.peer
q = fx.quantum


@pytest.fixture(scope="module")
def qutip():
    return pytest.importorskip("qutip", reason="QuTiP is a peer, not a dependency")


def test_there_and_back(qutip):
    basis = q.FockBasis(8, hbar=0.7)
    sparse = q.SparseOperator([0, 2, 3], [1, 0, 3], [1.0, 2j, 3.0], size=4)
    spin = q.DenseOperator([[0, -1j], [1j, 0]])
    for operator, stored in (
        (basis.momentum(), "Dia"),
        (basis.annihilation(), "Dia"),
        (sparse, "CSR"),
        (spin, "Dense"),
        (q.TensorOperator(spin, spin, q.DiagonalOperator([1.0, 2.0])), "Dense"),
        (q.FourierOperator(np.arange(4.0)), "Dense"),
    ):
        there = fx.interop.to_qutip(operator)
        assert type(there.data).__name__ == stored
        assert np.allclose(there.full(), operator.as_matrix(), atol=1e-15)
        back = fx.interop.from_qutip(there)
        assert np.allclose(back.as_matrix(), operator.as_matrix(), atol=1e-15)
        assert back.hermitian == operator.hermitian
        assert back.dtype == operator.dtype or stored == "Dense"


def test_subsystems_run_the_same_way(qutip):
    spin, number = q.DenseOperator([[0, 1], [1, 0]]), q.DiagonalOperator([0.0, 1.0, 2.0])
    ours = fx.interop.to_qutip(q.TensorOperator(spin, number))
    theirs = qutip.tensor(qutip.sigmax(), qutip.num(3))
    assert ours.dims == theirs.dims == [[2, 3], [2, 3]]
    assert (ours - theirs).norm() == 0
    assert fx.interop.to_qutip(q.IdentityOperator(6), [3, 2]).dims == [[3, 2], [3, 2]]


def test_refusals(qutip):
    with pytest.raises(ValueError, match="`dims` must have the product 6"):
        fx.interop.to_qutip(q.IdentityOperator(6), [4, 2])
    for wrong in (qutip.basis(3, 0), qutip.to_super(qutip.num(2)), np.eye(2)):
        with pytest.raises(ValueError, match="`qobj` must be a QuTiP operator"):
            fx.interop.from_qutip(wrong)


def test_position_and_momentum(qutip):
    basis = q.FockBasis(9, hbar=1.0)
    for ours, theirs in (
        (basis.position(), qutip.position(9)),
        (basis.momentum(), qutip.momentum(9)),
        (basis.annihilation(), qutip.destroy(9)),
        (basis.number(), qutip.num(9)),
    ):
        assert np.allclose(ours.as_matrix(), theirs.full(), atol=1e-14)


def test_a_quartic_oscillator(qutip):
    """The same levels from both, once ours has been carried over."""
    basis = q.FockBasis(60, width=0.55)
    energy = q.weyl_operator({(0, 2): 0.5, (4, 0): 1.0}, basis)
    theirs = fx.interop.to_qutip(energy).eigenenergies(eigvals=3)
    ours = q.levels(energy, 3).values
    assert np.max(np.abs(ours - theirs)) < 1e-11
    assert abs(ours[0] - 0.667986259155777) < 1e-10


def test_a_saddle(qutip):
    """QuTiP returns thirty levels of an operator that has none; ours raises."""
    ham = q.QuadraticHamiltonian.from_coefficients(0.0, 0.5, 0.0, 0.5, 0.0)
    operator = q.to_operator(ham, q.FockBasis(30))
    assert len(fx.interop.to_qutip(operator).eigenenergies()) == 30
    with pytest.raises(fx.ContinuousSpectrumError):
        q.levels(operator, 3)
