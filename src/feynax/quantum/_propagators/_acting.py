"""Propagators that hold a Hamiltonian by what it does to a state."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float, Inexact

from ._hamiltonian import Action
from ._propagator import AbstractPropagator, norm_squared
from ._unitary import Compensated


class AbstractActing(AbstractPropagator):
    """What the action tells: type and shape of the states; and the norm, which most steps keep."""

    action: eqx.AbstractVar[Action]

    @property
    def dtype(self) -> Any:
        """Complex type of the wave functions."""
        return self.action.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the wave functions."""
        return (self.action.size,)

    def invariant(self, psi: Inexact[ArrayLike, " d"]) -> Float[Array, ""]:
        r"""Return $|\psi|^2$."""
        return norm_squared(self.read(psi))


class AbstractCompensated(AbstractActing):
    """Steps that hand on what the rounding of a state cuts off."""

    def begin(self, psi: Complex[Array, " d"]) -> Compensated:
        """Return the wave function, and what is cut off of it: nothing yet."""
        return psi, jnp.zeros_like(psi)

    def show(self, carry: Compensated) -> Complex[Array, " d"]:
        """Return the wave function."""
        return carry[0]
