r"""Energies of a path ensemble, all from one derivative of its action.

With $Z(\beta) = c\,\beta^{-Nd/2} \int dx\, e^{-S/\hbar}$ (d degrees of freedom, N slices) the
energy is $E = -\partial_\beta \ln Z$. Held at fixed x the derivative of $S/\hbar$ gives the
thermodynamic form; held at fixed $u = (x - c)/\sqrt\beta$ it gives the virial forms, from which the
kinetic term and its noise have gone. No action is treated apart, and on the lattice all forms have
the same expectation exactly.

For open ends $Z = \langle a|e^{-\beta H}|b\rangle$, and E is the energy between the states of the
two ends: the ground state's, as soon as one of them has been projected on it.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._ends import FixedEnds, HalfLine
from .._ensemble import PathEnsemble

Path = Float[Array, "dof sites"]
Number = Float[Array, ""]


def thermodynamic_energy(ensemble: PathEnsemble, x: Path) -> Number:
    r"""Return the energy with the path held: $Nd/2\beta + \partial_\beta (S/\hbar)$.

    $$ E = \frac{\hbar N d}{2\,dt} - \Big\langle \frac{\Delta x^T M \Delta x}{2\,dt^2} \Big\rangle
       + \langle V \rangle $$

    for midpoint and trapezoid. Its variance grows with the number of slices: it is there to check
    a sampler against [`feynax.paths.virial_energy`][], which has the same expectation exactly.

    **Arguments:**

    - `ensemble`, `x`: the ensemble and one path of it, of shape (dof, sites).

    **Returns:** one number, in units of energy.

    ```python
    import jax.numpy as jnp, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    assert jnp.allclose(fx.paths.thermodynamic_energy(paths, jnp.ones((1, 16))), 2.0 + 0.5)
    ```
    """
    return _energy(ensemble, x, None, 0)


def virial_energy(ensemble: PathEnsemble, x: Path) -> Number:
    r"""Return the energy with the path scaled about the origin, or about what its ends hold.

    $$ E = \Big\langle V + \tfrac12 x \cdot \nabla V \Big\rangle $$

    for midpoint (at the midpoints) and trapezoid; the fourth-order actions have their own forms,
    for Takahashi-Imada
    $E = \langle V + \frac12 x\cdot\nabla V + \frac{dt^2}{8}\nabla V^T M^{-1}\nabla V
    + \frac{dt^2}{24}\, x\cdot\nabla\nabla V\, M^{-1}\nabla V\rangle$.

    **Arguments:**

    - `ensemble`, `x`: the ensemble and one path of it, of shape (dof, sites).

    **Returns:** one number, in units of energy.

    ```python
    import jax.numpy as jnp, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    assert jnp.allclose(fx.paths.virial_energy(paths, jnp.ones((1, 16))), 1.0)
    ```
    """
    modes = ensemble.ends.angles(ensemble.slices).size
    return _energy(ensemble, x, x - _held(ensemble, x), modes)


def centroid_energy(ensemble: PathEnsemble, x: Path) -> Number:
    r"""Return the energy with the path scaled about its own mean $\bar x$.

    $$ E = \frac{d}{2\beta} + \Big\langle V + \tfrac12 (x - \bar x) \cdot \nabla V \Big\rangle $$

    for midpoint and trapezoid on closed paths: it does not change when the system is moved, and
    its noise vanishes at high temperature. Paths with a fixed end have no free mean, and the form
    is that of [`feynax.paths.virial_energy`][].

    **Arguments:**

    - `ensemble`, `x`: the ensemble and one path of it, of shape (dof, sites).

    **Returns:** one number, in units of energy.

    ```python
    import jax.numpy as jnp, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    assert jnp.allclose(fx.paths.centroid_energy(paths, jnp.ones((1, 16))), 1 / 8 + 0.5)
    ```
    """
    return _energy(ensemble, x, *_away(ensemble, x))


def energy_moments(ensemble: PathEnsemble, x: Path) -> Float[Array, "3"]:
    r"""Return the energy, its square and its slope, of which the heat capacity is made.

    With the centroid energy $\varepsilon$ and its derivative $\varepsilon'$ with respect to
    $\beta$ at fixed $u$,

    $$ C/k = \beta^2 \big(\langle\varepsilon^2\rangle - \langle\varepsilon\rangle^2
       - \langle\varepsilon'\rangle \big) . $$

    **Arguments:**

    - `ensemble`, `x`: the ensemble and one path of it, of shape (dof, sites).

    **Returns:** three numbers, in units of energy, energy squared and energy squared.

    ```python
    import jax.numpy as jnp, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    first, second, slope = fx.paths.energy_moments(paths, jnp.ones((1, 16)))
    assert jnp.allclose(second, first**2) and jnp.allclose(slope, -1 / 32)
    ```
    """
    beta = jnp.asarray(ensemble.beta, x.dtype)
    first = lambda beta, x: centroid_energy(_at(ensemble, beta), x)
    drift = _away(ensemble, x)[0] / (2 * beta)
    energy, slope = jax.jvp(first, (beta, x), (jnp.ones_like(beta), drift))
    return jnp.stack([energy, energy**2, slope])


def _energy(ensemble: PathEnsemble, x: Path, away: Path | None, modes: int) -> Number:
    """Derivative of the action where `modes` of a degree's modes, `away`, scale with root beta."""
    beta = jnp.asarray(ensemble.beta, x.dtype)
    fixed = away is None or isinstance(ensemble.ends, FixedEnds) or ensemble.memory is not None

    def action(beta, x):
        # Kinetic terms of a path that scales about one place do not change.
        other = _at(ensemble, beta)
        return other.action(x) if fixed else other.site_action(x)

    change = jax.jvp(lambda beta: action(beta, x), (beta,), (jnp.ones_like(beta),))[1]
    if away is not None:
        change = change + jax.jvp(lambda x: action(beta, x), (x,), (away,))[1] / (2 * beta)
    return change + ensemble.dof * (ensemble.slices - modes) / (2 * beta)


def _at(ensemble: PathEnsemble, beta: Number) -> PathEnsemble:
    return eqx.tree_at(lambda paths: paths.beta, ensemble, beta)


def _away(ensemble: PathEnsemble, x: Path) -> tuple[Path, int]:
    """The part of a path that scales in the centroid's energy, and its number of modes."""
    modes = ensemble.ends.angles(ensemble.slices).size
    if _anchored(ensemble):
        return x - _held(ensemble, x), modes
    return x - x.mean(-1, keepdims=True), modes - 1


def _anchored(ensemble: PathEnsemble) -> bool:
    return isinstance(ensemble.ends, FixedEnds | HalfLine)


def _held(ensemble: PathEnsemble, x: Path) -> Path:
    """What scaling must leave: the straight line between fixed ends, a fixed start, the origin."""
    if isinstance(ensemble.ends, FixedEnds):
        along = jnp.linspace(0, 1, x.shape[-1], dtype=x.dtype)[None]
        return x[:, :1] + (x[:, -1:] - x[:, :1]) * along
    return x[:, :1] if isinstance(ensemble.ends, HalfLine) else jnp.zeros_like(x[:, :1])
