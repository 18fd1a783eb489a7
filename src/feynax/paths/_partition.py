r"""The partition function, by turning an oscillator slowly into the system."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from .._checks import check, check_count
from .._estimate import Estimate
from ._ends import FreeEnds, HalfLine
from ._ensemble import PathEnsemble
from ._moves import mirrors_of
from ._potential import AbstractPotential
from ._reference import PathReference
from ._sampling import sample


class _Oscillator(AbstractPotential):
    centre: Float[Array | np.ndarray, " dof"]
    stiffness: Float[Array | np.ndarray, "dof dof"]
    dof: int = eqx.field(static=True)

    def __call__(self, x):
        away = x - jnp.asarray(self.centre, x.dtype).reshape(-1, *[1] * (x.ndim - 1))
        stiffness = jnp.asarray(self.stiffness, x.dtype)
        return jnp.sum(away * jnp.tensordot(stiffness, away, 1), 0) / 2


class _Between(AbstractPotential):
    """A straight line between two potentials."""

    first: AbstractPotential
    second: AbstractPotential
    weight: float
    dof: int = eqx.field(static=True)

    def __call__(self, x):
        weight = jnp.asarray(self.weight, x.dtype)
        return (1 - weight) * self.first(x) + weight * self.second(x)


def log_partition(
    ensemble: PathEnsemble,
    *,
    key: PRNGKeyArray,
    nodes: int = 6,
    chains: int = 64,
    draws: int = 400,
) -> Estimate:
    r"""Estimate $\ln Z$ of the lattice, absolute, by thermodynamic integration.

    $$ \ln Z = \ln Z_0 - \beta \int_0^1 d\lambda\, \langle V - V_0 \rangle_\lambda $$

    from the oscillator $V_0$ of the Gaussian reference, whose $Z_0$ is known, through
    $V_0 + \lambda (V - V_0)$, with Gauss-Legendre nodes and a run at each. The action's own
    derivative with respect to $\lambda$ stands for $V - V_0$, so that a fourth-order action stays
    one. Free energy is $-\ln Z/\beta$; the ratio of two partition functions is the difference.
    For open ends Z is $\langle a|e^{-\beta H}|b\rangle$: with fixed ends the propagator, for the
    half-line a wave function.

    **Arguments:**

    - `ensemble`: paths with any ends; midpoint, trapezoid or Takahashi-Imada.
    - `key`: random key.
    - `nodes`: runs. The rule is exact for an integrand of degree `2 nodes - 1` in $\lambda$.
    - `chains`, `draws`: of each run.

    **Returns:** the estimate, without unit; its error is statistical.

    **Raises:**

    - `ValueError` for Chin's action, whose oscillator does not have these modes.
    - as `fx.paths.sample` where a run along the way cannot be believed.

    Source: J. G. Kirkwood, "Statistical Mechanics of Fluid Mixtures" (1935).

    ```python
    import jax, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    found = fx.paths.log_partition(paths, key=jax.random.key(0), nodes=1, chains=8, draws=100)
    assert abs(found.value + 1.976) < 0.01
    ```
    """
    check_count("nodes", nodes)
    check(ensemble.kind != "chin", "ensemble", "have an action with one kind of site", "'chin'")
    reference = ensemble.reference()
    centre = _centre(ensemble, reference)
    oscillator = _Oscillator(dof=ensemble.dof, centre=centre, stiffness=reference.stiffness)
    places, weights = np.polynomial.legendre.leggauss(nodes)
    total, variance = _log_gaussian(_with(ensemble, oscillator)), 0.0
    for own, place, weight in zip(jax.random.split(key, nodes), places, weights / 2, strict=True):
        between = _Between(
            dof=ensemble.dof,
            first=oscillator,
            second=ensemble.potential,
            weight=np.float64((place + 1) / 2),
        )
        run = sample(
            _with(ensemble, between),
            key=own,
            chains=chains,
            draws=draws,
            warmup=200,
            observables={"change": _change},
        )
        total -= weight * run["change"].value
        variance += (weight * run["change"].error) ** 2
    return Estimate(total, math.sqrt(variance))


def _with(ensemble: PathEnsemble, potential: AbstractPotential) -> PathEnsemble:
    return eqx.tree_at(lambda paths: paths.potential, ensemble, potential)


def _change(ensemble: PathEnsemble, x: Float[Array, "dof sites"]) -> Float[Array, ""]:
    """Derivative of the action with respect to the weight of the second potential."""
    at = lambda paths: paths.potential.weight
    action = lambda weight: eqx.tree_at(at, ensemble, weight).action(x)
    weight = jnp.asarray(at(ensemble), x.dtype)
    return jax.jvp(action, (weight,), (jnp.ones_like(weight),))[1]


def _centre(ensemble: PathEnsemble, reference: PathReference) -> np.ndarray:
    """The reference's centre, or the origin if V is even: signs can then still be redrawn."""
    centre = np.asarray(reference.centre)
    even = ensemble.dof == 1 and len(mirrors_of(ensemble)) > 0
    return np.zeros_like(centre) if even else centre


def _log_gaussian(ensemble: PathEnsemble) -> float:
    r"""Return lnZ of an ensemble whose potential is an oscillator, from its modes.

    Each mode has $\sqrt{2\pi\hbar/\lambda}$, each slice $\sqrt{m/2\pi\hbar dt}$, and a free end,
    of which the modes count only half, $\sqrt2$; the classical path has its action.
    """
    with jax.enable_x64(True):
        # The stiffness of an oscillator is the same everywhere: one path at the origin will do.
        reference = ensemble.matched(jnp.zeros((1, ensemble.dof, ensemble.sites)))
        base = jnp.asarray(reference.base)
        rest = float(ensemble.action(base))
    N, ends, hbar, dt = ensemble.slices, ensemble.ends, float(ensemble.hbar), float(ensemble.dt)
    spectrum = 2 * hbar / (N * ends.norms(N) * np.asarray(reference.scale) ** 2)
    dof, modes = spectrum.shape
    volume = np.linalg.slogdet(np.asarray(ensemble.mass))[1] - dof * math.log(2 * math.pi * hbar)
    spare = (N - modes) / 2 * (volume - dof * math.log(dt))
    free = {HalfLine: 1, FreeEnds: 2}.get(type(ends), 0) * dof / 2 * math.log(2)
    return spare + free - float(np.log(spectrum * dt).sum()) / 2 - rest
