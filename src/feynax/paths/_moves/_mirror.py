"""Exact redraw of on which side of a mirror each site of a path lies."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ..._checks import check
from ..._citation import cites
from .._ends import FixedEnds, HalfLine
from .._ensemble import PathEnsemble
from ._ising import free_bonds, tied_bonds
from ._move import AbstractMove
from ._symmetry import allowed, isotropic, mirrors_of, random_mirror

Path = Float[Array, "dof sites"]


@cites("brower1989")
class SignRedraw(AbstractMove):
    r"""Redraw the signs of all sites at once, given everything else: kinks become free.

    Where V is the same on both sides of a mirror R, putting site n on either side is an Ising
    chain in time, and a chain can be drawn exactly. With P the projector on what R turns,

    $$ \hbar J_n = \frac{(Px_n)^T M P x_{n-1}}{dt}
       + \frac{dt}{2}\left[V\!\left(\frac{x_n + Rx_{n-1}}2\right)
       - V\!\left(\frac{x_n + x_{n-1}}2\right)\right], $$

    the bracket for the midpoint rule only. Without this move a double well keeps the number of
    kinks its chains began with, for hundreds of trajectories that look healthy one by one.

    **Arguments:**

    - `ensemble`: the paths; its potential is tested for the symmetry.
    - `mirrors`: reflections of shape (mirrors, dof, dof), symmetric and orthogonal, which V and
      the mass allow; `"random"`: mirrors of random direction, for V of the radius alone; by
      default those of [`feynax.paths.mirrors_of`][].

    **Raises:**

    - `ValueError` where V or the mass is not symmetric, or no mirror is found.

    Source: R. C. Brower, P. Tamayo, Phys. Rev. Lett. 62, 1087 (1989) for signs embedded in a
    field; exact in one dimension (`tests/paths/test_moves_signs.py`).

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    with jax.enable_x64(True):
        wells = fx.paths.PathEnsemble(lambda x: (x**2 - 4) ** 2, beta=4.0, slices=16)
        x = fx.paths.SignRedraw(wells)(wells, jnp.full((1, 16), 2.0), jax.random.key(0))
        assert jnp.all(jnp.abs(x) == 2.0)
    ```
    """

    mirrors: Float[Array | np.ndarray, "mirrors dof dof"] | None

    def __init__(self, ensemble: PathEnsemble, mirrors: Any = None):
        found = mirrors_of(ensemble) if mirrors is None else mirrors
        if isinstance(found, str):
            check(found == "random", "mirrors", "be matrices or 'random'", repr(found))
            check(isotropic(ensemble), "mirrors", "suit V and mass, which have a direction", found)
            self.mirrors = None
            return
        array = np.asarray(found, np.float64)
        check(len(array) > 0, "ensemble", "have an even potential", "one with no symmetry found")
        check(_are_mirrors(array, ensemble.dof), "mirrors", "be symmetric and orthogonal", array)
        fits = bool(allowed(ensemble, array).all())
        check(fits, "mirrors", "leave V and mass as they are", "one that changes them")
        self.mirrors = array

    def __call__(self, ensemble: PathEnsemble, x: Path, key: PRNGKeyArray) -> Path:
        if self.mirrors is None:
            direction_key, key = jax.random.split(key)
            mirrors = random_mirror(direction_key, ensemble.dof, x.dtype)[None]
        else:
            mirrors = jnp.asarray(self.mirrors, x.dtype)
        if len(mirrors) == 1:
            return _redraw(ensemble, mirrors[0], x, key)
        keys = jax.random.split(key, len(mirrors))
        step = lambda x, given: (_redraw(ensemble, given[0], x, given[1]), None)
        return jax.lax.scan(step, x, (mirrors, keys))[0]


def _are_mirrors(mirrors: np.ndarray, dof: int) -> bool:
    if mirrors.shape[1:] != (dof, dof):
        return False
    back = np.allclose(mirrors @ mirrors, np.eye(dof))
    return back and np.allclose(mirrors, np.swapaxes(mirrors, 1, 2))


def _redraw(
    ensemble: PathEnsemble, mirror: Float[Array, "dof dof"], x: Path, key: PRNGKeyArray
) -> Path:
    """Put every site on a side of one mirror."""
    turned = -x if ensemble.dof == 1 else mirror @ x
    sides = _sides(ensemble, neighbour_couplings(ensemble, x, turned), key)
    return jnp.where(sides[None], turned, x)


def neighbour_couplings(ensemble: PathEnsemble, x: Path, turned: Path) -> Float[Array, " slices"]:
    """Half the cost, in units of hbar, of leaving one site of a slice on the mirror's far side."""
    before = lambda x: jnp.roll(x, 1, -1) if ensemble.closed else x[:, :-1]
    now = x if ensemble.closed else x[:, 1:]
    odd = (now - (turned if ensemble.closed else turned[:, 1:])) / 2
    mass = jnp.asarray(ensemble.mass, x.dtype)
    heavy = odd * mass[0, 0] if ensemble.dof == 1 else mass @ odd
    dt = jnp.asarray(ensemble.dt, x.dtype)
    total = jnp.sum(heavy * (before(x) - before(turned)) / 2, 0) / dt
    if ensemble.rule.midpoint:
        V = ensemble.potential
        total += dt / 2 * (V((now + before(turned)) / 2) - V((now + before(x)) / 2))
    return total / jnp.asarray(ensemble.hbar, x.dtype)


def _sides(
    ensemble: PathEnsemble, couplings: Float[Array, " slices"], key: PRNGKeyArray
) -> Bool[Array, " sites"]:
    """Which sites change sides. Places that are given stay; otherwise any side may be the first."""
    bond_key, whole_key = jax.random.split(key)
    whole = jax.random.bernoulli(whole_key)
    if ensemble.closed:  # bond n joins sites n - 1 and n, so bond 0 is the one that closes
        return _parity(tied_bonds(couplings, bond_key)) ^ whole
    if isinstance(ensemble.ends, FixedEnds):
        return _from_start(tied_bonds(couplings, bond_key))
    sides = _from_start(free_bonds(couplings, bond_key))
    return sides if isinstance(ensemble.ends, HalfLine) else sides ^ whole


def _parity(turns: Bool[Array, " bonds"]) -> Bool[Array, " bonds"]:
    return jnp.cumsum(turns) % 2 == 1


def _from_start(turns: Bool[Array, " slices"]) -> Bool[Array, " sites"]:
    return jnp.concatenate([jnp.zeros(1, bool), _parity(turns)])
