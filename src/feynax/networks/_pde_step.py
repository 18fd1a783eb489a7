"""One step of a PDE block: everything at once (Euler), or split around a linear stepper."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..equations import STEPPERS, AdvectionDiffusion, stepper
from ._stencil import CROSS, SQUARE, stencil

STEP_NAMES = tuple(dict.fromkeys(("euler", *STEPPERS)))


class Reaction(NamedTuple):
    """Weights of the reaction $K_2 relu(K_1 psi + b)$, alike at every pixel."""

    inward: Float[Array, "hidden channels"]
    offset: Float[Array, " hidden"]
    outward: Float[Array, "channels hidden"]

    def rate(self, psi: Float[Array, "channels h w batch"]) -> Float[Array, "channels h w batch"]:
        """Rate of change by the reaction, batch last."""
        flat = psi.reshape(psi.shape[0], -1)
        hidden = jax.nn.relu(self.inward @ flat + self.offset[:, None])
        return (self.outward @ hidden).reshape(psi.shape)


def make_step(
    name: str,
    linear: AdvectionDiffusion,
    reaction: Reaction | None,
    shape: tuple[int, int, int],
    h: float,
) -> Callable[[Array], Array]:
    """Return the step of length `h` for fields of `shape` with the batch last.

    "euler" takes linear terms and reaction in one explicit step; every other name splits
    (Strang): half a step of reaction, one of the linear stepper, half a step of reaction.
    """
    if name == "euler":
        taps = euler_taps(linear, h)
        if reaction is None:
            return lambda psi: stencil(taps, psi)
        return lambda psi: stencil(taps, psi) + h * reaction.rate(psi)
    method = stepper(name)
    operators = method.prepare(linear, shape, h)

    def split(psi: Array) -> Array:
        if reaction is None:
            return method.apply(operators, psi)
        psi = psi + h / 2 * reaction.rate(psi)
        psi = method.apply(operators, psi)
        return psi + h / 2 * reaction.rate(psi)

    return split


def euler_taps(linear: AdvectionDiffusion, h: float) -> Float[Array, "taps channels"]:
    """Taps of $1 + h D$ in the order of `CROSS`, or of `SQUARE` with a mixed derivative."""
    offsets, weights = linear.taps(jnp)
    found = dict(zip(offsets, weights, strict=True))
    order = CROSS if linear.mixed is None else SQUARE
    return jnp.stack([h * found[o] + (1.0 if o == (0, 0) else 0.0) for o in order])
