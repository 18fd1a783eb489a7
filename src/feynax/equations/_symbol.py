"""Amplitude of one layer at a momentum, and its exact logarithm."""

from typing import Any

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Complex, Float

from .._checks import check, check_count
from .._citation import cites
from ._advection_diffusion import AdvectionDiffusion
from ._host import to_numbers
from ._moments import Centre, resolve_ndim, tap_offsets

Stencil = AdvectionDiffusion | Float[ArrayLike, "*channels kh kw"]


def read_taps(
    kernel: Any, *, ndim: int | None = None, centre: Centre = None, dilation: int = 1
) -> tuple[Any, np.ndarray, Any]:
    """Namespace, offsets (taps, ndim) and weights (taps, *channels) of a stencil."""
    if isinstance(kernel, AdvectionDiffusion):
        kernel, ndim = kernel.kernel(), kernel.ndim
    xp, weights = to_numbers("kernel", kernel)
    ndim = resolve_ndim(weights, ndim)
    check_count("dilation", dilation)
    grid = np.meshgrid(*tap_offsets(weights.shape[-ndim:], centre, dilation), indexing="ij")
    offsets = np.stack([axis.ravel() for axis in grid], -1)
    flat = weights.reshape((*weights.shape[: weights.ndim - ndim], len(offsets)))
    return xp, offsets, xp.moveaxis(flat, -1, 0)


def read_skip(skip: Any, channels: tuple[int, ...], taps: int, kernel_shape: Any) -> Any:
    """Weights (taps or 1, *channels) of the skip connection and whether they sit at offset 0.

    A number multiplies the identity in channel space; a matrix has the shape of the channels; a
    kernel has the shape of the branch.
    """
    _, weight = to_numbers("skip", skip)
    if weight.shape == tuple(kernel_shape):
        return np.moveaxis(weight.reshape((*channels, taps)), -1, 0), False
    if weight.ndim == 0 and len(channels) == 2:
        square = channels[0] == channels[1] or weight == 0
        check(square, "skip", f"be a matrix or kernel for channels {channels}", "a number")
        weight = weight * np.eye(*channels)
    elif weight.ndim == 0:
        weight = np.broadcast_to(weight, channels)
    check(weight.shape == channels, "skip", f"fit the channels {channels}", weight.shape)
    return weight[None], True


@cites("imchitr2020", "hatano1996")
def symbol(
    kernel: Stencil,
    p: Float[ArrayLike, "*momenta"],
    *,
    skip: ArrayLike = 1.0,
    centre: Centre = None,
    dilation: int = 1,
    ndim: int | None = None,
) -> Complex[ArrayLike, "*momenta_and_channels"]:
    r"""Factor by which one layer multiplies a plane wave.

    $g(p) = w + \sum_j K_j e^{i p j}$, for three taps
    $g = 1 + \gamma + a_2(\cos p - 1) + i\beta \sin p$.

    **Arguments:**

    - `kernel`: weights of shape (..., kH, kW), (..., k) with `ndim=1`, or an
      [`feynax.equations.AdvectionDiffusion`][]. Two leading axes are a matrix in channel space,
      one is a kernel for each channel.
    - `p`: momenta in radians per pixel, shape (..., 2) with p_y first, or any shape on a line.
    - `skip`: weight of the skip connection: a number, a matrix (C_out, C_in), or a kernel in the
      shape of the branch. 0 gives the branch alone.
    - `centre`, `dilation`, `ndim`: as in [`feynax.equations.pde_from_kernel`][].

    **Returns:**

    Complex amplitudes of shape (*momenta, *channels), complex128 NumPy where nothing is traced.

    ```python
    import numpy as np
    from feynax.equations import AdvectionDiffusion, symbol
    g = symbol(AdvectionDiffusion(a2=0.5, beta=0.2), np.pi / 2)
    assert np.allclose(g, 0.5 + 0.2j)
    ```

    Source: V. Imchitr (2020), eqs (29)-(33); with beta != 0 the chain of Hatano and Nelson (1996).
    """
    if isinstance(kernel, AdvectionDiffusion):
        kernel, ndim = kernel.kernel(), kernel.ndim
    xp, offsets, weights = read_taps(kernel, ndim=ndim, centre=centre, dilation=dilation)
    _, momenta = to_numbers("p", p)
    if offsets.shape[1] == 1:
        momenta = momenta[..., None]
    axes = offsets.shape[1]
    check(momenta.shape[-1:] == (axes,), "p", f"have {axes} components last", momenta.shape)
    phases = np.exp(1j * (momenta @ offsets.T))
    at, here = read_skip(skip, weights.shape[1:], len(offsets), np.shape(kernel))
    dtype = np.result_type(weights.dtype, np.complex64)
    branch = xp.tensordot(xp.asarray(phases, dtype=dtype), weights.astype(dtype), 1)
    straight = np.ones((*phases.shape[:-1], 1)) if here else phases
    return branch + xp.asarray(np.tensordot(straight, at, 1), dtype=dtype)


