"""The lowest or highest eigenvalues of Hermitian operators, with what bounds their error."""

import dataclasses
from collections.abc import Callable
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Inexact

from ..._checks import check, check_choice, check_count, check_positive
from ..._errors import NotConvergedError
from ._algebra import AbstractOperator
from ._hamiltonian import HamiltonianOperator
from ._lanczos import lowest

_DENSE = 1024  # size up to which all eigenvalues cost less than a few

Apply = Callable[[np.ndarray], np.ndarray]
Method = Literal["auto", "dense", "lanczos"]
End = Literal["smallest", "largest"]


@dataclasses.dataclass(frozen=True)
class Levels:
    r"""Eigenvalues of a Hermitian matrix, from the end that was asked for.

    **Fields:**

    - `values` (count,): in units of the operator.
    - `vectors` (size, count): orthonormal, one a column.
    - `residuals` (count,): $|A v - \lambda v|$. The matrix has an eigenvalue that near.
    - `method`: "dense" or "lanczos".
    - `changes` (count,): how far the values moved from a smaller basis to this one; None from
      [`feynax.quantum.levels`][], which sees one matrix only.
    """

    values: Float[np.ndarray, " count"]
    vectors: Inexact[np.ndarray, "size count"]
    residuals: Float[np.ndarray, " count"]
    method: str
    changes: Float[np.ndarray, " count"] | None = None

    def __len__(self) -> int:
        return len(self.values)


def levels(
    operator: AbstractOperator,
    count: int,
    *,
    which: End = "smallest",
    method: Method = "auto",
    tol: float = 0.0,
) -> Levels:
    r"""Find the lowest or the highest levels of a Hermitian operator, in double precision.

    The matrix is what is solved, not the operator it stands for: how much the basis matters says
    [`feynax.quantum.refined_levels`][]. Lanczos sees the operator only through `mv`,
    and looks a second time, with what it has found out of the way, for what it has missed.

    **Arguments:**

    - `operator`: tagged Hermitian.
    - `count`: how many; for "lanczos" fewer than the size.
    - `which`: "smallest" in rising order or "largest" in falling order.
    - `method`: "dense" forms the matrix; "lanczos"; "auto" is dense up to 1024 rows or where most
      levels are wanted.
    - `tol`: relative accuracy of "lanczos"; 0 stands for rounding.

    **Returns:** [`feynax.quantum.Levels`][] with the residuals.

    **Raises:**

    - `ValueError` for an operator that is not tagged Hermitian, or is tagged wrongly as far as one
      random pair of states can tell.
    - [`feynax.ContinuousSpectrumError`][] for [`feynax.quantum.to_operator`][] of a Hamiltonian
      without levels.
    - [`feynax.NotConvergedError`][] where Lanczos needs more steps than it has.

    ```python
    import feynax as fx
    basis = fx.quantum.FockBasis(60)
    energy = fx.quantum.weyl_operator({(0, 2): 1.0, (4, 0): 1.0}, basis)
    found = fx.quantum.levels(energy, 2)
    assert abs(found.values[0] - 1.0603620904841829) < 1e-6
    ```
    """
    check(operator.hermitian, "operator", "be tagged Hermitian", "no such tag")
    check_count("count", count)
    check(count <= operator.size, "count", f"be at most {operator.size}", count)
    check_choice("which", which, ("smallest", "largest"))
    check_choice("method", method, ("auto", "dense", "lanczos"))
    check(tol >= 0, "tol", "be at least 0", tol)
    if isinstance(operator, HamiltonianOperator):
        operator.need_end(which)
    few = operator.size > _DENSE and 4 * count < operator.size
    method = ("lanczos" if few else "dense") if method == "auto" else method
    with jax.enable_x64(True):
        apply = _on_host(operator)
        scale = _probe(apply, operator)
        if method == "dense":
            values, vectors = _dense(operator, count, which)
        else:
            sign = 1 if which == "smallest" else -1
            lower = lambda v: sign * apply(v)
            values, vectors = lowest(lower, operator.size, operator.dtype, count, scale, tol)
            values = sign * values
        images = np.stack([apply(v) for v in vectors.T], axis=1)
    residuals = np.linalg.norm(images - vectors * values, axis=0)
    return Levels(values, vectors, residuals, method)


def refined_levels(
    build: Callable[[int], AbstractOperator],
    count: int,
    sizes: tuple[int, int],
    *,
    which: End = "smallest",
    method: Method = "auto",
    tol: float | None = None,
) -> Levels:
    r"""Find levels in two bases, and tell how far they move.

    Levels that are there settle as the basis grows; the false ones of a continuous spectrum, or
    of an operator without a lowest level, keep moving.

    **Arguments:**

    - `build`: makes the operator in a basis, from a whole number that says how large.
    - `count`, `which`, `method`: as for [`feynax.quantum.levels`][].
    - `sizes`: the smaller number and the larger.
    - `tol`: largest movement to accept, in units of the operator.

    **Returns:** the levels of the larger basis, with `changes`.

    **Raises:** [`feynax.NotConvergedError`][] where a level moves by more than `tol`.

    ```python
    import feynax as fx

    def well(size):
        basis = fx.quantum.SincBasis(size, spacing=12 / size)
        return basis.kinetic() + basis.potential(lambda q: q**4)

    found = fx.quantum.refined_levels(well, 2, (40, 50), tol=1e-6)
    assert abs(found.values[0] - 0.667986259155777) < 1e-10
    ```
    """
    small, large = sizes
    check(small < large, "sizes", "be a smaller and a larger number", sizes)
    if tol is not None:
        check_positive("tol", tol)
    first = levels(build(small), count, which=which, method=method)
    found = levels(build(large), count, which=which, method=method)
    changes = np.abs(found.values - first.values)
    found = dataclasses.replace(found, changes=changes)
    worst = float(np.max(changes))
    if tol is not None and worst > tol:
        raise NotConvergedError(
            f"A level moves by {worst:.3g} from size {small} to {large}, more than {tol:.3g}: the "
            "basis is too small for it, or there is no such level.",
            found=found,
        )
    return found


_mv = eqx.filter_jit(lambda operator, v: operator.mv(v))
_form = eqx.filter_jit(lambda operator: operator.as_matrix())


def _on_host(operator: AbstractOperator) -> Apply:
    return lambda v: np.asarray(_mv(operator, jnp.asarray(v)))


def _probe(apply: Apply, operator: AbstractOperator) -> float:
    """Compare <x, A y> with <A x, y> for one random pair; return the size of the eigenvalues."""
    x, y = np.random.default_rng(0).normal(size=(2, operator.size))
    ax, ay = apply(x), apply(y)
    gap = abs(np.vdot(x, ay) - np.vdot(ax, y))
    scale = np.linalg.norm(x) * np.linalg.norm(ay) + np.linalg.norm(ax) * np.linalg.norm(y)
    good = bool(gap <= 1e-10 * scale)  # NaN fails too
    check(good, "operator", "be Hermitian, as it is tagged", f"a gap of {gap:.2g} from that")
    return float(np.linalg.norm(ax) / np.linalg.norm(x))


def _dense(operator: AbstractOperator, count: int, which: End) -> tuple[np.ndarray, np.ndarray]:
    from scipy.linalg import eigh

    size = operator.size
    matrix = np.asarray(_form(operator))
    wanted = (0, count - 1) if which == "smallest" else (size - count, size - 1)
    values, vectors = eigh(matrix, subset_by_index=wanted)
    return (values, vectors) if which == "smallest" else (values[::-1], vectors[:, ::-1])
