"""Branches of resting points in one parameter, and where they bifurcate."""

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Complex, Float

from ..._checks import check, check_count, check_positive
from ..._citation import cites
from ._curve import Curve, CurvePoint, kernel_beside
from ._dynamics import (
    Dynamics,
    Kind,
    check_kind,
    check_returns,
    double,
    in_double,
    motion,
    read_points,
    stability,
)
from ._rest_points import sorted_spectra

BifurcationName = Literal["fold", "branch", "hopf", "period doubling", "torus"]


@dataclasses.dataclass(frozen=True)
class Bifurcation:
    r"""A point where the number or the stability of solutions changes.

    **Fields:**

    - `name`: "fold" (two branches meet and end), "branch" (pitchfork or transcritical), "hopf" (a
      field's cycle is born), "period doubling" or "torus" (Neimark and Sacker's, of a map).
    - `parameter`, `state`: where.
    - `eigenvalues`: of the Jacobian there.
    - `frequency`: of the cycle that is born, in radians per unit of time (a Hopf point) or per
      sample (a torus); 0 elsewhere.
    """

    name: BifurcationName
    parameter: float
    state: Float[np.ndarray, " n"]
    eigenvalues: Complex[np.ndarray, " n"]
    frequency: float = 0.0

    def __str__(self) -> str:
        """Name, place and frequency."""
        turning = f", frequency {self.frequency:.6g}" if self.frequency else ""
        return f"{self.name} at {self.parameter:.8g}{turning}"


@dataclasses.dataclass(frozen=True)
class Branch:
    """A curve of resting points over a parameter.

    **Fields:**

    - `parameters`, `states`, `eigenvalues`: along the curve.
    - `stable`: whether each point is stable.
    - `bifurcations`: in the order in which they were met.
    - `ended`: "left" (the range), "closed" (back at its start), "steps" (no more of them) or
      "lost" (no solution near, as at a kink).
    """

    parameters: Float[np.ndarray, " m"]
    states: Float[np.ndarray, "m n"]
    eigenvalues: Complex[np.ndarray, "m n"]
    stable: Bool[np.ndarray, " m"]
    bifurcations: tuple[Bifurcation, ...]
    ended: str

    def __len__(self) -> int:
        return len(self.parameters)

    def __str__(self) -> str:
        """Extent and bifurcations."""
        low, high = self.parameters.min(), self.parameters.max()
        head = f"{len(self)} points over [{low:.4g}, {high:.4g}], {self.stable.mean():.0%} stable"
        return "\n".join([head, *(str(b) for b in self.bifurcations)])


@dataclasses.dataclass(frozen=True)
class Span:
    """A range of the parameter, which ends a branch."""

    low: float
    high: float

    def __call__(self, z: np.ndarray) -> bool:
        """Whether a point of a branch is in the range."""
        slack = 1e-9 * (self.high - self.low)
        return bool(self.low - slack <= z[-1] <= self.high + slack)


@cites("keller1977")
def continuation(
    f: Dynamics,
    start: Float[ArrayLike, " n"],
    span: tuple[float, float],
    *,
    kind: Kind = "map",
    step: float = 0.05,
    steps: int = 2000,
    tolerance: float = 1e-11,
) -> Branch:
    r"""Follow a resting point as a parameter changes, round folds and through bifurcations.

    The curve of $f(y, p) = 0$ (a field) or $f(y, p) = y$ (a map) is followed by its arc length.
    Bifurcations are zeros of test functions, located to rounding error: the parameter's share of
    the tangent (fold); the determinant of the bordered Jacobian (branch point);
    $\prod_{i<j}(\lambda_i + \lambda_j)$ (Hopf), $\prod_i (1 + \lambda_i)$ (period doubling) and
    $\prod_{i<j}(\lambda_i\lambda_j - 1)$ (torus).

    **Arguments:**

    - `f`: takes a state of shape (n,) and a number $p$.
    - `start`: near a resting point at `span[0]`.
    - `span`: from where and to where the parameter goes; the curve ends where it leaves the range.
    - `kind`: whether `f` is a "map" or a "field".
    - `step`: largest arc length of a step in $(y, p)$; it shrinks where the curve bends.
    - `steps`: at most.
    - `tolerance`: largest residual, relative to $1 + |z|$.

    **Returns:**

    [`feynax.equations.Branch`][], computed in float64.

    **Raises:**

    - `ValueError` where there is no resting point near `start`.

    ```python
    import feynax as fx
    branch = fx.equations.continuation(lambda y, p: p + y**2, [-1.0], (-1.0, 1.0), kind="field")
    assert branch.bifurcations[0].name == "fold" and abs(branch.bifurcations[0].parameter) < 1e-9
    ```

    Source: H. B. Keller (1977).
    """
    with double():
        curve, first, inside = _begin(f, start, span, kind, step, steps, tolerance)
        return _Tracer(curve, kind).run(first, inside, step, steps)


