"""A quadratic Hamiltonian in a basis, which remembers whether it has levels."""

import equinox as eqx
import numpy as np
from jaxtyping import Array, Inexact

from ..._errors import UnorderedLevelsError
from .._quadratic import QuadraticHamiltonian
from ._algebra import AbstractOperator


class HamiltonianOperator(AbstractOperator):
    """What [`feynax.quantum.to_operator`][] returns: an operator with its Hamiltonian.

    Of a saddle any basis returns as many false levels as it has functions, so that
    [`feynax.quantum.levels`][] asks the Hamiltonian first. Sums and products with other operators
    are plain operators again: a saddle with a quartic wall may have levels.

    **Fields:**

    - `operator`: in the basis.
    - `hamiltonian`: in closed form.
    """

    operator: AbstractOperator
    hamiltonian: QuadraticHamiltonian = eqx.field(static=True)
    size: int = eqx.field(static=True)
    hermitian: bool = eqx.field(static=True)
    positive: bool = eqx.field(static=True)

    def __init__(self, operator: AbstractOperator, hamiltonian: QuadraticHamiltonian):
        self.operator, self.hamiltonian, self.size = operator, hamiltonian, operator.size
        self.hermitian, self.positive = True, operator.positive

    @property
    def dtype(self) -> np.dtype:
        """Type of the matrix elements."""
        return self.operator.dtype

    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Apply the operator to a state."""
        return self.operator.mv(psi)

    def adjoint(self) -> "HamiltonianOperator":
        """Return the operator itself."""
        return self

    def need_end(self, which: str) -> None:
        """Raise unless there are levels, and a first one at this end of them."""
        self.hamiltonian.need_levels()
        direction = self.hamiltonian.spectrum.direction
        if direction != (1 if which == "smallest" else -1):
            raise UnorderedLevelsError(
                f"There is no {which} level: the spectrum is {self.hamiltonian.spectrum}."
            )

    def as_matrix(self) -> Inexact[Array, "size size"]:
        """Form the matrix."""
        return self.operator.as_matrix()
