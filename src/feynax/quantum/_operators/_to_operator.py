"""Quadratic Hamiltonians as operators in a basis."""

import numpy as np

from ..._checks import check
from .._canonical import canonical_basis
from .._quadratic import QuadraticHamiltonian
from ._basis import AbstractBasis
from ._hamiltonian import HamiltonianOperator
from ._weyl import weyl_operator


def to_operator(hamiltonian: QuadraticHamiltonian, basis: AbstractBasis) -> HamiltonianOperator:
    r"""Return the Weyl-ordered operator of a quadratic Hamiltonian.

    The basis's coordinates and momenta $x = (q_1, \dots, q_m, p_1, \dots, p_m)$ are those of
    `canonical_basis(poisson)`: the components themselves for [[0, 1], [-1, 0]].

    **Arguments:**

    - `hamiltonian`: $z^T Q z/2 + l^T z$ of m degrees of freedom.
    - `basis`: of m coordinates, with the same `hbar`.

    **Raises:** `ValueError` for another `hbar` or number of coordinates.

    ```python
    import feynax as fx
    ham = fx.quantum.QuadraticHamiltonian.from_coefficients(0.0, -0.5, 0.0, 0.5, 0.0)
    energy = fx.quantum.to_operator(ham, fx.quantum.FockBasis(8))
    assert abs(fx.quantum.levels(energy, 3).values[2] - 2.5) < 1e-12
    ```
    """
    m = hamiltonian.modes
    check(len(basis.axes) == m, "basis", f"have {m} coordinates", len(basis.axes))
    same = bool(np.isclose(basis.planck, hamiltonian.hbar, rtol=1e-14, atol=0))
    check(same, "basis", f"have hbar {hamiltonian.hbar}", basis.planck)
    frame = canonical_basis(hamiltonian.poisson)
    form, slope = frame.T @ hamiltonian.form @ frame, frame.T @ hamiltonian.slope
    symbol: dict[tuple[int, ...], complex] = {}
    for i in range(2 * m):
        symbol[_powers(2 * m, i)] = slope[i]
        for j in range(i + 1):
            symbol[_powers(2 * m, i, j)] = form[i, j] * (0.5 if i == j else 1.0)
    return HamiltonianOperator(weyl_operator(symbol, basis), hamiltonian)


def _powers(length: int, *places: int) -> tuple[int, ...]:
    return tuple(places.count(k) for k in range(length))
