"""Vector fields for neural ODEs."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from .._checks import check_choice, check_count, check_shape
from ._layers import ACTIVATIONS


class MLPField(eqx.Module):
    r"""$f(t, \psi) = W_2\,\sigma(W_1 \psi + w t + b_1) + b_2$, on vectors or batches of them.

    **Arguments:**

    - `size`: length of $\psi$; axes before the last are a batch.
    - `hidden`: hidden units.
    - `activation`: a name of `Activation`; smooth ones suit methods of high order.
    - `timed`: whether $w t$ is there.
    - `key`: for the weights, uniform within 1 / sqrt(fan-in) of 0.

    **Raises:**

    - `ValueError` for counts below 1 or an unknown activation.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    field = fx.networks.MLPField(2, 8, key=jax.random.key(0))
    assert field(jnp.float32(0), jnp.ones((5, 2), jnp.float32)).shape == (5, 2)
    ```
    """

    inward: Float[Array, "hidden size"]
    inward_bias: Float[Array, " hidden"]
    outward: Float[Array, "size hidden"]
    outward_bias: Float[Array, " size"]
    clock: Float[Array, " hidden"] | None
    activation: str = eqx.field(static=True)

    def __init__(
        self,
        size: int,
        hidden: int = 32,
        *,
        activation: str = "tanh",
        timed: bool = False,
        key: PRNGKeyArray,
    ):
        check_count("size", size)
        check_count("hidden", hidden)
        check_choice("activation", activation, ACTIVATIONS)
        keys = jax.random.split(key, 5)
        near, far = size**-0.5, hidden**-0.5
        self.inward = _uniform(keys[0], (hidden, size), near)
        self.inward_bias = _uniform(keys[1], (hidden,), near)
        self.outward = _uniform(keys[2], (size, hidden), far)
        self.outward_bias = _uniform(keys[3], (size,), far)
        self.clock = _uniform(keys[4], (hidden,), near) if timed else None
        self.activation = activation

    def __call__(self, t: Float[Array, ""], y: Float[Array, "*batch size"]) -> Array:
        """Rate of change at time `t`."""
        check_shape("y", y[(0,) * (y.ndim - 1)], (self.inward.shape[1],))
        bias = self.inward_bias if self.clock is None else self.inward_bias + self.clock * t
        inner = y @ self.inward.T
        hidden = ACTIVATIONS[self.activation](inner + jnp.broadcast_to(bias, inner.shape))
        outer = hidden @ self.outward.T
        return outer + jnp.broadcast_to(self.outward_bias, outer.shape)

    def config(self) -> dict[str, Any]:
        """Arguments of the constructor, without the key."""
        hidden, size = self.inward.shape
        return {
            "size": size,
            "hidden": hidden,
            "activation": self.activation,
            "timed": self.clock is not None,
        }


def _uniform(key: PRNGKeyArray, shape: tuple[int, ...], bound: float) -> Array:
    return jax.random.uniform(key, shape, jnp.float32, -bound, bound)
