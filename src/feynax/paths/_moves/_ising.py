r"""Exact draws of a row of signs: a one-dimensional Ising model, open or with its ends tied.

With couplings J the weight of a bond $b = \pm1$ is $e^{Jb}$: it is *open* and +1 with probability
$t = \tanh J$, else *closed* and either sign. Ends that are tied ask for $\prod b = 1$. With a
closed bond this halves the weight, without one it costs nothing, so all are open with probability
$2T/(1 + T)$, $T = \prod t$; else the first closed bond is found by its distribution, those after
it are free, and it mends the product. There is no sequential draw, and with $L = -\ln T$ summed
from positive terms, $\tanh(L/2) = Z_{odd}/Z_{even}$ does not cancel.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray


def free_bonds(couplings: Float[Array, " bonds"], key: PRNGKeyArray) -> Bool[Array, " bonds"]:
    """Return which bonds turn the sign, where nothing ties the ends."""
    draws = jax.random.uniform(key, couplings.shape, couplings.dtype)
    return draws < jax.nn.sigmoid(-2 * couplings)


def tied_bonds(couplings: Float[Array, " bonds"], key: PRNGKeyArray) -> Bool[Array, " bonds"]:
    """Return which bonds turn the sign, an even number of them."""
    against = couplings < 0  # turned bonds of positive coupling are kept ones of negative
    odd = jnp.sum(against) % 2
    first_key, bond_key = jax.random.split(key)
    ratio = _ratios(couplings)
    depths = jnp.cumsum(jnp.log1p(2 * ratio / (1 - ratio)))
    first = _first_closed(depths, odd, jax.random.uniform(first_key, (), depths.dtype))
    bonds = jnp.arange(couplings.size)
    draws = jax.random.uniform(bond_key, ratio.shape, ratio.dtype)
    later = (bonds > first) & (draws * (1 + ratio) < ratio)
    mend = (jnp.sum(later) + odd) % 2 == 1
    return (later | ((bonds == first) & mend)) != against


def _ratios(couplings: Float[Array, " bonds"]) -> Float[Array, " bonds"]:
    r"""Return $e^{-2|J|}$, never so small that its square root of a logarithm is lost."""
    least = 0.98 * jnp.log(jnp.finfo(couplings.dtype).max)
    return jnp.exp(-jnp.minimum(2 * jnp.abs(couplings), least))


def _first_closed(
    depths: Float[Array, " bonds"], odd: Int[Array, ""], draw: Float[Array, ""]
) -> Int[Array, ""]:
    """Draw the place of the first closed bond; the number of bonds where all are open."""
    some = jnp.where(odd == 1, 1.0, jnp.tanh(depths[-1] / 2)).astype(depths.dtype)
    found = -jnp.expm1(-depths)  # probability that one is closed up to here
    place = jnp.sum(found <= found[-1] * (draw / some))
    return jnp.where(draw < some, jnp.minimum(place, depths.size - 1), depths.size)
