"""A residual stage that only ever contracts: nonlinear heat conduction."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from .._checks import check, check_count, check_positive, check_shape
from .._citation import cites
from ._conv_adjoint import adjoint_conv, forward_conv, square_norm_bound

_LIMIT = 2.0  # h |K|^2 up to which a step is non-expansive


@cites("ruthotto2020")
class ParabolicBlock(eqx.Module):
    r"""Descent on a convex function: two inputs never move apart.

    $$\psi \leftarrow \psi - h K^T \mathrm{relu}(K \psi + b)$$

    This is a gradient step of $\tfrac12|\mathrm{relu}(K\psi + b)|^2$, convex with curvature at most
    $|K|^2$, so it is non-expansive, $|F\psi - F\phi| \le |\psi - \phi|$, as soon as
    $h |K|^2 \le 2$ (`tests/networks/test_parabolic.py`, also that 2 cannot be raised). The kernel
    that acts is $K = \kappa\,/\max(1, \sqrt{h_0 S(\kappa) / 2})$ with the stored $\kappa$,
    Schur's bound $S \ge |\kappa|^2$ and $h_0 = T/N$ of the constructor, so the condition holds for
    all weights, before and after training, for every image size and for every finer step: a call
    with more steps resolves the same flow. A call with fewer bounds by its own longer step.

    **Arguments:**

    - `channels`: number of fields.
    - `total_time`: $T$.
    - `steps`: $N$, the default of the call.
    - `hidden`: fields of $K\psi$; as many as `channels` where it is `None`.
    - `kernel`: odd size of $K$.
    - `shared`: one kernel for all steps, or one a step (then read as piecewise constant in time
      when the call asks for another number of steps).
    - `key`: for the kernel, normal with variance 1 / fan-in; the bias starts at 0.

    **Raises:**

    - `ValueError` for counts below 1, an even kernel, a time that is not positive.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    block = fx.networks.ParabolicBlock(2, steps=4, key=jax.random.key(0))
    psi = jnp.ones((2, 5, 5), jnp.float32)
    assert jnp.linalg.norm(block(psi) - block(0 * psi)) <= jnp.linalg.norm(psi)
    ```

    Source: L. Ruthotto, E. Haber, "Deep Neural Networks Motivated by Partial Differential
    Equations" (2020), the parabolic network.
    """

    kernel: Float[Array, "sets hidden channels kernel kernel"]
    bias: Float[Array, "sets hidden"]
    total_time: float = eqx.field(static=True)
    steps: int = eqx.field(static=True)

    def __init__(
        self,
        channels: int,
        *,
        total_time: float = 1.0,
        steps: int = 3,
        hidden: int | None = None,
        kernel: int = 3,
        shared: bool = True,
        key: PRNGKeyArray,
    ):
        check_count("channels", channels)
        check_count("steps", steps)
        check_positive("total_time", total_time)
        check_count("kernel", kernel)
        check(kernel % 2 == 1, "kernel", "be odd", kernel)
        count = channels if hidden is None else hidden
        check_count("hidden", count)
        sets = 1 if shared else steps
        shape = (sets, count, channels, kernel, kernel)
        spread = (channels * kernel**2) ** -0.5
        self.kernel = spread * jax.random.normal(key, shape, jnp.float32)
        self.bias = jnp.zeros((sets, count), jnp.float32)
        self.total_time, self.steps = float(total_time), steps

    def __call__(
        self, psi: Float[Array, "channels height width"], *, steps: int | None = None
    ) -> Float[Array, "channels height width"]:
        """Carry one example through the total time in `steps` steps."""
        check_shape("psi", psi, (self.kernel.shape[2], None, None))
        return self.batch_last(psi[..., None], steps=steps)[..., 0]

    def batch_last(
        self, psi: Float[Array, "channels height width batch"], *, steps: int | None = None
    ) -> Float[Array, "channels height width batch"]:
        """Carry a batch, kept in the last axis, through the total time."""
        check_shape("psi", psi, (self.kernel.shape[2], None, None, None))
        count = self.steps if steps is None else steps
        check_count("steps", count)
        h = self.total_time / count
        kernels, sets = self.bounded_kernel(count), self.kernel.shape[0]
        if sets == 1:
            body = lambda y, _: (_descend(kernels[0], self.bias[0], y, h), None)
            return jax.lax.scan(body, psi, None, count)[0]
        which = jnp.arange(count) * sets // count
        own = (kernels[which], self.bias[which])
        return jax.lax.scan(lambda y, kb: (_descend(*kb, y, h), None), psi, own)[0]

    def bounded_kernel(
        self, steps: int | None = None
    ) -> Float[Array, "sets hidden channels kernel kernel"]:
        r"""The kernels that act: scaled so that $h |K|^2 \le 2$ for a call with `steps` steps."""
        count = self.steps if steps is None else min(steps, self.steps)
        excess = square_norm_bound(self.kernel) * (self.total_time / count / _LIMIT)
        # above the limit only, and with a gradient there: sqrt has none at 0
        scale = jax.lax.rsqrt(jnp.maximum(excess, jnp.ones_like(excess)))
        return self.kernel * scale[:, None, None, None, None]

    def config(self) -> dict[str, Any]:
        """Arguments of the constructor, without the key."""
        sets, hidden, channels, kernel, _ = self.kernel.shape
        return {
            "channels": channels,
            "total_time": self.total_time,
            "steps": self.steps,
            "hidden": hidden,
            "kernel": kernel,
            "shared": sets == 1,
        }


def _descend(kernel: Array, bias: Array, psi: Array, h: float) -> Array:
    return psi - h * adjoint_conv(kernel, jax.nn.relu(forward_conv(kernel, bias, psi)))
