"""The network with one hidden layer whose input is a time and whose output is a place."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from .._checks import check, check_choice, check_shape
from .._citation import cites

_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "relu": jax.nn.relu,
    "step": lambda z: (z >= 0).astype(z.dtype),
    "cos": jnp.cos,
    "sin": jnp.sin,
}


@cites("paths")
class OneHidden(eqx.Module):
    r"""A path as a network: one input, one hidden layer, one output a degree of freedom.

    $$ x_i(t) = b_i + s_i t + \sum_n c_{in}\,\sigma(a_n t + d_n) $$

    It can be asked at any time. Outside its kinks a ReLU network goes on in a straight line
    and a step network is constant; with a period it repeats instead.

    **Arguments:**

    - `rates`, `shifts`: $a$ and $d$, shape (n,); a column (n, 1) of rates will do.
    - `weights`: $c$, shape (dof, n), or (n,) for one degree of freedom.
    - `bias`: $b$, shape (dof,) or a number.
    - `activation`: `relu`, `step` (one from zero on, $\theta(0) = 1$), `cos` or `sin`.
    - `drift`: $s$, shape (dof,) or a number: a straight line beside the units.
    - `period`: time after which the path repeats; None where it does not.

    The first four are those of PyTorch's `Linear(1, n)`, activation, `Linear(n, dof)`:
    `OneHidden(first.weight, first.bias, last.weight, last.bias)`, with detached tensors.

    **Raises:**

    - `ValueError` for shapes that do not fit.

    Source: paths document (Hashimoto, Hirono, Maeda, Totsuka-Yoshinaka), equation (3.4), Table 1.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    net = fx.networks.OneHidden([1.0, 1.0], [0.0, -1.0], [2.0, -3.0], bias=0.5)
    x = jax.vmap(net)(jnp.array([-1.0, 0.0, 1.0, 2.0]))
    assert jnp.allclose(x[:, 0], jnp.array([0.5, 0.5, 2.5, 1.5]))
    ```
    """

    rates: Float[Array, " units"]
    shifts: Float[Array, " units"]
    weights: Float[Array, "dof units"]
    bias: Float[Array, " dof"]
    drift: Float[Array, " dof"]
    period: Float[Array, ""] | None
    activation: str = eqx.field(static=True)

    def __init__(
        self,
        rates: ArrayLike,
        shifts: ArrayLike,
        weights: ArrayLike,
        bias: ArrayLike = 0.0,
        *,
        activation: str = "relu",
        drift: ArrayLike = 0.0,
        period: ArrayLike | None = None,
    ):
        check_choice("activation", activation, _ACTIVATIONS)
        c = jnp.atleast_2d(_array(weights))
        self.weights, units = c, c.shape[1]
        self.rates, self.shifts = _column(rates, c), _column(shifts, c)
        check_shape("rates", self.rates, (units,))
        check_shape("shifts", self.shifts, (units,))
        self.bias, self.drift = _row("bias", bias, c), _row("drift", drift, c)
        check(period is None or np.ndim(period) == 0, "period", "be one time", period)
        self.period = None if period is None else jnp.asarray(period, c.dtype)
        self.activation = activation

    @property
    def dof(self) -> int:
        """Degrees of freedom: how many outputs."""
        return self.weights.shape[0]

    def __call__(self, t: Float[ArrayLike, ""]) -> Float[Array, " dof"]:
        """Return the places at one time; many times are a `jax.vmap`.

        **Arguments:**

        - `t`: a time, in the unit of one over `rates`.
        """
        t = jnp.asarray(t, self.weights.dtype)
        t = t if self.period is None else jnp.mod(t, self.period)
        units = _ACTIVATIONS[self.activation](self.rates * t + self.shifts)
        return self.bias + self.drift * t + self.weights @ units

    def rescaled(self, scales: Float[ArrayLike, " units"]) -> "OneHidden":
        r"""Return the same function by the gauge (A.3): $c/\alpha$, $\alpha a$, $\alpha d$.

        The map from $(c, a, d)$ of a unit to its gauge invariant and gauge variable, $(ca, d/a)$
        and $a$, has Jacobian -1: the volume of the gauge factors off exactly.

        **Arguments:**

        - `scales`: $\alpha$, one a unit, positive: for negative ones (A.2) does not hold.

        **Raises:**

        - `ValueError` for other activations than ReLU.
        """
        check(self.activation == "relu", "activation", "be relu", self.activation)
        alpha = jnp.asarray(scales, self.weights.dtype)
        check_shape("scales", alpha, self.rates.shape)
        alpha = eqx.error_if(alpha, jnp.any(alpha <= 0), "Argument `scales` must be positive.")
        parts = (self.weights / alpha[None], self.rates * alpha, self.shifts * alpha)
        return eqx.tree_at(lambda net: (net.weights, net.rates, net.shifts), self, parts)


def _array(value: Any) -> Array:
    """A JAX array of floats, from whatever NumPy can read (a PyTorch tensor among it)."""
    x = jnp.asarray(value if isinstance(value, Array) else np.asarray(value))
    return x if jnp.issubdtype(x.dtype, jnp.floating) else x.astype(float)


def _column(value: Any, like: Array) -> Array:
    x = _array(value).astype(like.dtype)
    return x[:, 0] if x.ndim == 2 and x.shape[1] == 1 else x


def _row(name: str, value: Any, like: Array) -> Array:
    x = _array(value).astype(like.dtype)
    check(x.shape in ((), (like.shape[0],)), name, f"have shape ({like.shape[0]},)", x.shape)
    return jnp.broadcast_to(x, like.shape[:1])
