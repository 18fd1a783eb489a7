r"""Numbers that are zero on average, to take the noise out of what is measured.

In whitened modes q the weight is $e^{-H}$, $H = q^2/2 + U(q)$. For any function f,

$$ \langle \Delta f - \nabla f \cdot (q + \nabla U) \rangle = 0 $$

(integration by parts: the identities of Stein, and of Schwinger and Dyson). Were the ensemble its
Gaussian reference and f a square of modes, the left side would be a multiple of f less its mean, so
that adding it removes all noise; close to it, most.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._checks import check
from ..._citation import cites
from .._ensemble import PathEnsemble
from .._reference import PathReference
from ._energy import centroid_energy, virial_energy

Path = Float[Array, "dof sites"]
Observable = Callable[[Any, Any], Any]
_SMOOTHING = 2.0  # of 1 to 5 the best for an anharmonic oscillator, by little


@cites("assaraf1999")
class ZeroMeans(eqx.Module):
    r"""Observables of a closed path with the exact mean zero, from a Gaussian reference.

    The functions f are averages over sites of the normal coordinates of the reference, of their
    squares, and of the potential V, each at the path and at the path smoothed in time over half a
    radian of the reference, $1/(1 + \frac{4}{dt^2(2\omega)^2}\sin^2\frac\theta2)$ in its modes.
    The last is the difference of the centroid and the virial energy. A draw costs one more gradient
    and four transforms.

    **Arguments:**

    - `ensemble`: closed paths.
    - `reference`: a Gaussian reference of it, its own by default. It needs no relation to that
      of a sampler.

    **Returns** (when called with an ensemble and one path): shape (3 dof + 3,).

    **Raises:**

    - `ValueError` for open paths.

    Source: R. Assaraf, M. Caffarel, "Zero-variance principle for Monte Carlo algorithms" (1999).

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    with jax.enable_x64(True):
        paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
        zeros = fx.paths.ZeroMeans(paths)
        assert zeros(paths, jnp.ones((1, 16))).shape == (6,)
    ```
    """

    reference: PathReference
    filters: Float[Array | np.ndarray, "2 dof modes"]
    variances: Float[Array | np.ndarray, "2 dof"]

    def __init__(self, ensemble: PathEnsemble, reference: PathReference | None = None):
        check(ensemble.closed, "ensemble", "have closed paths", type(ensemble.ends).__name__)
        self.reference = ensemble.reference() if reference is None else reference
        angles = ensemble.ends.angles(ensemble.slices)
        frame = np.asarray(self.reference.frame)
        rates = np.diag(frame.T @ np.asarray(self.reference.stiffness) @ frame)
        curvature = 4 / float(ensemble.dt) ** 2 * np.sin(angles / 2) ** 2
        smooth = 1 / (1 + curvature / (_SMOOTHING**2 * rates[:, None]))
        self.filters = np.stack([np.ones_like(smooth), smooth])
        norms = ensemble.ends.norms(ensemble.slices)
        self.variances = (norms * (self.filters * self.reference.scale) ** 2).sum(-1) / 2

    def __call__(self, ensemble: PathEnsemble, x: Path) -> Float[Array, " controls"]:
        q = self.reference.analysis(x)
        back = jax.linear_transpose(self._deviation, q)
        (force,) = back(jax.grad(lambda x: ensemble.residual(self.reference, x))(x))
        drift = q + force
        first, *others = (
            self._level(ensemble, q * filtered, drift * filtered, variance)
            for filtered, variance in zip(*self._numbers(x.dtype), strict=True)
        )
        # A mean over sites does not see smoothing: the linear functions are the same.
        rest = [level[ensemble.dof :] for level in others]
        moved = centroid_energy(ensemble, x) - virial_energy(ensemble, x)
        return jnp.concatenate([first, *rest, moved[None]])

    def _numbers(self, dtype: Any) -> tuple[Array, Array]:
        return jnp.asarray(self.filters, dtype), jnp.asarray(self.variances, dtype)

    def _deviation(self, modes: Float[Array, "dof modes"]) -> Path:
        """The part of a path that is linear in its modes."""
        return self.reference.synthesis(modes) - self.reference.synthesis(jnp.zeros_like(modes))

    def _level(
        self, ensemble: PathEnsemble, q: Array, drift: Array, variance: Array
    ) -> Float[Array, " controls"]:
        """Zero means of the coordinates, their squares, and the potential at one smoothing."""
        frame, inverse = (
            jnp.asarray(matrix, q.dtype)
            for matrix in (self.reference.frame, self.reference.inverse)
        )
        x, away = self.reference.synthesis(q), self._deviation(drift)
        own = inverse @ self._deviation(q)
        pull = inverse @ away
        along = lambda tangent: jax.jvp(ensemble.potential, (x,), (tangent,))[1]
        bend = lambda axis: _second(ensemble.potential, x, axis)
        bends = jax.vmap(bend)(frame.T)
        potential = (variance @ bends - along(away)).mean()
        squares = 2 * (variance - (own * pull).mean(-1))
        return jnp.concatenate([-pull.mean(-1), squares, potential[None]])


def _second(function: Callable[[Any], Any], x: Path, axis: Float[Array, " dof"]):
    """Second derivative at all times along one direction."""
    tangent = jnp.broadcast_to(axis[:, None], x.shape)
    slope = lambda x: jax.jvp(function, (x,), (tangent,))[1]
    return jax.jvp(slope, (x,), (tangent,))[1]


class Controlled(eqx.Module):
    """An observable plus zero means with fixed coefficients: the same mean, less noise.

    The coefficients come from another run ([`feynax.paths.control_variates`][]), so there is no
    bias.
    """

    observable: Observable
    zeros: ZeroMeans
    coefficients: Float[Array | np.ndarray, " controls"]

    def __call__(self, ensemble: PathEnsemble, x: Path) -> Float[Array, ""]:
        weights = jnp.asarray(self.coefficients, x.dtype)
        return self.observable(ensemble, x) + jnp.sum(weights * self.zeros(ensemble, x))
