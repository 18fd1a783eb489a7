"""A curve of solutions, followed by its arc length: the loop of all continuations."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

_NEWTONS = 8
_EASY = 3  # corrections that took no more let the next step grow
_STRAIGHT = 0.97  # least cosine between neighbouring tangents


class CurvePoint(NamedTuple):
    """A solution with the curve's direction there.

    **Fields:**

    - `z`: the unknowns, one more than equations.
    - `tangent`: unit vector along the curve.
    - `slope`: Jacobian of the equations.
    """

    z: np.ndarray
    tangent: np.ndarray
    slope: np.ndarray


class Curve:
    r"""Solutions of $G(z) = 0$, one equation fewer than unknowns.

    **Arguments:**

    - `equations`: $G$, a callable tree; `reference` is the point from which a step starts.
    - `tolerance`: largest residual of a solution, relative to $1 + |z|$.

    Source: pseudo-arclength continuation, H. B. Keller (1977).
    """

    def __init__(self, equations: Any, tolerance: float):
        self.equations = equations
        self.tolerance = tolerance

    def linearise(self, z: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Residual and Jacobian."""
        both = _linearise(self.equations, jnp.asarray(z), jnp.asarray(reference))
        return np.asarray(both[0]), np.asarray(both[1])

    def correct(
        self, guess: np.ndarray, normal: np.ndarray, reference: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, int] | None:
        """Newton's method in the plane through `guess`; `None` where it finds nothing."""
        z = guess
        for count in range(_NEWTONS + 1):
            residual, slope = self.linearise(z, reference)
            size = np.linalg.norm(residual)
            if not np.isfinite(size):
                return None
            if size <= self.tolerance * (1 + np.linalg.norm(z)) and count > 0:
                return z, slope, count
            square = np.vstack([slope, normal])
            move = np.append(residual, normal @ (z - guess))
            z = z - _solve(square, move)
        return None

    def point(self, z: np.ndarray, slope: np.ndarray, towards: np.ndarray) -> CurvePoint:
        """A solution with its tangent, oriented along `towards`."""
        tangent = np.linalg.svd(slope)[2][-1]
        # where the curve branches the kernel is a plane: what is left of the old direction in it
        kernel = _kernel(slope)
        if len(kernel) > 1:
            tangent = kernel.T @ (kernel @ towards)
        tangent = tangent / np.linalg.norm(tangent)
        return CurvePoint(z, tangent if tangent @ towards >= 0 else -tangent, slope)

    def begin(self, guess: np.ndarray, normal: np.ndarray, towards: np.ndarray) -> CurvePoint:
        """The solution nearest to a guess."""
        found = self.correct(guess, normal, guess)
        if found is None:
            residual = float(np.linalg.norm(self.linearise(guess, guess)[0]))
            raise ValueError(
                f"Argument `start` must lie near a solution, but has a residual of {residual:.3g} "
                "from which Newton's method finds none."
            )
        return self.point(found[0], found[1], towards)

    def step(self, at: CurvePoint, length: float) -> tuple[CurvePoint, int] | None:
        """One step along the curve, with how many corrections it took."""
        found = self.correct(at.z + length * at.tangent, at.tangent, at.z)
        if found is None:
            return None
        return self.point(found[0], found[1], at.tangent), found[2]

    def follow(
        self,
        first: CurvePoint,
        inside: Callable[[np.ndarray], bool],
        *,
        step: float,
        steps: int,
        visit: Callable[[CurvePoint, CurvePoint, float], bool],
    ) -> str:
        """Follow the curve until it leaves `inside`; return why it ended.

        `visit(before, after, length)` is told of every step and may end the curve.
        """
        at, length = first, step
        for _ in range(steps):
            taken = self.step(at, length)
            while taken is None or taken[0].tangent @ at.tangent < _STRAIGHT:
                length /= 2
                if length < 1e-6 * step:
                    return "lost"
                taken = self.step(at, length)
            after, count = taken
            if not visit(at, after, length):
                return "closed"
            if not inside(after.z):
                return "left"
            at = after
            length = min(step, 1.4 * length) if count <= _EASY else length
        return "steps"


@eqx.filter_jit
def _linearise(equations: Any, z: Any, reference: Any) -> tuple[Any, Any]:
    return equations(z, reference), jax.jacfwd(lambda u: equations(u, reference))(z)


def _solve(square: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve, by least squares where a branch point makes the matrix singular."""
    try:
        return np.linalg.solve(square, right)
    except np.linalg.LinAlgError:
        return np.linalg.lstsq(square, right, rcond=None)[0]


def _kernel(slope: np.ndarray, tolerance: float = 1e-9) -> np.ndarray:
    """Directions that the equations do not see, one a row."""
    _, sizes, rows = np.linalg.svd(slope)
    rank = int(np.sum(sizes > tolerance * max(1.0, sizes[0])))
    return rows[rank:]


def kernel_beside(slope: np.ndarray, tangent: np.ndarray) -> np.ndarray:
    """The direction of the other branch at a point where two cross."""
    rows = np.linalg.svd(slope)[2][-2:]
    across = rows - np.outer(rows @ tangent, tangent)
    best = across[np.argmax(np.linalg.norm(across, axis=1))]
    return best / np.linalg.norm(best)
