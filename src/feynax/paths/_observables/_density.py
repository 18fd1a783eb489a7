r"""Where a path is: densities of its middle and of its free ends, as histograms.

The density of an interior slice is $|\psi_0|^2$ at low temperature; the density of a free end is
proportional to $\psi_0$ itself, not to its square (section 5 of the document does not tell them
apart). The error of a histogram is that of its block means.
"""

import abc
import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._checks import check, check_count, check_finite
from .._ends import FreeEnds, HalfLine
from .._ensemble import PathEnsemble
from ._sites import displacement, inner_sites

Path = Float[Array, "dof sites"]
Density = Float[Array, " bins"]


def coordinate(x: Float[Array, "dof *time"]) -> Float[Array, "*time"]:
    """Return the first degree of freedom."""
    return x[0]


class AbstractHistogram(eqx.Module):
    """A histogram over equal bins; called with an ensemble and one path it returns a density."""

    edges: eqx.AbstractVar[Float[Array | np.ndarray, " edges"]]

    @property
    def centres(self) -> Float[Array | np.ndarray, " bins"]:
        """Middles of the bins: where the density is to be drawn."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    @abc.abstractmethod
    def __call__(self, ensemble: PathEnsemble, x: Path) -> Density:
        """Return the density of one path."""


class InteriorDensity(AbstractHistogram):
    r"""The density of position, $\langle y|e^{-\beta H}|y\rangle/Z$: in the end $|\psi_0|^2$.

    Open paths are read in the third around the middle, where their ends are forgotten. For
    Takahashi-Imada the density is that of the moved position,
    $\rho - \frac{dt^2}{12m}\,\partial_y(V'\rho)$ to fourth order.

    **Arguments:**

    - `edges`: edges of equal bins, increasing. What lies outside is not counted, so that the
      density integrates to the probability of being inside.
    - `of`: a function from places (dof, time) to the coordinate (time,), the first degree of
      freedom by default.

    **Returns** (when called with an ensemble and one path): the density of shape (bins,), one over
    the coordinate's unit.

    **Raises:**

    - `ValueError` unless the edges are finite, increasing and equally far apart.

    ```python
    import jax.numpy as jnp, numpy as np, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    density = fx.paths.InteriorDensity(np.linspace(-2, 2, 9))
    assert density(paths, jnp.full((1, 16), 0.6))[5] == 2.0
    ```
    """

    edges: Float[Array | np.ndarray, " edges"]
    of: Callable[[Any], Any] = eqx.field(static=True)

    def __init__(self, edges: Any, of: Callable[[Any], Any] = coordinate):
        self.edges, self.of = _equal_bins(edges), of

    def __call__(self, ensemble: PathEnsemble, x: Path) -> Density:
        inner = x[:, inner_sites(ensemble)]
        there = self.of(inner + displacement(ensemble, inner))
        return _histogram(self.edges, there, jnp.ones_like(there)) / there.size


class EndpointDensity(AbstractHistogram):
    r"""The density of the free ends of a path: proportional to the wave function $\psi_0$.

    For Takahashi-Imada the end is moved as all positions are, and weighted by
    $1 + \frac{dt^2}{24} \mathrm{tr}\, M^{-1}\nabla\nabla V$: an amplitude moves as the root of a
    density.

    **Arguments:** as of [`feynax.paths.InteriorDensity`][].

    **Returns** (when called with an ensemble and one path): the density of shape (bins,). It
    integrates to one if nothing lies outside, up to the weight above; divide by the root of the
    integral of its square to normalise the wave function.

    **Raises:**

    - `ValueError` for paths without a free end, and for bins as above.

    Source: paths document, equations (5.2) and (5.6), the latter with the potential at slices'
    midpoints or ends instead of their right (`tests/paths/test_observables_density.py`).

    ```python
    import jax.numpy as jnp, numpy as np, feynax as fx
    paths = fx.paths.PathEnsemble(
        lambda x: x**2 / 2, beta=4.0, slices=16, ends=fx.paths.HalfLine(0.0)
    )
    density = fx.paths.EndpointDensity(np.linspace(-2, 2, 9))
    assert density(paths, jnp.full((1, 17), 0.6))[5] == 2.0
    ```
    """

    edges: Float[Array | np.ndarray, " edges"]
    of: Callable[[Any], Any] = eqx.field(static=True)

    def __init__(self, edges: Any, of: Callable[[Any], Any] = coordinate):
        self.edges, self.of = _equal_bins(edges), of

    def __call__(self, ensemble: PathEnsemble, x: Path) -> Density:
        free = isinstance(ensemble.ends, FreeEnds | HalfLine)
        check(free, "ensemble", "have a free end", type(ensemble.ends).__name__)
        ends = x[:, [0, -1]] if isinstance(ensemble.ends, FreeEnds) else x[:, -1:]
        there = self.of(ends + displacement(ensemble, ends))
        return _histogram(self.edges, there, _amplitude(ensemble, ends)) / there.size


class RadialDensity(AbstractHistogram):
    r"""The density per volume at a distance r from the origin, $|\psi_0(r)|^2$ if it is a ball.

    **Arguments:**

    - `edges`: edges of equal bins, from zero or above.
    - `particle`: which one, if the degrees of freedom are those of several particles in turn.
    - `dims`: dimensions of space.

    **Returns** (when called with an ensemble and one path): the density of shape (bins,), one over
    volume.

    **Raises:**

    - `ValueError` for bins that are not equal or begin below zero.

    ```python
    import jax.numpy as jnp, numpy as np, feynax as fx
    ball = fx.paths.FunctionPotential(lambda x: (x**2).sum(0) / 2, 3)
    paths = fx.paths.PathEnsemble(ball, beta=4.0, slices=16)
    density = fx.paths.RadialDensity(np.linspace(0, 2, 9))
    assert density(paths, jnp.ones((3, 16)))[6] > 0
    ```
    """

    edges: Float[Array | np.ndarray, " edges"]
    particle: int = eqx.field(static=True)
    dims: int = eqx.field(static=True)

    def __init__(self, edges: Any, *, particle: int = 0, dims: int = 3):
        self.edges = _equal_bins(edges)
        check(self.edges[0] >= 0, "edges", "begin at zero or above", self.edges[0])
        check_count("dims", dims)
        self.particle, self.dims = particle, dims

    def __call__(self, ensemble: PathEnsemble, x: Path) -> Density:
        inner = x[:, inner_sites(ensemble)]
        there = inner + displacement(ensemble, inner)
        own = there[self.particle * self.dims : (self.particle + 1) * self.dims]
        radius = jnp.sqrt(jnp.sum(own**2, 0))
        edges = jnp.asarray(self.edges, x.dtype)
        shells = jnp.diff(self._ball(edges)) / jnp.diff(edges)
        counts = _histogram(self.edges, radius, jnp.ones_like(radius)) / radius.size
        return counts / shells

    def _ball(self, r: Any) -> Any:
        return math.pi ** (self.dims / 2) / math.gamma(self.dims / 2 + 1) * r**self.dims


def _equal_bins(edges: Any) -> np.ndarray:
    edges = np.asarray(edges, np.float64)
    check_finite("edges", edges)
    fine = edges.ndim == 1 and edges.size >= 2 and edges[1] > edges[0]
    fine = fine and np.allclose(np.diff(edges), edges[1] - edges[0], rtol=1e-9)
    check(fine, "edges", "increase in equal steps", f"shape {edges.shape}")
    return edges


def _histogram(edges: Any, x: Float[Array, " time"], weights: Float[Array, " time"]) -> Density:
    """Weighted counts over the width of a bin."""
    bins = edges.shape[0] - 1
    low = jnp.asarray(edges[0], x.dtype)
    width = jnp.asarray((edges[-1] - edges[0]) / bins, x.dtype)
    place = jnp.floor((x - low) / width)
    # One place beyond the bins takes what lies outside, on either side.
    place = jnp.where((place >= 0) & (place < bins), place, bins).astype(int)
    return jax.ops.segment_sum(weights, place, bins + 1)[:bins] / width


def _amplitude(ensemble: PathEnsemble, x: Float[Array, "dof time"]) -> Float[Array, " time"]:
    if ensemble.kind != "takahashi_imada":
        return jnp.ones_like(x[0])
    inverse = jnp.linalg.inv(jnp.asarray(ensemble.mass, x.dtype))
    trace = jnp.einsum("ij,jit->t", inverse, ensemble.potential.hessian(x))
    return 1 + jnp.asarray(ensemble.dt, x.dtype) ** 2 / 24 * trace
