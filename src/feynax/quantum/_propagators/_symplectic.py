"""Symplectic Euler, as the document has it, and Verlet: no solver, real Hamiltonians."""

import abc
import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float, Inexact

from ..._certificate import Certificate, Verdict
from ..._checks import check
from ..._citation import cites
from ._acting import AbstractActing
from ._hamiltonian import Action, read_action
from ._propagator import check_step, norm_squared
from ._spectral_bounds import bounds_of


class AbstractPushes(AbstractActing):
    """Steps of two shears: P is pushed by HC, and C by -HP."""

    norm: eqx.AbstractVar[float]

    @property
    def turn(self) -> float:
        r"""The largest angle of a step, $x = |dt|\,\lVert H\rVert/\hbar$; it stays below 2."""
        return abs(self.time_step) * self.norm / self.hbar

    def stability(self) -> Certificate:
        r"""Certify that powers of the step stay bounded: $x < 2$, sharp.

        **Returns:**

        A [`feynax.Certificate`][] with margin $2 - x$.
        """
        return Certificate(
            claim="powers of the step stay bounded",
            verdict=Verdict.CERTIFIED,
            because=f"x = dt ||H|| / hbar is {self.turn:.6g}, and the limit is 2",
            domain="every wave function, in the norm of the invariant",
            margin=2 - self.turn,
            rate=1.0,
        )

    def error_bound(self, steps: int, *, time_step: float | None = None) -> float:
        r"""Bound the 2-norm error from a unit vector, without rounding.

        Each mode turns by $2\arcsin(x/2)$ instead of $x$, on an ellipse instead of a circle:

        $$N\,(2\arcsin\tfrac x2 - x) + e(x), \qquad e = \sqrt{\tfrac{2+x}{2-x}} - 1
          \text{ (Euler)}, \quad (1 - x^2/4)^{-1/2} - 1 \text{ (Verlet)}.$$

        Euler needs $O(T\lVert H\rVert/\epsilon + (T\lVert H\rVert)^{3/2}/\epsilon^{1/2})$ steps,
        Verlet the second term. The document's $N = T\lVert H\rVert$ with error $O(1/N^2)$ is
        x = 1 for all T, where the error grows with T (`test_printed_budget_fails`).

        **Arguments:**

        - `steps`: how many.
        - `time_step`: another step than the propagator's own.
        """
        x = self.turn if time_step is None else abs(time_step) * self.norm / self.hbar
        return steps * (2 * math.asin(x / 2) - x) + self.ellipse(x) if x < 2 else math.inf

    @abc.abstractmethod
    def ellipse(self, x: float) -> float:
        """Bound what the invariant's ellipse, which is no circle, adds to the error."""

    def push(self, by: Float[Array, " d"], share: float = 1.0) -> Float[Array, " d"]:
        r"""Return $(dt/\hbar) H$ times one half of a wave function, or a share of it."""
        return (share * self.time_step / self.hbar) * self.action(by)


@cites("odernn2018")
class SymplecticEuler(AbstractPushes):
    r"""Symplectic Euler, order 1: equation (14) of the document, on $\psi = P + iC$.

    $$P \leftarrow P + \delta H C, \qquad C \leftarrow C - \delta H P, \qquad \delta = dt/\hbar$$

    The matrix is $[[I, \delta H], [-\delta H, I - \delta^2 H^2]]$ with blocks d x d (print has
    blocks of twice that). It is symplectic, and neither antisymmetric nor orthogonal; what it
    keeps is $|P|^2 + |C|^2 + \delta P^T H C$, so that it is stable for
    $\delta\lVert H\rVert < 2$.

    **Arguments:**

    - `hamiltonian`: a real symmetric matrix, or an operator of `feynax.quantum` that is real.
    - `time_step`, `hbar`: see [`feynax.quantum.AbstractPropagator`][].

    **Raises:**

    - `ValueError` for a Hamiltonian that is complex or not Hermitian, and for steps of
      $\delta\lVert H\rVert \ge 2$, naming the largest step.

    Source: n-t-ODERNN document (2018), Theorem 4, corrected in the sizes of its blocks, in what
    is antisymmetric and in the error (`test_printed_step_is_symplectic_and_nothing_else`,
    `test_printed_budget_fails`).

    ```python
    import numpy as np, feynax as fx
    H = np.array([[0.0, 1.0], [1.0, 0.0]])
    step = fx.quantum.SymplecticEuler(H, 0.01)
    evolution = step.run([1.0, 0.0], 100)
    exact = np.array([np.cos(1), -1j * np.sin(1)])
    assert np.linalg.norm(evolution.last - exact) <= evolution.error + 1e-4 < 0.01
    ```
    """

    action: Action
    norm: float = eqx.field(static=True)
    time_step: float = eqx.field(static=True)
    hbar: float = eqx.field(static=True)
    order: float = eqx.field(static=True)

    def __init__(self, hamiltonian: Any, time_step: float, *, hbar: float = 1.0):
        self.action, self.norm = _read(hamiltonian, time_step, hbar)
        self.time_step, self.hbar, self.order = float(time_step), float(hbar), 1

    def advance(self, carry: Complex[Array, " d"], time: Float[Array, ""]) -> Complex[Array, " d"]:
        """Push P, then C by the new P."""
        P = carry.real + self.push(carry.imag)
        return jax.lax.complex(P, carry.imag - self.push(P))

    def invariant(self, psi: Inexact[ArrayLike, " d"]) -> Float[Array, ""]:
        r"""Return $|P|^2 + |C|^2 + \delta P^T H C$."""
        psi = self.read(psi)
        return norm_squared(psi) + jnp.vdot(psi.real, self.push(psi.imag))

    def ellipse(self, x: float) -> float:
        """Bound what the invariant's ellipse, which is no circle, adds to the error."""
        return math.sqrt((2 + x) / (2 - x)) - 1


