"""Spectrum of a stencil on a finite lattice, where the walls matter."""

import dataclasses

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Complex, Float

from .._checks import check, check_choice, check_count
from .._citation import cites
from ._advection_diffusion import AdvectionDiffusion
from ._moments import Centre
from ._symbol import Stencil, read_skip, read_taps, symbol

_LARGEST = 4096  # rows of a dense matrix whose eigenvalues are asked for
_DEFECTIVE = 1e8  # condition number of eigenvectors beyond which they carry no digits


@dataclasses.dataclass(frozen=True)
class Spectrum:
    """Eigenvalues of a layer or a branch on a lattice.

    **Fields:**

    - `values`: all eigenvalues with multiplicity, complex128.
    - `defective`: there are fewer eigenvectors than eigenvalues, so the modes must not be used;
      for general stencils, that the eigenvectors' condition number exceeds 1e8.
    - `method`: "closed form", "symbol" or "dense".
    """

    values: Complex[np.ndarray, " modes"]
    defective: bool
    method: str

    @property
    def radius(self) -> float:
        """Largest modulus."""
        return float(np.abs(self.values).max())

    @property
    def is_real(self) -> bool:
        """Whether no eigenvalue has an imaginary part beyond rounding."""
        return bool(np.abs(np.imag(self.values)).max() <= 1e-12 * max(self.radius, 1.0))

    def __str__(self) -> str:
        note = ", defective: do not diagonalise" if self.defective else ""
        kind = "real" if self.is_real else "complex"
        return f"{len(self.values)} {kind} eigenvalues, radius {self.radius:.6g}{note}"


@cites("imchitr2020", "hatano1996")
def spectrum(
    kernel: Stencil,
    size: int | tuple[int, int],
    *,
    boundary: str = "zero",
    skip: ArrayLike = 0.0,
    centre: Centre = None,
    dilation: int = 1,
    ndim: int | None = None,
) -> Spectrum:
    r"""Eigenvalues of a stencil on a lattice of `size` pixels.

    With periodic boundary the symbol at $p = 2\pi m/M$. With zero padding three taps give

    $$\lambda_k = \gamma - a_2 + \sqrt{a_2^2 - \beta^2}\, \cos\frac{k\pi}{M+1},\quad k = 1..M,$$

    real if and only if $|\beta| \le |a_2|$, and very different from the periodic ones: all modes
    pile up at one edge (the skin effect of the Hatano-Nelson chain). At $|\beta| = |a_2| \ne 0$
    everything is one Jordan block, reported as `defective`. The equation (39) on a plane gives
    sums over both axes; every other stencil with walls is solved densely, up to 4096 rows.

    **Arguments:**

    - `kernel`, `centre`, `dilation`, `ndim`: as in [`feynax.equations.symbol`][].
    - `size`: pixels on a line, or (height, width).
    - `boundary`: `"zero"` or `"periodic"`.
    - `skip`: as in `symbol`, but 0 by default: the spectrum of the branch.

    **Returns:**

    A [`feynax.equations.Spectrum`][].

    **Raises:**

    `ValueError` for a stencil that does not map its channels to as many, and for lattices too
    large for a dense solution.

    ```python
    import numpy as np
    from feynax.equations import AdvectionDiffusion, spectrum
    found = spectrum(AdvectionDiffusion(a2=0.7, beta=0.3, gamma=-0.1), 6)
    assert found.is_real and np.isclose(found.values.real.max(), -0.2301772553049969)
    assert spectrum(AdvectionDiffusion(a2=0.3, beta=0.3), 6).defective
    ```

    Source: the stencils of V. Imchitr (2020); Hatano and Nelson (1996).
    """
    check_choice("boundary", boundary, ("periodic", "zero"))
    options = {"centre": centre, "dilation": dilation, "ndim": ndim}
    if isinstance(kernel, AdvectionDiffusion):
        options["ndim"] = kernel.ndim
    sizes = (size,) if isinstance(size, int) else tuple(size)
    for length in sizes:
        check_count("size", length)
    if boundary == "zero" and np.ndim(skip) == 0:
        pde = _named(kernel, **options)
        if pde is not None and (len(sizes) == pde.ndim):
            return _wall_spectrum(pde, sizes, complex(np.asarray(skip)))
    _, offsets, weights = read_taps(kernel, **options)
    check(offsets.shape[1] == len(sizes), "size", f"have {offsets.shape[1]} numbers", size)
    square = weights.ndim < 3 or (weights.ndim == 3 and weights.shape[1] == weights.shape[2])
    check(square, "kernel", "have as many channels out as in", weights.shape[1:])
    if boundary == "periodic":
        axes = [2 * np.pi * np.arange(n) / n for n in sizes]
        grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
        momenta = grid[..., 0] if len(sizes) == 1 else grid
        return _of_blocks(np.asarray(symbol(kernel, momenta, skip=skip, **options)), weights.ndim)
    matrix = operator_matrix(kernel, size, boundary=boundary, skip=skip, **options)
    values, vectors = np.linalg.eig(matrix)
    return Spectrum(values.astype(np.complex128), _is_singular(vectors), "dense")


