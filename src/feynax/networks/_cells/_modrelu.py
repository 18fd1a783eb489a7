"""modReLU: a rectifier of the modulus, which keeps the phase or the sign."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Inexact


def modrelu(v: Inexact[Array, " units"], bias: Float[Array, " units"]) -> Inexact[Array, " units"]:
    r"""Return $\frac{v}{|v|}\max(|v| + b, 0)$ of each component, and 0 where $v = 0$.

    Its Lipschitz constant is 1 where $b \le 0$; where $b > 0$ it jumps at 0.

    Source: M. Arjovsky, A. Shah, Y. Bengio, arXiv 1511.06464 (2016), equation (8), which leaves
    $v = 0$ open; with real $v$: M. Lezcano-Casado, D. Martinez-Rubio (2019).

    ```python
    import jax.numpy as jnp, feynax as fx
    v, bias = jnp.array([3.0, -2.0, 0.0]), jnp.array([-1.0, 0.5, 9.0])
    assert jnp.allclose(fx.networks.modrelu(v, bias), jnp.array([2.0, -2.5, 0.0]))
    ```
    """
    if not jnp.iscomplexobj(v):
        return jnp.sign(v) * jax.nn.relu(jnp.abs(v) + bias)
    # A modulus has no gradient at 0: there the branch not taken must not divide by it.
    zero = (v.real == 0) & (v.imag == 0)
    modulus = jnp.abs(jnp.where(zero, 1, v))
    factor = jnp.where(zero, 0, jax.nn.relu(modulus + bias) / modulus)
    return jax.lax.complex(v.real * factor, v.imag * factor)
