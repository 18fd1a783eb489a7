"""Polynomial Weyl symbols and the operators they stand for."""

import itertools
import math
from collections.abc import Mapping

import numpy as np
from jax.typing import ArrayLike

from ..._checks import check, check_count, check_positive
from ..._citation import cites
from ._algebra import AbstractOperator, SumOperator
from ._banded import BandedOperator
from ._basis import AbstractBasis
from ._fock import FockBasis
from ._tensor import TensorOperator

Symbol = Mapping[tuple[int, ...], complex]


@cites("mccoy1932")
def weyl_operator(symbol: Symbol | ArrayLike, basis: AbstractBasis) -> AbstractOperator:
    r"""Return the operator whose Weyl symbol is a polynomial.

    Every monomial $q^i p^j$ becomes the symmetrised product
    $2^{-i} \sum_k \binom{i}{k} q^k p^j q^{i-k}$ (McCoy). In Fock states all matrix elements are
    exact; on grids they are as good as those of the powers of position and momentum.

    **Arguments:**

    - `symbol`: coefficients by powers $(i, j)$, with m coordinates
      $(i_1, \dots, i_m, j_1, \dots, j_m)$, positions first; or an array whose element [i, j] is
      the coefficient. Real for a Hermitian operator.
    - `basis`: of m coordinates.

    **Raises:** `ValueError` for powers that are negative or not 2m of them, or coefficients that
    are not finite.

    ```python
    import numpy as np
    import feynax as fx
    both = fx.quantum.weyl_operator({(1, 1): 1.0}, fx.quantum.FockBasis(5, hbar=0.5))
    assert both.hermitian and np.allclose(both.as_matrix()[0, 2], -0.5j / np.sqrt(2))
    ```
    """
    clean = read_symbol(symbol, len(basis.axes))
    real = all(c.imag == 0 for c in clean.values())
    if isinstance(basis, FockBasis):
        return _in_fock(clean, basis)
    terms = [(c.real if c.imag == 0 else c) * _monomial(k, basis) for k, c in clean.items()]
    if not terms:
        return 0.0 * basis.identity()
    return terms[0] if len(terms) == 1 else SumOperator(*terms, hermitian=real or None)


def weyl_symbol(
    operator: AbstractOperator, degree: int, basis: FockBasis
) -> dict[tuple[int, int], complex]:
    r"""Return the polynomial that an operator between Fock states is the Weyl operator of.

    The operator is first written with all creation operators on the left: row by row its matrix
    elements give the coefficients of $a^{\dagger m} a^n$. Their Weyl symbols follow from
    $e^{-\hbar\,\partial_\alpha \partial_{\bar\alpha}/2}$, and are multiplied out.

    **Arguments:**

    - `operator`: in `basis`.
    - `degree`: of the polynomial. The last `degree` rows and columns are not looked at, since
      products of cut operators are wrong there.
    - `basis`: of at least `2 * degree + 1` states.

    **Returns:** coefficients by powers (i, j), those below rounding left out.

    **Raises:** `ValueError` where no polynomial of that degree has the matrix.

    ```python
    import feynax as fx
    basis = fx.quantum.FockBasis(9, hbar=0.5)
    product = basis.position() @ basis.momentum()
    assert fx.quantum.weyl_symbol(product, 2, basis).keys() == {(1, 1), (0, 0)}
    ```
    """
    check_count("degree", degree, 0)
    check(isinstance(basis, FockBasis), "basis", "be a Fock basis", type(basis).__name__)
    check(operator.size == basis.count, "operator", f"have size {basis.count}", operator.size)
    good = basis.count >= 2 * degree + 1
    check(good, "basis", f"have at least {2 * degree + 1} states", basis.count)
    matrix = _matrix(operator)
    ordered = _normal_ordered(matrix, degree)
    symbol = _in_phase_space(_symmetric(ordered), basis)
    kept = basis.count - degree
    again = _matrix(_in_fock(symbol, basis))[:kept, :kept]
    largest = np.max(np.abs(matrix[:kept, :kept]))
    gap = np.max(np.abs(again - matrix[:kept, :kept]))
    check(
        bool(gap <= 1e-9 * largest),
        "operator",
        f"be a polynomial of degree {degree} in position and momentum",
        f"a matrix that differs by {gap:.2g}",
    )
    return symbol


