"""The plane of two units: velocities, nullclines, resting points and orbits."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from ..._checks import check, check_count, check_positive
from ._dynamics import Dynamics, Kind, check_kind, check_returns, double, in_double, motion
from ._lyapunov import runge_kutta
from ._rest_points import RestPoints, fixed_points


@dataclasses.dataclass(frozen=True)
class PhasePortrait:
    """What a map or a field does on a rectangle of the plane.

    **Fields:**

    - `x`, `y`: the grid's coordinates.
    - `motion` (y, x, 2): velocity, or one step of a map less where it started.
    - `nullclines`: for each of the two components, the curves (m, 2) on which it does not move.
    - `rest`: resting points in the rectangle.
    - `orbits`: trajectories (steps, 2) from the starts that were given.
    - `kind`: "map" or "field".
    """

    x: Float[np.ndarray, " nx"]
    y: Float[np.ndarray, " ny"]
    motion: Float[np.ndarray, "ny nx 2"]
    nullclines: tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]
    rest: RestPoints
    orbits: tuple[Float[np.ndarray, "steps 2"], ...]
    kind: Kind


def phase_portrait(
    f: Dynamics,
    x: tuple[float, float],
    y: tuple[float, float],
    *,
    kind: Kind = "field",
    resolution: int = 61,
    starts: Float[ArrayLike, "orbits 2"] | None = None,
    steps: int = 1000,
    step: float = 0.05,
) -> PhasePortrait:
    r"""Compute the phase portrait of two units.

    Nullclines are contours of the components on a grid; each of their points is then moved along
    the gradient onto the root itself. Resting points are sought from the crossings of the grid.

    **Arguments:**

    - `f`: takes a state of shape (2,) to its velocity, or to its successor.
    - `x`, `y`: ranges of the two components.
    - `kind`: whether `f` is a "map" or a "field".
    - `resolution`: grid points a side; nullclines thinner than its spacing may be missed.
    - `starts`: of orbits; none by default.
    - `steps`, `step`: of the orbits: how many, and the time step of a field.

    **Returns:**

    [`feynax.equations.PhasePortrait`][], computed in float64;
    [`feynax.plot.phase_portrait`][] draws it.

    ```python
    import jax.numpy as jnp, feynax as fx
    spiral = lambda y: jnp.stack([y[0] - y[1], y[0] + y[1]])
    portrait = fx.equations.phase_portrait(spiral, (-1, 1), (-1, 1), resolution=11)
    line = portrait.nullclines[0][0]
    assert abs(line[:, 0] - line[:, 1]).max() < 1e-12 and portrait.rest.stability == ("unstable",)
    ```
    """
    check_kind(kind)
    check_count("resolution", resolution, 3)
    check_count("steps", steps)
    check_positive("step", step)
    for name, (low, high) in (("x", x), ("y", y)):
        check(
            bool(np.isfinite([low, high]).all()) and low < high,
            name,
            "hold low before high",
            (low, high),
        )
    columns, rows = np.linspace(*x, resolution), np.linspace(*y, resolution)
    points = np.stack(np.meshgrid(columns, rows), -1)
    with double():
        wide = in_double(f)
        check_returns(wide, jnp.zeros(2))
        moves = np.asarray(_motions(wide, kind, jnp.asarray(points.reshape(-1, 2))))
        moves = moves.reshape(points.shape)
        lines = tuple(_nullclines(wide, kind, i, columns, rows, moves[..., i]) for i in range(2))
        orbits = _orbits(wide, kind, starts, steps, step)
    rest = _rest(f, kind, points, moves, (x, y))
    return PhasePortrait(columns, rows, moves, (lines[0], lines[1]), rest, orbits, kind)


@eqx.filter_jit
def _motions(f: Dynamics, kind: Kind, points: Float[Array, "m 2"]) -> Float[Array, "m 2"]:
    return jax.vmap(lambda y: motion(f, kind, y))(points)


def _nullclines(
    f: Dynamics, kind: Kind, part: int, x: np.ndarray, y: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Curves on which one component rests."""
    from contourpy import contour_generator

    lines = contour_generator(x, y, values).lines(0.0)
    return tuple(np.asarray(_onto(f, kind, part, jnp.asarray(line))) for line in lines)


@eqx.filter_jit
def _onto(f: Dynamics, kind: Kind, part: int, points: Float[Array, "m 2"]) -> Float[Array, "m 2"]:
    """Move points along the gradient of one component onto its roots."""

    def move(y, _):
        value, slope = jax.value_and_grad(lambda s: motion(f, kind, s)[part])(y)
        steep = slope @ slope
        return y - jnp.where(steep > 0, value / jnp.where(steep > 0, steep, 1.0), 0.0) * slope, None

    return jax.vmap(lambda y: jax.lax.scan(move, y, None, length=8)[0])(points)


def _rest(
    f: Dynamics,
    kind: Kind,
    points: np.ndarray,
    moves: np.ndarray,
    box: tuple[tuple[float, float], tuple[float, float]],
) -> RestPoints:
    """Resting points inside, from grid cells in which both components change their sign."""
    corners = [moves[a:b, c:d] for a, b in ((0, -1), (1, None)) for c, d in ((0, -1), (1, None))]
    stack = np.stack(corners)
    crossed = ((stack.min(0) <= 0) & (stack.max(0) >= 0)).all(-1)
    centres = (points[:-1, :-1] + points[1:, 1:]) / 2
    starts = centres[crossed] if crossed.any() else centres.reshape(-1, 2)[:1]
    found = fixed_points(f, starts, kind=kind)
    low, high = np.array(box).T
    width = 1e-9 * (high - low)
    inside = ((found.points >= low - width) & (found.points <= high + width)).all(1)
    keep = np.flatnonzero(inside)
    return RestPoints(
        found.points[keep],
        found.residuals[keep],
        found.eigenvalues[keep],
        tuple(found.stability[i] for i in keep),
        found.reached[keep],
        found.lost,
    )


def _orbits(
    f: Dynamics, kind: Kind, starts: ArrayLike | None, steps: int, step: float
) -> tuple[np.ndarray, ...]:
    if starts is None:
        return ()
    first = np.atleast_2d(np.asarray(starts, np.float64))
    check(first.shape[1:] == (2,), "starts", "have shape (orbits, 2)", f"shape {first.shape}")
    return tuple(np.asarray(_orbit(f, kind, jnp.asarray(first), steps, step)))


@eqx.filter_jit
def _orbit(
    f: Dynamics, kind: Kind, starts: Float[Array, "k 2"], steps: int, step: float
) -> Float[Array, "k steps 2"]:
    def move(y, _):
        return (f(y) if kind == "map" else runge_kutta(f, y, step)), y

    return jax.vmap(lambda y: jax.lax.scan(move, y, None, length=steps)[1])(starts)
