r"""Averages over the sites of a path, in the continuum's variables.

A fourth-order action keeps its promise for energies only. Its path is that of a system in slightly
moved coordinates: for Takahashi-Imada, $\tilde x = x + \frac{dt^2}{12} M^{-1}\nabla V(x)$ is what
position means, to fourth order. Observables under plain names are taken there.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._ensemble import PathEnsemble

Path = Float[Array, "dof sites"]
Inner = Float[Array, "dof inner"]


def inner_sites(ensemble: PathEnsemble) -> slice:
    """Return the sites at which a path is in the state the ensemble stands for.

    A closed path is so everywhere. An open one is where both ends are forgotten: in the third
    around the middle, if the path is long enough. Of Chin's action only the even sites are
    places of a position; the odd ones are inside its step.
    """
    stride = 2 if ensemble.kind == "chin" else 1
    if ensemble.closed:
        return slice(0, ensemble.slices, stride)
    third = ensemble.slices // 3
    return slice(third + third % stride, ensemble.slices - third + 1, stride)


def displacement(ensemble: PathEnsemble, x: Inner) -> Inner:
    r"""Return $\frac{dt^2}{12} M^{-1}\nabla V$ for Takahashi-Imada and zero for other actions.

    **Arguments:**

    - `ensemble`: the ensemble; `x`: any places, of shape (dof, ...).

    **Returns:** how far the position is from the site, of the shape of `x`.
    """
    if ensemble.kind != "takahashi_imada":
        return jnp.zeros_like(x)
    inverse = jnp.linalg.inv(jnp.asarray(ensemble.mass, x.dtype))
    turned = jnp.tensordot(inverse, ensemble.potential.gradient(x), 1)
    return 2 * ensemble.rule.force[0] * jnp.asarray(ensemble.dt, x.dtype) ** 2 * turned


class SiteAverage(eqx.Module):
    r"""The average over sites of a function A of position.

    For Takahashi-Imada the function is corrected,
    $A + \frac{dt^2}{12}\nabla V^T M^{-1}\nabla A$, so that its mean is of fourth order too. Open
    paths are averaged over the third in the middle.

    **Arguments:**

    - `function`: of places (dof, time) that returns numbers, vectors or arrays of them with time
      as the last axis; it must be differentiable where it is corrected.
    - `corrected`: set False for the plain average over the sites.

    **Returns** (when called with an ensemble and one path): the average, without the time axis.

    ```python
    import jax.numpy as jnp, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    second = fx.paths.SiteAverage(lambda x: x[0] ** 2)
    assert second(paths, 2 * jnp.ones((1, 16))) == 4.0
    ```
    """

    function: Callable[[Any], Any]
    corrected: bool = eqx.field(static=True, default=True)

    def __call__(self, ensemble: PathEnsemble, x: Path) -> Float[Array, "..."]:
        inner = x[:, inner_sites(ensemble)]
        if not self.corrected or ensemble.kind != "takahashi_imada":
            return self.function(inner).mean(-1)
        values, more = jax.jvp(self.function, (inner,), (displacement(ensemble, inner),))
        return (values + more).mean(-1)


class Moment(eqx.Module):
    r"""The average over sites of $x_i^k$: a number, or one a degree of freedom.

    **Arguments:**

    - `power`: k.
    - `corrected`: as of [`feynax.paths.SiteAverage`][].

    ```python
    import jax.numpy as jnp, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    assert fx.paths.Moment(4)(paths, 2 * jnp.ones((1, 16))) == 16.0
    ```
    """

    power: int = eqx.field(static=True)
    corrected: bool = eqx.field(static=True, default=True)

    def __call__(self, ensemble: PathEnsemble, x: Path) -> Float[Array, "..."]:
        mean = SiteAverage(lambda z: z**self.power, self.corrected)(ensemble, x)
        return mean[0] if ensemble.dof == 1 else mean


def potential_energy(ensemble: PathEnsemble, x: Path) -> Float[Array, ""]:
    r"""Return the potential energy as the action weighs it: $\langle V\rangle$ by coupling.

    It is the derivative of the action with respect to a factor before V, over $\beta$: the
    average of V for midpoint (at the midpoints) and trapezoid, of
    $V + \frac{dt^2}{12}\nabla V^T M^{-1}\nabla V$ for Takahashi-Imada, and Chin's own form.

    **Arguments:**

    - `ensemble`, `x`: the ensemble and one path of it, of shape (dof, sites).

    **Returns:** one number, in units of energy.

    ```python
    import jax.numpy as jnp, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    assert jnp.allclose(fx.paths.potential_energy(paths, jnp.ones((1, 16))), 0.5)
    ```
    """
    inner = inner_sites(ensemble)
    z = ensemble.places(x)[:, inner.start : inner.stop]
    z = z[:, : z.shape[-1] // 2 * 2] if ensemble.kind == "chin" else z
    potential, force = ensemble.rule.weights(z.shape[-1], closed=True)
    terms = potential.astype(z.dtype) * ensemble.potential(z)
    if ensemble.rule.corrected:
        terms = terms + 2 * force.astype(z.dtype) * ensemble.squared_force(z)
    return terms.mean()
