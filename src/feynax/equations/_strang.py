"""Splitting for the term that does not separate: the mixed derivative."""

from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._citation import cites
from ._advection_diffusion import AdvectionDiffusion
from ._separable import Exact
from ._stepper import AbstractStepper, SeparableOperators, host_terms
from ._taps import channel_terms

_State = Float[Array, "channels height width *batch"]


class StrangOperators(eqx.Module):
    """Half a step of the separable part, and the mixed part in its own modes."""

    half: SeparableOperators
    mixed: Float[Array, "channels height width"]


@cites("strang1968")
class Strang(AbstractStepper):
    r"""Strang splitting: $e^{hS/2}\, e^{hM}\, e^{hS/2}$, zero boundary.

    S is everything that separates, M the mixed derivative $m\, d_y \otimes d_x$; both factors are
    exact. Second order, and without a mixed derivative exact. M is diagonal in closed form: the
    central difference with walls has eigenvectors $i^x \sin(\pi k (x+1)/(M+1))$ and eigenvalues
    $i\cos(\pi k/(M+1))$, and since M keeps the parity of x + y all phases are signs.

    ```python
    import jax.numpy as jnp
    from feynax.equations import AdvectionDiffusion, Strang
    stepper = Strang()
    pde = AdvectionDiffusion(a2=1.0, sigma2=1.0, mixed=0.5)
    operators = stepper.prepare(pde, (1, 4, 4), h=0.1)
    assert stepper.apply(operators, jnp.ones((1, 4, 4))).shape == (1, 4, 4)
    ```

    Source: Strang (1968).
    """

    order: ClassVar[int | None] = 2

    def prepare(
        self, coefficients: AdvectionDiffusion, shape: tuple[int, int, int], h: Any
    ) -> StrangOperators:
        """Compute the exact half step along the axes and the exact mixed step."""
        terms = channel_terms(coefficients, shape)
        separable = eqx.tree_at(
            lambda pde: pde.mixed, coefficients, None, is_leaf=lambda leaf: leaf is None
        )
        half = Exact().prepare(separable, shape, h / 2)
        y, x = (np.cos(np.pi * np.arange(1, n + 1) / (n + 1)) for n in shape[1:])
        rates = jnp.asarray(-np.outer(y, x), terms["mixed"].dtype)
        return StrangOperators(half, jnp.exp(h * terms["mixed"][:, None, None] * rates[None]))

    def apply(self, operators: StrangOperators, psi: _State) -> _State:
        """Take one step."""
        psi = operators.half(psi)
        height, width = psi.shape[1:3]
        sites = np.add.outer(np.arange(height), np.arange(width))
        # i^-(y+x) is real on even sites; on odd ones a common factor i makes it real
        signs = jnp.asarray(1.0 - 2.0 * ((sites // 2) % 2), psi.dtype)
        signs = signs.reshape((1, height, width) + (1,) * (psi.ndim - 3))
        rows, columns = (jnp.asarray(_sines(n), psi.dtype)[None] for n in (height, width))
        sines = SeparableOperators(
            jnp.broadcast_to(rows, (psi.shape[0], height, height)),
            jnp.broadcast_to(columns, (psi.shape[0], width, width)),
        )
        growth = operators.mixed.reshape(operators.mixed.shape + (1,) * (psi.ndim - 3))
        return operators.half(signs * sines(growth * sines(signs * psi)))

    def bound(self, coefficients: AdvectionDiffusion, h: float) -> float:
        """Bound each factor on its own."""
        terms = host_terms(coefficients)
        separable = {name: value for name, value in terms.items() if name != "mixed"}
        flow = [
            Exact().bound(AdvectionDiffusion(**{n: v[c] for n, v in separable.items()}), h)
            for c in range(len(terms["a2"]))
        ]
        return float(np.max(np.array(flow) * np.exp(h * np.abs(terms["mixed"]))))


def _sines(size: int) -> Float[np.ndarray, "size size"]:
    """Return the orthonormal sine transform, its own inverse."""
    k = np.arange(1, size + 1)
    return np.sqrt(2 / (size + 1)) * np.sin(np.pi * np.outer(k, k) / (size + 1))