@cites("moyal1949")
def star_product(
    left: Symbol | ArrayLike, right: Symbol | ArrayLike, *, hbar: float = 1.0
) -> dict[tuple[int, ...], complex]:
    r"""Return the symbol of the product of two operators.

    $f \star g = f \exp\!\big(\tfrac{i\hbar}{2} \sum_k (\overleftarrow\partial_{q_k}
    \overrightarrow\partial_{p_k} - \overleftarrow\partial_{p_k}
    \overrightarrow\partial_{q_k})\big)\, g$, a finite sum for polynomials.

    **Arguments:**

    - `left`, `right`: polynomials as in [`feynax.quantum.weyl_operator`][].
    - `hbar`: positive.

    ```python
    import feynax as fx
    assert fx.quantum.star_product({(1, 0): 1.0}, {(0, 1): 1.0}) == {(1, 1): 1, (0, 0): 0.5j}
    ```
    """
    check_positive("hbar", hbar)
    f, g = read_symbol(left), read_symbol(right)
    lengths = {len(k) for k in (*f, *g)}
    check(len(lengths) <= 1, "right", "have as many powers as `left`", f"{sorted(lengths)}")
    total: dict[tuple[int, ...], complex] = {}
    for (a, c), (b, d) in itertools.product(f.items(), g.items()):
        for key, factor in _star_monomials(a, b, hbar).items():
            total[key] = total.get(key, 0) + c * d * factor
    return {k: v for k, v in total.items() if v != 0}