@cites("odernn2018", "verlet1967")
class Verlet(AbstractPushes):
    r"""Verlet's step, order 2: half a push of P, all of C, half of P.

    It keeps $|\psi|^2 - \delta^2 |HC|^2/4$, is symmetric in time, and is stable for
    $\delta\lVert H\rVert < 2$. `SymplecticEuler` is the same map in other variables.

    **Arguments:**

    - `hamiltonian`: a real symmetric matrix, or an operator of `feynax.quantum` that is real.
    - `time_step`, `hbar`: see [`feynax.quantum.AbstractPropagator`][].

    **Raises:**

    - `ValueError` for a Hamiltonian that is complex or not Hermitian, and for steps of
      $\delta\lVert H\rVert \ge 2$, naming the largest step.

    Source: L. Verlet (1967), on the pair of Theorem 4 of the n-t-ODERNN document (2018).

    ```python
    import numpy as np, feynax as fx
    H = np.array([[0.0, 1.0], [1.0, 0.0]])
    step = fx.quantum.Verlet(H, 0.01)
    back = fx.quantum.Verlet(H, -0.01)
    psi = step.run([1.0, 0.0], 100).last
    assert np.allclose(back.run(psi, 100).last, [1.0, 0.0], atol=1e-5)
    ```
    """

    action: Action
    norm: float = eqx.field(static=True)
    time_step: float = eqx.field(static=True)
    hbar: float = eqx.field(static=True)
    order: float = eqx.field(static=True)

    def __init__(self, hamiltonian: Any, time_step: float, *, hbar: float = 1.0):
        self.action, self.norm = _read(hamiltonian, time_step, hbar)
        self.time_step, self.hbar, self.order = float(time_step), float(hbar), 2

    def advance(self, carry: Complex[Array, " d"], time: Float[Array, ""]) -> Complex[Array, " d"]:
        """Push half of P, all of C, half of P."""
        P = carry.real + self.push(carry.imag, 0.5)
        C = carry.imag - self.push(P)
        return jax.lax.complex(P + self.push(C, 0.5), C)

    def invariant(self, psi: Inexact[ArrayLike, " d"]) -> Float[Array, ""]:
        r"""Return $|\psi|^2 - \delta^2 |HC|^2/4$."""
        psi = self.read(psi)
        return norm_squared(psi) - jnp.sum(self.push(psi.imag, 0.5) ** 2)

    def ellipse(self, x: float) -> float:
        """Bound what the invariant's ellipse, which is no circle, adds to the error."""
        return 1 / math.sqrt(1 - x**2 / 4) - 1


def _read(hamiltonian: Any, time_step: float, hbar: float) -> tuple[Action, float]:
    check_step(time_step, hbar)
    action, matrix = read_action(hamiltonian)
    must = "be real for a split step (Cayley, ExactPropagator and Krylov take any)"
    check(action.real, "hamiltonian", must, "complex entries")
    norm = max(map(abs, bounds_of(action, matrix)))
    must = f"be below 2 hbar / ||H|| = {2 * hbar / norm if norm else math.inf:.6g}"
    check(abs(time_step) * norm < 2 * hbar, "time_step", must, time_step)
    return action, norm
