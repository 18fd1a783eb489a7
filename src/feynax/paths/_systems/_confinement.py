r"""Whether a potential holds its paths, so that their weight has a finite sum.

Polynomials of one degree of freedom and springs are decided by their leading terms. All other
potentials are looked at along straight lines from the origin, in shells of double size, from a
millionth of a thermal wavelength to $2^{40}$ of them.
"""

import dataclasses
import math
from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Float

from ..._checks import check
from ..._errors import NotNormalisableError
from .._ends import AbstractEnds, FixedEnds, HalfLine
from .._potential import AbstractPotential
from ._host import energies, is_traced
from ._quadratic import QuadraticPotential
from ._text import Potential

Energy = Callable[[np.ndarray], np.ndarray]
_OUT, _IN = 40, 20
_TAIL, _HOLE = 6, 4  # shells of a window, outwards and towards the origin
_NEAR = 3  # shells in which V must be a number everywhere
_RANDOM_LINES, _MOST_PAIRS = 24, 40
_SHOWN = 6  # entries of a direction in a message
_FLAT = 1e-12  # of the largest stiffness


@dataclasses.dataclass(frozen=True)
class Confinement:
    r"""What a potential does far out, and at the origin.

    - `kind`: `"confining"`; `"flat"`, bounded below but not growing; `"unbounded"` below; or
      `"undefined"`, not a number; `"unknown"` where V is being traced.
    - `where`: the direction in which it fails, in words.
    - `fall`: the limit of $-V/r^2$ where V is unbounded: infinite when it falls faster.
    """

    kind: str
    where: str = ""
    fall: float = 0.0


def confinement(
    potential: AbstractPotential,
    *,
    beta: float = 1.0,
    length: float = 1.0,
    stiffness: Float[np.ndarray, "dof dof"] | None = None,
) -> Confinement:
    r"""Return whether $\int e^{-\beta V}$ is finite.

    Exact for springs, and for formulas that are polynomials of one variable. Elsewhere V is
    probed on straight lines from the origin (the axes, their sums and differences, the axes of
    its curvature, 24 at random): a fall in a narrow channel between them, a pole away from the
    origin, or a change beyond $2^{40}$ lengths are not seen. A potential that is flat along one
    line only, such as $x^2 y^2$, is refused, though its sum may be finite.

    **Arguments:**

    - `potential`: a potential.
    - `beta`: inverse temperature: a logarithm holds only the cold.
    - `length`: a length of the system, such as its thermal wavelength.
    - `stiffness`: K of springs $\frac12 x^T K x$ that hold beside V, or drive apart.

    ```python
    import feynax as fx
    assert fx.paths.confinement(fx.paths.Potential("x**4 - x**2")).kind == "confining"
    assert fx.paths.confinement(fx.paths.Potential("x**3")).kind == "unbounded"
    ```
    """
    if is_traced(potential):
        return Confinement("unknown")
    springs = np.zeros((potential.dof,) * 2) if stiffness is None else np.asarray(stiffness)
    if isinstance(potential, QuadraticPotential):
        return _springs(np.asarray(potential.stiffness) + springs)
    if isinstance(potential, Potential):
        powers = [(sign, potential.leading(sign)) for sign in (1.0, -1.0)]
        powers = [(sign, _joined(own, springs)) for sign, own in powers if own is not None]
        found = [_power(sign, power) for sign, power in powers if power is not None]
        if len(found) == 2:
            return next((side for side in found if side.kind != "confining"), found[0])
    try:
        return _probed(potential, springs, beta, length)
    except jax.errors.TracerArrayConversionError:
        return Confinement("unknown")


