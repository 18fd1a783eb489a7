"""Amplitudes of the trigonometric network that suits the ends."""

import math

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._checks import check_shape
from ..._citation import cites
from .._ends import AbstractEnds, FixedEnds, FreeEnds, HalfLine
from .._ensemble import PathEnsemble
from ._abstract import AbstractWeights, Path, Weights, free_count, parts, place


@cites("paths")
class ModeWeights(AbstractWeights):
    r"""Amplitudes $a_k$ of cosines and sines with fixed frequencies, about the straight line.

    | ends | $x(t) =$ line $+$ | line |
    |---|---|---|
    | periodic | $\sum a_k \cos(2\pi kt/T) + \sum a'_k \sin(2\pi kt/T)$ | none |
    | fixed | $\sum_{k=1}^{N-1} a_k \sin(k\pi t/T)$ | from start to stop |
    | start fixed | $\sum_{k=1}^N a_k \sin((k - \frac12)\pi t/T)$ | constant, the start |
    | both free | $\sum_{k=0}^N a_k \cos(k\pi t/T)$ | none |

    With $|\det| = 2^{f/2} \prod_k (c_k N/2)^{1/2}$ for f free ends of an open path and the norms
    $c_k$ of the modes. Every quadratic lattice action is a sum of squares of the amplitudes,
    $S = \sum_k \frac N4 c_k \lambda_k a_k^2$, with midpoint $\lambda_k = \frac{4m}{dt}
    \sin^2\frac{\theta_k}2 + k\,dt\cos^2\frac{\theta_k}2$, and without the cosine on sites.

    **Arguments:**

    - `ensemble`: the [`feynax.paths.PathEnsemble`][] of the paths.

    Source: paths document (Hashimoto et al.), section 4.2. Corrected: (4.6) is the row of free
    ends only; the action (4.7) lacks the factor T/4 (T/2 for n = 0), with
    $L = \frac m2 \dot x^2 - \frac k2 x^2$; (4.9) is to be divided by the same integral without
    x(t1) x(t2) (`tests/paths/test_weights.py`).

    ```python
    import jax.numpy as jnp, feynax as fx
    ens = fx.paths.PathEnsemble(lambda x: x**2, beta=2.0, slices=4)
    basis = fx.paths.ModeWeights(ens)
    a = basis.from_path(jnp.array([[3.0, 2.0, 1.0, 2.0]]))
    assert jnp.allclose(a, jnp.array([[2.0, 1.0, 0.0, 0.0]]), atol=1e-6)
    ```
    """

    ends: AbstractEnds
    dt: float
    slices: int = eqx.field(static=True)
    dof: int = eqx.field(static=True)

    def __init__(self, ensemble: PathEnsemble):
        self.ends, self.slices, self.dt, self.dof = parts(ensemble)

    @property
    def shape(self) -> tuple[int, int]:
        return self.dof, free_count(self.ends, self.slices)

    @property
    def log_jacobian(self) -> float:
        norms = self.ends.norms(self.slices) * self.slices / 2
        loose = 2 * isinstance(self.ends, FreeEnds) + isinstance(self.ends, HalfLine)
        return self.dof * (float(np.log(norms).sum()) + loose * math.log(2)) / 2

    def to_path(self, weights: Weights) -> Path:
        check_shape("weights", weights, self.shape)
        own = self.ends.synthesis(weights, self.slices)
        return own + self.line(own.dtype)

    def from_path(self, x: Path) -> Weights:
        check_shape("x", x, (self.dof, self.ends.sites(self.slices)))
        return self.ends.analysis(x - self.line(x.dtype), self.slices)

    def line(self, dtype: jnp.dtype | type = float) -> Float[Array, "dof sites"]:
        """Return the straight line that the amplitudes are about, at all sites.

        **Arguments:**

        - `dtype`: of the result.
        """
        along = jnp.linspace(0, 1, self.ends.sites(self.slices), dtype=dtype)[None]
        if isinstance(self.ends, FixedEnds):
            start, stop = (place(x, along.dtype) for x in (self.ends.start, self.ends.stop))
            return start * (1 - along) + stop * along
        flat = jnp.zeros((self.dof, along.shape[1]), along.dtype)
        return (
            flat + place(self.ends.start, flat.dtype) if isinstance(self.ends, HalfLine) else flat
        )
