"""Whether a linear flow has a Hamiltonian at all: the forms that it keeps."""

import dataclasses
import math
import warnings

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

from .._checks import check, check_finite, check_shape
from .._citation import cites
from .._errors import ConditionWarning, NotHamiltonianError

_DRAWS = 5  # members of the space of forms that are tried
_SINGULAR = 1e-6  # smallest over largest singular value, below which none is invertible
_CLOSE = 1e3  # a gap that is this near the threshold is told
_EPS = 2.0**-52


@cites("laub1974")
@dataclasses.dataclass(frozen=True, eq=False)
class SymplecticForms:
    r"""The antisymmetric $\Omega$ with $A^T \Omega + \Omega A = 0$, and how sure that is.

    **Fields:**

    - `exists`: whether an invertible one is among them, so that $A$ is Hamiltonian for
      $J = \Omega^{-1}$.
    - `poisson` (n, n): $J$ of the best conditioned that was tried, else `None`; scaled so that
      $|\det J| = 1$. Any other scale gives the same levels above the centre's.
    - `dimension`: of the space of all $\Omega$.
    - `below`, `above`: the largest singular value that counted as zero and the smallest that did
      not, as shares of $\|A\|_2$: the answer would be the same for every tolerance between them.
    - `condition`: smallest over largest singular value of the best $\Omega$.
    """

    exists: bool
    poisson: Float[np.ndarray, "n n"] | None
    dimension: int
    below: float
    above: float
    condition: float

    @property
    def gap(self) -> float:
        """`above` over `below`, the latter taken as rounding at least; 1 means undecided."""
        return self.above / max(self.below, _EPS)


def symplectic_forms(matrix: Float[ArrayLike, "n n"], *, tol: float = 1e-10) -> SymplecticForms:
    r"""Find all forms that a linear flow $z' = Az$ keeps.

    $A$ is Hamiltonian for some Poisson matrix where it is similar to $-A$ and, at eigenvalue 0,
    has Jordan blocks of each odd size in pairs. Decided without Jordan forms, by the null space of
    $\Omega \mapsto A^T \Omega + \Omega A$. Takes $O(n^6)$: 0.05 s for n = 32, five seconds for 64.

    **Arguments:**

    - `matrix`: $A$. For two components the only condition is $\mathrm{tr} A = 0$; for four
      $\mathrm{tr} A = \mathrm{tr} A^3 = 0$, and so on, where eigenvalues are simple.
    - `tol`: singular values of the map that count as zero, as a share of $\|A\|_2$.

    **Returns:**

    A [`feynax.quantum.SymplecticForms`][]; for odd n `exists` is false.

    **Warns:**

    - `ConditionWarning` where a tolerance a thousand times larger or smaller would find a space
      of another dimension.

    Source: A. J. Laub and K. Meyer (1974).

    ```python
    import numpy as np, feynax as fx
    two = np.array([[1.0, 0, 0, 0], [0, 2, 0, 0], [0, 0, -3, 0], [0, 0, 0, 0]])
    assert not fx.quantum.symplectic_forms(two).exists  # the trace is zero, that of the cube is not
    ```
    """
    a = _square(matrix)
    n = len(a)
    largest = np.max(np.abs(a))
    if n % 2:
        return SymplecticForms(False, None, 0, 0.0, math.inf, 0.0)
    share = a / largest if largest else a
    size = float(np.linalg.norm(share, 2))
    values, space = _null_space(share, tol * size)
    kept = len(space)
    below = values[kept - 1] / size if kept and size else 0.0
    above = values[kept] / size if kept < len(values) else math.inf
    if above < _CLOSE * tol or below > tol / _CLOSE:
        warnings.warn(
            f"Whether forms exist is decided by singular values of {below:.2g} and {above:.2g} "
            f"of the matrix, with a tolerance of {tol:.2g} between them.",
            ConditionWarning,
            stacklevel=2,
        )
    form, condition = _best(space, n)
    exists = condition > _SINGULAR
    poisson = _scaled_inverse(form) if exists else None
    return SymplecticForms(exists, poisson, kept, float(below), float(above), condition)


def find_poisson(
    matrix: Float[ArrayLike, "n n"], *, tol: float = 1e-10
) -> Float[np.ndarray, "n n"]:
    r"""Return a Poisson matrix for which $z' = Az$ is Hamiltonian.

    For more than two components it is one of many. All have the same frequencies; signs, widths
    and the energy of the centre depend on it.

    **Arguments:**

    - `matrix`, `tol`: as for [`feynax.quantum.symplectic_forms`][], which says how sure it is.

    **Raises:**

    - [`feynax.NotHamiltonianError`][] where there is none.
    - `ValueError` for an odd number of components.

    ```python
    import numpy as np, feynax as fx
    assert np.allclose(fx.quantum.find_poisson([[0.5, 2.0], [-1.0, -0.5]]), [[0, 1], [-1, 0]])
    ```
    """
    a = _square(matrix)
    check(len(a) % 2 == 0, "matrix", "have an even number of rows", len(a))
    found = symplectic_forms(a, tol=tol)
    if found.poisson is None:
        raise NotHamiltonianError(
            "The matrix has no Hamiltonian for any Poisson matrix: its trace is "
            f"{np.trace(a):.6g}, it keeps {found.dimension} independent forms and none of them is "
            f"invertible (the smallest singular value left out: {found.above:.2g} of the matrix).",
            trace=float(np.trace(a)),
        )
    return found.poisson


