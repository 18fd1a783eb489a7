"""The exact flow of a piecewise linear field, with every switching of its units."""

from typing import Any

import equinox as eqx
import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int

from ..._checks import check, check_count, check_finite, check_shape
from ..._citation import cites
from ..._errors import UnfinishedFlowError
from .._analysis._dynamics import double
from .._solve import check_times
from ._affine import Numbers
from ._march import Search, search
from ._relu_field import ReLUField
from ._replay import replay


class ReLUTrajectory(eqx.Module):
    r"""States of a piecewise linear field, and the switchings between them.

    Arrays of switchings have room for all that were allowed; `count` says how many there are, and
    [`feynax.equations.ReLUTrajectory.events`][] returns just these. With a batch of starts every
    array but `ts` has the batch's axes in front.

    **Fields:**

    - `ts`, `ys` (*times, n): times, and the states at them.
    - `event_times`, `event_units` (events): when a unit crossed its threshold, in order, and
      which; infinity and -1 after the last one.
    - `masks` (events + 1, units): `masks[k]` holds between switchings k - 1 and k; the last one
      is repeated.
    - `count`: number of switchings.
    - `sensitivity` (n, n): $\partial y(T)/\partial y_0$ at the last time, the product of
      $e^{A_s \Delta t}$: the saltation matrix of a continuous field is the identity.
    - `steps`: pieces of the march.
    - `finished`: whether it came to the last time; states are NaN where it did not.
    """

    ts: Float[Numbers, "*times"]
    ys: Float[Numbers, "*times n"]
    event_times: Float[Numbers, " events"]
    event_units: Int[Numbers, " events"]
    masks: Bool[Numbers, "after units"]
    count: Int[Numbers, ""]
    sensitivity: Float[Numbers, "n n"]
    steps: Int[Numbers, ""]
    finished: Bool[Numbers, ""]

    def events(self) -> list[tuple[float, int]]:
        """Return time and unit of each switching, of one trajectory that is not traced."""
        check(np.ndim(self.count) == 0, "self", "be one trajectory", f"{np.shape(self.count)}")
        pairs = zip(self.event_times.tolist(), self.event_units.tolist(), strict=True)
        return list(pairs)[: int(self.count)]


@cites("kohli2020")
def relu_flow(
    field: ReLUField,
    y0: Float[ArrayLike, "*batch n"],
    ts: Float[ArrayLike, "*times"],
    *,
    max_events: int = 64,
    max_steps: int = 32768,
) -> ReLUTrajectory:
    r"""Return the exact solution of $y' = -\lambda y + B\,\mathrm{relu}(Cy + d) + e$, $y(0) = y_0$.

    Between switchings the field is affine, and its flow an exponential. Switching times are
    isolated with a proof that none is missed: each step is a Taylor polynomial that reaches
    rounding, and ends before the first root of a parabola that lies below the distance of every
    unit from its threshold; near a crossing this is Newton's method from the safe side. Grazing a
    threshold and starting on one are no events: there a unit follows its first derivative that is
    not zero. Times are found to about $10^{-15}$ of the state over its speed.

    The work is about $\sum t_s |A_s|_\infty$ pieces over the regimes visited, and a handful more
    for each switching.

    Under `jax.jit`, `vmap` and `grad` all of it can be traced, and `finished` says whether it came
    to its end. Derivatives of the states by the start, by the times and by every array of `field`
    are exact: they hold switching times fixed, which changes nothing to first order, since the
    field is continuous. Switching times themselves carry no derivative. Outside of a trace all is
    computed in float64 and returned as NumPy arrays.

    **Arguments:**

    - `field`: a [`feynax.equations.ReLUField`][].
    - `y0`: one start, or a batch of them.
    - `ts`: one time or several in ascending order, counted from the start.
    - `max_events`: most switchings there is room for.
    - `max_steps`: most pieces.

    **Returns:**

    [`feynax.equations.ReLUTrajectory`][].

    **Raises:**

    - `ValueError` for shapes that do not fit, NaN, infinities, and times that are negative or
      descend.
    - `feynax.UnfinishedFlowError` where `max_events` or `max_steps` are too few, or where the state
      leaves the range of numbers.

    Source: P. Kohli and A. Haslam (2020), (2)-(8); their (9)-(10) hold only until the first event.

    ```python
    import numpy as np, feynax as fx
    field = fx.equations.ReLUField.ctrnn([[0.0]], bias=-1.0, current=2.0)  # y' = 2 - y
    path = fx.equations.relu_flow(field, [0.0], [0.5, 3.0])
    assert np.allclose(path.ys[:, 0], 2 - 2 * np.exp([-0.5, -3.0]))
    assert path.events()[0][1] == 0 and np.isclose(path.events()[0][0], np.log(2))
    ```
    """
    check_count("max_events", max_events, 0)
    check_count("max_steps", max_steps)
    check(np.ndim(ts) < 2 and np.size(ts) > 0, "ts", "be a time or a row of them", np.shape(ts))
    check(np.ndim(y0) > 0, "y0", "be a vector", "no axes")
    check_shape("y0", y0, (*np.shape(y0)[:-1], field.size))
    if any(isinstance(x, jax.core.Tracer) for x in jax.tree.leaves((field, y0, ts))):
        wide, start, times = _of_one_type(field, jnp.asarray(y0), jnp.asarray(ts))
        return _solve(wide, start, times, max_events, max_steps)
    _check_values(field, y0, ts)
    with double():
        start, times = (jnp.asarray(np.asarray(x, np.float64)) for x in (y0, ts))
        wide = jax.tree.map(lambda x: jnp.asarray(np.asarray(x, np.float64)), field)
        path = _solve_jit(wide, start, times, max_events, max_steps)
    if any(isinstance(x, jax.core.Tracer) for x in jax.tree.leaves(path)):
        return path
    path = jax.tree.map(np.asarray, path)
    _check_finished(path, max_events, max_steps)
    return path


