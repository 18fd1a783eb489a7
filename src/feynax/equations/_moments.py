"""Kernel to PDE and back: the moment map of a stencil, a bijection for every size."""

import functools
import math
import warnings
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

from .._checks import check, check_count
from .._citation import cites
from ._host import to_numbers

Centre = float | Sequence[float] | None
_WIDEST = 9  # the condition number of the map is 2.9e3 here and grows tenfold with each two taps


@cites("imchitr2020")
def pde_from_kernel(
    kernel: Float[ArrayLike, "*channels kh kw"],
    *,
    centre: Centre = None,
    dilation: int = 1,
    ndim: int | None = None,
) -> Float[ArrayLike, "*channels kh kw"]:
    r"""Coefficients of the PDE that a stencil is, read off its moments.

    $$C_{mn} = \sum_{ij} K_{ij} \frac{i^m j^n}{m!\,n!} \quad\Longleftrightarrow\quad
    K * \psi = \sum_{mn} C_{mn}\, \partial_y^m \partial_x^n \psi$$

    with cross-correlation, positions in pixels, and every derivative the one that is exact on
    polynomials of the stencil's degree. A 3x3 stencil therefore is a PDE of order up to *four*
    with nine terms, not of second order; with three taps in one dimension it is the second-order
    one of the thesis (eqs 21-25).

    **Arguments:**

    - `kernel`: weights of shape (..., kH, kW), or (..., k) with `ndim=1`; row index first.
    - `centre`: index of the tap on the output pixel, a number or one for each axis; half-integers
      are allowed, and an even size must name it.
    - `dilation`: pixels between taps.
    - `ndim`: 1 or 2; by default 1 for an array of one axis, else 2.

    **Returns:**

    Coefficients in the shape of `kernel`, `C[..., m, n]` in pixels^(m+n) per layer, as float64
    NumPy; inside a JAX transformation, in JAX at the kernel's own precision.

    **Raises:**

    `ValueError` for an even size without `centre` and for numbers that are not finite. A warning
    above nine taps a side, where rounding grows by more than three digits.

    ```python
    import numpy as np
    from feynax.equations import pde_from_kernel
    heat = np.array([0.5, -1.0, 0.5])
    assert np.allclose(pde_from_kernel(heat), [0.0, 0.0, 0.5])  # psi_t = 0.5 psi_xx
    ```

    Source: residual networks as PDEs, V. Imchitr (2020), eqs (21)-(25), extended to any size.
    """
    xp, weights = to_numbers("kernel", kernel)
    ndim = resolve_ndim(weights, ndim)
    check_count("dilation", dilation)
    sizes = weights.shape[-ndim:]
    maps = []
    for size, middle in zip(sizes, _middles(sizes, centre), strict=True):
        _warn_wide(size)
        maps.append(_moment_matrix(size, middle, dilation))
    return _along_axes(xp, weights, maps)


@cites("imchitr2020")
def kernel_from_pde(
    coefficients: Float[ArrayLike, "*channels m n"],
    *,
    size: int | Sequence[int] | None = None,
    centre: Centre = None,
    dilation: int = 1,
    ndim: int | None = None,
) -> Float[ArrayLike, "*channels kh kw"]:
    r"""Stencil of a PDE: the inverse of [`feynax.equations.pde_from_kernel`][].

    $K_{ij} = \sum_{mn} C_{mn}\, m!\,n!\; L_{im} L_{jn}$ with $L_{im}$ the coefficient of $x^m$ in
    the Lagrange polynomial of tap $i$ (kept as exact rationals until the last step).

    **Arguments:**

    - `coefficients`: shape (..., M, N), or (..., M) with `ndim=1`; `C[..., m, n]` multiplies
      $\partial_y^m \partial_x^n$.
    - `size`: taps a side, a number or one for each axis; as many as coefficients by default.
    - `centre`, `dilation`, `ndim`: as in `pde_from_kernel`.

    **Returns:**

    Weights of shape (..., kH, kW) or (..., k): float64 NumPy, or JAX where traced.

    **Raises:**

    `ValueError` where the order of a derivative reaches the number of taps, and as in
    `pde_from_kernel`.

    ```python
    import numpy as np
    from feynax.equations import kernel_from_pde
    slope = kernel_from_pde(np.array([0.0, 1.0, 0.0]))
    assert np.allclose(slope, [-0.5, 0.0, 0.5])
    ```

    Source: V. Imchitr (2020), eqs (21)-(25), extended. The stencil [1/2, 0, -1/2] printed in its
    section 4.1 is *minus* d/dx when a framework applies it (`test_printed_slope_is_backwards`).
    """
    xp, values = to_numbers("coefficients", coefficients)
    ndim = resolve_ndim(values, ndim)
    check_count("dilation", dilation)
    orders = values.shape[-ndim:]
    sizes = orders if size is None else (size,) * ndim if isinstance(size, int) else tuple(size)
    check(len(sizes) == ndim, "size", f"have one number for each of {ndim} axes", sizes)
    fits = all(order <= taps for order, taps in zip(orders, sizes, strict=True))
    check(fits, "coefficients", f"have orders below the {sizes} taps", f"shape {orders}")
    maps = []
    for order, taps, middle in zip(orders, sizes, _middles(sizes, centre), strict=True):
        _warn_wide(taps)
        maps.append(_lagrange_matrix(taps, middle, dilation)[:, :order])
    return _along_axes(xp, values, maps)