def positive_poisson(
    matrix: Float[ArrayLike, "n n"], *, tol: float = 1e-8
) -> Float[np.ndarray, "n n"]:
    r"""Return the Poisson matrix for which all modes of a network have sign +1.

    $J = \sum_k (x_k y_k^T - y_k x_k^T)$ with $v_k = x_k + i y_k$, $A v_k = i\omega_k v_k$,
    $\omega_k > 0$, $v_k^\dagger v_k = 1$.

    **Arguments:**

    - `matrix`: $A$, all of whose eigenvalues are $\pm i\omega_k$, different and not zero.
    - `tol`: how far from the imaginary axis eigenvalues may be, and how near to one another and
      to 0 they must not be, as a share of $\|A\|_2$.

    **Raises:**

    - [`feynax.NotHamiltonianError`][] where an eigenvalue has a real part.
    - `ValueError` for an odd number of components, an eigenvalue 0, and a repeated one: there the
      choice is not unique, and is the caller's.

    ```python
    import numpy as np, feynax as fx
    turn = np.array([[0.0, 2.0], [-2.0, 0.0]])
    assert np.allclose(fx.quantum.positive_poisson(turn), [[0.0, 0.5], [-0.5, 0.0]])
    ```
    """
    a = _square(matrix)
    n = len(a)
    check(n > 0 and n % 2 == 0, "matrix", "have an even number of rows", n)
    largest = np.max(np.abs(a))
    check(bool(largest > 0), "matrix", "have no eigenvalue 0", "zeros alone")
    share = a / largest
    values, vectors = np.linalg.eig(share)
    size, grows, turns = np.linalg.norm(share, 2), np.real(values), np.imag(values)
    if np.max(np.abs(grows)) > tol * size:
        raise NotHamiltonianError(
            f"No Poisson matrix makes all modes of this matrix positive: its eigenvalues "
            f"{values * largest} are not all imaginary.",
            trace=float(np.trace(a)),
        )
    check(bool(np.min(np.abs(turns)) > tol * size), "matrix", "have no eigenvalue 0", values)
    up = np.argsort(turns)[n // 2 :]
    gaps = np.diff(turns[up])
    check(bool(np.all(gaps > tol * size)), "matrix", "have frequencies that differ", turns[up])
    x, y = np.real(vectors[:, up]), np.imag(vectors[:, up])
    return x @ y.T - y @ x.T


def _square(matrix: Float[ArrayLike, "n n"]) -> Float[np.ndarray, "n n"]:
    a = np.asarray(matrix, np.float64)
    check(a.ndim == 2 and a.size > 0, "matrix", "be a square matrix", f"shape {a.shape}")
    check_shape("matrix", a, (len(a), len(a)))
    check_finite("matrix", a)
    return a


def _null_space(
    a: Float[np.ndarray, "n n"], bound: float
) -> tuple[Float[np.ndarray, " pairs"], Float[np.ndarray, "kept pairs"]]:
    """Singular values of the map on forms, ascending, and the forms it (nearly) kills."""
    i, j = np.triu_indices(len(a), 1)
    # entry (k, l) of A^T W + W A, for each W that is 1 at (i, j) and -1 at (j, i)
    same = np.equal.outer
    map_ = (
        a[i[None], i[:, None]] * same(j, j)
        - a[j[None], i[:, None]] * same(j, i)
        + a[j[None], j[:, None]] * same(i, i)
        - a[i[None], j[:, None]] * same(i, j)
    )
    _, values, rows = np.linalg.svd(map_)
    values, rows = values[::-1], rows[::-1]
    return values, rows[: int(np.sum(values <= bound))]


def _best(space: Float[np.ndarray, "kept pairs"], n: int) -> tuple[Float[np.ndarray, "n n"], float]:
    """Return the best conditioned of a few random members, and how well it is."""
    rng = np.random.default_rng(0)
    best, condition = np.zeros((n, n)), 0.0
    for _ in range(_DRAWS if len(space) else 0):
        form = np.zeros((n, n))
        form[np.triu_indices(n, 1)] = rng.standard_normal(len(space)) @ space
        form = form - form.T
        singular = np.linalg.svd(form, compute_uv=False)
        if singular[-1] > condition * singular[0]:
            best, condition = form, float(singular[-1] / singular[0])
    return best, condition


def _scaled_inverse(form: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """Return the inverse with determinant 1 and a positive first bracket."""
    inverse = np.linalg.inv(form)
    inverse = (inverse - inverse.T) / 2
    first = inverse[0, np.argmax(np.abs(inverse[0]))]
    return inverse * (np.sign(first) * math.exp(-np.linalg.slogdet(inverse)[1] / len(form)))
