"""Affine fields, and the region of a piecewise linear one in which they hold."""

import dataclasses
from typing import Any

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Complex, Float

from ..._checks import check, check_finite, check_shape
from ..._errors import UnfinishedFlowError

Numbers = Array | np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Region:
    r"""The polyhedron where the ReLUs of a field are on or off as `mask` says.

    **Fields:**

    - `inner` (units, n), `shift` (units): unit $i$ is on where $(Cy + d)_i \ge 0$.
    - `mask` (units): which are on here.
    """

    inner: Float[np.ndarray, "units n"]
    shift: Float[np.ndarray, " units"]
    mask: Bool[np.ndarray, " units"]

    def depth(self, y: Float[ArrayLike, "*batch n"]) -> Float[np.ndarray, "*batch"]:
        """How far inside a state is: the smallest distance to a face, negative outside.

        A unit that does not depend on the state has no face; it counts as infinitely far.
        """
        lengths = np.linalg.norm(self.inner, axis=-1)
        above = np.asarray(y, np.float64) @ self.inner.T + self.shift
        signed = np.where(self.mask, above, -above)
        with np.errstate(divide="ignore", invalid="ignore"):
            distances = np.where(
                lengths > 0, signed / lengths, np.where(signed < 0, -1, 1) * np.inf
            )
        return np.min(distances, axis=-1, initial=np.inf)

    def contains(self, y: Float[ArrayLike, "*batch n"]) -> Bool[np.ndarray, "*batch"]:
        """Whether a state lies in this region or on its boundary."""
        return self.depth(y) >= 0


@dataclasses.dataclass(frozen=True, eq=False)
class AffineField:
    r"""$y' = Ay + b$, in float64.

    **Fields:**

    - `matrix` (n, n), `offset` (n): $A$ and $b$.
    - `region`: where the field holds, if it is a piece of another one; else `None`.

    **Raises:**

    - `ValueError` for shapes that do not fit, NaN and infinities.

    ```python
    import numpy as np, feynax as fx
    turn = fx.equations.AffineField([[0.0, 1.0], [-1.0, 0.0]], [0.0, 0.0])
    matrix, shift = turn.flow(np.pi / 2)
    assert np.allclose(matrix @ [1.0, 0.0] + shift, [0.0, -1.0])
    ```
    """

    matrix: Float[np.ndarray, "n n"]
    offset: Float[np.ndarray, " n"]
    region: Region | None = None

    def __post_init__(self):
        matrix, offset = np.asarray(self.matrix, np.float64), np.asarray(self.offset, np.float64)
        check(matrix.ndim == 2, "matrix", "be a square matrix", f"shape {matrix.shape}")
        check_shape("matrix", matrix, (len(matrix), len(matrix)))
        check_shape("offset", offset, (len(matrix),))
        check_finite("matrix", matrix)
        check_finite("offset", offset)
        object.__setattr__(self, "matrix", matrix)
        object.__setattr__(self, "offset", offset)

    @property
    def size(self) -> int:
        """How many components the state has."""
        return len(self.offset)

    def __call__(self, t: Any, y: Float[Numbers, " n"], args: Any = None) -> Float[Numbers, " n"]:
        """Return the velocity at `y`; Diffrax's order of arguments."""
        return self.matrix @ y + self.offset

    def eigenvalues(self) -> Complex[np.ndarray, " n"]:
        """Return the eigenvalues of the matrix, largest growth first."""
        found = np.linalg.eigvals(self.matrix).astype(np.complex128)
        return found[np.lexsort((-found.imag, -np.round(found.real, 14)))]

    def rest_set(self) -> tuple[Float[np.ndarray, " n"] | None, Float[np.ndarray, "n k"]]:
        r"""Return where the field vanishes: $y^* + Nz$ for any $z$.

        **Returns:**

        - $y^*$, the one nearest to 0, or `None` where $Ay + b$ is never zero.
        - $N$ (n, k): orthonormal columns that span the null space of $A$; none of them ($k = 0$)
          where the resting point is unique. Singular values below $10^{-12}$ of the largest are 0.
        """
        left, sizes, right = np.linalg.svd(self.matrix)
        rank = int(np.sum(sizes > 1e-12 * np.max(sizes, initial=0)))
        parts = left.T @ self.offset
        outside = np.linalg.norm(parts[rank:]) > 1e-12 * np.linalg.norm(parts)
        point = None if outside else right[:rank].T @ (-parts[:rank] / sizes[:rank])
        return point, right[rank:].T

    def flow(
        self, t: Float[ArrayLike, "*times"]
    ) -> tuple[Float[np.ndarray, "*times n n"], Float[np.ndarray, "*times n"]]:
        r"""Return $F, d$ of the exact flow $y(t) = F y(0) + d$, for any $A$.

        **Arguments:**

        - `t`: one time or an array of times, backwards where negative.

        **Raises:**

        - `ValueError` for times that are not finite.
        - `feynax.UnfinishedFlowError` where the flow grows beyond the range of numbers.
        """
        from scipy.linalg import expm

        times = np.asarray(t, np.float64)
        check_finite("t", times)
        n = self.size
        whole = np.zeros((n + 1, n + 1))
        whole[:n, :n], whole[:n, n] = self.matrix, self.offset
        with np.errstate(over="ignore", invalid="ignore"):
            grown = expm(times[..., None, None] * whole)
        if not np.all(np.isfinite(grown)):
            longest = np.max(np.abs(times), initial=0)
            raise UnfinishedFlowError(
                f"The flow over a time of {longest:.6g} grows beyond the range of numbers."
            )
        return grown[..., :n, :n], grown[..., :n, n]