@cites("imchitr2020")
def exponent(
    kernel: Stencil,
    p: Float[ArrayLike, "*momenta"],
    *,
    skip: ArrayLike = 1.0,
    centre: Centre = None,
    dilation: int = 1,
    ndim: int | None = None,
) -> Complex[np.ndarray, "*momenta_and_channels"]:
    r"""Exact exponent $H(p) = \log g(p)$ of one layer, a matrix logarithm in channel space.

    The thesis prints $H = \tilde\Omega$ (its eq 31), which needs $e^{\Omega} \approx 1+\Omega$ and
    is off by 74 % on a random three-layer net; `test_printed_exponent_is_not_the_logarithm` shows
    it. The logarithm is principal: where $g < 0$ it is complex and no real generator exists.

    **Arguments:**

    As in [`feynax.equations.symbol`][]; two leading axes of `kernel` are a matrix in channel space.

    **Returns:**

    complex128 of shape (*momenta, *channels). A mode that the layer kills has H = -inf: on the
    null space of a singular matrix every entry that the null space reaches is infinite (the sign
    is that of minus its spectral projector). Nothing is raised.

    ```python
    import numpy as np
    from feynax.equations import exponent
    assert np.allclose(exponent(np.zeros(3), 1.0), 0.0)
    assert exponent(np.array([0.25, -0.5, 0.25]), np.pi).real == -np.inf
    ```

    Source: V. Imchitr (2020), eq (33), corrected.
    """
    g = np.asarray(symbol(kernel, p, skip=skip, centre=centre, dilation=dilation, ndim=ndim))
    momenta_axes = np.ndim(p) - (np.ndim(p) > 0 and _lattice_axes(kernel, ndim) == 2)
    scale = max(float(np.abs(g).max(initial=0.0)), 1e-300)
    if g.ndim - momenta_axes < 2:
        killed = np.abs(g) <= 1e-15 * max(scale, 1.0)
        with np.errstate(divide="ignore"):
            return np.where(killed, complex(-np.inf, 0.0), np.log(np.where(killed, 1.0, g)))
    check(g.shape[-1] == g.shape[-2], "kernel", "have as many channels out as in", g.shape[-2:])
    return np.stack([_matrix_log(m) for m in g.reshape(-1, *g.shape[-2:])]).reshape(g.shape)


def printed_exponent(
    coefficients: AdvectionDiffusion, p: Float[ArrayLike, "*momenta"]
) -> Complex[np.ndarray, "*momenta"]:
    r"""Return the exponent as the thesis prints it: second order in p, and no logarithm.

    $H_\text{printed}(p) = -\tfrac{a_2}{2} p^2 + i\beta p + \gamma$, with the same terms along y.
    It is the O(p^2) truncation of $g - 1$, not of $\log g$; see
    [`feynax.equations.exponent`][] for what a layer does.

    **Arguments:**

    - `coefficients`: numbers, not arrays.
    - `p`: momenta as in [`feynax.equations.symbol`][].

    **Returns:**

    complex128 in the shape of the momenta.

    ```python
    from feynax.equations import AdvectionDiffusion, printed_exponent
    assert printed_exponent(AdvectionDiffusion(a2=0.5, beta=0.2), 1.0) == -0.25 + 0.2j
    ```

    Source: V. Imchitr (2020), the display after eq (33).
    """
    t = coefficients.arrays()
    check(t["a2"].ndim == 0, "coefficients", "be numbers", f"shape {t['a2'].shape}")
    momenta = np.asarray(p, np.float64)
    if coefficients.ndim == 1:
        return -t["a2"] / 2 * momenta**2 + 1j * t["beta"] * momenta + t["gamma"]
    y, x = momenta[..., 0], momenta[..., 1]
    even = -t["a2"] / 2 * x**2 - t["sigma2"] / 2 * y**2 - t["mixed"] * x * y
    return even + 1j * (t["beta"] * x + t["rho"] * y) + t["gamma"]


def _lattice_axes(kernel: Any, ndim: int | None) -> int:
    if isinstance(kernel, AdvectionDiffusion):
        return kernel.ndim
    return resolve_ndim(np.asarray(kernel), ndim)


def _matrix_log(g: np.ndarray) -> np.ndarray:
    """Principal logarithm on the live subspace, -inf along the spectral null space."""
    import scipy.linalg as sl

    floor = 1e-14 * max(float(np.abs(g).max()), 1e-300) * len(g)
    schur = sl.schur(g, output="complex", sort=lambda value: abs(value) > floor)
    T, Q, live = schur[0], schur[1], int(schur[-1])
    if live == len(g):
        return np.asarray(sl.logm(g), np.complex128)
    # T = [[A, B], [0, N]] with A live and N nilpotent. The projector on the live space along the
    # null space is Q [[1, X], [0, 0]] Q* with A X - X N = B.
    A, B, N = T[:live, :live], T[:live, live:], T[live:, live:]
    top = np.zeros((live, len(g)), np.complex128)
    logarithm = np.zeros_like(T)
    if live:
        top = np.hstack([np.eye(live), sl.solve_sylvester(A, -N, B)])
        logarithm = Q[:, :live] @ sl.logm(A) @ top @ Q.conj().T
    null = np.eye(len(g)) - Q[:, :live] @ top @ Q.conj().T
    reached = np.abs(null) > 1e-12
    return np.where(reached, -np.inf * np.sign(np.where(reached, null.real, 1.0)), logarithm)
