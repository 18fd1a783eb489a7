"""Moves that need no acceptance, and a kernel that makes them after its own step."""

import abc
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from .._kernel import AbstractKernel


class AbstractMove(eqx.Module):
    """A redraw of part of a configuration given the rest: always taken."""

    @abc.abstractmethod
    def __call__(self, ensemble: Any, x: Float[Array, "..."], key: PRNGKeyArray) -> Array:
        """Return the configuration after the move."""


class Composed(AbstractKernel):
    """A kernel's step, and after it exact moves in turn.

    What the state keeps of a configuration (modes, residual, force) is computed anew after the
    moves: one more gradient.

    **Arguments:**

    - `kernel`: of which warm-up adapts the step.
    - `moves`: for example [`feynax.paths.SignRedraw`][].

    ```python
    import feynax as fx
    wells = fx.paths.PathEnsemble(lambda x: (x**2 - 4) ** 2, beta=4.0, slices=16)
    kernel = fx.paths.Composed(fx.paths.Rotation(), [fx.paths.SignRedraw(wells)])
    assert len(kernel.moves) == 1
    ```
    """

    kernel: AbstractKernel
    moves: tuple[AbstractMove, ...] = eqx.field(converter=tuple)

    def start(self, ensemble, reference, x):
        return self.kernel.start(ensemble, reference, x)

    def step(self, ensemble, reference, state, key, shared):
        own, *keys = jax.random.split(key, 1 + len(self.moves))
        state, met = self.kernel.step(ensemble, reference, state, own, shared)
        x = state.x
        for move, move_key in zip(self.moves, keys, strict=True):
            x = move(ensemble, x, move_key)
        # Settling at the moved configuration takes a gradient, of kernels that take any.
        spent = jnp.asarray(met.gradients)
        spent = jnp.where(spent > 0, spent + 1, spent)
        met = eqx.tree_at(lambda move: move.gradients, met, spent)
        return self.kernel.start(ensemble, reference, x), met

    def adapted(self, acceptance, gain):
        return Composed(self.kernel.adapted(acceptance, gain), self.moves)
