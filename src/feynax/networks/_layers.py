"""Layers on one example (C, H, W): convolution, linear map, flattening, activations."""

import abc
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from .._checks import check, check_choice, check_count, check_shape


class AbstractLayer(eqx.Module):
    """A map on one example; `spec()` gives the plain values that build it again."""

    @abc.abstractmethod
    def __call__(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """Apply the layer to one example."""

    @abc.abstractmethod
    def spec(self) -> dict[str, Any]:
        """Kind and arguments as plain values, as a layer list writes them."""


class AbstractStatefulLayer(AbstractLayer):
    """A layer that acts differently in training and learns statistics there."""

    @abc.abstractmethod
    def train(self, x: Float[Array, "..."], axis: str) -> tuple[Float[Array, "..."], Any]:
        """Apply the layer inside `vmap(..., axis_name=axis)`; returns the layer it becomes."""


def train_layer(layer: AbstractLayer, x: Array, axis: str) -> tuple[Array, AbstractLayer]:
    """Apply any layer in training: `(output, the layer it becomes)`."""
    if isinstance(layer, AbstractStatefulLayer):
        return layer.train(x, axis)
    return layer(x), layer


class Conv(AbstractLayer):
    r"""Two-dimensional cross-correlation.

    $y_o[i] = b_o + \sum_{c, j} W_{oc}[j]\, x_c[s i + d j - p]$ with stride $s$, dilation $d$,
    zero padding $p$.

    **Arguments:**

    - `in_channels`, `out_channels`: whole numbers; both divisible by `groups`.
    - `kernel`, `stride`, `padding`, `dilation`: a whole number, or two (rows, columns).
    - `groups`: independent blocks of channels.
    - `bias`: whether $b$ is there.
    - `key`: for the weights, normal with variance 2 / fan-in (He et al. 2015); $b$ starts at 0.

    **Raises:**

    - `ValueError` for sizes that are no whole numbers or do not divide.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    conv = fx.networks.Conv(1, 4, kernel=3, stride=2, padding=1, key=jax.random.key(0))
    assert conv(jnp.ones((1, 8, 8))).shape == (4, 4, 4)
    ```
    """

    weight: Float[Array, "out in_per_group rows columns"]
    bias: Float[Array, " out"] | None
    stride: tuple[int, int] = eqx.field(static=True)
    padding: tuple[int, int] = eqx.field(static=True)
    dilation: tuple[int, int] = eqx.field(static=True)
    groups: int = eqx.field(static=True)

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int | Sequence[int] = 3,
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        key: PRNGKeyArray,
    ):
        for name, value in (("in_channels", in_channels), ("out_channels", out_channels)):
            check_count(name, value)
            check_count("groups", groups)
            check(value % groups == 0, name, f"be divisible by groups = {groups}", value)
        rows, columns = pair("kernel", kernel)
        self.stride = pair("stride", stride)
        self.padding = pair("padding", padding, least=0)
        self.dilation = pair("dilation", dilation)
        self.groups = groups
        shape = (out_channels, in_channels // groups, rows, columns)
        fan_in = shape[1] * rows * columns
        self.weight = jax.random.normal(key, shape) * (2 / fan_in) ** 0.5
        self.bias = jnp.zeros(out_channels) if bias else None

    def __call__(self, x: Float[Array, "in h w"]) -> Float[Array, "out h2 w2"]:
        """Correlate one image."""
        check_shape("x", x, (self.weight.shape[1] * self.groups, None, None))
        y = jax.lax.conv_general_dilated(
            x[None],
            self.weight,
            self.stride,
            [(p, p) for p in self.padding],
            rhs_dilation=self.dilation,
            feature_group_count=self.groups,
        )[0]
        return y if self.bias is None else y + self.bias[:, None, None]

    def spec(self) -> dict[str, Any]:
        """Kind and arguments as plain values."""
        out, per_group, rows, columns = self.weight.shape
        return {
            "kind": "conv",
            "in_channels": per_group * self.groups,
            "out_channels": out,
            "kernel": [rows, columns],
            "stride": list(self.stride),
            "padding": list(self.padding),
            "dilation": list(self.dilation),
            "groups": self.groups,
            "bias": self.bias is not None,
        }


class Linear(AbstractLayer):
    r"""$y = W x + b$ on a vector.

    **Arguments:**

    - `in_features`, `out_features`: lengths.
    - `bias`: whether $b$ is there.
    - `key`: for both, uniform within $1/\sqrt{\text{in\_features}}$ of 0.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    layer = fx.networks.Linear(3, 2, key=jax.random.key(0))
    assert layer(jnp.ones(3)).shape == (2,)
    ```
    """

    weight: Float[Array, "out in"]
    bias: Float[Array, " out"] | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, key: PRNGKeyArray
    ):
        check_count("in_features", in_features)
        check_count("out_features", out_features)
        bound = in_features**-0.5
        first, second = jax.random.split(key)
        shape = (out_features, in_features)
        self.weight = jax.random.uniform(first, shape, minval=-bound, maxval=bound)
        self.bias = (
            jax.random.uniform(second, (out_features,), minval=-bound, maxval=bound)
            if bias
            else None
        )

    def __call__(self, x: Float[Array, " in"]) -> Float[Array, " out"]:
        """Map one vector."""
        check_shape("x", x, (self.weight.shape[1],))
        y = self.weight @ x
        return y if self.bias is None else y + self.bias

    def spec(self) -> dict[str, Any]:
        """Kind and arguments as plain values."""
        out, features = self.weight.shape
        return {
            "kind": "linear",
            "in_features": features,
            "out_features": out,
            "bias": self.bias is not None,
        }


