"""Clusters of sites whose field has one sign: turning them cures what waves cannot."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from ..._checks import check
from ..._citation import cites
from .._kernel import AbstractKernel, Rotation
from .._moves import AbstractMove, Composed, default_kernel
from ._lattice import LatticeField
from ._pilot import measure

Configuration = Float[Array, "..."]
_FIRST_STEP = 0.2


@cites("brower1989", "swendsen1987")
class ClusterFlips(AbstractMove):
    r"""Turn the sign of each cluster of a field with probability one half.

    Given $|\phi|$, the signs are an Ising model with couplings
    $J = \frac{v}{a_\mu^2}|\phi_x\phi_{x+\mu}|$. Sites of one sign are tied with probability
    $1 - e^{-2J}$, and what is tied is a cluster. The move is exact and always taken, but leaves
    $|\phi|$ alone: compose it with a rotation.

    **Arguments:**

    - `ensemble`: the field; its potential is tested to be even.

    **Raises:**

    - `ValueError` where the potential is not even.

    Source: Brower, Tamayo, Phys. Rev. Lett. 62, 1087 (1989), with the clusters of Swendsen and
    Wang, Phys. Rev. Lett. 58, 86 (1987).

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    with jax.enable_x64(True):
        field = fx.paths.LatticeField((4, 4), mass_squared=-1.0, coupling=0.5)
        x = fx.paths.ClusterFlips(field)(field, jnp.ones((4, 4)), jax.random.key(0))
        assert jnp.all(jnp.abs(x) == 1.0)
    ```
    """

    def __init__(self, ensemble: LatticeField):
        check(_is_even(ensemble), "ensemble", "have an even potential", "one that prefers a sign")

    def __call__(
        self, ensemble: LatticeField, x: Configuration, key: PRNGKeyArray
    ) -> Configuration:
        tie_key, coin_key = jax.random.split(key)
        labels = clusters(_ties(ensemble, x, tie_key))
        coins = jax.random.bits(coin_key, (x.size,), jnp.uint8) % 2 == 1
        return jnp.where(coins[labels].reshape(x.shape), -x, x)


@default_kernel.register
def _(ensemble: LatticeField) -> AbstractKernel:
    # Wide starts of a large field are far up its walls: longer first steps would freeze chains.
    rotation = Rotation(_FIRST_STEP)
    return Composed(rotation, [ClusterFlips(ensemble)]) if _is_even(ensemble) else rotation


def _is_even(ensemble: LatticeField) -> bool:
    places = np.linspace(-1, 1, 401) * 6 * _width(ensemble)
    return bool(measure(ensemble.potential, places).even)


@jax.custom_batching.custom_vmap
def clusters(ties: Bool[Array, "axes ..."]) -> Int[Array, "..."]:
    """Return the least flat index of the sites that each site hangs together with.

    Every site keeps a parent with a lower index. In each round it hears of the least grandparent
    next to it, and so does its parent: the number of rounds is logarithmic.

    **Arguments:**

    - `ties`: whether a site is tied to the next one of each axis, on a torus. Axes before the
      last ones number separate tori; that is what a `jax.vmap` turns into, as one large lattice
      is searched faster than many small ones.

    Source: Zhang, Azad, Hu, "FastSV" (2020), after Shiloach and Vishkin.
    """
    shape, sites = ties.shape[1:], math.prod(ties.shape[-len(ties) :])
    own = jnp.arange(math.prod(shape), dtype=jnp.int32)
    heard = _neighbours(ties)

    def round_(carry):
        parents, old, _ = carry
        least = heard(old.reshape(shape)).ravel()
        parents = jnp.minimum(jnp.minimum(parents.at[parents].min(least), least), old)
        new = parents[parents]
        return parents, new, jnp.any(new != old)

    first = (own, own, jnp.array(True))
    found = jax.lax.while_loop(lambda carry: carry[2], round_, first)[1]
    return (found % sites).reshape(shape)


@clusters.def_vmap
def _(size, batched, ties):
    return clusters(jnp.moveaxis(ties, 0, 1)), True


def _neighbours(ties: Bool[Array, "axes ..."]) -> Callable[[Array], Array]:
    """Return the least of a label and those of all tied neighbours, as a function of labels."""
    axes = range(-len(ties), 0)
    back = [jnp.roll(tie, 1, axis) for axis, tie in zip(axes, ties, strict=True)]

    def least(labels):
        best = labels
        for axis, after, before in zip(axes, ties, back, strict=True):
            best = jnp.minimum(best, jnp.where(after, jnp.roll(labels, -1, axis), labels))
            best = jnp.minimum(best, jnp.where(before, jnp.roll(labels, 1, axis), labels))
        return best

    return least


def _ties(ensemble: LatticeField, x: Configuration, key: PRNGKeyArray) -> Bool[Array, "axes ..."]:
    """Draw which neighbours are tied: never those of opposite sign."""
    draws = jax.random.uniform(key, (x.ndim, *x.shape), x.dtype)
    after = jnp.stack([jnp.roll(x, -1, axis) for axis in range(x.ndim)])
    stiffness = jnp.asarray(ensemble.stiffness, x.dtype).reshape(-1, *[1] * x.ndim)
    return draws < -jnp.expm1(-2 * stiffness * x[None] * after)


def _width(ensemble: LatticeField) -> float:
    """The spread of the field at a site of the free reference."""
    return float(np.sqrt(np.mean(np.asarray(ensemble.reference().scale) ** 2)))
