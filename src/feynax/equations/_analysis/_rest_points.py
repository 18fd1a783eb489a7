"""Fixed points and slow points: where a network's state rests, or nearly so."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float, Int

from ..._checks import check_count, check_positive
from ..._citation import cites
from ._dynamics import (
    Dynamics,
    Kind,
    check_kind,
    check_returns,
    double,
    in_double,
    jacobians,
    motion,
    read_points,
    stability,
)


@dataclasses.dataclass(frozen=True)
class RestPoints:
    r"""Points where a map or a field rests, or nearly so, each found once.

    **Fields:**

    - `points`: one a row, sorted by residual.
    - `residuals`: $|f(y)|$ for a field, $|f(y) - y|$ for a map: zero at a fixed point, and the
      speed of the state at a slow one.
    - `eigenvalues`: of the Jacobian of `f` at each point, largest growth first.
    - `stability`: "stable", "saddle", "unstable" or "marginal"; for a map it is decided by
      $|\lambda| < 1$, for a field by $\mathrm{Re}\,\lambda < 0$.
    - `reached`: how many of the starts ended at each point.
    - `lost`: how many ended at none.
    """

    points: Float[np.ndarray, "k n"]
    residuals: Float[np.ndarray, " k"]
    eigenvalues: Complex[np.ndarray, "k n"]
    stability: tuple[str, ...]
    reached: Int[np.ndarray, " k"]
    lost: int

    def __len__(self) -> int:
        return len(self.points)

    def __str__(self) -> str:
        """One line a point."""
        rows = zip(self.stability, self.residuals, self.eigenvalues, self.reached, strict=True)
        lines = [
            f"{kind}: residual {residual:.1e}, leading eigenvalue {spectrum[0]:.6g}, {count} starts"
            for kind, residual, spectrum, count in rows
        ]
        return "\n".join([f"{len(self)} points, {self.lost} starts lost", *lines])


@cites("sussillo2013")
def fixed_points(
    f: Dynamics,
    starts: Float[ArrayLike, "starts n"],
    *,
    kind: Kind = "map",
    tolerance: float = 1e-10,
    apart: float = 1e-6,
    steps: int = 200,
) -> RestPoints:
    r"""Find points with $f(y) = y$ (a map) or $f(y) = 0$ (a field) from many starts.

    Each start descends on $\tfrac12|F(y)|^2$ by Levenberg and Marquardt's damped Newton method in
    float64; ends that coincide are merged, and those that are no roots are counted as lost
    ([`feynax.equations.slow_points`][] returns them).

    **Arguments:**

    - `f`: takes a state of shape (n,) to one; [`feynax.networks.held`][] makes it from a cell.
    - `starts`: states to start from, such as states that the network visits.
    - `kind`: whether `f` is a "map" or a "field".
    - `tolerance`: largest residual of a root, relative to $1 + |y|$.
    - `apart`: points closer than this, relative to $1 + |y|$, are one.
    - `steps`: damped Newton steps at most.

    **Returns:**

    [`feynax.equations.RestPoints`][].

    ```python
    import jax.numpy as jnp, feynax as fx
    found = fx.equations.fixed_points(lambda y: jnp.tanh(2 * y), [[-1.0], [0.01], [1.0]])
    assert sorted(found.stability) == ["stable", "stable", "unstable"]
    ```

    Source: D. Sussillo and O. Barak (2013).
    """
    check_positive("tolerance", tolerance)
    ends, residuals, rows = _descend(f, starts, kind, steps)
    good = residuals <= tolerance * (1 + np.linalg.norm(ends, axis=1))
    return _collect(rows, kind, ends[good], residuals[good], apart, int(np.sum(~good)))


@cites("sussillo2013")
def slow_points(
    f: Dynamics,
    starts: Float[ArrayLike, "starts n"],
    *,
    kind: Kind = "map",
    speed: float = 1e-2,
    apart: float = 1e-3,
    steps: int = 200,
) -> RestPoints:
    r"""Find minima of the speed $q(y) = \tfrac12|F(y)|^2$, $F = f$ (field) or $f - y$ (map).

    A minimum that is no fixed point is the ghost of one: the state lingers there for about
    $1/|F|$. Fixed points are minima as well and are returned with them.

    **Arguments:**

    - `f`, `starts`, `kind`, `apart`, `steps`: as in [`feynax.equations.fixed_points`][].
    - `speed`: largest $|F|$ of a point that counts as slow.

    **Returns:**

    [`feynax.equations.RestPoints`][]; `lost` counts the starts that ended at a faster point.

    ```python
    import feynax as fx
    ghost = fx.equations.slow_points(lambda y: y**2 + 1e-4, [[0.5]], kind="field")
    assert abs(ghost.points[0, 0]) < 1e-3 and abs(ghost.residuals[0] - 1e-4) < 1e-6
    ```

    Source: D. Sussillo and O. Barak (2013).
    """
    check_positive("speed", speed)
    ends, residuals, rows = _descend(f, starts, kind, steps)
    slow = residuals <= speed
    return _collect(rows, kind, ends[slow], residuals[slow], apart, int(np.sum(~slow)))


def _descend(
    f: Dynamics, starts: ArrayLike, kind: Kind, steps: int
) -> tuple[np.ndarray, np.ndarray, Any]:
    """Ends of all descents with their residuals, and `f` in double precision."""
    check_kind(kind)
    check_count("steps", steps)
    rows = read_points("starts", starts)
    with double():
        wide = in_double(f)
        check_returns(wide, jnp.asarray(rows[0]))
        ends, left = _levenberg(wide, kind, jnp.asarray(rows), steps)
        ends, left = np.asarray(ends), np.asarray(left)
    return ends, np.where(np.isfinite(left), left, np.inf), wide


@eqx.filter_jit
def _levenberg(
    f: Dynamics, kind: Kind, starts: Float[Array, "k n"], steps: int
) -> tuple[Array, Array]:
    """Damped Newton steps from every start at once, until none of them moves."""

    def speed(y):
        return motion(f, kind, y)

    def step(carry):
        y, damping, _, count = carry
        r, J = speed(y), jax.jacfwd(speed)(y)
        normal, slope = J.T @ J, J.T @ r
        scale = damping * (jnp.diag(normal) + 1e-12)
        move = -jnp.linalg.solve(normal + jnp.diag(scale), slope)
        better = jnp.sum(speed(y + move) ** 2) < jnp.sum(r**2)
        damping = jnp.where(better, damping / 10, damping * 8)
        small = jnp.linalg.norm(move) <= 1e-15 * (1 + jnp.linalg.norm(y))
        done = jnp.where(better, small, (damping > 1e12) | small)
        return jnp.where(better, y + move, y), damping, done, count + 1

    def descend(y):
        first = (y, jnp.asarray(1e-2, y.dtype), jnp.asarray(False), jnp.asarray(0))
        y = jax.lax.while_loop(lambda c: ~c[2] & (c[3] < steps), step, first)[0]
        return y, jnp.linalg.norm(speed(y))

    return jax.vmap(descend)(starts)


def _collect(
    f: Dynamics, kind: Kind, ends: np.ndarray, residuals: np.ndarray, apart: float, lost: int
) -> RestPoints:
    """Merge ends that coincide, and say what kind of point each is."""
    kept, reached = merged(ends, np.argsort(residuals, kind="stable"), apart)
    points = ends[kept]
    with double():
        spectra = np.linalg.eigvals(np.asarray(jacobians(f, jnp.asarray(points))))
    spectra = sorted_spectra(spectra.astype(np.complex128), kind)
    names = tuple(stability(row, kind) for row in spectra)
    return RestPoints(points, residuals[kept], spectra, names, reached, lost)


def merged(
    points: Float[np.ndarray, "k n"], order: Int[np.ndarray, " some"], apart: float
) -> tuple[list[int], Int[np.ndarray, " kept"]]:
    """Which points to keep where those that coincide are one, and how many each stands for."""
    kept: list[int] = []
    counts: list[int] = []
    for index in order:
        gaps = np.linalg.norm(points[kept] - points[index], axis=1)
        near = np.flatnonzero(gaps <= apart * (1 + np.linalg.norm(points[index])))
        if near.size:
            counts[near[0]] += 1
        else:
            kept.append(int(index))
            counts.append(1)
    return kept, np.array(counts, int)


def sorted_spectra(eigenvalues: np.ndarray, kind: Kind) -> np.ndarray:
    """Each row with its fastest growing direction first."""
    size = np.abs(eigenvalues) if kind == "map" else np.real(eigenvalues)
    order = np.lexsort((-np.imag(eigenvalues), -np.round(size, 14)), axis=-1)
    return np.take_along_axis(eigenvalues, order, -1)
