"""Bifurcations followed in two parameters: curves of folds, Hopf points and their kin."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._checks import check, check_choice, check_count, check_positive
from ..._citation import cites
from ._branch import Bifurcation, BifurcationName
from ._curve import Curve, CurvePoint
from ._dynamics import Dynamics, Kind, check_kind, check_returns, double, in_double, motion

Box = tuple[tuple[float, float], tuple[float, float]]


@dataclasses.dataclass(frozen=True)
class BifurcationCurve:
    """A curve of bifurcations over two parameters.

    **Fields:**

    - `name`: of the bifurcation, as in [`feynax.equations.Bifurcation`][].
    - `parameters`, `states`: along the curve.
    - `frequencies`: of the cycle that is born at each point; 0 for folds and period doublings.
    - `cusps`: where two curves of folds meet, (p, q) one a row.
    - `ended`: why each of the two ends is one: "left", "closed", "steps", "lost", or "slow" where
      a Hopf curve's frequency goes to zero (Bogdanov and Takens' point).
    """

    name: BifurcationName
    parameters: Float[np.ndarray, "m 2"]
    states: Float[np.ndarray, "m n"]
    frequencies: Float[np.ndarray, " m"]
    cusps: Float[np.ndarray, "k 2"]
    ended: tuple[str, str]

    def __len__(self) -> int:
        return len(self.parameters)


@cites("keller1977")
def bifurcation_curve(
    f: Dynamics,
    at: Bifurcation,
    second: float,
    box: Box,
    *,
    kind: Kind = "map",
    step: float = 0.05,
    steps: int = 2000,
    tolerance: float = 1e-11,
) -> BifurcationCurve:
    r"""Follow a fold, a Hopf point, a period doubling or a torus point in two parameters.

    The state $y$, the critical eigenvector $v$ and both parameters are unknowns of

    $$F(y, p, q) = 0, \qquad \partial_y f\, v = \mu v, \qquad |v|^2 = 1,$$

    with $\mu = 0$ or $i\omega$ for a field and $1$, $-1$ or $e^{i\omega}$ for a map, $\omega$
    unknown. The curve is followed both ways from `at`. A cusp is where the second derivative of
    a fold, $w \cdot \partial_y^2 f(v, v)$ with $w$ the left eigenvector, changes its sign.

    **Arguments:**

    - `f`: takes a state of shape (n,) and two numbers $p$ and $q$.
    - `at`: a bifurcation in $p$, from [`feynax.equations.continuation`][] at `second`.
    - `second`: the value of $q$ at which it was found.
    - `box`: ranges of $p$ and of $q$, which end the curve.
    - `kind`, `step`, `steps`, `tolerance`: as in `continuation`.

    **Returns:**

    [`feynax.equations.BifurcationCurve`][], computed in float64.

    **Raises:**

    - `ValueError` for branch points, which two parameters do not keep.

    ```python
    import feynax as fx
    unfolding = lambda y, p, q: p + q * y - y**3
    fold = fx.equations.continuation(
        lambda y, p: unfolding(y, p, 1.0), [-1.4], (-1.5, 1.5), kind="field").bifurcations[0]
    curve = fx.equations.bifurcation_curve(unfolding, fold, 1.0, ((-2, 2), (-1, 2)), kind="field")
    assert abs(curve.cusps).max() < 1e-6  # 27 p^2 = 4 q^3
    ```

    Source: H. B. Keller (1977).
    """
    check_kind(kind)
    check_choice("at", at.name, ("fold", "hopf", "period doubling", "torus"))
    check_positive("step", step)
    check_count("steps", steps)
    check(all(low < high for low, high in box), "box", "hold two ranges, low before high", box)
    with double():
        wide = in_double(f)
        place = jnp.asarray(at.parameter), jnp.asarray(float(second))
        check_returns(wide, jnp.asarray(at.state), *place)
        curve = Curve(_system(wide, kind, at), tolerance)
        z = _unknowns(wide, kind, at, float(second))
        halves = [_half(curve, z, side, box, step, steps, at.name) for side in (1.0, -1.0)]
    (front, cusps, end), (back, others, start) = halves
    z = np.array(back[::-1] + front[1:])
    size = len(at.state)
    turning = at.name in ("hopf", "torus")
    frequencies = np.abs(z[:, -3]) if turning else np.zeros(len(z))
    meet = np.array(others + cusps).reshape(-1, 2)
    return BifurcationCurve(at.name, z[:, -2:], z[:, :size], frequencies, meet, (start, end))


class _RealCritical(eqx.Module):
    """A real eigenvalue `mu` of the Jacobian, at a resting point."""

    f: Dynamics
    mu: float
    kind: Kind = eqx.field(static=True)

    def __call__(self, z: Array, reference: Array) -> Array:
        size = (z.size - 2) // 2
        y, v, place = z[:size], z[size : 2 * size], z[2 * size :]
        pushed = jax.jvp(lambda s: self.f(s, *place), (y,), (v,))[1]
        rest = motion(self.f, self.kind, y, *place)
        return jnp.concatenate([rest, pushed - self.mu * v, (v @ v - 1)[None]])

    def bend(self, at: CurvePoint) -> float:
        """Second derivative along the eigenvector, whose zero is a cusp."""
        size = (at.z.size - 2) // 2
        y, v, place = at.z[:size], at.z[size : 2 * size], at.z[2 * size :]
        matrix, second = _bend(self.f, jnp.asarray(y), jnp.asarray(v), jnp.asarray(place))
        left = np.linalg.svd((np.asarray(matrix) - self.mu * np.eye(size)).T)[2][-1]
        return float(left @ np.asarray(second) * np.sign(left @ v))


class _ComplexCritical(eqx.Module):
    """A pair of eigenvalues on the axis (a field) or on the unit circle (a map)."""

    f: Dynamics
    kind: Kind = eqx.field(static=True)

    def __call__(self, z: Array, reference: Array) -> Array:
        size = (z.size - 3) // 3
        y, real, imag = z[:size], z[size : 2 * size], z[2 * size : 3 * size]
        omega, place = z[-3], z[-2:]
        c, s = (0.0, omega) if self.kind == "field" else (jnp.cos(omega), jnp.sin(omega))

        def push(v):
            return jax.jvp(lambda x: self.f(x, *place), (y,), (v,))[1]

        # the eigenvector may turn in the complex plane: hold it to the one before
        was_real, was_imag = reference[size : 2 * size], reference[2 * size : 3 * size]
        rows = [
            motion(self.f, self.kind, y, *place),
            push(real) - c * real + s * imag,
            push(imag) - c * imag - s * real,
            (real @ real + imag @ imag - 1)[None],
            (was_real @ imag - was_imag @ real)[None],
        ]
        return jnp.concatenate(rows)


@eqx.filter_jit
def _bend(f: Dynamics, y: Array, v: Array, place: Array) -> tuple[Array, Array]:
    """Jacobian, and the second derivative along `v`."""

    def along(s):
        return jax.jvp(lambda x: f(x, *place), (s,), (v,))[1]

    return jax.jacfwd(lambda x: f(x, *place))(y), jax.jvp(along, (y,), (v,))[1]


def _system(f: Dynamics, kind: Kind, at: Bifurcation) -> _RealCritical | _ComplexCritical:
    if at.name in ("hopf", "torus"):
        return _ComplexCritical(f, kind)
    mu = -1.0 if at.name == "period doubling" else 1.0 if kind == "map" else 0.0
    return _RealCritical(f, mu, kind)


def _unknowns(f: Dynamics, kind: Kind, at: Bifurcation, second: float) -> np.ndarray:
    """State, eigenvector, frequency and parameters at the given bifurcation."""
    place = (at.parameter, second)
    matrix = np.asarray(jax.jacfwd(lambda y: f(y, *map(jnp.asarray, place)))(jnp.asarray(at.state)))
    values, vectors = np.linalg.eig(matrix)
    if at.name in ("hopf", "torus"):
        aim = 1j * at.frequency if kind == "field" else np.exp(1j * at.frequency)
        v = vectors[:, np.argmin(np.abs(values - aim))].astype(complex)
        v = v / np.linalg.norm(v)
        return np.concatenate([at.state, v.real, v.imag, [at.frequency], place])
    aim = -1.0 if at.name == "period doubling" else 1.0 if kind == "map" else 0.0
    v = np.real(vectors[:, np.argmin(np.abs(values - aim))])
    return np.concatenate([at.state, v / np.linalg.norm(v), place])


def _half(
    curve: Curve, z: np.ndarray, side: float, box: Box, step: float, steps: int, name: str
) -> tuple[list[np.ndarray], list[np.ndarray], str]:
    """One way along the curve, with the cusps on it."""
    along = side * np.eye(len(z))[-1]
    first = curve.begin(z, along, along)
    points, cusps = [first.z], []
    system = curve.equations

    def inside(z: np.ndarray) -> bool:
        return all(low <= value <= high for value, (low, high) in zip(z[-2:], box, strict=True))

    def visit(before: CurvePoint, after: CurvePoint, length: float) -> bool:
        if name == "fold" and system.bend(before) * system.bend(after) < 0:
            cusps.append(_cusp(curve, before, length))
        slow = name in ("hopf", "torus") and before.z[-3] * after.z[-3] <= 0
        if inside(after.z) and not slow:
            points.append(after.z)
        return not slow

    ended = curve.follow(first, inside, step=step, steps=steps, visit=visit)
    return points, cusps, "slow" if ended == "closed" else ended


def _cusp(curve: Curve, before: CurvePoint, length: float) -> np.ndarray:
    from scipy.optimize import brentq

    def bend(s: float) -> float:
        taken = curve.step(before, s)
        return curve.equations.bend(before if taken is None else taken[0])

    taken = curve.step(before, float(brentq(bend, 0.0, length)))  # pyright: ignore[reportArgumentType]
    return (before if taken is None else taken[0]).z[-2:]
