"""Solutions of any field through many points at once, with the volumes they stretch, in float64."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PyTree

from .._checks import check
from .._errors import UnfinishedFlowError
from ..equations import AffineField, ReLUField, ReLUTrajectory, relu_flow
from ..equations._analysis._dynamics import double, in_double

Field = Callable[..., Any]
Moved = tuple[Float[np.ndarray, "times k n"], Float[np.ndarray, "times k"]]
_MAX_STEPS = 20_000
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
    begun = (points, np.zeros(len(points)))
    return follow(_stretching, field, begun, start, stops, tolerance)


def follow(
    rate: Callable[..., PyTree],
    field: Field,
    states: PyTree,
    start: float,
    stops: Float[np.ndarray, " times"],
    tolerance: float,
) -> PyTree:
    """Solve $x' = rate(field, t, x)$ for states along the first axis; first in the answer is time.

    **Raises:**

    - [`feynax.UnfinishedFlowError`][] where a solution ends before, or takes too many steps.
    """
    count = len(jax.tree.leaves(states)[0])
    with double():
        begun, times = jnp.asarray(start, float), jnp.asarray(stops, float)
        whole = jax.tree.map(lambda x: jnp.asarray(_filled_up(x)), states)
        later, done = _solved(rate, in_double(field), whole, begun, times, tolerance)
        later = jax.tree.map(lambda x: np.moveaxis(np.asarray(x), 1, 0)[:, :count], later)
    finite = all(bool(np.all(np.isfinite(x))) for x in jax.tree.leaves(later))
    if not (finite and bool(np.all(done))):
        raise UnfinishedFlowError(
            f"A solution from t = {start:g} could not be followed to t = {stops[-1]:g} within "
            f"{_MAX_STEPS} steps at tolerance {tolerance:g}: it leaves every bound before, or the "
            "field is stiff. A shorter time may do."
        )
    return later


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


def _stretching(field: Field, t: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
    """The field, and its divergence."""
    y, _ = state
    slope = jax.jacfwd(lambda x: velocity(field, t, x))(y)
    return velocity(field, t, y), jnp.trace(slope)


@eqx.filter_jit
def _solved(
    rate: Callable[..., PyTree],
    field: Field,
    states: PyTree,
    start: Array,
    stops: Float[Array, " times"],
    tolerance: float,
) -> tuple[PyTree, Bool[Array, " k"]]:
    import diffrax

    def one(state: PyTree) -> tuple[PyTree, Array]:
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(lambda t, x, f: rate(f, t, x)),  # pyright: ignore[reportArgumentType]
            diffrax.Dopri8(),
            start,
            stops[-1],
            None,
            state,
            field,
            saveat=diffrax.SaveAt(ts=stops),
            stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance),
            max_steps=_MAX_STEPS,
            throw=False,
        )
        return solution.ys, solution.result == diffrax.RESULTS.successful

    return jax.vmap(one)(states)