def _check_values(field: ReLUField, y0: Any, ts: Any) -> None:
    for name in ("decay", "outer", "inner", "shift", "drive"):
        check_finite(name, getattr(field, name))
    check_finite("y0", y0)
    check_times(ts)


def _of_one_type(*trees: Any) -> list[Any]:
    with jax.numpy_dtype_promotion("standard"):
        dtype = jnp.result_type(float, *jax.tree.leaves(trees))
    return [jax.tree.map(lambda x: jnp.asarray(x, dtype), tree) for tree in trees]


def _solve(field: Any, y0: Array, ts: Array, events: int, steps: int) -> ReLUTrajectory:
    one = lambda y: _solve_one(field, y, jnp.atleast_1d(ts), events, steps)
    batch = y0.shape[:-1]
    if batch:
        flat = jax.vmap(one)(y0.reshape(-1, y0.shape[-1]))
        path = jax.tree.map(lambda x: x.reshape(batch + x.shape[1:]), flat)
    else:
        path = one(y0)
    ys = path.ys if ts.ndim else path.ys[..., 0, :]
    return eqx.tree_at(lambda p: (p.ts, p.ys), path, (ts, ys))


_solve_jit = eqx.filter_jit(_solve)


def _solve_one(field: Any, y0: Array, ts: Array, events: int, steps: int) -> ReLUTrajectory:
    held = jax.lax.stop_gradient((field, y0, ts[-1]))
    found: Search = search(*held, events, steps)
    finished = (found.time >= ts[-1]) & jnp.all(jnp.isfinite(found.state)) & found.room
    ys, tangent = replay(field, y0, ts, found)
    return ReLUTrajectory(
        ts=ts,
        ys=jnp.where(finished, ys, jnp.nan),
        event_times=found.times,
        event_units=found.units,
        masks=found.masks,
        count=found.switched,
        sensitivity=jnp.where(finished, tangent, jnp.nan),
        steps=found.steps,
        finished=finished,
    )


def _check_finished(path: ReLUTrajectory, events: int, steps: int) -> None:
    finished = np.asarray(path.finished)
    if finished.all():
        return
    first = tuple(int(i) for i in np.argwhere(~finished)[0])
    known = np.asarray(path.event_times)[first]
    reached = float(np.max(known, initial=0, where=np.isfinite(known)))
    if path.steps[first] >= steps:
        why = f"needs more than max_steps={steps} pieces (its rates are fast for so long a time)"
    elif path.count[first] >= events:
        why = f"switches more than max_events={events} times"
    else:
        why = "grows beyond the range of numbers"
    where = f" of start {first}" if first else ""
    raise UnfinishedFlowError(
        f"The flow{where} {why}; its last switching known is at time {reached:.6g}."
    )
