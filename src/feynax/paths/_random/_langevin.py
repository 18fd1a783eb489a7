r"""One Langevin step with an exact linear part, and the Metropolis test that removes its bias.

For a weight $e^{-E(y)}$ with $E = \kappa y^2/2 + U(y)$ the equation
$dy = -\nabla E\,ds + \sqrt2\,dW$ is solved over a step h with the force $\nabla U$ held still,

$$ y' = e^{-\kappa h} y - \frac{1 - e^{-\kappa h}}{\kappa}\nabla U(y)
+ \sqrt{\frac{1 - e^{-2\kappa h}}{\kappa}}\,\xi $$

which is exact where U is linear, and Euler and Maruyama's step where $\kappa = 0$.
"""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from .._rotation import Move


class LangevinState(eqx.Module):
    """Where one walker is.

    - `y`: the coordinates that move; `x`: the configuration they stand for.
    - `rest`: U, without unit; `force`: its gradient with respect to y.
    """

    y: Float[Array, "..."]
    x: Float[Array, "..."]
    rest: Float[Array, ""]
    force: Float[Array, "..."]


def langevin(
    settle: Callable[[Float[Array, "..."]], LangevinState],
    state: LangevinState,
    key: PRNGKeyArray,
    *,
    step: Float[Array, ""],
    rate: Float[Array, ""],
    adjusted: bool,
) -> tuple[LangevinState, Move]:
    """Take one step of fictitious time; with `adjusted` it may be refused, and is then unbiased."""
    kick, choice = jax.random.split(key)
    step, rate = (jnp.asarray(value, state.y.dtype) for value in (step, rate))
    width = _fade(2 * rate, step) * 2
    mean = lambda at: jnp.exp(-rate * step) * at.y - _fade(rate, step) * at.force
    noise = jax.random.normal(kick, state.y.shape, state.y.dtype)
    end = settle(mean(state) + jnp.sqrt(width) * noise)
    there, back = jnp.sum((end.y - mean(state)) ** 2), jnp.sum((state.y - mean(end)) ** 2)
    change = _energy(end, rate) - _energy(state, rate) + (back - there) / (2 * width)
    change = jnp.where(jnp.isfinite(change), change, jnp.inf)
    acceptance = jnp.minimum(1, jnp.exp(-change))
    if not adjusted:
        return end, Move(acceptance, jnp.array(True), change)
    accepted = jax.random.uniform(choice, dtype=change.dtype) < acceptance
    chosen = jax.tree.map(lambda new, old: jnp.where(accepted, new, old), end, state)
    return chosen, Move(acceptance, accepted, change)


def _fade(rate: Float[Array, ""], step: Float[Array, ""]) -> Float[Array, ""]:
    """Return (1 - exp(-rate step)) / rate, which is the step where there is no rate."""
    safe = jnp.where(rate == 0, 1, rate)
    return jnp.where(rate == 0, step, -jnp.expm1(-safe * step) / safe)


def _energy(state: LangevinState, rate: Float[Array, ""]) -> Float[Array, ""]:
    return state.rest + rate * jnp.sum(state.y**2) / 2
