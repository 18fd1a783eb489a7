"""Follow a flow from some states, and find out all that can be said of it."""

import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import check, check_finite
from .._citation import cites
from ..equations import TABLEAUX, Tableau, fixed_points, stability_function
from ..maps import certify, field_bound
from ..networks import MLPField, NeuralODE
from ._attempt import attempt
from ._double import widened
from ._flow_reading import FlowReading, SolverReading

Field = Callable[[Array], Array]

_STARTS = 6
_SEGMENTS = 60  # of a solution that is drawn
_POINTS = 64  # where Jacobians are taken
_MOST_NUMBERS = 256  # of a state whose Jacobians are taken
_FINER = 4
_FARTHEST = 12.0  # of h times an eigenvalue; no explicit method here is stable beyond
_LONG = "its state has {size} numbers, and Jacobians are taken of up to {most}."


@cites("imchitr2020", "chen2018", "sussillo2013", "dahlquist1979")
def read_flow(
    network: NeuralODE | MLPField,
    starts: Float[Array | np.ndarray, "starts state"] | None = None,
    *,
    starts_name: str = "random states",
    seed: int = 0,
) -> FlowReading:
    r"""Read a network whose depth is time: field, resting points, bounds, and its solver's steps.

    **Arguments:**

    - `network`: a [`feynax.networks.NeuralODE`][], or a field, which is solved by the defaults of
      one.
    - `starts`: states to start from, one a row; six normal ones of unit variance by default.
    - `starts_name`: what to call them; `seed`: of random ones.

    **Returns:**

    A [`feynax.report.FlowReading`][], computed in float64. What could not be computed is left
    out, and `missing` says why.

    **Raises:**

    - `ValueError` for starts of another shape or not finite, or where there are none and the
      field does not say how many numbers it takes.

    ```python
    import jax, feynax as fx
    field = fx.networks.MLPField(2, 4, key=jax.random.key(0))
    reading = fx.report.read_flow(fx.networks.NeuralODE(field, steps=4))
    assert reading.speed <= reading.bound.nu and reading.solver.error < 1e-3
    ```
    """
    net = network if isinstance(network, NeuralODE) else NeuralODE(network)
    rows = _checked(net, starts, seed)
    leaves = jax.tree.leaves(eqx.filter(network, eqx.is_inexact_array))
    missing = {"quantum": _why_classical(net), "paths": _NO_PATHS}
    with jax.enable_x64(True):
        wide = widened(net)
        times, paths = _paths(_like(wide, "direct"), rows)
        found = _of_field(lambda y: wide.field(jnp.asarray(wide.t0), y), paths, missing)
        solver = _solver(wide, rows, found["eigenvalues"])
    return FlowReading(
        network=type(network).__name__,
        field=type(net.field).__name__,
        parameters=sum(leaf.size for leaf in leaves),
        equation=_written(net.field),
        starts_name=starts_name,
        times=times,
        paths=paths,
        bound=attempt("bound", lambda: field_bound(net.field), missing),
        solver=solver,
        certificate=attempt("certificate", lambda: certify(_forwards(net), x=rows[0]), missing),
        missing=missing,
        **found,
    )


def is_flow(network: Any) -> bool:
    """Whether a network is read from states, as the solution of an equation."""
    return isinstance(network, NeuralODE | MLPField)


_NO_PATHS = (
    "a sum over paths is read from networks of images, whose layers are steps on a lattice of "
    "pixels; the numbers of this state have no places."
)


def _why_classical(net: NeuralODE) -> str:
    return (
        f"levels are known for affine fields that keep volumes, as a CTRNN's may be, and "
        f"{type(net.field).__name__} is not made to be one."
    )


def _written(field: Any) -> str:
    """The field in symbols, where it is known."""
    if not isinstance(field, MLPField):
        return "ψ′ = f(t, ψ)"
    clock = " + w t" if field.clock is not None else ""
    return f"ψ′ = W₂ {field.activation}(W₁ ψ{clock} + b₁) + b₂"


def _checked(net: NeuralODE, starts: Any, seed: int) -> np.ndarray:
    size = net.field.inward.shape[1] if isinstance(net.field, MLPField) else None
    if starts is None:
        check(size is not None, "starts", "be given for a field that has no size", "None")
        return np.random.default_rng(seed).normal(size=(_STARTS, size or 1))
    rows = np.asarray(starts, np.float64)
    fits = rows.ndim == 2 and rows.size > 0 and size in (None, rows.shape[1])
    check(fits, "starts", f"have shape (starts, {size or 'state'})", rows.shape)
    check_finite("starts", rows)
    return rows