def read_symbol(
    symbol: Symbol | ArrayLike, coordinates: int | None = None
) -> dict[tuple[int, ...], complex]:
    """Return the coefficients that are not zero by their powers, checked."""
    named = isinstance(symbol, Mapping)
    pairs = symbol.items() if named else np.ndenumerate(np.asarray(symbol))
    clean = {}
    for powers, value in pairs:
        even = len(powers) % 2 == 0 and coordinates in (None, len(powers) // 2)
        wanted = "an even number of" if coordinates is None else f"{2 * coordinates}"
        check(even, "symbol", f"have {wanted} powers", powers)
        for power in powers:
            check_count("symbol", power, 0)
        check(bool(np.isfinite(value)), "symbol", "have finite coefficients", value)
        if value != 0:
            clean[tuple(int(p) for p in powers)] = complex(value)
    return clean


def _in_fock(symbol: Symbol, basis: FockBasis) -> BandedOperator:
    degree = max((sum(k) for k in symbol), default=0)
    products = basis.monomials(degree)
    total = 0 * products[0, 0]
    for (i, j), c in symbol.items():  # pyright: ignore
        total = total + (c.real if complex(c).imag == 0 else c) * products[i, j]
    return BandedOperator.from_matrix(total)


def _monomial(powers: tuple[int, ...], basis: AbstractBasis) -> AbstractOperator:
    m = len(basis.axes)
    factors = [
        axis.monomial(i, j) if i or j else axis.identity()
        for axis, i, j in zip(basis.axes, powers[:m], powers[m:], strict=True)
    ]
    return factors[0] if m == 1 else TensorOperator(*factors)


def _matrix(operator: AbstractOperator) -> np.ndarray:
    import jax

    with jax.enable_x64(True):
        return np.asarray(operator.as_matrix())


def _normal_ordered(matrix: np.ndarray, degree: int) -> dict[tuple[int, int], complex]:
    r"""Coefficients of $a^{\dagger m} a^n$, m + n <= degree, from the first matrix elements.

    $\langle m|A|n\rangle = \sum_l c_{m-l,n-l} \sqrt{m!\,n!}/l!$, solved from the top left.
    """
    c: dict[tuple[int, int], complex] = {}
    for m, n in itertools.product(range(degree + 1), repeat=2):
        if m + n <= degree:
            root = math.sqrt(math.factorial(m) * math.factorial(n))
            known = sum(c[m - k, n - k] / math.factorial(k) for k in range(1, min(m, n) + 1))
            c[m, n] = complex(matrix[m, n]) / root - known
    return c


def _symmetric(normal: dict[tuple[int, int], complex]) -> dict[tuple[int, int], complex]:
    r"""Weyl symbol in $\bar\alpha^m \alpha^n$ of a normally ordered polynomial."""
    total: dict[tuple[int, int], complex] = {}
    for (m, n), c in normal.items():
        for k in range(min(m, n) + 1):
            share = (-0.5) ** k * math.factorial(k) * math.comb(m, k) * math.comb(n, k)
            total[m - k, n - k] = total.get((m - k, n - k), 0) + c * share
    return total


def _in_phase_space(
    symbol: dict[tuple[int, int], complex], basis: FockBasis
) -> dict[tuple[int, int], complex]:
    """Put in alpha = ((q - q0)/w + i w (p - p0)) / sqrt(2 hbar), and multiply out."""
    (q0, p0), w, root = basis.centre, basis.width, math.sqrt(2 * basis.hbar)
    offset = q0 / w + 1j * w * p0
    alpha = np.array([[-offset, 1j * w], [1 / w, 0]]) / root  # [i, j]: coefficient of q^i p^j
    degree = max(sum(k) for k in symbol)
    powers = {0: _powers(alpha.conj(), degree), 1: _powers(alpha, degree)}
    total = np.zeros((degree + 1, degree + 1), np.complex128)
    size = np.zeros_like(total, np.float64)
    for (m, n), c in symbol.items():
        term = c * _multiply(powers[0][m], powers[1][n])[: degree + 1, : degree + 1]
        total[: len(term), : len(term)] += term
        size[: len(term), : len(term)] += np.abs(term)
    kept = np.abs(total) > 1e-13 * size.max()
    return {(int(i), int(j)): complex(total[i, j]) for i, j in np.argwhere(kept)}


def _powers(polynomial: np.ndarray, highest: int) -> list[np.ndarray]:
    powers = [np.ones((1, 1), np.complex128)]
    for _ in range(highest):
        powers.append(_multiply(powers[-1], polynomial))
    return powers


def _multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    total = np.zeros((len(a) + len(b) - 1,) * 2, np.complex128)
    for i, j in np.ndindex(b.shape):
        total[i : i + len(a), j : j + len(a)] += b[i, j] * a
    return total


def _star_monomials(
    a: tuple[int, ...], b: tuple[int, ...], hbar: float
) -> dict[tuple[int, ...], complex]:
    """Star product of two monomials: the coordinates do not mix."""
    m = len(a) // 2
    each = [_star_pair(a[k], a[m + k], b[k], b[m + k], hbar) for k in range(m)]
    total = {}
    for parts in itertools.product(*(e.items() for e in each)):
        key = tuple(p[0][0] for p in parts) + tuple(p[0][1] for p in parts)
        total[key] = total.get(key, 0) + math.prod(p[1] for p in parts)
    return total


def _star_pair(i: int, j: int, k: int, n: int, hbar: float) -> dict[tuple[int, int], complex]:
    """Star product of q^i p^j and q^k p^n: r derivatives one way, s the other."""
    total: dict[tuple[int, int], complex] = {}
    for r, s in itertools.product(range(min(i, n) + 1), range(min(j, k) + 1)):
        size = math.perm(i, r) * math.perm(n, r) * math.perm(j, s) * math.perm(k, s)
        size /= math.factorial(r) * math.factorial(s)
        key = (i + k - r - s, j + n - r - s)
        total[key] = total.get(key, 0) + (1j * hbar / 2) ** (r + s) * (-1) ** s * size
    return total
