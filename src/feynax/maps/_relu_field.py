"""Continuous-time networks as piecewise linear fields, and smooth ones to first order."""

from typing import Any

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

from .._checks import check, check_finite, check_shape
from ..equations import AffineField, ReLUField
from ..networks import CTRNN


def relu_field(net: CTRNN, x: Float[ArrayLike, " input"] | None = None) -> ReLUField:
    r"""Read a continuous-time network of ReLUs as a piecewise linear field.

    Potentials and rates both are one; a positive gain is drawn into the weights. The numbers keep
    their dtype, and gradients pass.

    **Arguments:**

    - `net`: with activation "relu" and positive gains.
    - `x`: an input that is held; zeros by default.

    **Raises:**

    - `ValueError` for other activations, and for gains that are not positive.

    ```python
    import feynax as fx
    net = fx.networks.CTRNN.from_arrays([[1.5, -1.0], [1.0, 0.5]], 0.5, activation="relu")
    assert fx.maps.relu_field(net).regime((0, 1)).matrix.tolist() == [[-2.0, -2.0], [0.0, -1.0]]
    ```
    """
    check(net.activation == "relu", "net", 'have activation "relu"', repr(net.activation))
    if any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves((net, x))):
        return _field(net, x)
    least = np.min(np.asarray(net.gain), initial=np.inf)
    check(bool(least > 0), "gain", "be positive", least)
    with jax.enable_x64(True):  # so that weights in double precision keep it
        return _field(net, x)


def _field(net: CTRNN, x: Float[ArrayLike, " input"] | None) -> ReLUField:
    weights, rate = net.prepare()
    current = net.current
    if x is not None:
        check_shape("x", x, (net.input_size,))
        current = current + net.input_weights @ jnp.asarray(x, current.dtype)
    zero = jnp.zeros_like(current)
    if net.form == "potential":
        outer = rate[:, None] * weights * net.gain[None, :]
        identity = jnp.eye(net.hidden_size, dtype=outer.dtype)
        return ReLUField(rate, outer, identity, net.bias, rate * current)
    return ReLUField(rate, jnp.diag(rate * net.gain), weights, net.bias + current, zero)


def linearised(net: CTRNN, at: Any, x: Float[ArrayLike, " input"] | None = None) -> AffineField:
    r"""Return the field of $z = y - y^*$ to first order about a state of any network.

    $A = \mathrm{diag}(1/\tau)(w\,\mathrm{diag}(f'(y^* + \theta)) - 1)$; $b$ is the velocity there,
    zero at a fixed point ([`feynax.equations.fixed_points`][]). Held in float64.

    **Arguments:**

    - `net`: a [`feynax.networks.CTRNN`][].
    - `at`: the state $y^*$.
    - `x`: an input that is held; zeros by default.
    """
    at = np.asarray(at, np.float64)
    check_shape("at", at, (net.hidden_size,))
    check_finite("at", at)
    with jax.enable_x64(True):
        double = jax.tree.map(
            lambda leaf: (
                np.asarray(leaf, np.float64)
                if getattr(leaf, "dtype", None) in (np.float32, np.float64)
                else leaf
            ),
            net,
        )
        held = None if x is None else jnp.asarray(np.asarray(x, np.float64))
        field = lambda y: double.field(y, held)
        matrix, offset = jax.jacfwd(field)(jnp.asarray(at)), field(jnp.asarray(at))
    return AffineField(np.asarray(matrix), np.asarray(offset))
