"""Run a recurrent network along data, and find out all that can be said of its cells."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import check, check_finite, check_shape
from .._citation import cites
from ..equations import (
    GradientGrowth,
    JacobianSpectrum,
    RestPoints,
    fixed_points,
    gradient_growth,
    jacobian_spectrum,
    lyapunov_spectrum,
)
from ..maps import certify
from ..networks import (
    AbstractCell,
    DrivenMap,
    RecurrentStack,
    SequenceNet,
    driven,
    held,
)
from ._attempt import attempt
from ._double import widened
from ._recurrent_quantum import NO_PATHS, quantum_of, why_classical, window_of
from ._recurrent_reading import CellReading, RecurrentReading
from ._spectrum_reading import SpectrumReading

Series = Float[np.ndarray, "time input"]
_MOST_STEPS = 200  # of one series; gradients are settled or gone by then
_POINTS = 64  # where the Jacobian's spectrum is taken
_STARTS = 12  # of the search for fixed points
_BLOCKS, _BLOCK = 32, 8  # of the Lyapunov exponent: steps are their product
_RING = (
    "its state is a ring of the last {count} inputs under a turning clock: each input is kept "
    "whole for {count} samples and is then gone, so that nothing fades, grows or rests."
)


class _Placed(NamedTuple):
    """A cell, its layer, whether it runs from the end."""

    name: str
    cell: AbstractCell
    layer: int
    turned: bool


@cites("sussillo2013", "bengio1994", "benettin1980")
def read_recurrent(
    network: Any,
    series: Sequence[Float[Array | np.ndarray, "time input"]],
    *,
    series_name: str = "series",
    quantum: Mapping[str, Any] | None = None,
) -> RecurrentReading:
    """Read a recurrent network along data: integrator, memory, fixed points, gradients, bounds.

    A [`feynax.networks.CTRNN`][] or [`feynax.networks.HamiltonianCTRNN`][] among its cells is read
    as a quantum system besides.

    **Arguments:**

    - `network`: a cell, a [`feynax.networks.RecurrentStack`][] or a
      [`feynax.networks.SequenceNet`][].
    - `series`: one or more series of shape (time, input), as the network takes them
      (standardised as in training). Of each the first 200 steps are read.
    - `series_name`: what to call them.
    - `quantum`: options of [`feynax.report.read_spectrum`][] for its continuous-time cells.

    **Returns:**

    A [`feynax.report.RecurrentReading`][], one part a cell, computed in float64. What could not be
    computed is left out, and `missing` says why.

    **Raises:**

    - `ValueError` where there is no series, or one is empty, of other channels or not finite.
    - `TypeError` for networks without cells.

    ```python
    import jax, numpy as np, feynax as fx
    cell = fx.networks.GRU(2, 4, key=jax.random.key(0))
    reading = fx.report.read_recurrent(cell, [np.ones((20, 2))])
    assert reading.cells[0].memory.median > 0 and reading.cells[0].rest.stability == ("stable",)
    ```
    """
    rows = _checked(network, series)
    leaves = jax.tree.leaves(eqx.filter(network, eqx.is_inexact_array))
    missing: list[dict[str, str]] = [{} for _ in _places(network)]
    # With the weights as they came: their precision says how exactly a trace can be zero.
    spectra = [
        quantum_of(one.cell, quantum or {}, why)
        for one, why in zip(_places(network), missing, strict=True)
    ]
    with jax.enable_x64(True):
        wide = widened(network)
        parts = zip(_places(wide), _inputs(wide, rows), spectra, missing, strict=True)
        cells = tuple(_read_cell(*part) for part in parts)
    return RecurrentReading(
        network=type(network).__name__,
        parameters=sum(leaf.size for leaf in leaves),
        series_name=series_name,
        lengths=tuple(len(row) for row in rows),
        cells=cells,
    )


def is_recurrent(network: Any) -> bool:
    """Whether a network is read along series."""
    return isinstance(network, AbstractCell | RecurrentStack | SequenceNet)


def _checked(network: Any, series: Sequence[Any]) -> tuple[Series, ...]:
    if not is_recurrent(network):
        raise TypeError(
            f"Argument `network` must be a cell, a RecurrentStack or a SequenceNet, but is "
            f"{type(network).__name__}."
        )
    check(len(series) > 0, "series", "hold at least one series", "none")
    for index, one in enumerate(series):
        check_shape(f"series[{index}]", one, (None, network.input_size))
        check(len(one) > 0, f"series[{index}]", "have at least one step", "none")
        check_finite(f"series[{index}]", one)
    return tuple(np.asarray(one, np.float64)[:_MOST_STEPS] for one in series)


def _places(network: Any) -> list[_Placed]:
    """All cells of a network, each layer's forward one before its backward one."""
    if isinstance(network, AbstractCell):
        return [_Placed("the cell", network, 0, False)]
    found = []
    for index, layer in enumerate(network.layers):
        pair = getattr(layer, "cell", layer)
        name = f"layer {index + 1}" if len(network.layers) > 1 else "the cell"
        found.append(_Placed(name, pair.forth, index, False))
        if pair.back is not None:
            found.append(_Placed(f"{name}, backwards", pair.back, index, True))
    return found


