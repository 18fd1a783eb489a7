"""Steppers that act along one axis after the other: implicit, ADI, exact."""

import abc
import math
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._citation import cites
from ._advection_diffusion import AdvectionDiffusion
from ._expm import expm
from ._stepper import (
    AbstractStepper,
    SeparableOperators,
    axis_matrix,
    check_boundary,
    growth_rate,
    host_terms,
    refuse,
)
from ._taps import channel_terms

_State = Float[Array, "channels height width *batch"]
_INSTEAD = "a mixed derivative does not separate: use the stepper `strang` or `fourier`"


class AbstractSeparable(AbstractStepper):
    """Steps of one matrix along each axis, made of the generator hA of that axis."""

    boundary: eqx.AbstractVar[str]

    def __check_init__(self):
        check_boundary(self.boundary)

    @abc.abstractmethod
    def factor(self, generator: Float[Array, "channels n n"]) -> Float[Array, "channels n n"]:
        """Return what acts along one axis."""

    def prepare(
        self, coefficients: AdvectionDiffusion, shape: tuple[int, int, int], h: Any
    ) -> SeparableOperators:
        """Make the two matrices."""
        rows, columns = _generators(coefficients, shape, h, self.boundary)
        return SeparableOperators(self.factor(rows), self.factor(columns))

    def apply(self, operators: SeparableOperators, psi: _State) -> _State:
        """Take one step."""
        return operators(psi)


class Implicit(AbstractSeparable):
    r"""Factored implicit Euler: $\psi \leftarrow (1-hA_y)^{-1} \psi\, (1-hA_x)^{-T}$.

    First order, and never amplifies where the equation does not: no limit on the step. Half of
    gamma goes into each axis.

    **Fields:**

    - `boundary`: `"zero"` (a wall that absorbs), `"periodic"`, or `"neumann"` (a mirror).

    ```python
    import jax.numpy as jnp
    from feynax.equations import AdvectionDiffusion, Implicit
    stepper = Implicit()
    operators = stepper.prepare(AdvectionDiffusion(a2=9.0, sigma2=9.0), (1, 4, 4), h=1.0)
    assert float(stepper.apply(operators, jnp.ones((1, 4, 4))).max()) < 1
    ```
    """

    boundary: str = eqx.field(static=True, default="zero")
    order: ClassVar[int | None] = 1

    def factor(self, generator: Float[Array, "channels n n"]) -> Float[Array, "channels n n"]:
        """Invert 1 - hA."""
        return _resolvent(generator)

    def bound(self, coefficients: AdvectionDiffusion, h: float) -> float:
        """Bound the step by 1/(1 - h mu) along each axis, mu the top of the numerical range."""
        total = 1.0
        for rate in growth_rate(host_terms(coefficients), self.boundary):
            room = 1 - h * rate
            total = total * np.where(room > 0, 1 / np.where(room > 0, room, 1.0), math.inf)
        return float(np.max(total))


@cites("peaceman1955")
class ADI(AbstractSeparable):
    r"""Alternating directions of Peaceman and Rachford.

    $(1-\tfrac h2 A_x)^{-1}(1+\tfrac h2 A_y)$, then
    $(1-\tfrac h2 A_y)^{-1}(1+\tfrac h2 A_x)$. The four factors commute on a rectangle, so a step
    is one Cayley transform along each axis. Second order, no limit on the step; but rough
    features decay slowly at large steps, since the Cayley transform tends to -1.

    **Fields:**

    - `boundary`: as in [`feynax.equations.Implicit`][].

    ```python
    import jax.numpy as jnp
    from feynax.equations import ADI, AdvectionDiffusion
    stepper = ADI(boundary="periodic")
    operators = stepper.prepare(AdvectionDiffusion(a2=1.0, sigma2=1.0), (1, 4, 4), h=0.5)
    assert jnp.allclose(stepper.apply(operators, jnp.ones((1, 4, 4))), 1.0, atol=1e-6)
    ```

    Source: Peaceman and Rachford (1955).
    """

    boundary: str = eqx.field(static=True, default="zero")
    order: ClassVar[int | None] = 2

    def factor(self, generator: Float[Array, "channels n n"]) -> Float[Array, "channels n n"]:
        """Compute the Cayley transform of hA."""
        return _cayley(generator / 2)

    def bound(self, coefficients: AdvectionDiffusion, h: float) -> float:
        """Bound the Cayley transform on a half-plane (von Neumann's inequality)."""
        total = 1.0
        for rate in growth_rate(host_terms(coefficients), self.boundary):
            half = np.maximum(h * rate / 2, 0.0)
            total = total * np.where(
                half < 1, (1 + half) / np.where(half < 1, 1 - half, 1), math.inf
            )
        return float(np.max(total))


class Exact(AbstractSeparable):
    r"""Exact flow of a separable equation: $\psi \leftarrow e^{hA_y}\, \psi\, (e^{hA_x})^T$.

    The generators along both axes commute, so this is the exponential of their Kronecker sum to
    rounding, at every step size. Two small matrix products a channel.

    **Fields:**

    - `boundary`: as in [`feynax.equations.Implicit`][].

    ```python
    import jax.numpy as jnp
    from feynax.equations import AdvectionDiffusion, Exact
    stepper, pde = Exact(), AdvectionDiffusion(a2=1.0, beta=0.3, sigma2=0.5)
    psi = jnp.ones((1, 4, 4))
    whole = stepper.apply(stepper.prepare(pde, (1, 4, 4), h=1.0), psi)
    half = stepper.prepare(pde, (1, 4, 4), h=0.5)
    assert jnp.allclose(stepper.apply(half, stepper.apply(half, psi)), whole, atol=1e-6)
    ```
    """

    boundary: str = eqx.field(static=True, default="zero")
    order: ClassVar[int | None] = None

    def factor(self, generator: Float[Array, "channels n n"]) -> Float[Array, "channels n n"]:
        """Exponentiate hA."""
        return expm(generator)

    def bound(self, coefficients: AdvectionDiffusion, h: float) -> float:
        """Bound the flow by the top of the numerical range of its generator."""
        rates = growth_rate(host_terms(coefficients), self.boundary)
        return float(np.exp(h * (rates[0] + rates[1])).max())


def _generators(
    coefficients: AdvectionDiffusion, shape: tuple[int, int, int], h: Any, boundary: str
) -> tuple[Array, Array]:
    """Return h A along y and along x, half of gamma in each."""
    refuse(coefficients, ("mixed",), _INSTEAD)
    terms = channel_terms(coefficients, shape)
    half = terms["gamma"] / 2
    rows = axis_matrix(terms["sigma2"], terms["rho"], half, shape[1], boundary)
    columns = axis_matrix(terms["a2"], terms["beta"], half, shape[2], boundary)
    return h * rows, h * columns


def _resolvent(generator: Array) -> Array:
    return jnp.linalg.inv(jnp.eye(generator.shape[-1], dtype=generator.dtype)[None] - generator)


def _cayley(half: Array) -> Array:
    """(1 - B)^-1 (1 + B) = 2 (1 - B)^-1 - 1."""
    return 2 * _resolvent(half) - jnp.eye(half.shape[-1], dtype=half.dtype)[None]
