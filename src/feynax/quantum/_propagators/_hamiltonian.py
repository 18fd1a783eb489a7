"""Hamiltonians as they are given: a matrix, or an operator that only multiplies."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Inexact

from ..._checks import check, check_finite
from ._propagator import complex_type


class Action(eqx.Module):
    r"""$\psi \mapsto H\psi$, by a matrix or by an operator with `mv`."""

    matrix: Inexact[Array, "d d"] | None
    operator: Any
    size: int = eqx.field(static=True)
    real: bool = eqx.field(static=True)
    dtype: Any = eqx.field(static=True)

    def __call__(self, psi: Inexact[Array, " d"]) -> Inexact[Array, " d"]:
        """Apply it; a real matrix takes the two halves of a wave function apart."""
        if self.matrix is None:
            return self.operator.mv(psi)
        if self.real and jnp.iscomplexobj(psi):
            return jax.lax.complex(self(psi.real), self(psi.imag))
        return jnp.dot(self.matrix, psi, precision=jax.lax.Precision.HIGHEST)


def read_action(hamiltonian: Any, *, dense: bool = False) -> tuple[Action, np.ndarray | None]:
    """Return a Hamiltonian's action, and its matrix in double precision where it has one.

    **Arguments:**

    - `hamiltonian`: a Hermitian matrix, or an operator with `mv`, `shape`, `dtype`, `hermitian`.
    - `dense`: ask an operator for its matrix.

    **Raises:**

    - `ValueError` for what is not square, not Hermitian or not finite.
    """
    if not hasattr(hamiltonian, "mv"):
        matrix = read_matrix(hamiltonian)
        return _dense(matrix), matrix
    check(bool(hamiltonian.hermitian), "hamiltonian", "be tagged Hermitian", "no such tag")
    if dense:
        matrix = read_matrix(hamiltonian.as_matrix())
        return _dense(matrix), matrix
    dtype = complex_type(hamiltonian.dtype)
    real = not jnp.issubdtype(hamiltonian.dtype, jnp.complexfloating)
    return Action(None, hamiltonian, int(hamiltonian.shape[0]), real, dtype), None


def read_matrix(hamiltonian: Any) -> np.ndarray:
    """Return a Hermitian matrix in double precision, real where it can be."""
    given = np.asarray(hamiltonian)
    square = given.ndim == 2 and given.shape[0] == given.shape[1] and given.size > 0
    check(square, "hamiltonian", "be a square matrix or an operator", f"shape {given.shape}")
    check_finite("hamiltonian", given)
    single = given.dtype in (np.float32, np.complex64)
    wide = given.astype(np.complex128 if np.iscomplexobj(given) else np.float64)
    defect, size = np.abs(wide - wide.conj().T).max(), np.abs(wide).max()
    limit = (1e-5 if single else 1e-12) * size
    check(defect <= limit, "hamiltonian", "be Hermitian", f"a defect of {defect:.3g}")
    wide = (wide + wide.conj().T) / 2
    return wide if np.imag(wide).any() else np.real(wide).copy()


def generator(matrix: np.ndarray) -> np.ndarray:
    r"""Return $[[\mathrm{Im} H, \mathrm{Re} H], [-\mathrm{Re} H, \mathrm{Im} H]]$ on $(P, C)$.

    It is antisymmetric, of size 2d; the real symmetric doubling $[[\mathrm{Re} H, -\mathrm{Im} H],
    [\mathrm{Im} H, \mathrm{Re} H]]$ has every level twice, and its split step has size 4d.
    """
    real, imag = np.real(matrix), np.imag(matrix)
    return np.block([[imag, real], [-real, imag]])


def _dense(matrix: np.ndarray) -> Action:
    held = jnp.asarray(matrix)
    real = not np.iscomplexobj(matrix)
    return Action(held, None, len(matrix), real, complex_type(held.dtype))