def check_normalisable(
    potential: AbstractPotential,
    ends: AbstractEnds,
    *,
    beta: float,
    hbar: float,
    mass: np.ndarray,
    slices: int,
    least_square: float = 0.0,
) -> None:
    r"""Refuse paths whose weight has no finite sum.

    Closed paths and free ends need a potential that confines. One fixed end holds a path in any
    potential that is bounded below, and against an inverted parabola for a short while.

    **Arguments:**

    - `potential`, `ends`: of the paths.
    - `beta`, `hbar`, `mass`, `slices`: of the ensemble; `mass` of shape (dof, dof).
    - `least_square`: of paths with memory, the least of $\nu_k^2 + g(\nu_k)$ over their modes:
      paths are held exactly if V with the springs $\frac12 \mathrm{least\_square}\, x^T M x$ is
      confining.

    **Raises:**

    - `NotNormalisableError` with the reason.

    ```python
    import numpy as np, feynax as fx
    V, ends = fx.paths.Potential("x**2"), fx.paths.Periodic()
    fx.paths.check_normalisable(V, ends, beta=1.0, hbar=1.0, mass=np.eye(1), slices=8)
    ```
    """
    least = float(np.linalg.eigvalsh(mass).min())
    length, springs = hbar * math.sqrt(beta / least), least_square * np.asarray(mass)
    found = confinement(potential, beta=beta, length=length, stiffness=springs)
    held = isinstance(ends, FixedEnds | HalfLine)
    check(found.kind != "undefined", "potential", "be a number everywhere", f"none {found.where}")
    also = f" Its memory counts as springs of {least_square:.3g} times the mass."
    also = also if least_square else ""
    if found.kind == "flat" and not held:
        raise NotNormalisableError(
            f"Argument `potential` must confine a path that is not held at an end, but does "
            f"not grow enough {found.where}: the path may be anywhere there, Z diverges, and "
            f"nothing has an average. Fix an end, or add a confining term.{also}"
        )
    short = held and _short(found.fall, ends, beta, hbar, least, slices)
    if found.kind == "unbounded" and not short:
        raise NotNormalisableError(
            f"Argument `potential` must be bounded below, but has no bound {found.where}: paths "
            f"that run there outweigh all others, and Z diverges.{also}"
        )


def _short(fall: float, ends: AbstractEnds, beta: float, hbar: float, mass: float, slices: int):
    """Whether the slowest mode outweighs an inverted parabola."""
    dt = beta * hbar / slices
    slowest = float(np.min(ends.angles(slices)))
    return 4 * mass * math.sin(slowest / 2) ** 2 > 2 * fall * dt**2


def _springs(stiffness: np.ndarray) -> Confinement:
    values, axes = np.linalg.eigh(stiffness)
    where = _words(axes[:, 0])
    if values[0] > _FLAT * abs(values[-1]):
        return Confinement("confining")
    if values[0] >= -_FLAT * max(abs(values[-1]), abs(values[0])):
        return Confinement("flat", where)
    return Confinement("unbounded", where, -values[0] / 2)


def _joined(leading: tuple[int, float], springs: np.ndarray) -> tuple[int, float] | None:
    """The leading power of a polynomial with springs; None where the two cancel."""
    (power, coefficient), more = leading, float(springs[0, 0]) / 2
    if power > 2 or not more:
        return leading
    both = (coefficient if power == 2 else 0.0) + more
    return (2, both) if abs(both) > _FLAT * abs(more) else None


def _power(sign: float, leading: tuple[int, float]) -> Confinement:
    power, coefficient = leading
    where = _words(np.array([sign]))
    if power == 0:
        return Confinement("flat", where)
    if coefficient > 0:
        return Confinement("confining")
    fall = {1: 0.0, 2: -coefficient}.get(power, math.inf)
    return Confinement("unbounded", where, fall)


def _probed(
    potential: AbstractPotential, springs: np.ndarray, beta: float, length: float
) -> Confinement:
    def whole(x: np.ndarray) -> np.ndarray:
        V = energies(potential, x)
        return V + np.sum(x * (springs @ x), 0) / 2 if springs.any() else V

    lines = _lines(whole, potential.dof, length)
    points = 128 if potential.dof == 1 else 8
    radii = length * 2.0 ** np.linspace(-_IN, _OUT, (_IN + _OUT) * points, endpoint=False)
    x = (lines[:, :, None] * radii).transpose(1, 0, 2).reshape(potential.dof, -1)
    shells = whole(x).reshape(len(lines), _IN + _OUT, points)
    outer = radii[points - 1 :: points]
    found = [_one_line(V, line, outer, beta) for V, line in zip(shells, lines, strict=True)]
    order = ("undefined", "unbounded", "flat")
    failed = (side for kind in order for side in found if side.kind == kind)
    return next(failed, Confinement("confining"))


