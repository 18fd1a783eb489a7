"""Tight adaptive solutions of any vector field."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from .._checks import check, check_choice, check_count, check_finite, check_positive
from .._errors import UnfinishedFlowError
from ._analysis._dynamics import check_returns, double, in_double

_SOLVERS = ("dopri5", "dopri8", "kvaerno5", "tsit5")


def solve(
    f: Callable[[Float[Array, " n"]], Float[Array, " n"]],
    y0: Float[ArrayLike, " n"],
    ts: Float[ArrayLike, "*times"],
    *,
    rtol: float = 1e-12,
    atol: float = 1e-12,
    solver: str = "dopri8",
    max_steps: int = 65536,
) -> Float[Array | np.ndarray, "*times n"]:
    r"""Solve $y' = f(y)$, $y(0) = y_0$ adaptively, by Diffrax.

    Computed in float64 whatever the caller's precision is, unless it is traced: under `jax.jit`
    and `jax.grad` it is part of the caller's program, in the caller's precision.

    **Arguments:**

    - `f`: takes a state to its velocity: `net.field` of a [`feynax.networks.CTRNN`][], or
      [`feynax.networks.held_field`][] of any cell that declares a field. For networks of ReLUs
      [`feynax.equations.relu_flow`][] is exact.
    - `y0`: start.
    - `ts`: one time or several in ascending order, counted from the start.
    - `rtol`, `atol`: tolerances of a step, relative and absolute.
    - `solver`: "dopri8", "dopri5", "tsit5", or "kvaerno5" for stiff fields.
    - `max_steps`: most steps.

    **Returns:**

    States at `ts`; a NumPy array unless it is traced.

    **Raises:**

    - `ValueError` for wrong arguments.
    - `feynax.UnfinishedFlowError` where `max_steps` are too few or the state diverges.

    ```python
    import numpy as np, feynax as fx
    net = fx.networks.CTRNN.from_arrays([[0.0]], tau=2.0, current=1.0, activation="tanh")
    assert np.allclose(fx.equations.solve(net.field, [0.0], [2.0]), 1 - np.exp(-1.0))
    ```
    """
    check_choice("solver", solver, _SOLVERS)
    check_count("max_steps", max_steps)
    check_positive("rtol", rtol)
    check_positive("atol", atol)
    check(np.ndim(y0) == 1, "y0", "be a vector", f"shape {np.shape(y0)}")
    check(np.ndim(ts) < 2 and np.size(ts) > 0, "ts", "be a time or a row of them", np.shape(ts))
    options = (solver, rtol, atol, max_steps)
    if any(isinstance(x, jax.core.Tracer) for x in jax.tree.leaves((f, y0, ts))):
        ys, failed = _run(f, jnp.asarray(y0), jnp.asarray(ts), *options)
        return eqx.error_if(ys, failed, _message(solver, max_steps))
    check_times(ts)
    check_finite("y0", y0)
    with double():
        start, times = (jnp.asarray(np.asarray(x, np.float64)) for x in (y0, ts))
        wide = in_double(f)
        check_returns(wide, start)
        ys, failed = _run_jit(wide, start, times, *options)
    if not isinstance(failed, jax.core.Tracer) and bool(failed):
        raise UnfinishedFlowError(_message(solver, max_steps))
    return ys if isinstance(ys, jax.core.Tracer) else np.asarray(ys)


def check_times(ts: Any) -> None:
    """Refuse times that are not finite, negative, or not in order."""
    check_finite("ts", ts)
    given = np.atleast_1d(np.asarray(ts, np.float64))
    check(bool(given[0] >= 0), "ts", "start at 0 or later", given[0])
    check(bool(np.all(np.diff(given) >= 0)), "ts", "ascend", "a step back")


def _message(solver: str, max_steps: int) -> str:
    return (
        f"The {solver} solution did not come to its last time within {max_steps} steps: it "
        'diverges, or needs larger `max_steps`, `rtol` and `atol`, or is stiff (solver="kvaerno5").'
    )


def _run(
    f: Any, y0: Array, ts: Array, solver: str, rtol: float, atol: float, max_steps: int
) -> tuple[Array, Array]:
    """States at the times, and whether the solver gave up."""
    import diffrax  # slow to import, and only adaptive solutions need it

    row = jnp.atleast_1d(ts).astype(y0.dtype)
    # Diffrax interpolates between steps, to 1e-10 at best: so it steps onto every time.
    controller = diffrax.ClipStepSizeController(
        diffrax.PIDController(rtol=rtol, atol=atol), step_ts=row
    )
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, y, field: jnp.asarray(field(y), y.dtype)),  # pyright: ignore[reportArgumentType]
        getattr(diffrax, solver.capitalize())(),
        jnp.zeros_like(row[0]),
        row[-1],
        None,
        y0,
        f,
        saveat=diffrax.SaveAt(ts=row),
        stepsize_controller=controller,
        max_steps=max_steps,
        throw=False,
    )
    ys: Any = solution.ys
    failed = (solution.result != diffrax.RESULTS.successful) | ~jnp.all(jnp.isfinite(ys))
    return (ys if ts.ndim else ys[0]), failed


_run_jit = eqx.filter_jit(_run)
