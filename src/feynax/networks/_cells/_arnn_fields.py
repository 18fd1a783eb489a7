"""What anti-Hermitian networks share: their activations and their antisymmetric matrix."""

from typing import Any, Literal

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..._checks import check_choice, check_positive
from ._draw import check_sizes

ArnnActivation = Literal["tanh", "identity"]


def activate(name: str, v: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return tanh of an array, or the array itself for the linear network."""
    return jnp.tanh(v) if name == "tanh" else v


def antisymmetric(weight: Float[Array, "n n"]) -> Float[Array, "n n"]:
    """Return $W - W^T$."""
    return weight - weight.T


def check_arnn(input_size: int, hidden_size: int, step_size: float, activation: Any) -> None:
    """Refuse what no anti-Hermitian network can be made of."""
    check_sizes(input_size, hidden_size)
    check_positive("step_size", step_size)
    check_choice("activation", activation, ("tanh", "identity"))


def scaled(step_size: float, dt: Float[Array, ""] | None) -> Float[Array, ""] | float:
    """Return the step, scaled by the time since the last sample."""
    return step_size if dt is None else step_size * dt
