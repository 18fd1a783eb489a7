"""One branch of resting points, and the test functions watched along it."""

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

import equinox as eqx
import numpy as np
from jaxtyping import Array, Bool, Complex, Float

from ._curve import Curve, CurvePoint, kernel_beside
from ._dynamics import Dynamics, Kind, motion, stability
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


class Rest(eqx.Module):
    """The equations of a resting point over state and parameter."""

    f: Dynamics
    kind: Kind = eqx.field(static=True)

    def __call__(self, z: Array, reference: Array) -> Array:
        """How the state moves."""
        return motion(self.f, self.kind, z[:-1], z[-1])


class BranchTracer:
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
