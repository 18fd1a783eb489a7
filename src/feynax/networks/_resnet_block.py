"""Layers in a row, layers around a shortcut, and lists of layers as plain values."""

from collections.abc import Mapping, Sequence
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, Float, PRNGKeyArray

from .._checks import check, check_choice
from .._citation import cites
from ._layers import (
    ACTIVATIONS,
    AbstractLayer,
    AbstractStatefulLayer,
    Activation,
    Conv,
    Flatten,
    Linear,
    train_layer,
)
from ._resnet_norm import BatchNorm
from ._resnet_pool import AvgPool, GlobalPool, MaxPool


class Sequential(AbstractStatefulLayer):
    """Layers in a row, from modules or from a list of plain values.

    **Arguments:**

    - `layers`: layers, or tables such as `{"kind": "conv", "in_channels": 1, "out_channels": 4}`
      with the arguments of the layer's class. Kinds: `conv`, `linear`, `batch_norm`, `max_pool`,
      `avg_pool`, `global_mean`, `global_max`, `activation`, `flatten`, `residual` (with `branch`
      and `shortcut`, lists of their own, and `after`), `sequential` (with `layers`).
    - `key`: for those that are made from tables.

    **Raises:**

    - `ValueError` for an unknown kind; `TypeError` for unknown arguments.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    net = fx.networks.Sequential(
        [{"kind": "flatten"}, {"kind": "linear", "in_features": 4, "out_features": 2}],
        key=jax.random.key(0),
    )
    assert net(jnp.ones((1, 2, 2))).shape == (2,)
    ```
    """

    layers: tuple[AbstractLayer, ...]

    def __init__(
        self,
        layers: Sequence[AbstractLayer | Mapping[str, Any]],
        *,
        key: PRNGKeyArray | None = None,
    ):
        made = []
        for index, layer in enumerate(layers):
            if isinstance(layer, AbstractLayer):
                made.append(layer)
                continue
            check(key is not None, "key", "be given with layers as tables", None)
            assert key is not None
            made.append(make_layer(layer, key=jax.random.fold_in(key, index)))
        self.layers = tuple(made)

    def __call__(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """Apply the layers one after the other."""
        for layer in self.layers:
            x = layer(x)
        return x

    def train(self, x: Float[Array, "..."], axis: str) -> tuple[Float[Array, "..."], "Sequential"]:
        """Apply the layers in training; see `BatchNorm`."""
        layers = []
        for layer in self.layers:
            x, layer = train_layer(layer, x, axis)
            layers.append(layer)
        return x, Sequential(layers)

    def spec(self) -> dict[str, Any]:
        """Kind and layers as plain values."""
        return {"kind": "sequential", **self.config()}

    def config(self) -> dict[str, Any]:
        """Arguments of the constructor as plain values."""
        return {"layers": [layer.spec() for layer in self.layers]}


@cites("he2016", "he2016identity")
class Residual(AbstractStatefulLayer):
    r"""A residual block, $y = \sigma(S x + F(x))$.

    **Arguments:**

    - `branch`: $F$.
    - `shortcut`: $S$, or `None` for the identity.
    - `after`: name of the activation $\sigma$; `identity` for pre-activation blocks.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    conv = fx.networks.Conv(2, 2, 3, padding=1, key=jax.random.key(0))
    block = fx.networks.Residual(fx.networks.Sequential([conv]))
    assert block(jnp.ones((2, 4, 4))).shape == (2, 4, 4)
    ```
    """

    branch: Sequential
    shortcut: Sequential | None
    after: str = eqx.field(static=True)

    def __init__(self, branch: Sequential, shortcut: Sequential | None = None, after: str = "relu"):
        check_choice("after", after, ACTIVATIONS)
        self.branch, self.shortcut, self.after = branch, shortcut, after

    def __call__(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """Apply the block."""
        skip = x if self.shortcut is None else self.shortcut(x)
        return ACTIVATIONS[self.after](skip + self.branch(x))

    def train(self, x: Float[Array, "..."], axis: str) -> tuple[Float[Array, "..."], "Residual"]:
        """Apply the block in training; see `BatchNorm`."""
        change, branch = self.branch.train(x, axis)
        if self.shortcut is None:
            skip, shortcut = x, None
        else:
            skip, shortcut = self.shortcut.train(x, axis)
        return ACTIVATIONS[self.after](skip + change), Residual(branch, shortcut, self.after)

    def spec(self) -> dict[str, Any]:
        """Kind and layers as plain values."""
        shortcut = None if self.shortcut is None else self.shortcut.config()["layers"]
        branch = self.branch.config()["layers"]
        return {"kind": "residual", "branch": branch, "shortcut": shortcut, "after": self.after}


_KINDS = {
    "batch_norm": BatchNorm,
    "max_pool": MaxPool,
    "avg_pool": AvgPool,
    "activation": Activation,
    "flatten": Flatten,
}


def make_layer(spec: Mapping[str, Any], *, key: PRNGKeyArray) -> AbstractLayer:
    """Build one layer from plain values; the inverse of `spec()`."""
    arguments = dict(spec)
    kind = arguments.pop("kind", None)
    match kind:
        case "conv":
            return Conv(**arguments, key=key)
        case "linear":
            return Linear(**arguments, key=key)
        case "global_mean":
            return GlobalPool("mean")
        case "global_max":
            return GlobalPool("max")
        case "sequential":
            return Sequential(**arguments, key=key)
        case "residual":
            return _make_residual(**arguments, key=key)
    known = [*_KINDS, "conv", "linear", "global_mean", "global_max", "residual", "sequential"]
    check(kind in _KINDS, "kind", f"be one of {', '.join(sorted(known))}", repr(kind))
    return _KINDS[kind](**arguments)


def _make_residual(
    branch: Sequence[Mapping[str, Any]],
    shortcut: Sequence[Mapping[str, Any]] | None = None,
    after: str = "relu",
    *,
    key: PRNGKeyArray,
) -> Residual:
    first, second = jax.random.split(key)
    around = None if shortcut is None else Sequential(shortcut, key=second)
    return Residual(Sequential(branch, key=first), around, after)
