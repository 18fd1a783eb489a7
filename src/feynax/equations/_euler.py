"""The explicit step: one residual layer."""

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._citation import cites
from ._advection_diffusion import AdvectionDiffusion
from ._gain import gain
from ._stepper import AbstractStepper, check_boundary, host_terms
from ._taps import LinearTerms, Taps, host_kernel, stencil_taps

_State = Float[Array, "channels height width *batch"]
_PADDING = {"zero": "constant", "periodic": "wrap", "neumann": "symmetric"}


@cites("imchitr2020")
class Euler(AbstractStepper):
    r"""Forward Euler: $\psi \leftarrow \psi + h K * \psi$, a residual layer without its ReLU.

    First order, and stable only under the conditions of [`feynax.equations.is_stable`][]. Takes
    every term, the mixed derivative included.

    **Fields:**

    - `boundary`: as in [`feynax.equations.Implicit`][].

    ```python
    import jax.numpy as jnp
    from feynax.equations import AdvectionDiffusion, Euler
    stepper = Euler()
    operators = stepper.prepare(AdvectionDiffusion(a2=0.5, beta=0.2), (1, 1, 3), h=1.0)
    spread = stepper.apply(operators, jnp.array([[[0.0, 1.0, 0.0]]]))
    assert jnp.allclose(spread, jnp.array([[[0.35, 0.5, 0.15]]]))  # it moves against +x
    ```

    Source: V. Imchitr (2020), eqs (21)-(25) and (39).
    """

    boundary: str = eqx.field(static=True, default="zero")
    order: ClassVar[int | None] = 1

    def __check_init__(self):
        check_boundary(self.boundary)

    def prepare(self, coefficients: LinearTerms, shape: tuple[int, int, int], h: Any) -> Taps:
        """Compute h times the weights of the taps that may be non-zero."""
        taps = stencil_taps(coefficients, shape)
        return Taps(taps.offsets, h * taps.weights)

    def apply(self, operators: Taps, psi: _State) -> _State:
        """Take one step: shifted copies of the padded state, one a tap."""
        height, width = psi.shape[1:3]
        up, left = (max(abs(offset[axis]) for offset in operators.offsets) for axis in (0, 1))
        padding = [(0, 0), (up, up), (left, left)] + [(0, 0)] * (psi.ndim - 3)
        around = jnp.pad(psi, padding, mode=_PADDING[self.boundary])
        total = psi
        for (i, j), weight in zip(operators.offsets, operators.weights, strict=True):
            patch = around[:, up + i : up + i + height, left + j : left + j + width]
            total = total + weight.reshape((-1,) + (1,) * (psi.ndim - 1)) * patch
        return total

    def bound(self, coefficients: LinearTerms, h: float) -> float:
        """Bound the step by the gain of its symbol; at a mirror, odd parts are added by norm."""
        kernel = host_kernel(coefficients)
        if self.boundary != "neumann":
            return gain(kernel, h=h).upper
        if not isinstance(kernel, AdvectionDiffusion):
            # Between mirrors the part even in both axes is diagonal; each other part is below the
            # even operator of its absolute values, entry by entry.
            y, x, both = kernel[:, ::-1], kernel[:, :, ::-1], kernel[:, ::-1, ::-1]
            even = (kernel + y + x + both) / 4
            parts = [kernel - y + x - both, kernel + y - x - both, kernel - y - x + both]
            odd = sum(np.abs(part).sum((1, 2)) / 4 for part in parts)
        else:
            terms = host_terms(kernel)
            even = AdvectionDiffusion(a2=terms["a2"], sigma2=terms["sigma2"], gamma=terms["gamma"])
            odd = sum(np.abs(terms[name]) for name in ("beta", "rho", "mixed"))
        return gain(even, h=h).upper + h * float(np.max(odd))
