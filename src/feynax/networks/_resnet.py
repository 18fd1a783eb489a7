"""The plain residual network, by the sizes of its stages."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from .._checks import check, check_choice, check_count
from .._citation import cites
from ._layers import AbstractLayer, Activation, Conv, Linear
from ._resnet_block import Residual, Sequential
from ._resnet_norm import BatchNorm
from ._resnet_pool import GlobalPool, MaxPool

_STEMS = {
    "image": {"kernel": 7, "stride": 2, "pool": True},
    "small": {"kernel": 3, "stride": 1, "pool": False},
}


@dataclasses.dataclass(frozen=True)
class _Recipe:
    """What all blocks of a network share."""

    block: str
    norm: bool
    activation: str
    groups: int

    def conv(self, c_in: int, c_out: int, kernel: int, stride: int, key: Array, groups: int = 1):
        # "same" padding for odd kernels; a norm has a shift of its own, so no bias before it
        has_bias = not self.norm
        padding = (kernel - 1) // 2
        return Conv(c_in, c_out, kernel, stride, padding, 1, groups, has_bias, key=key)

    def normed(self, conv: Conv) -> list[AbstractLayer]:
        return [conv, BatchNorm(conv.weight.shape[0])] if self.norm else [conv]

    def act(self) -> Activation:
        return Activation(self.activation)

    def make(self, c_in: int, c_out: int, inner: int, stride: int, key: Array) -> Residual:
        keys = jax.random.split(key, 4)
        shortcut = None
        if stride != 1 or c_in != c_out:
            projection = self.conv(c_in, c_out, 1, stride, keys[3])
            plain = self.block == "preactivation"
            shortcut = Sequential([projection] if plain else self.normed(projection))
        if self.block == "basic":
            first = self.conv(c_in, c_out, 3, stride, keys[0])
            second = self.conv(c_out, c_out, 3, 1, keys[1])
            branch = [*self.normed(first), self.act(), *self.normed(second)]
        elif self.block == "bottleneck":
            first = self.conv(c_in, inner, 1, 1, keys[0])
            second = self.conv(inner, inner, 3, stride, keys[1], self.groups)
            third = self.conv(inner, c_out, 1, 1, keys[2])
            branch = [*self.normed(first), self.act(), *self.normed(second), self.act()]
            branch += self.normed(third)
        else:
            first = self.conv(c_in, c_out, 3, stride, keys[0])
            second = self.conv(c_out, c_out, 3, 1, keys[1])
            branch = [*self.before(c_in), first, *self.before(c_out), second]
        after = "identity" if self.block == "preactivation" else self.activation
        return Residual(Sequential(branch), shortcut, after)

    def before(self, channels: int) -> list[AbstractLayer]:
        return [BatchNorm(channels), self.act()] if self.norm else [self.act()]


class _Stage(eqx.Module):
    """A first block that may change the shape, and equal blocks stacked for `scan`."""

    first: Residual
    rest: Residual | None
    size: int = eqx.field(static=True)

    def __init__(self, blocks: Sequence[Residual]):
        self.first, self.size = blocks[0], len(blocks)
        self.rest = jax.tree.map(_stack, *blocks[1:]) if len(blocks) > 1 else None

    def blocks(self) -> list[Residual]:
        pieces = [_take(self.rest, i) for i in range(self.size - 1)]
        return [self.first, *pieces]

    def __call__(self, x: Array) -> Array:
        x = self.first(x)
        if self.rest is None:
            return x
        arrays, static = eqx.partition(self.rest, eqx.is_array)
        return jax.lax.scan(lambda y, a: (eqx.combine(a, static)(y), None), x, arrays)[0]

    def train(self, x: Array, axis: str) -> tuple[Array, "_Stage"]:
        x, first = self.first.train(x, axis)
        rest = self.rest
        if rest is not None:
            arrays, static = eqx.partition(rest, eqx.is_array)

            def step(y, a):
                y, block = eqx.combine(a, static).train(y, axis)
                return y, eqx.filter(block, eqx.is_array)

            x, arrays = jax.lax.scan(step, x, arrays)
            rest = eqx.combine(arrays, static)
        return x, eqx.tree_at(lambda s: (s.first, s.rest), self, (first, rest))


@cites("he2016", "he2016identity")
class ResNet(eqx.Module):
    r"""A residual network: stem, stages of blocks, mean over pixels, linear head.

    Blocks (He et al. 2016a, b), with $K$ a convolution and $N$ a batch norm:

    - `basic`: $\sigma(S x + N K N$-$\sigma$-chain$)$, that is
      $\sigma(S x + N_2 K_2\, \sigma(N_1 K_1 x))$, both 3x3;
    - `bottleneck`: 1x1, 3x3 (with the stride and the groups), 1x1;
    - `preactivation`: $S x + K_2\, \sigma(N_2 K_1\, \sigma(N_1 x))$.

    $S$ is the identity, or a strided 1x1 convolution where the shape changes. The equal blocks of
    a stage are stacked and run by `scan`. One example (C, H, W) in; `vmap` for a batch.

    **Arguments:**

    - `in_channels`, `classes`: length of the input's first axis and of the output.
    - `stages`: number of blocks of each stage.
    - `widths`: channels that each stage hands on; doubled from 16 by default.
    - `block`: as above.
    - `stem`: `small` (3x3), `image` (7x7, stride 2, max pool 3/2) or a table with `kernel`,
      `stride`, `pool` and `width`.
    - `strides`: of each stage's first block; 1, 2, 2, ... by default.
    - `inner`: inner channels of bottlenecks; a quarter of `widths` by default.
    - `groups`: of the bottlenecks' middle convolution.
    - `norm`: with batch norm; otherwise convolutions carry biases.
    - `activation`: see `Activation`.
    - `key`: for the weights.

    **Raises:**

    - `ValueError` for sizes that do not fit together.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    net = fx.networks.ResNet(3, 10, stages=(1, 1), widths=(4, 8), key=jax.random.key(0))
    assert net(jnp.ones((3, 8, 8))).shape == (10,)
    ```
    """

    stem: Sequential
    stages: tuple[_Stage, ...]
    head: Sequential
    _config: tuple[tuple[str, Any], ...] = eqx.field(static=True)

    def __init__(
        self,
        in_channels: int,
        classes: int,
        *,
        stages: Sequence[int] = (2, 2, 2),
        widths: Sequence[int] | None = None,
        block: Literal["basic", "bottleneck", "preactivation"] = "basic",
        stem: Literal["small", "image"] | Mapping[str, Any] = "small",
        strides: Sequence[int] | None = None,
        inner: Sequence[int] | None = None,
        groups: int = 1,
        norm: bool = True,
        activation: str = "relu",
        key: PRNGKeyArray,
    ):
        check_choice("block", block, ("basic", "bottleneck", "preactivation"))
        check(len(stages) > 0, "stages", "name at least one stage", stages)
        widths = [16 * 2**i for i in range(len(stages))] if widths is None else widths
        strides = [1] + [2] * (len(stages) - 1) if strides is None else strides
        if block != "bottleneck":
            inner = widths  # only bottlenecks have a width inside
        inner = [max(w // 4, 1) for w in widths] if inner is None else inner
        for name, sizes in (
            ("stages", stages),
            ("widths", widths),
            ("strides", strides),
            ("inner", inner),
        ):
            check(len(sizes) == len(stages), name, f"have length {len(stages)}", len(sizes))
            for size in sizes:
                check_count(name, size)
        recipe = _Recipe(block, bool(norm), activation, groups)
        width = inner[0] if block == "bottleneck" else widths[0]
        plan = {"width": width, **(_STEMS[_known(stem)] if isinstance(stem, str) else stem)}
        unknown = sorted(plan.keys() - {"kernel", "stride", "pool", "width"})
        check(not unknown, "stem", "have kernel, stride, pool and width only", unknown)
        stem_key, head_key, *stage_keys = jax.random.split(key, 2 + len(stages))
        self.stem = _make_stem(recipe, in_channels, stem_key, **plan)
        made, channels = [], plan["width"]
        for size, out, mid, stride, stage_key in zip(
            stages, widths, inner, strides, stage_keys, strict=True
        ):
            keys = jax.random.split(stage_key, size)
            blocks = [recipe.make(channels, out, mid, stride, keys[0])]
            blocks += [recipe.make(out, out, mid, 1, k) for k in keys[1:]]
            made.append(_Stage(blocks))
            channels = out
        self.stages = tuple(made)
        before = recipe.before(channels) if block == "preactivation" else []
        self.head = Sequential([*before, GlobalPool(), Linear(channels, classes, key=head_key)])
        self._config = (
            ("in_channels", in_channels),
            ("classes", classes),
            ("stages", tuple(stages)),
            ("widths", tuple(widths)),
            ("block", block),
            ("stem", tuple(sorted(plan.items()))),
            ("strides", tuple(strides)),
            ("inner", tuple(inner)),
            ("groups", groups),
            ("norm", bool(norm)),
            ("activation", activation),
        )

    def __call__(self, x: Float[Array, "in h w"]) -> Float[Array, " classes"]:
        """Classify one image, with the running statistics."""
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return self.head(x)

    def train(
        self, x: Float[Array, "in h w"], axis: str
    ) -> tuple[Float[Array, " classes"], "ResNet"]:
        """Classify one image of a batch; returns also the network with new statistics.

        For a batch: `vmap(lambda x: net.train(x, "batch"), axis_name="batch",
        out_axes=(0, None))(images)`.
        """
        x, stem = self.stem.train(x, axis)
        stages = []
        for stage in self.stages:
            x, stage = stage.train(x, axis)
            stages.append(stage)
        x, head = self.head.train(x, axis)
        parts = (stem, tuple(stages), head)
        return x, eqx.tree_at(lambda net: (net.stem, net.stages, net.head), self, parts)

    def layers(self) -> list[AbstractLayer]:
        """All layers and blocks in their order, the stacked ones taken apart."""
        blocks = [block for stage in self.stages for block in stage.blocks()]
        return [*self.stem.layers, *blocks, *self.head.layers]

    def with_layers(self, layers: Sequence[AbstractLayer]) -> "ResNet":
        """Put other layers of the same kinds and shapes in the place of `layers()`."""
        rest = iter(layers)
        stem = Sequential([next(rest) for _ in self.stem.layers])
        stages = tuple(_Stage([next(rest) for _ in range(s.size)]) for s in self.stages)  # pyright: ignore
        parts = (stem, stages, Sequential(list(rest)))
        return eqx.tree_at(lambda net: (net.stem, net.stages, net.head), self, parts)

    def config(self) -> dict[str, Any]:
        """Arguments of the constructor as plain values."""
        plain = {k: list(v) if isinstance(v, tuple) else v for k, v in self._config}
        return {**plain, "stem": dict(plain["stem"])}


def _known(stem: str) -> str:
    check_choice("stem", stem, _STEMS)
    return stem


def _make_stem(
    recipe: _Recipe,
    in_channels: int,
    key: Array,
    *,
    width: int,
    kernel: int,
    stride: int,
    pool: bool,
) -> Sequential:
    conv = recipe.conv(in_channels, width, kernel, stride, key)
    # pre-activation blocks normalise what they take, so the stem hands on its sums
    plain = recipe.block == "preactivation"
    layers = [conv] if plain else [*recipe.normed(conv), recipe.act()]
    return Sequential([*layers, MaxPool(3, 2, 1)] if pool else layers)


def _stack(*leaves: Any) -> Any:
    # arrays that a reader holds on the host stay there: each new shape would compile a program
    return (np if isinstance(leaves[0], np.ndarray) else jnp).stack(leaves)


def _take(rest: Residual | None, index: int) -> Any:
    return jax.tree.map(lambda leaf: leaf[index], rest)
