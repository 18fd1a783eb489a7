r"""What a propagator is: one step of $i\hbar\psi' = H\psi$, taken many times."""

import abc
import math
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float, Inexact, PyTree

from ..._certificate import Certificate, Verdict
from ..._checks import check, check_count, check_positive, check_shape

_MOST_STEPS = 2**60


class Evolution(NamedTuple):
    """A wave function at the times it was asked for.

    **Fields:**

    - `times`: of the states, in the units of the time step.
    - `states`: the wave functions, (saved, ...).
    - `error`: a proven bound on the 2-norm error of the last state, without rounding, as a share
      of the norm at first.
    """

    times: Float[np.ndarray, " saved"]
    states: Complex[Array, "saved ..."]
    error: float

    @property
    def last(self) -> Complex[Array, "..."]:
        """The wave function after the last step."""
        return self.states[-1]


class AbstractPropagator(eqx.Module):
    r"""One step of $i\hbar\,\psi' = H\psi$; `run` takes many in a scan.

    | propagator | order | keeps exactly | products with $H$ | when |
    |---|---|---|---|---|
    | `SymplecticEuler` | 1 | $|P|^2 + |C|^2 + \delta P^T H C$ | 2 real ones | as printed |
    | `Verlet` | 2 | $|\psi|^2 - \delta^2|HC|^2/4$ | 3 real ones | real $H$, short steps |
    | `Cayley` | 2 | $|\psi|^2$, $\langle H\rangle$, all $f(H)$ | 2 dense ones, or CG | long times |
    | `ExactPropagator` | any | the same, and no error | 2 dense ones | what fits as a matrix |
    | `SplitOperator` | 2, 4 | $|\psi|^2$ | 2 FFTs, or 10 to 12 | grids, $V(t)$ |
    | `Krylov` | any | $|\psi|^2$, $\langle H\rangle$ | what its bound asks for | sparse $H$ |
    | `Chebyshev` | any | nothing: its error is proven | about $R\delta$ | sparse $H$, long steps |

    With $\psi = P + iC$ and $\delta = dt/\hbar$; $R$ is half the width of the spectrum. Where the
    table says "any", the error is a tolerance and does not shrink as a power of the step.

    **Fields** of all of them:

    - `time_step`: negative to run backwards.
    - `hbar`: positive.

    A new one defines `advance`, `error_bound`, `invariant`, `dtype`, `shape` and `order`.
    """

    time_step: eqx.AbstractVar[float]
    hbar: eqx.AbstractVar[float]
    order: eqx.AbstractVar[float]

    @property
    @abc.abstractmethod
    def dtype(self) -> Any:
        """Complex type of the wave functions."""

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of the wave functions."""

    @abc.abstractmethod
    def advance(self, carry: PyTree, time: Float[Array, ""]) -> PyTree:
        """Take one step from `time` on, of what `begin` made of a wave function."""

    def begin(self, psi: Complex[Array, "..."]) -> PyTree:
        """Return what steps hand on to one another: the wave function, unless a step says more."""
        return psi

    def show(self, carry: PyTree) -> Complex[Array, "..."]:
        """Return the wave function of what steps hand on."""
        return carry

    @abc.abstractmethod
    def invariant(self, psi: Inexact[ArrayLike, "..."]) -> Float[Array, ""]:
        """Return what the step keeps exactly, up to rounding."""

    @abc.abstractmethod
    def error_bound(self, steps: int, *, time_step: float | None = None) -> float:
        """Bound the 2-norm error after so many steps from a unit vector, without rounding.

        **Arguments:**

        - `steps`: how many.
        - `time_step`: another step than the propagator's own.

        **Returns:**

        A proven bound; infinite where the steps are unstable.
        """

    def stability(self) -> Certificate:
        r"""Certify that powers of the step stay bounded.

        **Returns:**

        A [`feynax.Certificate`][]; here it is that of a unitary step.
        """
        return Certificate(
            claim="the norm of a wave function stays what it is",
            verdict=Verdict.CERTIFIED,
            because="the step is unitary in exact arithmetic",
            domain="every time step",
            margin=0.0,
            rate=1.0,
        )

    def step(self, psi: Inexact[ArrayLike, "..."], time: float = 0.0) -> Complex[Array, "..."]:
        """Take one step.

        **Arguments:**

        - `psi`: the wave function, of shape `shape`.
        - `time`: when the step begins; of interest where the potential depends on it.

        **Returns:**

        The wave function one `time_step` later.
        """
        return _advance(self, self.read(psi), self._clock(time))

    def run(
        self,
        psi: Inexact[ArrayLike, "..."],
        steps: int,
        *,
        save_every: int | None = None,
        start: float = 0.0,
    ) -> Evolution:
        """Take many steps.

        **Arguments:**

        - `psi`: the wave function at first.
        - `steps`: how many.
        - `save_every`: keep the state after every so many steps; only the last by default.
        - `start`: the time at first.

        **Returns:**

        An [`feynax.quantum.Evolution`][].

        **Raises:**

        - `ValueError` where shapes do not fit, or `save_every` does not divide `steps`.
        """
        check_count("steps", steps)
        every = steps if save_every is None else save_every
        check_count("save_every", every)
        check(steps % every == 0, "save_every", f"divide the {steps} steps", every)
        psi = self.read(psi)
        states = _run(self, psi, self._clock(start), steps // every, every)
        times = start + self.time_step * np.arange(every, steps + 1, every, dtype=np.float64)
        return Evolution(times, states, self.error_bound(steps))

    def steps_for(self, error: float, time: float) -> int:
        """Return how many equal steps bring a unit vector through `time` to within `error`.

        From `error_bound`, so it is sufficient; for `SymplecticEuler`, `Verlet` and `Cayley` at
        constant H it is close to necessary in the worst case.

        **Arguments:**

        - `error`: of the 2-norm, positive.
        - `time`: positive.

        **Returns:**

        A number of steps; make the propagator anew with `time / steps`.

        **Raises:**

        - `ValueError` for arguments that are not positive, and for an error that no number of
          steps is proven to reach.
        """
        check_positive("error", error)
        check_positive("time", time)
        bound = lambda steps: self.error_bound(steps, time_step=time / steps)
        high = 1
        while not bound(high) <= error:
            high *= 2
            check(high < _MOST_STEPS, "error", "be one that some number of steps reaches", error)
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if bound(middle) <= error else (middle, high)
        return high

    def read(self, psi: Inexact[ArrayLike, "..."]) -> Complex[Array, "..."]:
        """Return a wave function of this propagator's shape and type."""
        check_shape("psi", psi, self.shape)
        return jnp.asarray(psi).astype(self.dtype)

    def _clock(self, time: float) -> Float[Array, ""]:
        return jnp.asarray(time, jnp.finfo(self.dtype).dtype)


