"""The exact step of a matrix."""

import math
from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from ..._citation import cites
from ._acting import AbstractCompensated
from ._hamiltonian import Action, generator, read_action
from ._propagator import check_step
from ._unitary import Compensated, UnitaryPair, unitary_pair


@cites("moler2003")
class ExactPropagator(AbstractCompensated):
    r"""The exact step $e^{-iH\,dt/\hbar}$ of a matrix, from its levels.

    **Arguments:**

    - `hamiltonian`: a Hermitian matrix, or an operator of `feynax.quantum`, whose matrix is made.
    - `time_step`, `hbar`: see [`feynax.quantum.AbstractPropagator`][].

    **Raises:**

    - `ValueError` for a Hamiltonian that is not Hermitian.

    Source: C. Moler, C. Van Loan (2003), method 14: eigenvectors, which are orthogonal here.

    ```python
    import numpy as np, feynax as fx
    H = np.array([[0.0, 1.0], [1.0, 0.0]])
    psi = fx.quantum.ExactPropagator(H, np.pi / 2).step([1.0, 0.0])
    assert np.allclose(psi, [0.0, -1j], atol=1e-6)
    ```
    """

    action: Action
    transition: UnitaryPair
    time_step: float = eqx.field(static=True)
    hbar: float = eqx.field(static=True)
    order: float = eqx.field(static=True)

    def __init__(self, hamiltonian: Any, time_step: float, *, hbar: float = 1.0):
        check_step(time_step, hbar)
        self.action, matrix = read_action(hamiltonian, dense=True)
        assert matrix is not None
        self.time_step, self.hbar, self.order = float(time_step), float(hbar), math.inf
        levels, vectors = np.linalg.eigh(matrix)
        phases = np.exp(-1j * levels * (self.time_step / self.hbar))
        self.transition = unitary_pair((vectors * phases) @ vectors.conj().T)

    def advance(self, carry: Compensated, time: Float[Array, ""]) -> Compensated:
        """Multiply by the transition."""
        return self.transition(carry)

    def generator(self) -> Float[np.ndarray, "both both"]:
        r"""Return the antisymmetric matrix that moves $(P, C)$, in units of hbar.

        $[[\mathrm{Im} H, \mathrm{Re} H], [-\mathrm{Re} H, \mathrm{Im} H]]$, twice the size of $H$,
        which must be a matrix.
        """
        return generator(np.asarray(self.action.matrix))

    def error_bound(self, steps: int, *, time_step: float | None = None) -> float:
        """Return 0: only rounding is left.

        **Arguments:**

        - `steps`: how many.
        - `time_step`: another step than the propagator's own.
        """
        return 0.0
