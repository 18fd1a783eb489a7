"""The house's classifier of images: stages of reaction-diffusion-advection."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from .._checks import check, check_count, check_shape
from .._citation import cites
from ._batch_last import conv, max_pool
from ._pde_block import PDEBlock


@cites("imchitr2020")
class PDENet(eqx.Module):
    r"""Classifier whose hidden layers are steps of partial differential equations.

    Stem (5x5, stride 2), ReLU, then one [`feynax.networks.PDEBlock`][] a stage; between stages a
    2x2 maximum and a 1x1 lift with ReLU; after the last stage ReLU and a linear map of all its
    values.
    The default sizes have 19,546 parameters.

    **Arguments:**

    - `in_shape`: (channels, height, width) of an image.
    - `classes`: length of the output.
    - `channels`: fields of each stage.
    - `steps`, `total_time`, `stepper`, `shared`, `mixed`: of every block.
    - `key`: for the initial weights.

    **Raises:**

    - `ValueError` for counts below 1 and for images that a stage would shrink to nothing.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    net = fx.networks.PDENet(key=jax.random.key(0))
    image = jnp.zeros((1, 28, 28), jnp.float32)
    assert net(image).shape == (10,)
    assert jnp.allclose(net.batch(image[None], steps=12)[0], net(image, steps=12))
    ```

    Source: V. Imchitr (2020), section 4.1, with many channels, a reaction and fixed total time.
    """

    stem_weight: Float[Array, "channels in 5 5"]
    stem_bias: Float[Array, " channels"]
    blocks: tuple[PDEBlock, ...]
    lift_weights: tuple[Float[Array, "wide narrow 1 1"], ...]
    lift_biases: tuple[Float[Array, " wide"], ...]
    head_weight: Float[Array, "classes values"]
    head_bias: Float[Array, " classes"]
    in_shape: tuple[int, int, int] = eqx.field(static=True)

    def __init__(
        self,
        in_shape: Sequence[int] = (1, 28, 28),
        classes: int = 10,
        *,
        channels: Sequence[int] = (16, 32),
        steps: int = 3,
        total_time: float = 1.0,
        stepper: str = "euler",
        shared: bool = True,
        mixed: bool = True,
        key: PRNGKeyArray,
    ):
        check(
            len(in_shape) == 3, "in_shape", "have three sizes (channels, height, width)", in_shape
        )
        check(len(channels) > 0, "channels", "name at least one stage", channels)
        check_count("classes", classes)
        depth, height, width = (int(n) for n in in_shape)
        rows, columns = -(-height // 2), -(-width // 2)
        for _ in channels[1:]:
            rows, columns = rows // 2, columns // 2
        check(min(rows, columns) > 0, "in_shape", "be large enough for its stages", in_shape)
        k_stem, k_head, *keys = jax.random.split(key, 2 + 2 * len(channels))
        self.stem_weight, self.stem_bias = _linear(k_stem, (channels[0], depth, 5, 5))
        self.blocks = tuple(
            PDEBlock(
                count,
                total_time=total_time,
                steps=steps,
                stepper=stepper,
                shared=shared,
                mixed=mixed,
                key=k,
            )
            for count, k in zip(channels, keys[: len(channels)], strict=True)
        )
        lifts = [
            _linear(k, (wide, narrow, 1, 1))
            for narrow, wide, k in zip(channels, channels[1:], keys[len(channels) :], strict=False)
        ]
        self.lift_weights = tuple(weight for weight, _ in lifts)
        self.lift_biases = tuple(bias for _, bias in lifts)
        self.head_weight, self.head_bias = _linear(k_head, (classes, channels[-1] * rows * columns))
        self.in_shape = (depth, height, width)

    def __call__(
        self, x: Float[Array, "in h w"], *, steps: int | None = None
    ) -> Float[Array, " classes"]:
        """Scores of one image."""
        check_shape("x", x, self.in_shape)
        return self.batch(x[None], steps=steps)[0]

    def batch(
        self, x: Float[Array, "batch in h w"], *, steps: int | None = None
    ) -> Float[Array, "batch classes"]:
        """Scores of a batch, computed with the batch in the last axis: the fast way."""
        check_shape("x", x, (None, *self.in_shape))
        psi = self.stem(jnp.moveaxis(x, 0, -1))
        for index, block in enumerate(self.blocks):
            psi = block.batch_last(psi if index == 0 else self.lift(index, psi), steps=steps)
        return self.head(psi)

    def stem(self, x: Float[Array, "in h w batch"]) -> Float[Array, "channels rows columns batch"]:
        """First fields of a batch kept last."""
        return jax.nn.relu(conv(self.stem_weight, self.stem_bias, x, stride=2))

    def lift(self, index: int, psi: Float[Array, "c h w batch"]) -> Float[Array, "d r s batch"]:
        """Fields that stage `index` (from 1) starts with, from those the stage before ends with."""
        weight, bias = self.lift_weights[index - 1], self.lift_biases[index - 1]
        return jax.nn.relu(conv(weight, bias, max_pool(psi)))

    def head(self, psi: Float[Array, "c h w batch"]) -> Float[Array, "batch classes"]:
        """Scores from the last fields."""
        values = jax.nn.relu(psi).reshape(-1, psi.shape[-1])
        return (self.head_weight @ values + self.head_bias[:, None]).T

    def config(self) -> dict[str, Any]:
        """Arguments of the constructor, without the key."""
        first = self.blocks[0].config()
        return {
            "in_shape": list(self.in_shape),
            "classes": self.head_bias.shape[0],
            "channels": [block.channels for block in self.blocks],
            **{n: first[n] for n in ("steps", "total_time", "stepper", "shared", "mixed")},
        }


def _linear(key: PRNGKeyArray, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Weights and biases, uniform within one over the root of the fan-in."""
    fan_in = 1
    for size in shape[1:]:
        fan_in *= size
    bound = fan_in**-0.5
    k_weight, k_bias = jax.random.split(key)
    return (
        jax.random.uniform(k_weight, shape, jnp.float32, -bound, bound),
        jax.random.uniform(k_bias, shape[:1], jnp.float32, -bound, bound),
    )
