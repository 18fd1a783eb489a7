"""A residual stage that is a Hamiltonian system: invertible, and its gradient keeps no states."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from .._checks import check, check_count, check_positive, check_shape
from .._citation import cites
from ._conv_adjoint import adjoint_conv, forward_conv
from ._reversible import reversible_scan, round_trip


class _Kernels(NamedTuple):
    force: Float[Array, "hidden half kernel kernel"]
    force_bias: Float[Array, " hidden"]
    drift: Float[Array, "hidden half kernel kernel"]
    drift_bias: Float[Array, " hidden"]


@cites("ruthotto2020", "gomez2017")
class HamiltonianBlock(eqx.Module):
    r"""Two halves of the channels, position $x$ and momentum $z$, that push one another (Verlet).

    $$z \leftarrow z - h K_1^T \mathrm{relu}(K_1 x + b_1), \qquad
      x \leftarrow x + h K_2^T \mathrm{relu}(K_2 z + b_2)$$

    $K_1$, $K_2$ are zero-padded odd kernels and $K^T$ is the exact adjoint, so each half step is
    the gradient of a function of the other half: the map preserves volume and the symplectic form,
    its Jacobian's singular values come in pairs $\sigma, 1/\sigma$, and it is undone exactly by
    `inverse`. With $h = T/N$ a deeper block is a finer one: the singular values tend to a limit and
    do not grow with depth. Like every leapfrog it has a step limit: an oscillator of frequency
    $\omega$ needs $h \omega < 2$.

    **Arguments:**

    - `channels`: number of fields, even; the first half is $x$.
    - `total_time`: $T$.
    - `steps`: $N$, the default of the call.
    - `hidden`: fields of $K x$; as many as a half has where it is `None`.
    - `kernel`: odd size of $K_1$ and $K_2$.
    - `shared`: one set of kernels for all steps, or one a step (then read as piecewise constant in
      time when the call asks for another number of steps).
    - `reversible`: whether the gradient recomputes the states by inversion, so that its memory does
      not depend on the number of steps; where false it keeps them, and forward mode works.
    - `key`: for the kernels, normal with variance 1 / fan-in; biases start at 0.

    **Raises:**

    - `ValueError` for counts below 1, odd `channels`, an even kernel, a time that is not positive.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    block = fx.networks.HamiltonianBlock(2, steps=4, key=jax.random.key(0))
    psi = jnp.ones((2, 5, 5), jnp.float32)
    assert jnp.allclose(block.inverse(block(psi)), psi, atol=1e-5)
    ```

    Source: L. Ruthotto, E. Haber, "Deep Neural Networks Motivated by Partial Differential
    Equations" (2020), the Hamiltonian network, with a kernel of its own for each half.
    """

    force_kernel: Float[Array, "sets hidden half kernel kernel"]
    force_bias: Float[Array, "sets hidden"]
    drift_kernel: Float[Array, "sets hidden half kernel kernel"]
    drift_bias: Float[Array, "sets hidden"]
    total_time: float = eqx.field(static=True)
    steps: int = eqx.field(static=True)
    reversible: bool = eqx.field(static=True)

    def __init__(
        self,
        channels: int,
        *,
        total_time: float = 1.0,
        steps: int = 3,
        hidden: int | None = None,
        kernel: int = 3,
        shared: bool = True,
        reversible: bool = True,
        key: PRNGKeyArray,
    ):
        check_count("channels", channels, least=2)
        check(channels % 2 == 0, "channels", "be even", channels)
        check_count("steps", steps)
        check_positive("total_time", total_time)
        check_count("kernel", kernel)
        check(kernel % 2 == 1, "kernel", "be odd", kernel)
        half = channels // 2
        count = half if hidden is None else hidden
        check_count("hidden", count)
        sets = 1 if shared else steps
        k_force, k_drift = jax.random.split(key)
        shape, spread = (sets, count, half, kernel, kernel), (half * kernel**2) ** -0.5
        self.force_kernel = spread * jax.random.normal(k_force, shape, jnp.float32)
        self.drift_kernel = spread * jax.random.normal(k_drift, shape, jnp.float32)
        self.force_bias = jnp.zeros((sets, count), jnp.float32)
        self.drift_bias = jnp.zeros((sets, count), jnp.float32)
        self.total_time, self.steps, self.reversible = float(total_time), steps, reversible

    def __call__(
        self, psi: Float[Array, "channels height width"], *, steps: int | None = None
    ) -> Float[Array, "channels height width"]:
        """Carry one example through the total time in `steps` steps."""
        check_shape("psi", psi, (self._channels, None, None))
        return self.batch_last(psi[..., None], steps=steps)[..., 0]

    def batch_last(
        self, psi: Float[Array, "channels height width batch"], *, steps: int | None = None
    ) -> Float[Array, "channels height width batch"]:
        """Carry a batch, kept in the last axis, through the total time."""
        walk = self._walk(psi, steps)
        if self.reversible:
            return jnp.concatenate(
                reversible_scan(*walk.steps, *walk.arguments, length=walk.length)
            )
        forward = walk.steps[0]
        params, state, xs = walk.arguments
        body = lambda s, x: (forward(params, s, x), None)
        return jnp.concatenate(jax.lax.scan(body, state, xs, walk.length)[0])

    def inverse(
        self, psi: Float[Array, "channels height width"], *, steps: int | None = None
    ) -> Float[Array, "channels height width"]:
        """Undo the call: the example that it carries to `psi`."""
        check_shape("psi", psi, (self._channels, None, None))
        walk = self._walk(psi[..., None], steps)
        backward = walk.steps[1]
        params, state, xs = walk.arguments
        body = lambda s, x: (backward(params, s, x), None)
        return jnp.concatenate(jax.lax.scan(body, state, xs, walk.length, reverse=True)[0])[..., 0]

    def round_trip_error(
        self, psi: Float[Array, "channels height width"], *, steps: int | None = None
    ) -> Float[Array, ""]:
        """Relative error of walking forward and back, on which a reversible gradient rests."""
        check_shape("psi", psi, (self._channels, None, None))
        walk = self._walk(psi[..., None], steps)
        return round_trip(*walk.steps, *walk.arguments, length=walk.length)

    def energy(
        self, psi: Float[Array, "channels height width"], index: int = 0
    ) -> Float[Array, ""]:
        r"""$\tfrac12|\mathrm{relu}(K_1 x + b_1)|^2 + \tfrac12|\mathrm{relu}(K_2 z + b_2)|^2$.

        Conserved by the equation of kernel set `index`; the steps keep it up to $O(h)$.
        """
        check_shape("psi", psi, (self._channels, None, None))
        x, z = jnp.split(psi[..., None], 2)
        one = _Kernels(*(leaf[index] for leaf in self._kernels))
        u = jax.nn.relu(forward_conv(one.force, one.force_bias, x))
        v = jax.nn.relu(forward_conv(one.drift, one.drift_bias, z))
        return (jnp.sum(u**2) + jnp.sum(v**2)) / 2

    def config(self) -> dict[str, Any]:
        """Arguments of the constructor, without the key."""
        sets, hidden, half, kernel, _ = self.force_kernel.shape
        return {
            "channels": 2 * half,
            "total_time": self.total_time,
            "steps": self.steps,
            "hidden": hidden,
            "kernel": kernel,
            "shared": sets == 1,
            "reversible": self.reversible,
        }

    @property
    def _channels(self) -> int:
        return 2 * self.force_kernel.shape[2]

    @property
    def _kernels(self) -> _Kernels:
        return _Kernels(self.force_kernel, self.force_bias, self.drift_kernel, self.drift_bias)

    def _walk(self, psi: Array, steps: int | None) -> "_Walk":
        check_shape("psi", psi, (self._channels, None, None, None))
        count = self.steps if steps is None else steps
        check_count("steps", count)
        h = self.total_time / count
        sets, kernels = self.force_kernel.shape[0], self._kernels
        state = tuple(jnp.split(psi, 2))
        if sets == 1:
            one = _Kernels(*(leaf[0] for leaf in kernels))
            arguments = (one, state, None)
        else:
            which = jnp.arange(count) * sets // count
            arguments = (None, state, _Kernels(*(leaf[which] for leaf in kernels)))

        def forward(shared, state, own):
            kernels = own if shared is None else shared
            x, z = state
            z = z - h * _push(kernels.force, kernels.force_bias, x)
            return x + h * _push(kernels.drift, kernels.drift_bias, z), z

        def backward(shared, state, own):
            kernels = own if shared is None else shared
            x, z = state
            x = x - h * _push(kernels.drift, kernels.drift_bias, z)
            return x, z + h * _push(kernels.force, kernels.force_bias, x)

        return _Walk((forward, backward), arguments, count)


class _Walk(NamedTuple):
    steps: tuple[Any, Any]
    arguments: tuple[Any, Any, Any]
    length: int


def _push(kernel: Array, bias: Array, psi: Array) -> Array:
    return adjoint_conv(kernel, jax.nn.relu(forward_conv(kernel, bias, psi)))
