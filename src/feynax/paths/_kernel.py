"""What a sampler's step is: the rotation by default, and a contract for all others."""

import abc
import math
from typing import Any, Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from .._checks import check, check_positive
from .._citation import cites
from ._abstract import AbstractEnsemble, AbstractReference
from ._rotation import ChainState, Move, rotate, settle_at


class AbstractKernel(eqx.Module):
    """A Markov step that leaves an ensemble invariant, for one chain; chains are a `jax.vmap`.

    The state is of any type with an attribute `x`, the configuration.
    """

    @abc.abstractmethod
    def start(
        self, ensemble: AbstractEnsemble, reference: AbstractReference, x: Float[Array, "..."]
    ) -> Any:
        """Return the state of a chain that begins at the configuration `x`."""

    @abc.abstractmethod
    def step(
        self,
        ensemble: AbstractEnsemble,
        reference: AbstractReference,
        state: Any,
        key: PRNGKeyArray,
        shared: PRNGKeyArray,
    ) -> tuple[Any, Move]:
        """Return the next state; `key` is the chain's own, `shared` the same for all chains."""

    @abc.abstractmethod
    def adapted(self, acceptance: Float[Array, ""], gain: Float[Array, ""]) -> Self:
        """Return the kernel after one adaptation; `gain` falls to zero during warm-up."""


@cites("beskos2011")
class Rotation(AbstractKernel):
    r"""Hamiltonian Monte Carlo with the Gaussian reference turned exactly: the default.

    A trajectory's angle is drawn uniformly between `shortest` and `longest`, the same for all
    chains and independent of them; it takes the fewest equal steps that are no longer than
    `step_size`.

    **Arguments:**

    - `step_size`: longest step in radians; warm-up adapts it to `target`.
    - `target`: acceptance that warm-up aims at, between 0 and 1.
    - `shortest`, `longest`: angles of a trajectory in radians. A quarter turn forgets a Gaussian
      at once; modes that are slower than the reference need more. Between 0.35 and 0.65 pi the
      quartic oscillator takes 3.5 gradients an effective sample, between a quarter and a half pi
      5.1 (`benchmarks/path_flatness.py`).

    **Raises:**

    - `ValueError` where an argument is out of range.

    Source: Beskos, Pinski, Sanz-Serna, Stuart (2011).

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    with jax.enable_x64(True):
        paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
        reference, kernel = paths.reference(), fx.paths.Rotation()
        state = kernel.start(paths, reference, jnp.zeros((1, 16)))
        state, move = kernel.step(paths, reference, state, jax.random.key(0), jax.random.key(1))
        assert 0 <= move.acceptance <= 1
    ```
    """

    step_size: Float[Array, ""]
    target: float = eqx.field(static=True)
    shortest: float = eqx.field(static=True)
    longest: float = eqx.field(static=True)

    def __init__(
        self,
        step_size: Float[Array, ""] | float = 0.8,
        *,
        target: float = 0.8,
        shortest: float = 0.35 * math.pi,
        longest: float = 0.65 * math.pi,
    ):
        check(0 < target < 1, "target", "lie between 0 and 1", target)
        check_positive("shortest", shortest)
        check(longest >= shortest, "longest", f"be at least {shortest}", longest)
        self.step_size = jnp.asarray(step_size)
        self.target, self.shortest, self.longest = target, shortest, longest

    def start(self, ensemble, reference, x):
        return settle_at(ensemble, reference, x)

    def step(self, ensemble, reference, state: ChainState, key, shared):
        dtype = state.modes.dtype
        angle = jax.random.uniform(shared, (), dtype, self.shortest, self.longest)
        steps = jnp.ceil(angle / self.step_size.astype(dtype)).astype(int)
        return rotate(ensemble, reference, state, key, angle=angle, steps=steps)

    def adapted(self, acceptance, gain):
        change = jnp.asarray(gain * (acceptance - self.target), self.step_size.dtype)
        step_size = jnp.clip(self.step_size * jnp.exp(change), 1e-3, self.longest)
        return eqx.tree_at(lambda kernel: kernel.step_size, self, step_size)
