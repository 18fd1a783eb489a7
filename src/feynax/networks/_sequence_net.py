"""Networks for series: encoder, recurrent layers, read-out."""

from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from .._checks import check, check_choice, check_count, check_shape
from ._cells._cell import AbstractLinearCell
from ._layers import Linear
from ._sequence_layer import Block, Direction, make_block, make_direction

Readout = Literal["last", "mean", "each"]


class SequenceNet(eqx.Module):
    r"""A series in; one vector out, or one at each step.

    Two ways of stacking: `block="residual"` puts a linear encoder before blocks
    `norm -> recurrence -> gate -> skip`, as linear recurrences need; `block="plain"` puts cell on
    cell, as `torch.nn.LSTM` does. A linear decoder reads out the last step that exists, the mean
    over all that exist, or each.

    **Arguments:**

    - `input_size`, `output_size`: numbers a step, and numbers out. Tokens (whole numbers below
      `input_size`) are accepted in place of vectors and are one-hot encoded.
    - `cell`: name of a cell in `feynax.networks`; `options`: its further arguments.
    - `hidden`: its outputs, and the width of the residual stream.
    - `layers`: how many.
    - `every`: each layer hands on every so many of its steps, the last included: one number for
      all layers, or one for each. Cells that are linear and time-invariant skip the states in
      between, so that long series cost them little.
    - `block`: by default "residual" for cells that are linear in their state, else "plain".
    - `encoder`: of residual blocks: "linear", or "cell": a first cell reads the series itself, and
      what it gives is the stream to which the blocks add.
    - `gate`: "glu", or `None` for an addition without weights; `norm`: of residual blocks.
    - `readout`: "last", "mean" or "each".
    - `bidirectional`: a second cell runs from the end; its outputs stand beside the first's.
    - `dropout`: share of the numbers set to 0 where a `key` is given.
    - `key`: for the weights.

    **Raises:**

    - `ValueError` where sizes, names or options do not fit.

    Source of the residual block: A. Orvieto et al., arXiv 2303.06349, appendix A; of the gate:
    Y. Dauphin et al., arXiv 1612.08083.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    net = fx.networks.SequenceNet(2, 3, cell="GRU", hidden=8, key=jax.random.key(0))
    xs = jnp.ones((5, 2))
    shorter = net(xs, mask=jnp.arange(5) < 4)
    assert shorter.shape == (3,) and jnp.allclose(shorter, net(xs[:4]), atol=1e-6)
    ```
    """

    encoder: Linear | None
    layers: tuple[Block | Direction, ...]
    decoder: Linear
    input_size: int = eqx.field(static=True)
    output_size: int = eqx.field(static=True)
    readout: Readout = eqx.field(static=True)
    dropout: float = eqx.field(static=True)
    settings: tuple[tuple[str, Any], ...] = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        output_size: int,
        *,
        cell: str = "LRU",
        hidden: int = 64,
        layers: int = 1,
        options: dict[str, Any] | None = None,
        every: int | tuple[int, ...] = 1,
        block: Literal["residual", "plain"] | None = None,
        encoder: Literal["linear", "cell"] = "linear",
        gate: Literal["glu"] | None = "glu",
        norm: bool = True,
        readout: Readout = "last",
        bidirectional: bool = False,
        dropout: float = 0.0,
        key: PRNGKeyArray,
    ):
        """Draw all weights."""
        for name, value in (("input_size", input_size), ("output_size", output_size)):
            check_count(name, value)
        check_count("hidden", hidden)
        check_count("layers", layers)
        check_choice("readout", readout, ("last", "mean", "each"))
        check_choice("gate", gate or "glu", ("glu",))
        check(0 <= dropout < 1, "dropout", "lie between 0 and 1 (1 excluded)", dropout)
        options = dict(options or {})
        block = block or _usual_block(cell)
        check_choice("block", block, ("residual", "plain"))
        check_choice("encoder", encoder, ("linear", "cell"))
        strides = _strides(every, layers, readout)
        first, last, *keys = jax.random.split(key, layers + 2)
        residual = block == "residual"
        linear = residual and encoder == "linear"
        self.encoder = Linear(input_size, hidden, key=first) if linear else None
        made, width = [], hidden if linear else input_size
        for part, stride in zip(keys, strides, strict=True):
            one, two = jax.random.split(part)
            inner = make_direction(cell, width, hidden, bidirectional, stride, options, one)
            adds = residual and (linear or len(made) > 0)
            made.append(make_block(inner, width, norm, gate, two) if adds else inner)
            width = width if adds else inner.size
        self.layers = tuple(made)
        self.decoder = Linear(width, output_size, key=last)
        self.input_size, self.output_size = input_size, output_size
        self.readout, self.dropout = readout, dropout
        self.settings = _frozen(
            cell=cell,
            hidden=hidden,
            layers=layers,
            options=options,
            every=tuple(every) if isinstance(every, list | tuple) else every,
            block=block,
            encoder=encoder,
            gate=gate,
            norm=norm,
            bidirectional=bidirectional,
        )

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain values."""
        settings = dict(self.settings)
        sizes = {"input_size": self.input_size, "output_size": self.output_size}
        rest = {"readout": self.readout, "dropout": self.dropout}
        return sizes | settings | rest | {"options": dict(settings["options"])}

    def __call__(
        self,
        xs: Float[Array, "time input"] | Int[Array, " time"],
        *,
        dts: Float[Array, " time"] | None = None,
        mask: Bool[Array, " time"] | None = None,
        key: PRNGKeyArray | None = None,
    ) -> Float[Array, "*each output"]:
        """Read one series.

        **Arguments:**

        - `xs`: vectors, or tokens.
        - `dts`: time since the last step, for cells that declare an ODE.
        - `mask`: steps that exist.
        - `key`: for dropout, in training.

        **Returns:**

        `output_size` numbers, or as many at each step.
        """
        xs = self._vectors(xs)
        drop = _Drop(self.dropout, key)
        if self.encoder is not None:
            xs = jax.vmap(self.encoder)(xs)
        for number, layer in enumerate(self.layers, 1):
            final = number == len(self.layers)
            if isinstance(layer, Direction):
                xs = layer(xs, dts, mask)
                xs = xs if final else drop(xs)
                dts, mask = layer.thin(dts, mask)
                continue
            ys = layer.recur(xs, dts, mask)
            xs, (dts, mask) = layer.stay(xs), layer.cell.thin(dts, mask)
            if self.readout == "last" and final:
                xs, ys, mask = _last(xs, mask), _last(ys, mask), None
            xs = layer.close(xs, ys, drop)
        return self._read(xs, mask)

    def features(
        self,
        xs: Float[Array, "time input"] | Int[Array, " time"],
        *,
        dts: Float[Array, " time"] | None = None,
        mask: Bool[Array, " time"] | None = None,
    ) -> list[Float[Array, "time input"]]:
        """Return the series that each layer's cell sees, for readings of the cells.

        **Arguments:**

        - `xs`, `dts`, `mask`: as for the call.

        **Returns:**

        One series a layer.

        ```python
        import jax, jax.numpy as jnp, feynax as fx
        net = fx.networks.SequenceNet(2, 3, cell="LSTM", hidden=8, layers=2, key=jax.random.key(0))
        assert [a.shape for a in net.features(jnp.ones((5, 2)))] == [(5, 2), (5, 8)]
        ```
        """
        xs, seen = self._vectors(xs), []
        if self.encoder is not None:
            xs = jax.vmap(self.encoder)(xs)
        for layer in self.layers:
            if isinstance(layer, Direction):
                seen.append(xs)
                xs = layer(xs, dts, mask)
                dts, mask = layer.thin(dts, mask)
                continue
            seen.append(layer.sees(xs))
            ys = layer.recur(xs, dts, mask)
            dts, mask = layer.cell.thin(dts, mask)
            xs = layer.close(layer.stay(xs), ys, lambda x: x)
        return seen

    def _vectors(self, xs: Any) -> Float[Array, "time input"]:
        if jnp.issubdtype(xs.dtype, jnp.integer):
            check_shape("xs", xs, ("time",))
            return jax.nn.one_hot(xs, self.input_size, dtype=self.decoder.weight.dtype)
        must = f"have the shape (time, {self.input_size})"
        check(xs.ndim == 2 and xs.shape[1] == self.input_size, "xs", must, f"shape {xs.shape}")
        return xs

    def _read(self, xs: Float[Array, "time width"], mask: Any) -> Float[Array, "*each output"]:
        if self.readout == "last":
            xs = _last(xs, mask)
        elif self.readout == "mean":
            xs = _mean(xs, mask)
        out = jax.vmap(self.decoder)(xs)
        return out if self.readout == "each" else out[0]


class _Drop(eqx.Module):
    """Sets a share of the numbers to 0, others with each call; nothing without a key."""

    share: float
    key: PRNGKeyArray | None

    def __call__(self, x: Float[Array, "time width"]) -> Float[Array, "time width"]:
        if self.key is None or not self.share:
            return x
        # One draw for all steps, as for the units of a layer (arXiv 1512.05287).
        key = jax.random.fold_in(self.key, x.shape[1])
        kept = jax.random.bernoulli(key, 1 - self.share, (1, x.shape[1]))
        return jnp.where(kept, x / (1 - self.share), jnp.zeros((), x.dtype))


def _usual_block(cell: str) -> Literal["residual", "plain"]:
    from .. import networks

    kind = getattr(networks, cell, None)
    linear = isinstance(kind, type) and issubclass(kind, AbstractLinearCell)
    return "residual" if linear else "plain"


def _strides(every: Any, layers: int, readout: str) -> tuple[int, ...]:
    strides = (every,) * layers if isinstance(every, int) else tuple(every)
    for stride in strides:
        check_count("every", stride)
    check(len(strides) == layers, "every", f"be one number, or {layers}", len(strides))
    whole = readout != "each" or max(strides) == 1
    check(whole, "every", "be 1 where each step is read out", every)
    return strides


def _last(xs: Float[Array, "time width"], mask: Any) -> Float[Array, "1 width"]:
    if mask is None:
        return xs[-1:]
    place = jnp.where(mask, jnp.arange(len(mask), dtype=jnp.int32), 0).max()
    return jax.lax.dynamic_slice_in_dim(xs, place, 1)


def _mean(xs: Float[Array, "time width"], mask: Any) -> Float[Array, "1 width"]:
    if mask is None:
        return xs.mean(axis=0, keepdims=True)
    there = mask[:, None].astype(xs.dtype)
    return (there * xs).sum(axis=0, keepdims=True) / there.sum()


def _frozen(**settings: Any) -> tuple[tuple[str, Any], ...]:
    """Plain values that can be compared and hashed, as static fields must."""
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in settings["options"].items()}
    return tuple((settings | {"options": tuple(sorted(options.items()))}).items())
