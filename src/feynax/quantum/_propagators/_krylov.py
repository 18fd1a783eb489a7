"""Lanczos exponentials with a proven error and steps of their own length."""

import math
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float, Inexact, Int

from ..._checks import check_count, check_positive
from ..._citation import cites
from ._acting import AbstractActing
from ._hamiltonian import Action, read_action
from ._propagator import check_step, phase

_MOST = 2**20  # a step that needs more parts than this has met an infinite Hamiltonian


class KrylovStep(NamedTuple):
    """One step, its evidence and its price.

    **Fields:**

    - `psi`: the wave function after the step.
    - `error`: a proven bound on the 2-norm error, as a share of the norm, without rounding.
    - `parts`: how many Lanczos spaces it took.
    """

    psi: Complex[Array, " d"]
    error: Float[Array, ""]
    parts: Int[Array, ""]


@cites("park1986", "jawecki2020")
class Krylov(AbstractActing):
    r"""Short iterative Lanczos: $\psi \leftarrow V e^{-i\tau T} V^\dagger\psi$ in a Krylov space.

    A space of m vectors with the couplings $\beta_1, \dots, \beta_m$ is off by at most

    $$\frac{\beta_1 \cdots \beta_m\,\tau^m}{m!}$$

    (in units of hbar), from which each part of a step takes its length, so that the bounds of
    the parts add up to `tolerance`. Vectors are orthogonalised twice against all others. The
    step is unitary. Derivatives go backwards through it with respect to the wave function, not
    to the Hamiltonian.

    **Arguments:**

    - `hamiltonian`: a Hermitian matrix, or an operator of `feynax.quantum`.
    - `time_step`, `hbar`: see [`feynax.quantum.AbstractPropagator`][].
    - `tolerance`: proven error of one step; at least rounding.
    - `vectors`: m, at least 2.

    **Raises:**

    - `ValueError` for a Hamiltonian that is not Hermitian, or numbers out of range.

    Source: T. J. Park, J. C. Light (1986); T. Jawecki, W. Auzinger, O. Koch (2020), Theorem 1.

    ```python
    import numpy as np, feynax as fx
    H = np.diag([0.0, 1.0, 2.0]) + np.eye(3, k=1) + np.eye(3, k=-1)
    step = fx.quantum.Krylov(H, 10.0, tolerance=1e-5)
    exact = fx.quantum.ExactPropagator(H, 10.0)
    psi = np.ones(3) / 3**0.5
    assert np.allclose(step.step(psi), exact.step(psi), atol=1e-4)
    ```
    """

    action: Action
    tolerance: float = eqx.field(static=True)
    vectors: int = eqx.field(static=True)
    time_step: float = eqx.field(static=True)
    hbar: float = eqx.field(static=True)
    order: float = eqx.field(static=True)

    def __init__(
        self,
        hamiltonian: Any,
        time_step: float,
        *,
        hbar: float = 1.0,
        tolerance: float = 1e-10,
        vectors: int = 24,
    ):
        check_step(time_step, hbar)
        check_positive("tolerance", tolerance)
        check_count("vectors", vectors, 2)
        self.action, _ = read_action(hamiltonian)
        self.tolerance = max(float(tolerance), float(jnp.finfo(self.action.dtype).eps))
        self.vectors = vectors
        self.time_step, self.hbar, self.order = float(time_step), float(hbar), math.inf

    def advance(self, carry: Complex[Array, " d"], time: Float[Array, ""]) -> Complex[Array, " d"]:
        """Take as many parts as the bound asks for."""
        return _flow(carry, self)

    def measured(self, psi: Inexact[ArrayLike, " d"]) -> KrylovStep:
        """Take one step, and say how good it is and what it cost.

        **Arguments:**

        - `psi`: the wave function.

        **Returns:**

        A [`feynax.quantum.KrylovStep`][].
        """
        return _measured(self, self.read(psi))

    def error_bound(self, steps: int, *, time_step: float | None = None) -> float:
        """Return `tolerance` for each step, which every step is made to keep.

        **Arguments:**

        - `steps`: how many.
        - `time_step`: another step than the propagator's own.
        """
        return min(steps * self.tolerance, 2.0)

    def parts(self, psi: Complex[Array, " d"], sign: int = 1) -> KrylovStep:
        """Go through a step in parts, forwards or backwards; lengths are shares of it.

        **Arguments:**

        - `psi`: the wave function, of the propagator's type.
        - `sign`: -1 to go backwards.
        """
        delta = sign * self.time_step / self.hbar
        scaled = lambda v: delta * self.action(v)

        def body(state: tuple[Array, Array, KrylovStep]) -> tuple[Array, Array, KrylovStep]:
            left, _, (psi, error, parts) = state
            basis, diagonal, beside = _lanczos(scaled, psi, self.vectors)
            log_slope = jnp.sum(jnp.log(beside)) - math.lgamma(self.vectors + 1)
            longest = jnp.exp((math.log(self.tolerance) - log_slope) / (self.vectors - 1))
            share = jnp.minimum(left, longest)
            error = error + jnp.exp(log_slope + self.vectors * jnp.log(share))
            size = jnp.linalg.norm(psi).astype(psi.dtype)
            psi = size * _exponential(basis, diagonal, beside[:-1], share)
            return left - share, share, KrylovStep(psi, error, parts + 1)

        def unfinished(state: tuple[Array, Array, KrylovStep]) -> Array:
            return (state[0] > 0) & (state[2].parts < _MOST)

        real = jnp.finfo(psi.dtype).dtype
        first = KrylovStep(psi, jnp.zeros((), real), jnp.zeros((), int))
        one = jnp.ones((), real)
        left, _, found = jax.lax.while_loop(unfinished, body, (one, one, first))
        return found._replace(psi=jnp.where(left > 0, jnp.nan, found.psi))


