"""Batch norm that is exact in evaluation and functional in training."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import check, check_count, check_positive, check_shape
from ._layers import AbstractStatefulLayer


class BatchNorm(AbstractStatefulLayer):
    r"""Batch norm over a batch and, for images, over pixels.

    Evaluation: $y = \gamma (x - \mu) / \sqrt{v + \epsilon} + \beta$ with the running statistics
    $\mu, v$. Training: the statistics of the batch, and running ones that follow them by
    $\mu \leftarrow (1 - m) \mu + m \bar x$ (for $v$ the unbiased variance, as in PyTorch).

    **Arguments:**

    - `channels`: length of the first axis.
    - `epsilon`, `momentum`: as above.
    - `running`: without running statistics the layer exists in training only.

    **Raises:**

    - `ValueError` when a layer without running statistics is evaluated.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    norm = fx.networks.BatchNorm(2)
    batch = jax.random.normal(jax.random.key(0), (8, 2, 5, 5))
    train = jax.vmap(lambda x: norm.train(x, "batch"), axis_name="batch", out_axes=(0, None))
    y, norm = train(batch)
    assert abs(float(y.mean())) < 1e-5
    ```
    """

    weight: Float[Array, " channels"]
    bias: Float[Array, " channels"]
    mean: Float[Array, " channels"] | None
    variance: Float[Array, " channels"] | None
    epsilon: float = eqx.field(static=True)
    momentum: float = eqx.field(static=True)

    def __init__(
        self,
        channels: int,
        epsilon: float = 1e-5,
        momentum: float = 0.1,
        running: bool = True,
    ):
        check_count("channels", channels)
        check_positive("epsilon", epsilon)
        self.weight = jnp.ones(channels)
        self.bias = jnp.zeros(channels)
        self.mean = jnp.zeros(channels) if running else None
        self.variance = jnp.ones(channels) if running else None
        self.epsilon = float(epsilon)
        self.momentum = float(momentum)

    def __call__(self, x: Float[Array, "channels *space"]) -> Float[Array, "channels *space"]:
        """Normalise one example with the running statistics."""
        if self.mean is None or self.variance is None:
            raise ValueError(
                "Argument `x` must go through a batch norm with running statistics, but has one "
                "in training mode: its answer would depend on the rest of the batch."
            )
        return self._normalise(x, jax.lax.stop_gradient(self.mean), self.variance)

    def train(
        self, x: Float[Array, "channels *space"], axis: str
    ) -> tuple[Float[Array, "channels *space"], "BatchNorm"]:
        """Normalise one example of a batch (`vmap` with `axis_name=axis`)."""
        space = tuple(range(1, x.ndim))
        mean = jax.lax.pmean(x.mean(space), axis)
        spread = jax.lax.pmean(jnp.square(x - _along(mean, x)).mean(space), axis)
        y = self._normalise(x, mean, spread, frozen=False)
        if self.mean is None or self.variance is None:
            return y, self
        count = jax.lax.psum(1, axis) * (x.size // x.shape[0])
        check(count > 1, "x", "give more than one value a channel in training", count)
        m = self.momentum
        fresh = jax.lax.stop_gradient((mean, spread * (count / (count - 1))))
        running = [(1 - m) * old + m * new for old, new in zip(self._running(), fresh, strict=True)]
        return y, eqx.tree_at(lambda norm: (norm.mean, norm.variance), self, tuple(running))

    def scale_and_shift(self) -> tuple[Float[Array, " channels"], Float[Array, " channels"]]:
        r"""Evaluation as $y = s x + d$: $s = \gamma/\sqrt{v + \epsilon}$, $d = \beta - s \mu$."""
        if self.mean is None or self.variance is None:
            raise ValueError(
                "Argument `norm` must have running statistics, but has none (training mode)."
            )
        scale = self.weight / jnp.sqrt(self.variance + self.epsilon)
        return scale, self.bias - scale * self.mean

    def spec(self) -> dict[str, Any]:
        """Kind and arguments as plain values."""
        return {
            "kind": "batch_norm",
            "channels": self.weight.shape[0],
            "epsilon": self.epsilon,
            "momentum": self.momentum,
            "running": self.mean is not None,
        }

    def _running(self) -> tuple[Array, Array]:
        assert self.mean is not None
        assert self.variance is not None
        return self.mean, self.variance

    def _normalise(self, x: Array, mean: Array, spread: Array, frozen: bool = True) -> Array:
        check_shape("x", x, (self.weight.shape[0], *x.shape[1:]))
        spread = jax.lax.stop_gradient(spread) if frozen else spread
        scale = self.weight * jax.lax.rsqrt(spread + self.epsilon)
        return _along(scale, x) * (x - _along(mean, x)) + _along(self.bias, x)


def _along(values: Array, x: Array) -> Array:
    return values.reshape(-1, *(1,) * (x.ndim - 1))
