"""The clock Hamiltonian as printed: it holds a trajectory that is known already."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Inexact

from ..._checks import check, check_finite, check_shape
from .._operators import AbstractOperator

_UNIT = 1e-10


class RankOneClock(AbstractOperator):
    r"""The clock Hamiltonian as printed, of a trajectory that is known already.

    $H = \sum_j I \otimes (|j\rangle\langle j| + |j{+}1\rangle\langle j{+}1|)
    - |x_{j+1}\rangle\langle x_j| \otimes |j{+}1\rangle\langle j| - h.c.$

    Its ground state $(L + 1)^{-1/2} \sum_j x_j \otimes |j\rangle$ is unique and has energy 0. It
    contains the trajectory it was made from: nothing is computed, unlike
    [`feynax.quantum.ClockHamiltonian`][].

    A state has $(L + 1) d$ entries, those of clock 0 first.

    **Arguments:** `trajectory` (L + 1, d): unit vectors, real or complex, at least two.

    **Raises:** `ValueError` for fewer, or vectors that are not finite and of norm 1.

    Source: n-t-ODERNN document, (37)-(40). There ⊗ is written ×, (39) is said to have imaginary
    eigenvalues (it is Hermitian: real pairs ±), and (40) lacks the first step, so that its energy
    is 1/L and not 0 (`test_printed_state_has_energy_one_over_the_number_of_gates`). The state of
    lowest energy is at rest in the flow of H, and attracts nothing; the flow of -H in imaginary
    time converges to it at the rate of the gap.

    ```python
    import feynax as fx, jax.numpy as jnp
    turn = jnp.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    ham = fx.quantum.RankOneClock(turn)
    assert jnp.allclose(ham.mv(ham.ground_state()), 0.0) and abs(ham.gap() - 1) < 1e-15
    ```
    """

    trajectory: Inexact[np.ndarray, "clocks d"]
    size: int = eqx.field(static=True)
    hermitian: bool = eqx.field(static=True)
    positive: bool = eqx.field(static=True)

    def __init__(self, trajectory: Inexact[ArrayLike, "clocks d"]):
        x = np.asarray(trajectory)
        check_shape("trajectory", x, ("L + 1", "d"))
        check(len(x) > 1, "trajectory", "have two states or more", len(x))
        check_finite("trajectory", x)
        self.trajectory = x.astype(np.complex128 if np.iscomplexobj(x) else np.float64)
        norms = np.linalg.norm(self.trajectory, axis=1)
        single = x.dtype in (np.dtype(np.float32), np.dtype(np.complex64))
        unit = bool(np.all(np.abs(norms - 1) <= (1e-6 if single else _UNIT)))
        check(unit, "trajectory", "have states of norm 1", f"norms {norms.min()} to {norms.max()}")
        self.trajectory /= norms[:, None]
        self.size = x.size
        self.hermitian = self.positive = True

    @property
    def dtype(self) -> np.dtype:
        return jnp.asarray(self.trajectory[:1]).dtype

    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Apply H to a state, in $O(L d)$."""
        psi = jnp.asarray(psi)
        check_shape("psi", psi, (self.size,))
        dtype = np.result_type(psi.dtype, self.dtype)
        x = jnp.asarray(self.trajectory, dtype)
        return _product(x, psi.astype(dtype).reshape(x.shape)).reshape(-1)

    def adjoint(self) -> "RankOneClock":
        """Return itself."""
        return self

    def ground_state(self) -> Inexact[np.ndarray, " size"]:
        """Return the state of energy 0, in double precision."""
        return self.trajectory.reshape(-1) / np.sqrt(len(self.trajectory))

    def gap(self) -> float:
        r"""Return $\min(1, 2(1 - \cos(\pi/(L + 1))))$, the first level above 0.

        1 is the level of what is at right angles to the trajectory at its ends; without such
        states (d = 1) the other number is the gap.
        """
        path = 4 * np.sin(np.pi / (2 * len(self.trajectory))) ** 2
        return float(min(1.0, path) if self.trajectory.shape[1] > 1 else path)


@jax.jit
def _product(x: Array, rows: Array) -> Array:
    on = jnp.sum(x.conj() * rows, axis=1)  # how much of x_j is at clock j
    moved = jnp.zeros_like(on).at[1:].add(on[:-1]).at[:-1].add(on[1:])
    often = jnp.full_like(on, 2).at[0].set(1).at[-1].set(1)
    return often[:, None] * rows - moved[:, None] * x
