"""The equation that a residual layer is, with all its terms."""

import equinox as eqx
import jax
import jax.core
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Complex, Float

from .._checks import check, check_choice, check_count, check_finite, check_positive
from .._citation import cites
from ._gain import Gain, gain
from ._host import is_traced
from ._moments import kernel_from_pde, pde_from_kernel
from ._spectrum import Spectrum, spectrum
from ._symbol import exponent, symbol

_DIGITS = 1e-12  # relative size below which a coefficient is rounding


@cites("imchitr2020")
class LatticePDE(eqx.Module):
    r"""Partial differential equation of a residual layer $\psi \mapsto w\psi + K*\psi$.

    $$\psi_t = \sum_{mn} C_{mn}\, \partial_y^m \partial_x^n \psi, \qquad K = h \cdot
    \text{stencil of } C,$$

    so that one layer is one forward Euler step of length h. It need not be of second order: a
    3x3 kernel has nine terms of order up to four, and [`feynax.equations.LatticePDE.order`][]
    says which order it really is.

    **Fields:**

    - `coefficients`: shape (C_out, C_in, kH, kW), in pixels^(m+n) per unit of time.
    - `step`: h, the time of one layer.
    - `skip`: weight of the skip connection, a number or a matrix (C_out, C_in).
    - `boundary`: `"zero"` or `"periodic"`.
    - `dilation`: pixels between taps.

    ```python
    import numpy as np
    from feynax.equations import LatticePDE
    pde = LatticePDE.from_kernel(np.array([[[[0.2, -0.7, 0.5]]]]))
    assert str(pde) == "psi_t = 0.3 d_x psi + 0.35 d_xx psi"
    assert pde.order() == 2 and np.allclose(pde.drift(), [[0.0, -0.3]])
    ```

    Source: V. Imchitr (2020), chapter 3, extended to any size and many channels.
    """

    coefficients: Float[ArrayLike, "out in kh kw"]
    step: float = eqx.field(static=True, default=1.0)
    skip: Float[ArrayLike, "..."] = 1.0
    boundary: str = eqx.field(static=True, default="zero")
    dilation: int = eqx.field(static=True, default=1)

    def __check_init__(self):
        if is_traced(self.coefficients):
            return
        shape = np.shape(self.coefficients)
        four = len(shape) == 4 and min(shape) >= 1
        check(four, "coefficients", "have shape (out, in, kh, kw)", f"shape {shape}")
        check_finite("coefficients", self.coefficients)
        check_positive("step", self.step)
        check_choice("boundary", self.boundary, ("periodic", "zero"))
        check_count("dilation", self.dilation)
        fits = np.ndim(self.skip) == 0 or np.shape(self.skip) == shape[:2]
        check(fits, "skip", f"be a number or have shape {shape[:2]}", np.shape(self.skip))

    @classmethod
    def from_kernel(
        cls,
        kernel: Float[ArrayLike, "out in kh kw"],
        *,
        step: float = 1.0,
        skip: ArrayLike = 1.0,
        boundary: str = "zero",
        dilation: int = 1,
    ) -> "LatticePDE":
        """Read the layer skip psi + K psi as a step of length `step`.

        **Arguments:**

        - `kernel`: K of shape (C_out, C_in, kH, kW) with odd sizes; kH = 1 for a line, and a
          kernel (kH, kW) is one channel.
        - `step`, `skip`, `boundary`, `dilation`: as the fields.
        """
        shape = np.shape(kernel)
        check(len(shape) in (2, 4), "kernel", "have shape (out, in, kh, kw)", f"shape {shape}")
        check_positive("step", step)
        weights = np.asarray(kernel, np.float64).reshape((1, 1, *shape)[-4:])
        moments = np.asarray(pde_from_kernel(weights, dilation=dilation))
        return cls(moments / step, float(step), np.asarray(skip, np.float64), boundary, dilation)

    def kernel(self) -> Float[np.ndarray, "out in kh kw"]:
        """Stencil of one forward Euler step, h times that of the equation."""
        return self.step * np.asarray(kernel_from_pde(self.coefficients, dilation=self.dilation))

    def order(self, tolerance: float = _DIGITS) -> int:
        """Order of the highest derivative whose coefficient is not rounding.

        - `tolerance`: relative to the largest coefficient.
        """
        sizes = self._sizes()
        live = np.argwhere(sizes > tolerance * max(float(sizes.max()), 1e-300))
        return int(live.sum(1).max(initial=0))

    def symbol(self, p: Float[np.ndarray, "*momenta 2"]) -> Complex[ArrayLike, "*momenta out in"]:
        """Amplitude g(p) of a layer; see [`feynax.equations.symbol`][]."""
        return symbol(self.kernel(), p, skip=self.skip, dilation=self.dilation)

    def exponent(self, p: Float[np.ndarray, "*momenta 2"]) -> Complex[np.ndarray, "*momenta c c"]:
        """Exact exponent log g(p) of a layer; see [`feynax.equations.exponent`][]."""
        return exponent(self.kernel(), p, skip=self.skip, dilation=self.dilation)

    def gain(self) -> Gain:
        """Largest stretch of a layer; see [`feynax.equations.gain`][]."""
        return gain(self.kernel(), skip=self.skip, dilation=self.dilation)

    def spectrum(self, size: tuple[int, int]) -> Spectrum:
        """Eigenvalues of a layer, skip included; see [`feynax.equations.spectrum`][]."""
        return spectrum(
            self.kernel(), size, boundary=self.boundary, skip=self.skip, dilation=self.dilation
        )

    def drift(self) -> Float[np.ndarray, "channels 2"]:
        r"""Mean displacement (y, x) of features in pixels per layer, for each channel.

        $-h(\rho, \beta)/(w + h\gamma)$, from the first order of log g: features move against the
        sign of the coefficient. Of each channel into itself; NaN where w + h gamma <= 0.
        """
        first = [self._own(1, 0), self._own(0, 1)]
        return -self.step * np.stack(first, -1) / self._mass()[:, None]

    def diffusion(self) -> Float[np.ndarray, "channels 2 2"]:
        r"""Covariance (y, x) that a layer adds, in pixels^2 per layer, for each channel.

        $S_{xx} = h a_2/\mu - b_x^2$ with $\mu = w + h\gamma$, $b = h(\rho,\beta)/\mu$ and
        $a_2 = 2 C_{02}$, likewise for y, and $S_{xy} = h C_{11}/\mu - b_x b_y$. A layer removes
        the square of its drift: it may be negative.
        """
        scale = self.step / self._mass()
        mixed = self._own(1, 1)
        second = np.array([[2 * self._own(2, 0), mixed], [mixed, 2 * self._own(0, 2)]])
        drift = self.drift()
        return np.moveaxis(second * scale, -1, 0) - drift[:, :, None] * drift[:, None, :]

    def __str__(self) -> str:
        """Write the equation out; coupled channels by the norms of their matrices."""
        C = np.asarray(self.coefficients, np.float64)
        single = C.shape[:2] == (1, 1)
        sizes = self._sizes()
        floor = _DIGITS * max(float(sizes.max()), 1e-300)
        orders = sorted(np.ndindex(sizes.shape), key=lambda mn: (sum(mn), mn))
        live = [mn for mn in orders if sizes[mn] > floor]
        if not live:
            return "psi_t = 0"
        if single:
            values = [float(C[0, 0, m, n]) for m, n in live]
            terms = [
                f"{'-' if v < 0 else '+'} {abs(v):.4g}{_derivative(*mn)} psi"
                for v, mn in zip(values, live, strict=True)
            ]
            text = " ".join(terms).removeprefix("+ ")
            return "psi_t = " + (f"-{text[2:]}" if text.startswith("- ") else text)
        names = [f"C{m}{n}" for m, n in live]
        terms = [f"{s}{_derivative(*mn)} psi" for s, mn in zip(names, live, strict=True)]
        norms = ", ".join(f"|{s}| = {sizes[mn]:.4g}" for s, mn in zip(names, live, strict=True))
        inputs = f"{C.shape[1]} to {C.shape[0]} channels"
        return f"psi_t = {' + '.join(terms)} ({inputs}; {norms})"

    def _sizes(self) -> Float[np.ndarray, "kh kw"]:
        """Spectral norm of each coefficient in channel space."""
        check(not isinstance(self.coefficients, jax.core.Tracer), "self", "be known", "a tracer")
        matrices = np.moveaxis(np.asarray(self.coefficients, np.float64), (0, 1), (2, 3))
        return np.linalg.norm(matrices, 2, axis=(2, 3))

    def _own(self, m: int, n: int) -> Float[np.ndarray, " channels"]:
        """Coefficient of each channel into itself, zero where the stencil is too small."""
        C = np.asarray(self.coefficients, np.float64)
        if m >= C.shape[2] or n >= C.shape[3]:
            return np.zeros(min(C.shape[:2]))
        return np.diagonal(C[:, :, m, n]).copy()

    def _mass(self) -> Float[np.ndarray, " channels"]:
        skip = np.asarray(self.skip, np.float64)
        straight = np.diagonal(skip) if skip.ndim else skip
        mass = straight + self.step * self._own(0, 0)
        return np.where(mass > 0, mass, np.nan)


def _derivative(m: int, n: int) -> str:
    return f" d_{'y' * m}{'x' * n}" if m + n else ""
