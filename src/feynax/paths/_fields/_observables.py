r"""What is measured on one configuration of a field, and what follows from the means.

Ratios of means (Binder's cumulant, correlation length) are functions for
[`feynax.paths.derived`][], which propagates errors through them.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._citation import cites
from .._observables import standard_observables
from .._statistics import time_scale
from ._lattice import LatticeField

Configuration = Float[Array, "..."]


class FieldMoment(eqx.Module):
    r"""The average over sites of $\phi^k$.

    **Arguments:**

    - `power`: k.

    ```python
    import jax.numpy as jnp, feynax as fx
    field = fx.paths.LatticeField((4, 4), mass_squared=1.0, coupling=0.1)
    assert fx.paths.FieldMoment(4)(field, 2 * jnp.ones((4, 4))) == 16.0
    ```
    """

    power: int = eqx.field(static=True)

    def __call__(self, ensemble: LatticeField, x: Configuration) -> Float[Array, ""]:
        return jnp.mean(x**self.power)


class Magnetisation(eqx.Module):
    r"""The power $|m|^k$ of the mean field $m = \frac1V\sum_x\phi_x$.

    **Arguments:**

    - `power`: k.

    ```python
    import jax.numpy as jnp, feynax as fx
    field = fx.paths.LatticeField((4, 4), mass_squared=1.0, coupling=0.1)
    assert fx.paths.Magnetisation(2)(field, -2 * jnp.ones((4, 4))) == 4.0
    ```
    """

    power: int = eqx.field(static=True, default=1)

    def __call__(self, ensemble: LatticeField, x: Configuration) -> Float[Array, ""]:
        return jnp.abs(jnp.mean(x)) ** self.power


def neighbours(ensemble: LatticeField, x: Configuration) -> Float[Array, " axes"]:
    r"""Return the average over sites of $\phi_x\phi_{x+\mu}$ for every axis.

    **Arguments:**

    - `ensemble`, `x`: the field and one configuration of it, of its shape.

    **Returns:** shape (axes,).

    ```python
    import jax.numpy as jnp, feynax as fx
    field = fx.paths.LatticeField((4, 4), mass_squared=1.0, coupling=0.1)
    assert jnp.all(fx.paths.neighbours(field, 2 * jnp.ones((4, 4))) == 4.0)
    ```
    """
    return jnp.stack([jnp.mean(x * jnp.roll(x, -1, axis)) for axis in range(x.ndim)])


def long_wave(ensemble: LatticeField, x: Configuration) -> Float[Array, ""]:
    r"""Return $|\frac1V\sum_x\phi_x e^{ikx}|^2$ of the longest waves k, averaged over axes.

    Only axes with the most sites count; with them the correlation length is found, see
    [`feynax.paths.correlation_length`][].

    **Arguments:**

    - `ensemble`, `x`: the field and one configuration of it, of its shape.

    **Returns:** one number.

    ```python
    import jax.numpy as jnp, feynax as fx
    field = fx.paths.LatticeField((4, 4), mass_squared=1.0, coupling=0.1)
    assert fx.paths.long_wave(field, jnp.ones((4, 4))) < 1e-12
    ```
    """
    found = []
    for axis in _longest(ensemble):
        angles = 2 * np.pi / x.shape[axis] * np.arange(x.shape[axis])
        line = jnp.mean(x, [other for other in range(x.ndim) if other != axis])
        parts = [line @ jnp.asarray(wave(angles), x.dtype) for wave in (np.cos, np.sin)]
        found.append((parts[0] ** 2 + parts[1] ** 2) / x.shape[axis] ** 2)
    return sum(found[1:], found[0]) / len(found)


def slice_correlator(ensemble: LatticeField, x: Configuration) -> Float[Array, " lags"]:
    r"""Return $\langle\bar\phi_t\bar\phi_{t+k}\rangle_t$ of the time slices' means.

    The slices are those of the last axis, their means have no momentum, and
    k is at most half of them. Its decay is the gap: [`feynax.paths.gap`][].

    **Arguments:**

    - `ensemble`, `x`: the field and one configuration of it, of its shape.

    **Returns:** shape (lags,), lags 0 to half of the slices.

    ```python
    import jax.numpy as jnp, feynax as fx
    field = fx.paths.LatticeField((4, 4), mass_squared=1.0, coupling=0.1)
    means = fx.paths.slice_correlator(field, 2 * jnp.ones((4, 4)))
    assert jnp.allclose(means, jnp.full(3, 4.0))
    ```
    """
    waves = jnp.fft.rfft(jnp.mean(x, range(x.ndim - 1)))
    power = waves.real**2 + waves.imag**2
    sites = x.shape[-1]
    return jnp.fft.irfft(power, sites)[: sites // 2 + 1] / sites


@time_scale.register
def _(ensemble: LatticeField) -> tuple[float, float]:
    return float(ensemble.spacing[-1]), 1.0


@standard_observables.register
def _(ensemble: LatticeField) -> dict[str, Callable[[Any, Any], Any]]:
    return {
        "phi2": FieldMoment(2),
        "phi4": FieldMoment(4),
        "magnetisation": Magnetisation(),
        "m2": Magnetisation(2),
        "m4": Magnetisation(4),
        "long_wave": long_wave,
        "action": _action_density,
        "neighbours": neighbours,
        "correlator": slice_correlator,
    }


@cites("binder1981")
def binder_cumulant(m2: float, m4: float) -> float:
    r"""Return $1 - \langle m^4\rangle / 3\langle m^2\rangle^2$: 0 for a Gaussian, 2/3 in order.

    At the critical point of the two-dimensional Ising class on a square torus it is 0.61069.

    **Arguments:**

    - `m2`, `m4`: the means of the observables of that name.

    ```python
    import jax, feynax as fx
    field = fx.paths.LatticeField((4, 4), mass_squared=1.0, coupling=0.5)
    run = fx.paths.sample(field, key=jax.random.key(0), chains=16, draws=500, warmup=250)
    binder = fx.paths.derived(fx.paths.binder_cumulant, run.series["m2"], run.series["m4"])
    assert 0 < binder.value < 0.2
    ```
    """
    return 1 - m4 / (3 * m2**2)


def susceptibility(ensemble: LatticeField, m2: float, magnetisation: float = 0.0) -> float:
    r"""Return $V\langle m^2\rangle$, or $V(\langle m^2\rangle - \langle|m|\rangle^2)$.

    The second, connected one belongs to the ordered phase; V is the volume.

    **Arguments:**

    - `ensemble`: the field; `m2`, `magnetisation`: means of the observables of that name; of
      the connected one both are given.

    ```python
    import feynax as fx
    field = fx.paths.LatticeField((4, 4), mass_squared=1.0, coupling=0.1)
    assert fx.paths.susceptibility(field, 0.5, 0.5) == 4.0
    ```
    """
    return float(ensemble.cell) * ensemble.sites * (m2 - magnetisation**2)


def correlation_length(ensemble: LatticeField, m2: float, long_wave: float) -> float:
    r"""Return the second-moment correlation length along the axes with the most sites.

    $$ \xi = \frac{a}{2\sin(\pi/L)}\sqrt{\frac{\langle m^2\rangle}{\langle|m_k|^2\rangle} - 1} $$

    with the longest wave k. It is the length of a free field at any size. On a square torus at
    the critical point of the Ising class $\xi/L = 0.90505$ (Salas, Sokal, 1999).

    **Arguments:**

    - `ensemble`: the field; `m2`, `long_wave`: means of the observables of that name.

    **Returns:** the length, in the units of the spacing; 0 where noise leaves none.

    Source: J. Salas, A. D. Sokal, "Universal Amplitude Ratios in the Critical Two-Dimensional
    Ising Model on a Torus" (1999).

    ```python
    import feynax as fx
    field = fx.paths.LatticeField((4, 4), mass_squared=1.0, coupling=0.1)
    assert abs(fx.paths.correlation_length(field, 0.75, 0.25) - 1) < 1e-12
    ```
    """
    axis = _longest(ensemble)[0]
    half = np.sin(np.pi / ensemble.shape[axis])
    excess = max(m2 / long_wave - 1, 0.0)
    return float(ensemble.spacing[axis]) / (2 * half) * excess**0.5


def _longest(ensemble: LatticeField) -> list[int]:
    return [axis for axis, sites in enumerate(ensemble.shape) if sites == max(ensemble.shape)]


def _action_density(ensemble: LatticeField, x: Configuration) -> Float[Array, ""]:
    return ensemble.action(x) / x.size