def resolve_ndim(array: np.ndarray, ndim: int | None) -> int:
    """Return the number of lattice axes of a stencil: 1 for a plain row of taps, else 2."""
    if ndim is None:
        ndim = 1 if array.ndim == 1 else 2
    check(ndim in (1, 2), "ndim", "be 1 or 2", ndim)
    check(array.ndim >= ndim, "kernel", f"have at least {ndim} axes", f"shape {array.shape}")
    check(min(array.shape[-ndim:]) >= 1, "kernel", "have a tap", f"shape {array.shape}")
    return ndim


def tap_offsets(sizes: Sequence[int], centre: Centre, dilation: int) -> list[np.ndarray]:
    """Positions of the taps relative to the output pixel, one array for each axis."""
    middles = _middles(sizes, centre)
    return [dilation * (np.arange(k) - float(c)) for k, c in zip(sizes, middles, strict=True)]


def _middles(sizes: Sequence[int], centre: Centre) -> list[float]:
    if centre is None:
        odd = all(size % 2 for size in sizes)
        check(odd, "kernel", "have odd sizes unless `centre` is given", f"sizes {tuple(sizes)}")
        return [(size - 1) / 2 for size in sizes]
    if isinstance(centre, Sequence):
        check(len(centre) == len(sizes), "centre", f"have {len(sizes)} numbers", len(centre))
        return [float(c) for c in centre]
    return [float(centre)] * len(sizes)


def _warn_wide(size: int) -> None:
    if size > _WIDEST:
        warnings.warn(
            f"A stencil of {size} taps is read as derivatives with a condition number above 1e4; "
            "the high orders carry fewer digits than the weights.",
            stacklevel=3,
        )


@functools.lru_cache(maxsize=64)
def _moment_matrix(size: int, centre: float, dilation: int) -> np.ndarray:
    """V[m, i] = offset_i^m / m!."""
    offsets = dilation * (np.arange(size) - centre)
    factorials = np.array([math.factorial(m) for m in range(size)], np.float64)
    return offsets[None, :] ** np.arange(size)[:, None] / factorials[:, None]


@functools.lru_cache(maxsize=64)
def _lagrange_matrix(size: int, centre: float, dilation: int) -> np.ndarray:
    """Inverse of the moment matrix: m! times the coefficients of the Lagrange polynomials."""
    nodes = [dilation * (i - Fraction(centre)) for i in range(size)]
    rows = []
    for i, node in enumerate(nodes):
        polynomial = [Fraction(1)]
        for other in nodes[:i] + nodes[i + 1 :]:
            shifted = [Fraction(0), *polynomial]
            for power, value in enumerate(polynomial):
                shifted[power] -= other * value
            polynomial = [value / (node - other) for value in shifted]
        rows.append([float(math.factorial(m) * value) for m, value in enumerate(polynomial)])
    return np.array(rows)


def _along_axes(xp, values, maps: Sequence[np.ndarray]):
    """Apply one matrix to each of the last axes."""
    maps = [xp.asarray(m, dtype=values.dtype) for m in maps]
    if len(maps) == 1:
        return xp.einsum("ai,...i->...a", maps[0], values)
    return xp.einsum("ai,...ij,bj->...ab", maps[0], values, maps[1])