@cites("keller1977")
def bifurcation_diagram(
    f: Dynamics,
    starts: Float[ArrayLike, "starts n"],
    span: tuple[float, float],
    *,
    kind: Kind = "map",
    step: float = 0.05,
    steps: int = 2000,
    tolerance: float = 1e-11,
    branches: int = 20,
) -> tuple[Branch, ...]:
    r"""Follow resting points from several starts, and the branches that cross theirs.

    At a branch point the other curve leaves along the second direction that the equations do not
    see; both halves of it are followed.

    **Arguments:**

    - `f`, `span`, `kind`, `step`, `steps`, `tolerance`: as in
      [`feynax.equations.continuation`][].
    - `starts`: one a row; such as the points of [`feynax.equations.fixed_points`][] at `span[0]`.
    - `branches`: at most.

    **Returns:**

    The branches in the order in which they were found.

    ```python
    import feynax as fx
    pitchfork = lambda y, p: p * y - y**3
    found = fx.equations.bifurcation_diagram(pitchfork, [[0.0]], (-1.0, 1.0), kind="field")
    assert len(found) == 3 and abs(found[1].states[-1, 0]) > 0.9
    ```

    Source: H. B. Keller (1977).
    """
    check_count("branches", branches)
    found: list[Branch] = []
    with double():
        for start in read_points("starts", starts):
            curve, first, inside = _begin(f, start, span, kind, step, steps, tolerance)
            if _is_on(found, first.z):
                continue
            tracer = _Tracer(curve, kind)
            waiting = [first]
            seen: list[np.ndarray] = []
            while waiting and len(found) < branches:
                found.append(tracer.run(waiting.pop(0), inside, step, steps))
                for crossing in tracer.crossings:
                    if not any(np.linalg.norm(crossing.z - z) < 1e-4 for z in seen):
                        seen.append(crossing.z)
                        waiting += tracer.leave(crossing, step)
    return tuple(found)


def _begin(
    f: Dynamics,
    start: ArrayLike,
    span: tuple[float, float],
    kind: Kind,
    step: float,
    steps: int,
    tolerance: float,
) -> tuple[Curve, CurvePoint, Span]:
    """Equations, first point and range, all of them checked."""
    check_kind(kind)
    check_positive("step", step)
    check_positive("tolerance", tolerance)
    check_count("steps", steps)
    low, high = min(span), max(span)
    check(bool(np.all(np.isfinite(span))) and low < high, "span", "hold two finite numbers", span)
    y = read_points("start", start)[0]
    wide = in_double(f)
    check_returns(wide, jnp.asarray(y), jnp.asarray(float(span[0])))
    curve = Curve(Rest(wide, kind), tolerance)
    along = np.append(np.zeros_like(y), np.sign(span[1] - span[0]))
    first = curve.begin(np.append(y, span[0]), along, along)
    return curve, first, Span(low, high)


class Rest(eqx.Module):
    """The equations of a resting point over state and parameter."""

    f: Dynamics
    kind: Kind = eqx.field(static=True)

    def __call__(self, z: Array, reference: Array) -> Array:
        """How the state moves."""
        return motion(self.f, self.kind, z[:-1], z[-1])


