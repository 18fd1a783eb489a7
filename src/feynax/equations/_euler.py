"""The explicit step: one residual layer."""

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._citation import cites
from ._advection_diffusion import AdvectionDiffusion
from ._gain import gain
from ._stepper import AbstractStepper, channel_terms, check_boundary, host_terms

_State = Float[Array, "channels height width *batch"]
_PADDING = {"zero": "constant", "periodic": "wrap", "neumann": "symmetric"}


class Taps(eqx.Module):
    """Offsets (y, x) of a stencil and one weight a channel for each."""

    offsets: tuple[tuple[int, int], ...] = eqx.field(static=True)
    weights: Float[Array, "taps channels"]


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

    def prepare(
        self, coefficients: AdvectionDiffusion, shape: tuple[int, int, int], h: Any
    ) -> Taps:
        """Compute h times the weights of the taps that may be non-zero."""
        terms = channel_terms(coefficients, shape)
        present = [name for name in terms if getattr(coefficients, name) is not None]
        whole = AdvectionDiffusion(**{name: terms[name] for name in present})
        offsets, weights = whole.taps(jnp)
        weights = [jnp.broadcast_to(weight, shape[:1]) for weight in weights]
        return Taps(offsets, h * jnp.stack(weights))

    def apply(self, operators: Taps, psi: _State) -> _State:
        """Take one step: shifted copies of the padded state, one a tap."""
        height, width = psi.shape[1:3]
        padding = [(0, 0), (1, 1), (1, 1)] + [(0, 0)] * (psi.ndim - 3)
        around = jnp.pad(psi, padding, mode=_PADDING[self.boundary])
        total = psi
        for (i, j), weight in zip(operators.offsets, operators.weights, strict=True):
            patch = around[:, 1 + i : 1 + i + height, 1 + j : 1 + j + width]
            total = total + weight.reshape((-1,) + (1,) * (psi.ndim - 1)) * patch
        return total

    def bound(self, coefficients: AdvectionDiffusion, h: float) -> float:
        """Bound the step by the gain of its symbol; at a mirror, drifts are added by norm."""
        if self.boundary != "neumann":
            return gain(coefficients, h=h).upper
        terms = host_terms(coefficients)
        even = AdvectionDiffusion(a2=terms["a2"], sigma2=terms["sigma2"], gamma=terms["gamma"])
        odd = sum(np.abs(terms[name]) for name in ("beta", "rho", "mixed"))
        return gain(even, h=h).upper + h * float(np.max(odd))