class Flatten(AbstractLayer):
    """An image as a vector, channels first: index $(c H + i) W + j$.

    ```python
    import jax.numpy as jnp, feynax as fx
    assert fx.networks.Flatten()(jnp.ones((2, 3, 4))).shape == (24,)
    ```
    """

    def __call__(self, x: Float[Array, "..."]) -> Float[Array, " n"]:
        """Flatten one example."""
        return x.reshape(-1)

    def spec(self) -> dict[str, Any]:
        """Kind as plain values."""
        return {"kind": "flatten"}


def _relu6(x: Array) -> Array:
    # min(max(x, 0), 6) with torch's gradient, 0 at both ends
    inside = (x > 0) & (x < 6)
    return jnp.where(inside, x, jnp.where(x > 0, jnp.full_like(x, 6), jnp.zeros_like(x)))


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "relu": jax.nn.relu,
    "leaky_relu": jax.nn.leaky_relu,
    "relu6": _relu6,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "tanh": jnp.tanh,
    "softplus": jax.nn.softplus,
    "identity": lambda x: x,
}


class Activation(AbstractLayer):
    r"""A function of one number, applied to each.

    Names: `relu`, `leaky_relu` (slope 0.01), `relu6`, `gelu` (exact, with the error function),
    `tanh`, `softplus`, `identity`. ReLU has gradient 0 at 0, as in PyTorch.

    **Arguments:**

    - `name`: one of these.

    **Raises:**

    - `ValueError` for another name.

    ```python
    import jax.numpy as jnp, feynax as fx
    assert fx.networks.Activation("relu")(jnp.array([-1.0, 2.0])).tolist() == [0.0, 2.0]
    ```
    """

    name: str = eqx.field(static=True)

    def __init__(self, name: str = "relu"):
        check_choice("name", name, ACTIVATIONS)
        self.name = name

    def __call__(self, x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Apply the function."""
        return ACTIVATIONS[self.name](x)

    def spec(self) -> dict[str, Any]:
        """Kind and name as plain values."""
        return {"kind": "activation", "name": self.name}


def pair(name: str, value: int | Sequence[int], least: int = 1) -> tuple[int, int]:
    """Read a size for rows and columns."""
    both = (value, value) if isinstance(value, int) else tuple(value)
    check(len(both) == 2, name, "be a whole number or two", value)
    for one in both:
        check_count(name, one, least)
    return int(both[0]), int(both[1])
