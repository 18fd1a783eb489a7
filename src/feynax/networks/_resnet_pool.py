"""Pooling with PyTorch's conventions."""

from collections.abc import Sequence
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import check, check_choice
from ._layers import AbstractLayer, pair


class MaxPool(AbstractLayer):
    """Largest value of each window; padding counts as minus infinity.

    Where a window holds its maximum twice, the gradient goes to the first (rows first).

    **Arguments:**

    - `kernel`, `stride`, `padding`: one whole number or two; `stride` is the kernel by default;
      `padding` at most half the kernel.

    ```python
    import jax.numpy as jnp, feynax as fx
    pool = fx.networks.MaxPool(2)
    assert pool(jnp.arange(16.0).reshape(1, 4, 4)).ravel().tolist() == [5.0, 7.0, 13.0, 15.0]
    ```
    """

    kernel: tuple[int, int] = eqx.field(static=True)
    stride: tuple[int, int] = eqx.field(static=True)
    padding: tuple[int, int] = eqx.field(static=True)

    def __init__(
        self,
        kernel: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0,
    ):
        self.kernel, self.stride, self.padding = _window(kernel, stride, padding)

    def __call__(self, x: Float[Array, "c h w"]) -> Float[Array, "c h2 w2"]:
        """Pool one image."""
        return _reduce(x, -jnp.inf, jax.lax.max, self.kernel, self.stride, self.padding)

    def spec(self) -> dict[str, Any]:
        """Kind and arguments as plain values."""
        return _spec("max_pool", self)


class AvgPool(AbstractLayer):
    """Mean of each window.

    **Arguments:**

    - `kernel`, `stride`, `padding`: as for `MaxPool`.
    - `count_include_pad`: whether padded zeros count in the mean, as in PyTorch by default.

    ```python
    import jax.numpy as jnp, feynax as fx
    pool = fx.networks.AvgPool(3, 1, 1, count_include_pad=False)
    assert float(pool(jnp.ones((1, 4, 4))).min()) == 1.0
    ```
    """

    kernel: tuple[int, int] = eqx.field(static=True)
    stride: tuple[int, int] = eqx.field(static=True)
    padding: tuple[int, int] = eqx.field(static=True)
    count_include_pad: bool = eqx.field(static=True)

    def __init__(
        self,
        kernel: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0,
        count_include_pad: bool = True,
    ):
        self.kernel, self.stride, self.padding = _window(kernel, stride, padding)
        self.count_include_pad = bool(count_include_pad)

    def __call__(self, x: Float[Array, "c h w"]) -> Float[Array, "c h2 w2"]:
        """Pool one image."""
        total = _reduce(x, 0.0, jax.lax.add, self.kernel, self.stride, self.padding)
        return total / jnp.asarray(self.counts(x.shape[1:]), x.dtype)

    def counts(self, size: tuple[int, ...]) -> np.ndarray:
        """What each window is divided by, of shape (1, h2, w2)."""
        axes = []
        for length, k, s, p in zip(size, self.kernel, self.stride, self.padding, strict=True):
            first = np.arange((length + 2 * p - k) // s + 1) * s - p
            inside = np.minimum(first + k, length) - np.maximum(first, 0)
            axes.append(np.full_like(inside, k) if self.count_include_pad else inside)
        return (axes[0][:, None] * axes[1][None, :])[None]

    def spec(self) -> dict[str, Any]:
        """Kind and arguments as plain values."""
        return {**_spec("avg_pool", self), "count_include_pad": self.count_include_pad}


class GlobalPool(AbstractLayer):
    """Mean or maximum over all pixels: one number a channel.

    **Arguments:**

    - `kind`: `mean` or `max`.

    ```python
    import jax.numpy as jnp, feynax as fx
    assert fx.networks.GlobalPool("mean")(jnp.ones((3, 4, 4))).tolist() == [1.0, 1.0, 1.0]
    ```
    """

    kind: Literal["mean", "max"] = eqx.field(static=True)

    def __init__(self, kind: Literal["mean", "max"] = "mean"):
        check_choice("kind", kind, ("mean", "max"))
        self.kind = kind

    def __call__(self, x: Float[Array, "c h w"]) -> Float[Array, " c"]:
        """Pool one image."""
        if self.kind == "mean":
            return x.mean((1, 2))
        # reduce_window gives the gradient to one maximum, where jnp.max shares it
        return MaxPool((x.shape[1], x.shape[2]))(x)[:, 0, 0]

    def spec(self) -> dict[str, Any]:
        """Kind and arguments as plain values."""
        return {"kind": f"global_{self.kind}"}


def _window(kernel: Any, stride: Any, padding: Any) -> tuple[tuple[int, int], ...]:
    rows = pair("kernel", kernel)
    edge = pair("padding", padding, least=0)
    fits = all(2 * p <= k for p, k in zip(edge, rows, strict=True))
    check(fits, "padding", "be at most half the kernel", edge)
    return rows, rows if stride is None else pair("stride", stride), edge


def _reduce(x: Array, start: float, combine: Any, kernel: Any, stride: Any, padding: Any) -> Array:
    check(x.ndim == 3, "x", "be one image (C, H, W)", f"shape {x.shape}")
    return jax.lax.reduce_window(
        x,
        np.asarray(start, x.dtype),
        combine,
        (1, *kernel),
        (1, *stride),
        ((0, 0), *((p, p) for p in padding)),
    )


def _spec(kind: str, pool: MaxPool | AvgPool) -> dict[str, Any]:
    sizes = {"kernel": pool.kernel, "stride": pool.stride, "padding": pool.padding}
    return {"kind": kind, **{name: list(value) for name, value in sizes.items()}}
