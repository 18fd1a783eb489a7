"""Layers as one step: the outputs of lower layers become ordinary stages."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax.scipy.linalg import block_diag
from jaxtyping import Array

from ..._checks import check
from ._activation import Blockwise, identity
from ._chain import with_skip
from ._coefficient import apply, matrix, product
from ._lags import Lags
from ._odernn import ODERNN, StageFunction
from ._stage import Moment, Stage, rows


def stack_odernn(layers: Sequence[ODERNN]) -> ODERNN:
    r"""Return the one ODERNN that computes the same map as layers on top of each other.

    Its state is that of all layers, lowest first. Each layer's stages follow those of the layer
    below, which they see as their input; a layer whose output is not one of its stages needs one
    stage more. The last stage gathers.

    **Arguments:**

    - `layers`: lowest first; the readout of each has the size of the next one's input. Of layers
      with lags the past states become parts of the state, newest first.

    **Raises:**

    - `ValueError` where there is no layer, or where sizes or dtypes differ.

    Source: n-t-ODERNN document, Claims 1 to 3, where a network of L layers is one step with
    stages for each layer; `test_layers_are_one_odernn`.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    keys = jax.random.split(jax.random.key(0), 2)
    cells = fx.networks.GRU(2, 3, key=keys[0]), fx.networks.GRU(3, 4, key=keys[1])
    both = fx.networks.stack_odernn([cell.equation().odernn for cell in cells])
    assert len(both.stages) == 2 and both.state_size == 7
    ```
    """
    check(len(layers) > 0, "layers", "hold at least one layer", "none")
    if len(layers) == 1:
        return layers[0]
    _check_layers(layers)
    dtype, total = layers[0].dtype, sum(_length(layer) for layer in layers)
    stages: list[Any] = []
    sizes: list[int] = []
    outputs: dict[int, Any] = {}
    first, below, view = 0, None, None
    for layer in layers:
        view = _View(below, len(stages), first, total, layer.state_size, layer.places.length,
                     layer.h, layer.inner)  # fmt: skip
        placed = zip(layer.stages, layer.places.stages, strict=True)
        stages += [_Placed(function, view, tau, q == 0) for q, (function, tau) in enumerate(placed)]
        sizes += layer.stage_sizes
        if layer is layers[-1] and not _gathers(layer):
            break
        if not _gathers(layer):
            stages.append(_Emitted(layer.output_stage, view, layer.places))
            sizes.append(layer.state_size)
        outputs[len(stages)] = jnp.eye(total, layer.state_size, -first, dtype)
        below = _Below(layer.readout, len(stages))
        first += _length(layer)
    output: Any = Stage(W=_aging(layers, total, dtype), alpha=outputs)
    if not _gathers(layers[-1]):
        output = _Crowned(layers[-1].output_stage, view, layers[-1].places, output)
    return ODERNN.from_stages(
        stages, output, input_size=layers[0].input_size, state_size=total, stage_size=sizes,
        implicit=any(layer.implicit for layer in layers), dtype=dtype,
        readout=_Top(layers[-1].readout, _length(layers[-1]), layers[-1].state_size),
    )  # fmt: skip


def _length(layer: ODERNN) -> int:
    return layer.state_size * layer.places.length


def _aging(layers: Sequence[ODERNN], total: int, dtype: Any) -> Array | None:
    """Return the matrix by which past states of layers with lags move on by one place."""
    if all(layer.places.length == 1 for layer in layers):
        return None
    blocks = [jnp.eye(_length(layer), k=-layer.state_size, dtype=dtype) for layer in layers]
    return block_diag(*blocks)


def _check_layers(layers: Sequence[ODERNN]) -> None:
    for number, layer in enumerate(layers):
        name = f"layers[{number}]"
        check(layer.dtype == layers[0].dtype, name, f"be of {layers[0].dtype}", layer.dtype)
        if number:
            size = layers[number - 1].hidden_size
            check(layer.input_size == size, name, f"take {size} inputs", layer.input_size)


def _gathers(layer: ODERNN) -> bool:
    """Whether the output is the last stage itself, which static values must show."""
    out, n = layer.output_stage, len(layer.stages)
    if not isinstance(out, Stage) or set(out.alpha) != {n}:
        return False
    push, kappa = out.alpha[n], out.kappa
    if not isinstance(push, float) or not isinstance(kappa, float) or out.sigma is not identity:
        return False
    alone = all(c is None for c in (out.W, out.V, out.b, out.gamma))
    whole = layer.stage_sizes[-1] == layer.state_size
    return alone and whole and not layer.inner and layer.h * push == 1 == kappa


class _Below(eqx.Module):
    readout: Callable[[Array], Array]
    number: int = eqx.field(static=True)


class _Top(eqx.Module):
    readout: Callable[[Array], Array]
    length: int = eqx.field(static=True)
    size: int = eqx.field(static=True)

    def __call__(self, state: Array) -> Array:
        return self.readout(state[-self.length :][: self.size])


class _View(eqx.Module):
    """Where a layer's input, stages and state are in the whole."""

    below: _Below | None
    offset: int = eqx.field(static=True)
    first: int = eqx.field(static=True)
    total: int = eqx.field(static=True)
    size: int = eqx.field(static=True)
    length: int = eqx.field(static=True)
    h: float = eqx.field(static=True)
    inner: bool = eqx.field(static=True)

    def moment(self, moment: Moment) -> Moment:
        """Return the moment as the layer sees it."""
        x = moment.x
        if self.below is not None:
            x = self.below.readout(moment.stages[self.below.number - 1])
        past = moment.history[0, self.first : self.first + self.size * self.length]
        past = past.reshape(self.length, self.size)
        return Moment(moment.step, x, past, moment.stages[self.offset :])

    def stage(self, stage: Stage, x: Array, tau: int, dtype: Any) -> Stage:
        """Return the layer's stage in terms of the whole, with the step taken into alpha."""
        W, alpha = stage.W, stage.alpha
        if self.inner:
            alpha = {k: product(W, c) for k, c in alpha.items() if W is not None and c is not None}
            W = None if W is None else product(W, stage.d)
        V, b = stage.V, stage.b
        if self.below is not None and V is not None:
            pushed = apply(V, x.astype(dtype))
            V, b = None, pushed if b is None else pushed + jnp.asarray(b).astype(dtype)
        return Stage(
            W=None if W is None else self.wide(matrix(W, self.size, dtype), tau),
            V=V,
            b=b,
            alpha={k + self.offset: self.h * c for k, c in alpha.items() if c is not None},
            gamma=stage.gamma,
            kappa=stage.kappa,
            sigma=stage.sigma,
        )

    def wide(self, W: Array, tau: int) -> Array:
        """Return columns for the whole state, of which a layer's past states are parts."""
        before = self.first + tau * self.size
        return jnp.pad(W, ((0, 0), (before, self.total - before - self.size)))


class _Placed(eqx.Module):
    function: StageFunction
    view: _View
    tau: int = eqx.field(static=True)
    is_first: bool = eqx.field(static=True)

    def __call__(self, moment: Moment) -> Stage:
        own = self.view.moment(moment)
        stage = self.view.stage(self.function(own), own.x, self.tau, moment.history.dtype)
        # The stage before the first one of a layer belongs to the layer below.
        gamma = None if self.is_first else stage.gamma
        return Stage(stage.W, stage.V, stage.b, stage.alpha, gamma, stage.kappa, stage.sigma)


class _Emitted(eqx.Module):
    function: StageFunction
    view: _View
    places: Lags = eqx.field(static=True)

    def __call__(self, moment: Moment) -> Stage:
        dtype = moment.history.dtype
        own = self.view.moment(moment)
        stage = self.view.stage(self.function(own), own.x, self.places.output, dtype)
        skip = self.view.wide(jnp.eye(self.view.size, dtype=dtype), self.places.skip)
        return with_skip(stage, skip, dtype)


class _Crowned(eqx.Module):
    """The output stage of the highest layer, beside what gathers the others."""

    function: StageFunction
    view: Any
    places: Lags = eqx.field(static=True)
    gather: Stage

    def __call__(self, moment: Moment) -> Stage:
        view, dtype, total = self.view, moment.history.dtype, self.view.total
        own = view.moment(moment)
        stage = view.stage(self.function(own), own.x, self.places.output, dtype)
        m = rows(stage, total, tuple(K.size for K in moment.stages)) or view.size
        above, below = ((m, 0), (0, 0)), ((0, total), (0, 0))
        W = jnp.zeros((m, total), dtype) if stage.W is None else stage.W
        aging = jnp.zeros((total, total), dtype) if self.gather.W is None else self.gather.W
        lower: dict[int, Any] = dict(self.gather.alpha)
        alpha = {k: jnp.pad(c, above) for k, c in lower.items()}
        alpha |= {
            k: jnp.pad(matrix(c, m, dtype), below) + alpha.get(k, 0) for k, c in stage.alpha.items()
        }
        kappa = matrix(0.0 if stage.kappa is None else stage.kappa, view.size, dtype)
        place = jnp.eye(total, view.size, -view.first, dtype)
        return Stage(
            W=jnp.concatenate([W, aging]),
            V=None if stage.V is None else jnp.pad(matrix(stage.V, m, dtype), below),
            b=None if stage.b is None else jnp.pad(jnp.asarray(stage.b).astype(dtype), (0, total)),
            alpha=alpha,
            gamma=None if stage.gamma is None else self._skip(stage, place, dtype),
            kappa=jnp.concatenate([place @ kappa, jnp.eye(total, dtype=dtype)], axis=1),
            sigma=Blockwise((stage.sigma, identity), (m, total)),
        )

    def _skip(self, stage: Stage, place: Array, dtype: Any) -> Array:
        skip = self.view.wide(matrix(stage.gamma, self.view.size, dtype), self.places.skip)
        return place @ skip
