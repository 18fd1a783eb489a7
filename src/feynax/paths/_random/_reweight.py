"""An interaction for random networks: each draw counts by the weight the interaction gives it."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from ..._checks import check, check_count, check_finite, check_shape
from ..._citation import cites
from ..._errors import LowOverlapError
from ..._estimate import Estimate
from .._potential import AbstractPotential
from .._systems import as_potential
from ._cosine import CosineEnsemble, CosineNetwork

_BATCH = 256  # networks evaluated at once: bounds the memory of width times times


@dataclasses.dataclass(frozen=True)
class WeightedNetworks:
    r"""Networks of a free ensemble, with the weights that make them an interacting one.

    **Fields:**

    - `networks`: the draws, every array with a leading axis (draws,).
    - `times`: Euclidean times, shape (times,); `x`: places there, shape (draws, times).
    - `log_weights`: $-\int V\,d\tau/\hbar$ of every draw, without unit.
    """

    networks: CosineNetwork
    times: Float[np.ndarray, " times"]
    x: Float[np.ndarray, "draws times"]
    log_weights: Float[np.ndarray, " draws"]

    @property
    def ess(self) -> float:
        r"""Effective number of draws, $(\sum w)^2/\sum w^2$."""
        w = self._weights()
        return float(w.sum() ** 2 / (w**2).sum())

    def mean(self, values: Float[np.ndarray, " draws"]) -> Estimate:
        r"""Return $\sum wA/\sum w$ with its error, for one value A a draw.

        **Arguments:**

        - `values`: shape (draws,), in any unit, for instance `x[:, 0] ** 2`.
        """
        check_shape("values", values, self.log_weights.shape)
        w = self._weights()
        centre = float(w @ values / w.sum())
        error = float(np.sqrt(np.sum((w * (values - centre)) ** 2)) / w.sum())
        return Estimate(centre, error, tau=w.size / self.ess, ess=self.ess)

    @property
    def log_ratio(self) -> Estimate:
        r"""Logarithm of the mean weight: $\ln(Z/Z_0)$ over the times given."""
        w = self._weights()
        error = float(w.std() / w.mean() / math.sqrt(w.size))
        return Estimate(float(np.log(w.mean()) + self.log_weights.max()), error, ess=self.ess)

    def _weights(self) -> np.ndarray:
        return np.exp(self.log_weights - self.log_weights.max())


@cites("halverson2021", "paths")
def interacting(
    ensemble: CosineEnsemble,
    potential: AbstractPotential | str | Callable[[Any], Any],
    *,
    times: Float[np.ndarray, " times"],
    draws: int,
    key: PRNGKeyArray,
    least: float = 50.0,
) -> WeightedNetworks:
    r"""Draw networks and weigh them by an interaction, $w = e^{-\int V_{int}(x)\,d\tau/\hbar}$.

    The networks stay independent of each other, but the weights of one network no longer are. The
    number of draws that count falls exponentially with the length of time that interacts, which is
    why a path ensemble samples the action instead. In the limit of infinite width and cut-off the
    means are those of $\psi_0$, the oscillator's ground state, to which the interaction happens
    from the first to the last of the times.

    **Arguments:**

    - `ensemble`: of the free networks.
    - `potential`: $V_{int}$, what is added to the oscillator's potential energy: a formula such as
      `"x**4 / 10"`, a function of x, or a potential of one degree of freedom.
    - `times`: increasing Euclidean times; the integral is the trapezoid rule over them.
    - `draws`: how many networks are drawn.
    - `key`: random key.
    - `least`: effective number of draws below which the answer is refused.

    **Raises:**

    - `LowOverlapError` where fewer than `least` draws count.
    - `ValueError` where an argument is out of range.

    Source: paths document (Hashimoto et al.), end of section 2; Demirtas et al. (2023).

    ```python
    import jax, numpy as np, feynax as fx
    free = fx.paths.CosineEnsemble(16, cutoff=8.0)
    times = np.linspace(0.0, 1.0, 9)
    found = fx.paths.interacting(free, "x**4 / 4", times=times, draws=500, key=jax.random.key(0))
    assert found.ess > 50
    assert found.mean(found.x[:, 4] ** 2).value < free.two_point(0.0)
    ```
    """
    check_finite("times", times)
    grid = np.asarray(times, np.float64)
    rising = grid.ndim == 1 and grid.size > 1 and bool((np.diff(grid) > 0).all())
    check(rising, "times", "be at least two increasing times", f"shape {grid.shape}")
    check_count("draws", draws)
    energy = as_potential(potential)
    with jax.enable_x64(True):
        networks, x, log_weights = _weigh(ensemble, energy, grid, jax.random.split(key, draws))
    found = WeightedNetworks(networks, grid, np.asarray(x), np.asarray(log_weights))
    check_finite("potential", found.log_weights)
    if found.ess < least:
        raise LowOverlapError(
            f"Argument `draws` must leave at least {least:.4g} draws that count, but of {draws} "
            f"draws {found.ess:.3g} do: take more of them or fewer times, or sample the action.",
            ess=found.ess,
        )
    return found


@eqx.filter_jit
def _weigh(ensemble, energy, grid, keys):
    spacing = jnp.diff(grid)
    weights = (jnp.pad(spacing, (1, 0)) + jnp.pad(spacing, (0, 1))) / 2

    def one(key):
        network = ensemble.draw(key)
        x = network(grid)
        return network, x, -jnp.sum(weights * energy(x[None])) / ensemble.hbar

    return jax.lax.map(one, keys, batch_size=_BATCH)