def _one_line(V: np.ndarray, line: np.ndarray, radii: np.ndarray, beta: float) -> Confinement:
    """Decide one line from V in shells (shells, points), the innermost first."""
    where = _words(line)
    bad = np.asarray(np.isnan(V).any(1))
    near = V[: _IN + _NEAR]
    if bad[: _IN + _NEAR].any() or not np.isfinite(near).any():
        return Confinement("undefined", where)
    # Beyond an overflow (infinity less infinity) nothing is known: the shells end there.
    lowest = V[: int(np.argmax(bad)) if bad.any() else None].min(1)
    if np.isneginf(lowest).any() or _falls(lowest):
        return Confinement("unbounded", where, _fall(lowest, radii))
    if _sinks(lowest[:_IN][::-1]):
        return Confinement("unbounded", f"{where}, near the origin", math.inf)
    weight = -beta * lowest + line.size * math.log(2) * np.arange(lowest.size)
    dying = weight[-1] == -math.inf or weight[-1] < weight[-1 - _TAIL] - 1
    return Confinement("confining") if dying else Confinement("flat", where)


def _falls(lowest: np.ndarray) -> bool:
    """Whether shells go down without end: steadily, and not ever more slowly."""
    tail = lowest[-1 - 2 * _TAIL :]
    if not np.isfinite(tail).all() or (np.diff(tail) >= 0).any():
        return False
    late, early = tail[_TAIL] - tail[-1], tail[0] - tail[_TAIL]
    return bool(late > early / 2)


def _sinks(inwards: np.ndarray) -> bool:
    """Whether V falls towards the origin as a power does: a logarithm has a finite sum."""
    tail = inwards[-1 - 2 * _HOLE :]
    if (np.diff(tail) >= 0).any():
        return False
    late, early = tail[_HOLE] - tail[-1], tail[0] - tail[_HOLE]
    return bool(late > 1.5 * early)


def _fall(lowest: np.ndarray, radii: np.ndarray) -> float:
    """The limit of -V / r^2: V grows fourfold from shell to shell where that is finite."""
    if not np.isfinite(lowest[-2:]).all() or lowest[-1] / lowest[-2] > 4.1:
        return math.inf
    return float(-lowest[-1] / radii[lowest.size - 1] ** 2)


def _lines(V: Energy, dof: int, length: float) -> np.ndarray:
    """Directions to look into, both ways, shape (lines, dof)."""
    if dof == 1:
        return np.array([[1.0], [-1.0]])
    rng = np.random.default_rng(0)
    axes = np.eye(dof)
    pairs = [(i, j) for i in range(dof) for j in range(i)]
    some = [pairs[k] for k in rng.permutation(len(pairs))[:_MOST_PAIRS]]
    both = [axes[i] + s * axes[j] for i, j in some for s in (1, -1)]
    bent = _bends(V, dof, length)
    lines = np.vstack([axes, *both, np.ones(dof), bent, rng.normal(size=(_RANDOM_LINES, dof))])
    lines /= np.linalg.norm(lines, axis=1, keepdims=True)
    return np.vstack([lines, -lines])


def _bends(V: Energy, dof: int, length: float) -> np.ndarray:
    """Axes of the curvature somewhere, by differences: zero modes of springs are among them."""
    here = length * np.random.default_rng(1).normal(size=dof)
    steps = [length * np.eye(dof)[i] for i in range(dof)]
    corners = [here + a * u + b * v for u in steps for v in steps for a in (1, -1) for b in (1, -1)]
    bend = V(np.transpose(corners)).reshape(dof, dof, 4) @ np.array([1.0, -1.0, -1.0, 1.0])
    return np.linalg.eigh(np.where(np.isfinite(bend), bend, 0))[1].T


def _words(line: np.ndarray) -> str:
    if line.size == 1:
        return f"as x goes to {'+' if line[0] > 0 else '-'}infinity"
    shown = [f"{u:.2g}" for u in line[:_SHOWN]] + ["..."] * (line.size > _SHOWN)
    return f"in the direction ({', '.join(shown)})"