@eqx.filter_custom_vjp
def _flow(psi: Array, propagator: Krylov) -> Array:
    """Take a step; what flows back through it is the transposed step, a step backwards."""
    return propagator.parts(psi).psi


@_flow.def_fwd
def _flow_forwards(perturbed: Any, psi: Array, propagator: Krylov) -> tuple[Array, None]:
    return propagator.parts(psi).psi, None


@_flow.def_bwd
def _flow_backwards(
    residuals: None, cotangent: Array, perturbed: Any, psi: Array, propagator: Krylov
) -> Array:
    return propagator.parts(cotangent.conj(), -1).psi.conj()


@eqx.filter_jit
def _measured(propagator: Krylov, psi: Array) -> KrylovStep:
    return propagator.parts(psi)


def _lanczos(apply: Any, psi: Array, count: int) -> tuple[Array, Array, Array]:
    """Return the vectors, and the diagonal and couplings of the matrix among them.

    Where the space is used up the couplings and the vectors that follow are zero.
    """
    real = jnp.finfo(psi.dtype).dtype
    tiny = 50 * jnp.finfo(psi.dtype).eps

    def body(index: Array, state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        basis, diagonal, beside = state
        image = apply(basis[index])
        weights = basis.conj() @ image
        rest = image - weights @ basis
        rest = rest - (basis.conj() @ rest) @ basis
        size = jnp.linalg.norm(rest)
        size = jnp.where(size > tiny * jnp.linalg.norm(image), size, 0)
        new = jnp.where(size > 0, rest / jnp.where(size > 0, size, 1).astype(rest.dtype), 0)
        basis = basis.at[index + 1].set(new, mode="drop")
        return basis, diagonal.at[index].set(weights[index].real), beside.at[index].set(size)

    size = jnp.linalg.norm(psi)
    start = psi / jnp.where(size > 0, size, 1).astype(psi.dtype)
    basis = jnp.zeros((count, len(psi)), psi.dtype).at[0].set(start)
    zeros = jnp.zeros(count, real)
    return jax.lax.fori_loop(0, count, body, (basis, zeros, zeros))


def _exponential(basis: Array, diagonal: Array, beside: Array, share: Array) -> Array:
    matrix = jnp.diag(diagonal) + jnp.diag(beside, 1) + jnp.diag(beside, -1)
    levels, vectors = jnp.linalg.eigh(matrix)
    phases = phase(share * levels)
    return (vectors.astype(basis.dtype) @ (phases * vectors[0].astype(basis.dtype))) @ basis