def _inputs(network: Any, rows: tuple[Series, ...]) -> list[tuple[Series, ...]]:
    """What each cell sees of each series."""
    if isinstance(network, AbstractCell):
        return [rows]
    seen = _features(network, rows)
    return [
        tuple(one[place.layer][::-1] if place.turned else one[place.layer] for one in seen)
        for place in _places(network)
    ]


def _features(network: Any, rows: tuple[Series, ...]) -> list[list[Series]]:
    """What each layer sees of each series; padded to one length, so that it compiles once."""
    strides = [getattr(layer, "cell", layer).every for layer in network.layers]
    if any(stride > 1 for stride in strides):
        # Layers that skip steps shorten a series: its padding could not be cut off again.
        alone = eqx.filter_jit(lambda net, xs: net.features(xs))
        return [[np.asarray(a) for a in alone(network, jnp.asarray(row))] for row in rows]
    run = eqx.filter_jit(lambda net, xs, mask: net.features(xs, mask=mask))
    padded, masks = _padded(rows)
    seen = (
        run(network, jnp.asarray(x), jnp.asarray(m)) for x, m in zip(padded, masks, strict=True)
    )
    return [
        [np.asarray(layer)[: len(row)] for layer in layers]
        for row, layers in zip(rows, seen, strict=True)
    ]


def _padded(rows: tuple[Series, ...]) -> tuple[np.ndarray, np.ndarray]:
    longest = max(len(row) for row in rows)
    padded = np.stack([np.pad(row, ((0, longest - len(row)), (0, 0))) for row in rows])
    return padded, np.arange(longest) < np.array([[len(row)] for row in rows])


def _read_cell(
    placed: _Placed,
    seen: tuple[Series, ...],
    quantum: SpectrumReading | None,
    missing: dict[str, str],
) -> CellReading:
    cell = placed.cell
    step = driven(cell)
    paths = _paths(step, seen)
    every = np.concatenate(seen)
    before = np.concatenate([path[:-1] for path in paths])
    box = every.min(0), every.max(0)
    found = _of_map(cell, step, before, every, max(seen, key=len), missing)
    within = box if cell.input_size else None
    certificate = attempt("certificate", lambda: certify(cell, box=within), missing)
    if quantum is None and "quantum" not in missing:
        missing["quantum"] = why_classical(cell, found["spectrum"])
    missing["paths"] = NO_PATHS
    return CellReading(
        name=placed.name,
        cell=type(cell).__name__,
        inputs=cell.input_size,
        units=cell.hidden_size,
        numbers=before.shape[1],
        equation=cell.equation(),
        box=box,
        paths=paths,
        **found,
        certificate=certificate,
        quantum=quantum,
        window=window_of(cell),
        missing=missing,
    )


def _of_map(
    cell: AbstractCell,
    step: DrivenMap,
    before: Series,
    every: Series,
    longest: Series,
    missing: dict[str, str],
) -> dict[str, Any]:
    """What the step says as a map of the state; of a ring of inputs there is nothing to say."""
    asked = {
        "spectrum": ("spectrum", lambda: _spectrum(step, before, every)),
        "growth": ("growth", lambda: _growth(step, longest)),
        "rest": ("fixed points", lambda: _rest(cell, every.mean(0), before)),
        "lyapunov": ("lyapunov", lambda: _lyapunov(cell, every.mean(0), before)),
    }
    if window_of(cell) is None:
        return {field: attempt(name, ask, missing) for field, (name, ask) in asked.items()}
    missing |= {name: _RING.format(count=window_of(cell)) for name, _ in asked.values()}
    return dict.fromkeys(asked)


def _paths(step: DrivenMap, seen: tuple[Series, ...]) -> tuple[Series, ...]:
    """States along each series, the first one included."""

    @eqx.filter_jit
    def along(step: DrivenMap, xs: Array) -> Array:
        def turn(y: Array, x: Array) -> tuple[Array, Array]:
            new = step(y, x)
            return new, new

        return jax.vmap(lambda row: jax.lax.scan(turn, step.start, row)[1])(xs)

    states = np.asarray(along(step, jnp.asarray(_padded(seen)[0])))
    first = np.asarray(step.start)[None]
    pairs = zip(states, seen, strict=True)
    return tuple(np.concatenate([first, path[: len(row)]]) for path, row in pairs)


def _spectrum(step: DrivenMap, before: Series, every: Series) -> JacobianSpectrum:
    chosen = np.unique(np.linspace(0, len(every) - 1, _POINTS).round().astype(int))
    return jacobian_spectrum(step, before[chosen], every[chosen])


def _growth(step: DrivenMap, xs: Series) -> GradientGrowth:
    return gradient_growth(step, step.start, xs, sweeps=6)


def _rest(cell: AbstractCell, middle: np.ndarray, before: Series) -> RestPoints:
    chosen = np.unique(np.linspace(0, len(before) - 1, _STARTS).round().astype(int))
    return fixed_points(held(cell, jnp.asarray(middle)), before[chosen], steps=60)


def _lyapunov(cell: AbstractCell, middle: np.ndarray, before: Series) -> Any:
    last = before[[-1, len(before) // 2]]
    steps = _BLOCKS * _BLOCK
    still = held(cell, jnp.asarray(middle))
    found = lyapunov_spectrum(still, last, steps=steps, transient=steps, count=1, blocks=_BLOCKS)
    return found.exponents[0]
