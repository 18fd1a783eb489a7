"""The potential energy of a system: what all have in common, and one from a Python function."""

import abc
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, Float

from .._checks import check_count

Places = Float[Array, "dof *time"]
Energies = Float[Array, "*time"]


class AbstractPotential(eqx.Module):
    """A potential energy V of `dof` degrees of freedom, acting at all times at once."""

    dof: eqx.AbstractVar[int]

    @abc.abstractmethod
    def __call__(self, x: Places) -> Energies:
        """Return V at places `x` of shape (dof, ...); the result has shape (...)."""

    def gradient(self, x: Places) -> Places:
        """Return the gradient of V, of the shape of `x`."""
        return jax.grad(lambda x: self(x).sum())(x)

    def hessian(self, x: Places) -> Float[Array, "dof dof *time"]:
        """Return the second derivatives of V, the two degrees of freedom first."""
        axes = range(self.dof)
        column = lambda i: jax.jvp(self.gradient, (x,), (_unit(x, i),))[1]
        return jax.numpy.stack([column(i) for i in axes], 1)


class FunctionPotential(AbstractPotential):
    """A potential from a Python function that JAX can trace.

    **Arguments:**

    - `function`: of one degree of freedom, an elementwise function of x; of more, a function
      of an array (dof, ...) that returns an array (...).
    - `dof`: degrees of freedom.

    ```python
    import jax.numpy as jnp, feynax as fx
    V = fx.paths.FunctionPotential(lambda x: x**4)
    assert V(jnp.array([[2.0]]))[0] == 16.0
    ```
    """

    function: Callable[[Any], Any]
    dof: int = eqx.field(static=True)

    def __init__(self, function: Callable[[Any], Any], dof: int = 1):
        check_count("dof", dof)
        self.function, self.dof = function, dof

    def __call__(self, x: Places) -> Energies:
        return self.function(x[0] if self.dof == 1 else x)


def _unit(x: Places, i: int) -> Places:
    return jax.numpy.zeros_like(x).at[i].set(1)