def operator_matrix(
    kernel: Stencil,
    size: int | tuple[int, int],
    *,
    boundary: str = "zero",
    skip: ArrayLike = 0.0,
    centre: Centre = None,
    dilation: int = 1,
    ndim: int | None = None,
) -> Float[np.ndarray, "rows columns"]:
    """Write a stencil as a dense matrix on a small lattice.

    **Arguments:**

    As in [`feynax.equations.spectrum`][]; one leading axis is a kernel for each channel.

    **Returns:**

    float64 of shape (C_out · pixels, C_in · pixels), channel outermost, rows of pixels first.

    **Raises:**

    `ValueError` above 4096 rows, and for taps between pixels.

    ```python
    import numpy as np
    from feynax.equations import operator_matrix
    slope = operator_matrix(np.array([-0.5, 0.0, 0.5]), 3)
    assert (slope == [[0, 0.5, 0], [-0.5, 0, 0.5], [0, -0.5, 0]]).all()
    ```
    """
    check_choice("boundary", boundary, ("periodic", "zero"))
    if isinstance(kernel, AdvectionDiffusion):
        kernel, ndim = kernel.kernel(), kernel.ndim
    _, offsets, weights = read_taps(kernel, ndim=ndim, centre=centre, dilation=dilation)
    sizes = (size,) if isinstance(size, int) else tuple(size)
    check(offsets.shape[1] == len(sizes), "size", f"have {offsets.shape[1]} numbers", size)
    check(bool(np.all(offsets % 1 == 0)), "centre", "put every tap on a pixel", centre)
    straight, here = read_skip(skip, weights.shape[1:], len(offsets), np.shape(kernel))
    if here:
        offsets = np.vstack([offsets, np.zeros((1, len(sizes)))])
        weights = np.concatenate([weights, straight])
    else:
        weights = weights + straight
    if weights.ndim == 1:
        weights = weights[:, None, None]
    elif weights.ndim == 2:
        weights = weights[:, :, None] * np.eye(weights.shape[1])
    check(weights.ndim == 3, "kernel", "have at most two channel axes", weights.shape[1:])
    rows = max(weights.shape[1:]) * int(np.prod(sizes))
    check(rows <= _LARGEST, "size", f"give at most {_LARGEST} rows", rows)
    total = 0.0
    for offset, weight in zip(offsets.astype(int), weights, strict=True):
        site = np.ones((1, 1))
        for length, shift in zip(sizes, offset, strict=True):
            site = np.kron(site, _shift(length, int(shift), boundary))
        total = total + np.kron(weight, site)
    return np.asarray(total)


@cites("hatano1996")
def similarity_gauge(a2: float, beta: float, size: int) -> Float[np.ndarray, " size"]:
    r"""Diagonal of the gauge that makes three taps with walls symmetric.

    $S_x = \big(\tfrac{a_2-\beta}{a_2+\beta}\big)^{x/2}$: with T the zero-padded stencil,
    $S^{-1} T S$ is symmetric with off-diagonal $\tfrac12\sqrt{a_2^2-\beta^2}$. The eigenvectors
    of T are S times sines: for $\beta > 0$ they all lean on the left wall.

    **Arguments:**

    - `a2`, `beta`: with |beta| < |a2|.
    - `size`: pixels.

    **Returns:**

    float64 of shape (size,).

    **Raises:**

    `ValueError` where |beta| >= |a2|: there is no real gauge.

    ```python
    from feynax.equations import similarity_gauge
    assert similarity_gauge(0.5, 0.3, 3)[1] == 0.5
    ```

    Source: Hatano and Nelson (1996).
    """
    check_count("size", size)
    check(abs(beta) < abs(a2), "beta", f"lie within ({-abs(a2)}, {abs(a2)})", beta)
    return ((a2 - beta) / (a2 + beta)) ** (np.arange(size) / 2)


def _named(kernel: Stencil, *, centre, dilation, ndim) -> AdvectionDiffusion | None:
    """Return the named equation of a stencil of one channel, if it has one."""
    if isinstance(kernel, AdvectionDiffusion):
        plain = kernel.mixed is None and kernel.arrays()["a2"].ndim == 0
        return kernel if plain else None
    weights = np.asarray(kernel, np.float64)
    axes = weights.ndim if ndim is None else ndim
    if centre is not None or dilation != 1 or weights.shape != (3,) * axes:
        return None
    corners = 0.0 if axes == 1 else np.abs(weights[::2, ::2]).max()
    return AdvectionDiffusion.from_kernel(weights, ndim=axes) if corners == 0 else None


def _wall_spectrum(pde: AdvectionDiffusion, sizes: tuple[int, ...], skip: complex) -> Spectrum:
    t = {name: float(value) for name, value in pde.arrays().items()}
    pairs = [(t["sigma2"], t["rho"]), (t["a2"], t["beta"])][-len(sizes) :]
    values = np.full(1, skip + t["gamma"], np.complex128)
    defective = False
    for (diffusion, drift), size in zip(pairs, sizes, strict=True):
        k = np.arange(1, size + 1)
        hopping = np.emath.sqrt(diffusion**2 - drift**2)
        axis = -diffusion + hopping * np.cos(k * np.pi / (size + 1))
        values = np.add.outer(values, axis).ravel()
        defective |= abs(drift) == abs(diffusion) != 0 and size > 1
    return Spectrum(values, defective, "closed form")


def _of_blocks(g: np.ndarray, rank: int) -> Spectrum:
    """Eigenvalues of a block for each momentum."""
    if rank < 3:
        return Spectrum(g.ravel(), False, "symbol")
    values, vectors = np.linalg.eig(g.reshape(-1, *g.shape[-2:]))
    return Spectrum(values.ravel(), any(_is_singular(v) for v in vectors), "symbol")


def _is_singular(vectors: np.ndarray) -> bool:
    return bool(np.linalg.cond(vectors) > _DEFECTIVE)


def _shift(size: int, shift: int, boundary: str) -> np.ndarray:
    if boundary == "periodic":
        return np.roll(np.eye(size), shift, axis=1)
    return np.eye(size, k=shift)