class _Tracer:
    """Follows branches of one system and watches its test functions."""

    def __init__(self, curve: Curve, kind: Kind):
        self.curve = curve
        self.kind: Kind = kind
        self.tests: dict[str, Callable[[CurvePoint], float]] = {
            "fold": lambda at: at.tangent[-1],
            "branch": lambda at: (
                float(np.linalg.slogdet(np.vstack([at.slope, at.tangent]))[0])
                * float(np.linalg.svd(np.vstack([at.slope, at.tangent]))[1][-1])
            ),
        }
        if kind == "field":
            self.tests["hopf"] = lambda at: _smallest(_pairs(self.spectrum(at), np.add))
        else:
            self.tests["period doubling"] = lambda at: _smallest(1 + self.spectrum(at))
            self.tests["torus"] = lambda at: _smallest(_pairs(self.spectrum(at), np.multiply) - 1)
        self.crossings: list[CurvePoint] = []

    def spectrum(self, at: CurvePoint) -> np.ndarray:
        """Eigenvalues of the map or the field itself."""
        matrix = at.slope[:, :-1]
        matrix = matrix + np.eye(len(matrix)) if self.kind == "map" else matrix
        return sorted_spectra(np.linalg.eigvals(matrix).astype(np.complex128)[None], self.kind)[0]

    def run(self, first: CurvePoint, inside: Span, step: float, steps: int) -> Branch:
        """Follow one branch from its first point."""
        points, self.crossings = [first], []
        events: list[Bifurcation] = []

        def visit(before: CurvePoint, after: CurvePoint, length: float) -> bool:
            events.extend(self.between(before, after, length))
            end = after if inside(after.z) else self.at_edge(before, after, inside)
            points.append(end)
            near = np.linalg.norm(after.z - first.z) < 0.6 * length and len(points) > 4
            return not (near and after.tangent @ first.tangent > 0)

        ended = self.curve.follow(first, inside, step=step, steps=steps, visit=visit)
        spectra = np.array([self.spectrum(p) for p in points])
        stable = np.array([stability(row, self.kind) == "stable" for row in spectra])
        z = np.array([p.z for p in points])
        met = tuple(e for e in events if inside(np.append(e.state, e.parameter)))
        return Branch(z[:, -1], z[:, :-1], spectra, stable, met, ended)

    def at_edge(self, before: CurvePoint, after: CurvePoint, span: Span) -> CurvePoint:
        """The point where the curve leaves the range."""
        edge = span.high if after.z[-1] > span.high else span.low
        part = (edge - before.z[-1]) / (after.z[-1] - before.z[-1])
        guess = before.z + part * (after.z - before.z)
        found = self.curve.correct(guess, np.eye(len(guess))[-1], guess)
        return after if found is None else self.curve.point(found[0], found[1], after.tangent)

    def between(self, before: CurvePoint, after: CurvePoint, length: float) -> list[Bifurcation]:
        """All bifurcations on one step of the curve."""
        found = []
        for name, test in self.tests.items():
            ends = test(before), test(after)
            if ends[0] * ends[1] < 0:
                at = self.locate(test, before, length)
                event = self.describe(name, at, test)
                if event is not None:
                    found.append(event)
                    if name == "branch":
                        self.crossings.append(at)
        return found

    def locate(
        self, test: Callable[[CurvePoint], float], before: CurvePoint, length: float
    ) -> CurvePoint:
        """The zero of a test function within one step."""
        from scipy.optimize import brentq

        def along(s: float) -> CurvePoint:
            taken = self.curve.step(before, s)
            return before if taken is None else taken[0]

        root = brentq(lambda s: test(along(s)), 0.0, length, xtol=1e-15 * max(1.0, length))
        return along(float(root))  # pyright: ignore[reportArgumentType]

    def describe(
        self, name: Any, at: CurvePoint, test: Callable[[CurvePoint], float]
    ) -> Bifurcation | None:
        """The event at a point; `None` for two real eigenvalues that merely cancel."""
        spectrum = self.spectrum(at)
        frequency = 0.0
        if name in ("hopf", "torus"):
            centre = np.abs(np.real(spectrum)) if name == "hopf" else np.abs(np.abs(spectrum) - 1)
            pair = spectrum[np.argmin(np.where(np.abs(np.imag(spectrum)) > 1e-9, centre, np.inf))]
            if abs(pair.imag) <= 1e-9 or centre.min() > 1e-5 or abs(test(at)) > 1e-5:
                return None
            frequency = abs(pair.imag) if name == "hopf" else abs(float(np.angle(pair)))
        return Bifurcation(name, float(at.z[-1]), at.z[:-1], spectrum, float(frequency))

    def leave(self, crossing: CurvePoint, step: float) -> list[CurvePoint]:
        """First points of both halves of the other branch."""
        across = kernel_beside(crossing.slope, crossing.tangent)
        halves = []
        for direction in (across, -across):
            found = self.curve.correct(crossing.z + 0.1 * step * direction, direction, crossing.z)
            if found is not None:
                halves.append(self.curve.point(found[0], found[1], direction))
        return halves


def _pairs(eigenvalues: np.ndarray, combine: Callable[..., np.ndarray]) -> np.ndarray:
    rows, columns = np.triu_indices(len(eigenvalues), 1)
    return combine(eigenvalues[rows], eigenvalues[columns])


def _smallest(factors: np.ndarray) -> float:
    """A number with the sign of a product and the size of its smallest factor."""
    if not factors.size:
        return 1.0
    sizes = np.abs(factors)
    phase = np.prod(factors / np.where(sizes > 0, sizes, 1.0))
    return float(np.sign(phase.real) * sizes.min())


def _is_on(branches: list[Branch], z: np.ndarray) -> bool:
    """Whether a point lies on a branch that is known already."""
    for branch in branches:
        known = np.column_stack([branch.states, branch.parameters])
        if np.linalg.norm(known - z, axis=1).min() < 1e-6:
            return True
    return False