def check_step(time_step: float, hbar: float) -> None:
    """Refuse steps that lead nowhere, and a constant of Planck that is not positive."""
    good = math.isfinite(time_step) and time_step != 0
    check(good, "time_step", "be finite and not zero", time_step)
    check_positive("hbar", hbar)


def complex_type(dtype: Any) -> Any:
    """Return the complex type of the precision of `dtype`."""
    return jnp.complex128 if jnp.finfo(dtype).bits == 64 else jnp.complex64


def phase(angle: Float[Array, "..."]) -> Complex[Array, "..."]:
    r"""Return $e^{-i\,angle}$."""
    return jax.lax.complex(jnp.cos(angle), -jnp.sin(angle))


def norm_squared(psi: Inexact[Array, "..."]) -> Float[Array, ""]:
    r"""Return $\sum|\psi|^2$."""
    return jnp.sum(psi.real**2) + jnp.sum(psi.imag**2)


@eqx.filter_jit
def _advance(propagator: AbstractPropagator, psi: Array, time: Array) -> Array:
    return propagator.show(propagator.advance(propagator.begin(psi), time))


@eqx.filter_jit
def _run(propagator: AbstractPropagator, psi: Array, start: Array, saves: int, every: int) -> Array:
    def turn(state: tuple[PyTree, Array], _: None) -> tuple[tuple[PyTree, Array], None]:
        carry, count = state
        time = start + propagator.time_step * count.astype(start.dtype)
        return (propagator.advance(carry, time), count + 1), None

    def save(state: tuple[PyTree, Array], _: None) -> tuple[tuple[PyTree, Array], Array]:
        state, _ = jax.lax.scan(turn, state, length=every)
        return state, propagator.show(state[0])

    first = propagator.begin(psi), jnp.zeros((), int)
    return jax.lax.scan(save, first, length=saves)[1]
