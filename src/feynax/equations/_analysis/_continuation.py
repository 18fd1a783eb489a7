"""Branches of resting points in one parameter, and where they bifurcate."""

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

from ..._checks import check, check_count, check_positive
from ..._citation import cites
from ._branch import Branch, BranchTracer, Rest, Span
from ._curve import Curve, CurvePoint
from ._dynamics import Dynamics, Kind, check_kind, check_returns, double, in_double, read_points


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
        return BranchTracer(curve, kind).run(first, inside, step, steps)


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
            tracer = BranchTracer(curve, kind)
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


def _is_on(branches: list[Branch], z: np.ndarray) -> bool:
    """Whether a point lies on a branch that is known already."""
    for branch in branches:
        known = np.column_stack([branch.states, branch.parameters])
        if np.linalg.norm(known - z, axis=1).min() < 1e-6:
            return True
    return False
