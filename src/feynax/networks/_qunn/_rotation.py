"""Flows of an antisymmetric generator of rank two: rotations of one plane, in closed form."""

import jax.numpy as jnp
from jaxtyping import Array, Float

_SMALL = 1e-4  # below this a^6 / 7! is under the rounding of double precision


def rotation(flow: str, square: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
    r"""Return $(p, q)$ so that the flow of $W$ is $1 + p\,W + q\,W^2$, where $W^3 = -a^2 W$.

    "exponential" is $e^W$: $p = \sin a / a$, $q = (1 - \cos a)/a^2$. "cayley" is
    $(1 - W/2)^{-1}(1 + W/2)$:
    $p = 1/(1 + a^2/4)$, $q = p/2$. `square` is $a^2$.
    """
    if flow == "cayley":
        first = 1 / (1 + square / 4)
        return first, first / 2
    return _sinc(square), _sinc(square / 4) ** 2 / 2


def _sinc(square: Float[Array, ""]) -> Float[Array, ""]:
    r"""Return $\sin a/a$ of $a^2$, with its gradient at 0."""
    small = square < _SMALL
    a = jnp.sqrt(jnp.where(small, 1.0, square))
    return jnp.where(small, 1 - square / 6 + square**2 / 120, jnp.sin(a) / a)
