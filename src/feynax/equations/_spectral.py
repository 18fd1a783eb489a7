"""Steppers that are exact in momentum space: periodic (FFT) and mirrored (DCT)."""

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import jax.scipy.fft as jsf
import numpy as np
from jaxtyping import Array, Complex, Float

from .._checks import check
from ._advection_diffusion import AdvectionDiffusion
from ._host import is_traced
from ._stepper import AbstractStepper, host_terms, refuse
from ._taps import LinearTerms, host_kernel, stencil_taps

_State = Float[Array, "channels height width *batch"]


class Fourier(AbstractStepper):
    r"""Exact flow on a torus: every mode times $e^{h(\gamma + a_2(\cos p_x - 1) + \dots)}$.

    Takes every term, the mixed derivative and higher orders included. What leaves on one side
    enters on the other.

    ```python
    import jax.numpy as jnp
    from feynax.equations import AdvectionDiffusion, Fourier
    stepper = Fourier()
    operators = stepper.prepare(AdvectionDiffusion(a2=1.0, mixed=0.3), (1, 4, 4), h=2.0)
    assert jnp.allclose(stepper.apply(operators, jnp.ones((1, 4, 4))), 1.0, atol=1e-6)
    ```
    """

    order: ClassVar[int | None] = None

    def prepare(
        self, coefficients: LinearTerms, shape: tuple[int, int, int], h: Any
    ) -> Complex[Array, "channels height half_width"]:
        """Exponentiate the symbol on the grid of a real transform."""
        y = 2 * np.pi * np.fft.fftfreq(shape[1])
        x = 2 * np.pi * np.fft.rfftfreq(shape[2])
        even, odd = stencil_taps(coefficients, shape).symbol(y, x)
        size = jnp.exp(h * even)
        return jax.lax.complex(size * jnp.cos(h * odd), size * jnp.sin(h * odd))

    def apply(self, operators: Complex[Array, "channels height half"], psi: _State) -> _State:
        """Take one step: transform, multiply, transform back."""
        modes = jnp.fft.rfft2(psi, axes=(1, 2))
        modes = modes * operators.reshape(operators.shape + (1,) * (psi.ndim - 3))
        return jnp.fft.irfft2(modes, s=psi.shape[1:3], axes=(1, 2))

    def bound(self, coefficients: LinearTerms, h: float) -> float:
        """Bound the flow by its fastest growing mode."""
        return _flow_bound(coefficients, h)


class Cosine(AbstractStepper):
    r"""Exact flow between mirrors: the even terms are diagonal in the cosine transform.

    A mirror halfway between pixels keeps the total; drifts and the mixed derivative break the
    symmetry and are refused. Use [`feynax.equations.Exact`][] with `boundary="neumann"` for them.

    ```python
    import jax.numpy as jnp
    from feynax.equations import AdvectionDiffusion, Cosine
    stepper = Cosine()
    operators = stepper.prepare(AdvectionDiffusion(a2=1.0, sigma2=2.0), (1, 4, 6), h=3.0)
    psi = jnp.arange(24.0).reshape(1, 4, 6)
    assert jnp.allclose(stepper.apply(operators, psi).sum(), psi.sum(), rtol=1e-6)
    ```
    """

    order: ClassVar[int | None] = None

    def prepare(
        self, coefficients: LinearTerms, shape: tuple[int, int, int], h: Any
    ) -> Float[Array, "channels height width"]:
        """Exponentiate the even symbol at the momenta pi k / M."""
        _refuse_odd(coefficients)
        y, x = (np.pi * np.arange(size) / size for size in shape[1:])
        return jnp.exp(h * stencil_taps(coefficients, shape).symbol(y, x)[0])

    def apply(self, operators: Float[Array, "channels height width"], psi: _State) -> _State:
        """Take one step: transform, multiply, transform back."""
        modes = jsf.dctn(psi, axes=(1, 2), norm="ortho")
        modes = modes * operators.reshape(operators.shape + (1,) * (psi.ndim - 3))
        return jsf.idctn(modes, axes=(1, 2), norm="ortho")

    def bound(self, coefficients: LinearTerms, h: float) -> float:
        """Bound the flow by its fastest growing mode."""
        return _flow_bound(coefficients, h)


def _refuse_odd(coefficients: LinearTerms) -> None:
    reason = "odd terms break the mirror symmetry"
    if isinstance(coefficients, AdvectionDiffusion):
        return refuse(coefficients, ("beta", "rho", "mixed"), reason)
    known = not is_traced(coefficients)
    check(known, "coefficients", "be known, or named as an AdvectionDiffusion", "a traced array")
    C = np.asarray(coefficients)
    absent = not np.any(C[:, 1::2]) and not np.any(C[:, :, 1::2])
    check(absent, "coefficients", f"have even orders only ({reason})", "odd ones")


def _flow_bound(coefficients: LinearTerms, h: float) -> float:
    r"""exp(h mu) with mu above the real part of the symbol.

    The taps of the even part, all in phase; that is attained by the five-point equation. A mixed
    term within $m^2 \le a_2\sigma_2$ cannot make a diffusion grow.
    """
    if not isinstance(coefficients, AdvectionDiffusion):
        kernel = np.asarray(host_kernel(coefficients))
        even = (kernel + kernel[:, ::-1, ::-1]) / 2
        middle = even[:, even.shape[1] // 2, even.shape[2] // 2]
        return float(np.exp(h * (np.abs(even).sum((1, 2)) - np.abs(middle) + middle)).max())
    t = host_terms(coefficients)
    axes = np.maximum(0.0, -2 * t["a2"]) + np.maximum(0.0, -2 * t["sigma2"])
    elliptic = (t["a2"] >= 0) & (t["sigma2"] >= 0) & (t["mixed"] ** 2 <= t["a2"] * t["sigma2"])
    mixed = np.where(elliptic, 0.0, np.abs(t["mixed"]))
    return float(np.exp(h * (t["gamma"] + axes + mixed)).max())
