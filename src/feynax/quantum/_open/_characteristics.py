"""Solutions of any field through many points at once, with the volumes they stretch, in float64."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._checks import check
from ...equations import AffineField, ReLUField, ReLUTrajectory, relu_flow, solve
from ...equations._analysis._dynamics import double

Field = Callable[..., Any]
Moved = tuple[Float[np.ndarray, "times k n"], Float[np.ndarray, "times k"]]
_MAX_EVENTS = 256
_ROOM = 256


def characteristics(
    field: Field,
    points: Float[np.ndarray, "k n"],
    start: float,
    stops: Float[np.ndarray, " times"],
    tolerance: float,
) -> Moved:
    r"""Follow solutions from `start` to each of `stops`, which lead away from it in order.

    Beside where they lead: $\int \mathrm{div} f\,dt$ along them, the logarithm of the factor by
    which they stretch volumes. An integral beside the solution costs no determinant of a flow
    that may have lost its digits.
    """
    if isinstance(field, AffineField):
        return _affine(field, points, stops - start)
    if isinstance(field, ReLUField):
        return _piecewise(field, points, stops - start)
    begun = np.pad(points, ((0, 0), (0, 1)))
    later = follow(_stretching, field, begun, start, stops, tolerance)
    return later[..., :-1], later[..., -1]


def follow(
    rate: Callable[..., Array],
    field: Field,
    rows: Float[np.ndarray, "k m"],
    start: float,
    stops: Float[np.ndarray, " times"],
    tolerance: float,
) -> Float[np.ndarray, "times k m"]:
    """Solve $x' = rate(field, t, x)$ for each row, towards earlier times as well as later ones.

    **Raises:**

    - [`feynax.UnfinishedFlowError`][] where a solution ends before, or takes too many steps.
    """
    whole = _filled_up(rows)
    with double():
        sign = jnp.asarray(1.0 if stops[-1] >= start else -1.0)
    clocked = np.append(whole.ravel(), start)
    rates = _Rows(rate, field, sign, rows.shape[1])
    ys = solve(rates, clocked, np.abs(stops - start), rtol=tolerance, atol=tolerance)
    return np.asarray(ys)[:, :-1].reshape(len(stops), *whole.shape)[:, : len(rows)]


class _Rows(eqx.Module):
    """All rows and the time as one state, since a solver knows neither rows nor a time below 0."""

    rate: Callable[..., Array]
    field: Field
    sign: Array
    width: int = eqx.field(static=True)

    def __call__(self, clocked: Float[Array, " all"]) -> Float[Array, " all"]:
        rows, t = clocked[:-1].reshape(-1, self.width), clocked[-1]
        rates = jax.vmap(lambda row: self.rate(self.field, t, row))(rows)
        return self.sign * jnp.append(rates.ravel(), 1.0)


def check_field(field: Field, size: int) -> None:
    """Refuse a field whose velocity is not as long as its state."""
    with double():
        state = jax.ShapeDtypeStruct((size,), jnp.float64)
        out = eqx.filter_eval_shape(field, jnp.zeros(()), state, None)
    shape = getattr(out, "shape", None)
    check(shape == (size,), "field", f"return shape ({size},) for a state of that shape", shape)


def velocity(field: Field, t: Array, y: Float[Array, " n"]) -> Float[Array, " n"]:
    """The field in the precision of the state."""
    return jnp.asarray(field(t, y, None), y.dtype)


def _filled_up(rows: Float[np.ndarray, "k ..."]) -> Float[np.ndarray, "more ..."]:
    """Repeat the last row up to a power of two, so that few numbers of points need compiling."""
    room = max(_ROOM, 1 << (len(rows) - 1).bit_length())
    return np.concatenate([rows, np.repeat(rows[-1:], room - len(rows), axis=0)])


def _affine(field: AffineField, points: np.ndarray, times: np.ndarray) -> Moved:
    matrix, shift = field.flow(times)
    moved = np.einsum("tij,kj->tki", matrix, points) + shift[:, None]
    growth = np.trace(field.matrix) * times
    return moved, np.repeat(growth[:, None], len(points), axis=1)


def _piecewise(field: ReLUField, points: np.ndarray, times: np.ndarray) -> Moved:
    forward = bool(times[-1] >= 0)
    if not forward:  # time reversed: the same field with all of its velocity turned round
        field = ReLUField(-field.decay, -field.outer, field.inner, field.shift, -field.drive)
    path = relu_flow(field, _filled_up(points), np.abs(times), max_events=_MAX_EVENTS)
    moved = np.moveaxis(np.asarray(path.ys), 1, 0)
    return moved[:, : len(points)], _piecewise_growth(field, path)[:, : len(points)]


def _piecewise_growth(field: ReLUField, path: ReLUTrajectory) -> Float[np.ndarray, "times k"]:
    """The divergence is a constant between switchings: sum it over what each piece lasted."""
    inner, outer = np.asarray(field.inner, np.float64), np.asarray(field.outer, np.float64)
    gains = np.sum(inner * outer.T, axis=1)
    rates = np.asarray(path.masks) @ gains - np.sum(np.asarray(field.decay, np.float64))
    ends = np.asarray(path.event_times)
    edge = np.zeros((len(ends), 1))
    begin, end = np.hstack([edge, ends]), np.hstack([ends, edge + np.inf])
    lasted = np.minimum(np.asarray(path.ts)[:, None, None], end) - begin
    return np.sum(rates * np.maximum(lasted, 0), axis=-1)


def _stretching(field: Field, t: Array, row: Float[Array, " more"]) -> Float[Array, " more"]:
    """The field, and its divergence."""
    y = row[:-1]
    slope = jax.jacfwd(lambda x: velocity(field, t, x))(y)
    return jnp.append(velocity(field, t, y), jnp.trace(slope))