def _like(net: NeuralODE, adjoint: str, **other: Any) -> NeuralODE:
    """The same flow with another way to solve it."""
    kept = {name: getattr(net, name) for name in ("t0", "t1", "steps", "method", "tolerance")}
    kept |= {"solver": net.solver, "max_steps": net.max_steps, "adjoint": adjoint}
    return NeuralODE(net.field, **kept | other)


def _forwards(net: NeuralODE) -> NeuralODE:
    """The same map with a gradient that a search can rely on."""
    return net if net.adjoint == "reversible" else _like(net, "direct")


def _paths(net: NeuralODE, starts: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Solutions from all starts at some times; equal steps are the solver's own."""
    count = max(k for k in range(1, _SEGMENTS + 1) if net.steps % k == 0)
    if net.tolerance is not None:
        count = _SEGMENTS
    times = np.linspace(net.t0, net.t1, count + 1)

    @eqx.filter_jit
    def along(net: NeuralODE, y0: Array, times: Array) -> Array:
        def move(y: Array, span: tuple[Array, Array]) -> tuple[Array, Array]:
            end = net(y, t0=span[0], t1=span[1], steps=max(1, net.steps // count))
            return end, end

        return jax.lax.scan(move, y0, (times[:-1], times[1:]))[1]

    drawn = jax.vmap(lambda y: along(net, y, jnp.asarray(times)))(jnp.asarray(starts))
    whole = np.concatenate([starts[:, None], np.asarray(drawn)], 1)
    return times, tuple(whole)


def _of_field(
    field: Field, paths: tuple[np.ndarray, ...], missing: dict[str, str]
) -> dict[str, Any]:
    """What the field at the first time says, along the solutions and where it rests."""
    every = np.concatenate(paths)
    size = every.shape[1]
    if size > _MOST_NUMBERS:
        missing["jacobian"] = _LONG.format(size=size, most=_MOST_NUMBERS)
        return dict.fromkeys(("place", "eigenvalues", "rest", "speed", "steepness"))
    chosen = np.unique(np.linspace(0, len(every) - 1, _POINTS).round().astype(int))
    take = eqx.filter_jit(jax.vmap(jax.jacfwd(field)))
    found = np.asarray(take(jnp.asarray(np.concatenate([np.zeros((1, size)), every[chosen]]))))
    ends = every[np.unique(np.linspace(0, len(every) - 1, 2 * _STARTS).round().astype(int))]
    rest = fixed_points(field, ends, kind="field", steps=60)
    along = found[1:]
    return {
        "place": rest.points[0] if len(rest) else np.zeros(size),
        "eigenvalues": rest.eigenvalues[0] if len(rest) else _sorted(found[0]),
        "rest": rest,
        "speed": float(np.linalg.eigvalsh((along + along.transpose(0, 2, 1)) / 2).max()),
        "steepness": float(np.linalg.norm(along, 2, (1, 2)).max()),
    }


def _sorted(matrix: np.ndarray) -> np.ndarray:
    values = np.linalg.eigvals(matrix).astype(np.complex128)
    return values[np.argsort(-values.real, kind="stable")]


def _solver(net: NeuralODE, starts: np.ndarray, eigenvalues: np.ndarray | None) -> SolverReading:
    fine = _like(net, "direct", method="dopri5", steps=_FINER * net.steps, tolerance=None)
    ends = [np.asarray(eqx.filter_jit(jax.vmap(one))(jnp.asarray(starts))) for one in (net, fine)]
    error = float(np.abs(ends[0] - ends[1]).max())
    if net.tolerance is not None:
        name = net.solver or "dopri5 or dopri8"
        return SolverReading(name, None, net.max_steps, net.tolerance, error, None, None)
    step, tableau = (net.t1 - net.t0) / net.steps, TABLEAUX[net.method]
    known = eigenvalues is not None
    return SolverReading(
        method=net.method,
        step=step,
        steps=net.steps,
        tolerance=None,
        error=error,
        factors=stability_function(tableau, step * eigenvalues) if known else None,
        longest=longest_step(tableau, math.copysign(1, step) * eigenvalues) if known else None,
    )


def longest_step(tableau: Tableau, eigenvalues: np.ndarray) -> float | None:
    r"""Return the longest step that lets no fading direction grow: $|R(h\lambda)| \le 1$."""
    fading = [value for value in eigenvalues if value.real < 0]
    return min((_limit(tableau, complex(value)) for value in fading), default=None)


def _limit(tableau: Tableau, value: complex) -> float:
    """First length at which |R| passes 1 for one eigenvalue."""
    low, high = 0.0, _FARTHEST / abs(value)
    for _ in range(3):  # each pass leaves one of a thousand parts
        lengths = np.linspace(low, high, 1001)[1:]
        bad = np.abs(stability_function(tableau, lengths * value)) > 1 + 1e-12
        first = int(np.argmax(bad))
        low, high = (lengths[first - 1] if first else low), lengths[first]
    return float(low)
