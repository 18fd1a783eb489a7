"""Single-site Metropolis sweeps, all even and then all odd sites at a time."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ..._checks import check, check_positive
from ..._citation import cites
from .._ends import FixedEnds, HalfLine
from .._ensemble import PathEnsemble
from .._kernel import AbstractKernel
from .._rotation import Move

Path = Float[Array, "dof sites"]


class LocalState(eqx.Module):
    """Where one chain of local updates is."""

    x: Path


@cites("metropolis1953")
class LocalMetropolis(AbstractKernel):
    r"""One Metropolis proposal for every site, in two halves: to compare with.

    Neighbours in time are the only ones that meet in the action, so sites of one parity do not
    know each other and are moved at once. A change crosses the path by diffusion: the
    correlation time of slow modes grows as $N^2$ sweeps, and chains that are too short quote a
    small error on a wrong mean.

    **Arguments:**

    - `width`: half width of the uniform proposals; warm-up adapts it to `target`.
    - `target`: acceptance that warm-up aims at, between 0 and 1.

    **Raises:**

    - `ValueError` where an argument is out of range, or a closed path has an odd number of slices.

    Source: N. Metropolis, A. W. Rosenbluth, M. N. Rosenbluth, A. H. Teller, E. Teller, J. Chem.
    Phys. 21, 1087 (1953).

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    with jax.enable_x64(True):
        paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
        kernel = fx.paths.LocalMetropolis(0.9)
        state = kernel.start(paths, None, jnp.zeros((1, 16)))
        state, move = kernel.step(paths, None, state, jax.random.key(0), jax.random.key(0))
        assert 0.1 < move.acceptance < 1
    ```
    """

    width: Float[Array, ""]
    target: float = eqx.field(static=True)

    def __init__(self, width: float = 0.5, *, target: float = 0.5):
        check_positive("width", width)
        check(0 < target < 1, "target", "lie between 0 and 1", target)
        self.width, self.target = jnp.asarray(width), target

    def start(self, ensemble: Any, reference, x):
        check(isinstance(ensemble, PathEnsemble), "ensemble", "be of paths", type(ensemble))
        check(ensemble.local, "ensemble", "be without memory", "one")
        even = not ensemble.closed or ensemble.slices % 2 == 0
        check(even, "slices", "be even for closed paths", ensemble.slices)
        return LocalState(x)

    def step(self, ensemble: Any, reference, state: LocalState, key, shared):
        x, taken = state.x, jnp.zeros(ensemble.sites, bool)
        for parity, own in enumerate(jax.random.split(key)):
            moved = _movable(ensemble) & (jnp.arange(ensemble.sites) % 2 == parity)
            x, accepted = _sweep(ensemble, x, moved, self.width.astype(x.dtype), own)
            taken |= accepted
        acceptance = jnp.sum(taken, dtype=x.dtype) / jnp.sum(_movable(ensemble), dtype=x.dtype)
        return LocalState(x), Move(acceptance, jnp.any(taken), jnp.zeros((), x.dtype))

    def adapted(self, acceptance, gain):
        change = jnp.asarray(gain * (acceptance - self.target), self.width.dtype)
        width = jnp.clip(self.width * jnp.exp(change), 1e-6, 1e6)
        return eqx.tree_at(lambda kernel: kernel.width, self, width)


def _sweep(
    ensemble: PathEnsemble, x: Path, moved: Bool[Array, " sites"], width: Any, key: Any
) -> tuple[Path, Bool[Array, " sites"]]:
    """Propose for sites of which no two are neighbours, and decide for each alone."""
    shift, choice = jax.random.split(key)
    away = width * jax.random.uniform(shift, x.shape, x.dtype, -1, 1)
    proposed = jnp.where(moved[None], x + away, x)
    change = _costs(ensemble, proposed) - _costs(ensemble, x)
    draws = jax.random.uniform(choice, change.shape, change.dtype)
    accepted = moved & (jnp.log(draws) < -change)
    return jnp.where(accepted[None], proposed, x), accepted


def _costs(ensemble: PathEnsemble, x: Path) -> Float[Array, " sites"]:
    """Return of every site the terms of the action that it is part of, in units of hbar."""
    steps, dt = ensemble.steps(x), jnp.asarray(ensemble.dt, x.dtype)
    slices = jnp.sum(steps * (jnp.asarray(ensemble.mass, x.dtype) @ steps), 0) / (2 * dt)
    energies = dt * ensemble.energies(x)
    if ensemble.rule.midpoint:
        slices, energies = slices + energies, jnp.zeros(ensemble.sites, x.dtype)
    both = slices + jnp.roll(slices, -1) if ensemble.closed else _beside(slices)
    return (both + energies) / jnp.asarray(ensemble.hbar, x.dtype)


def _beside(slices: Float[Array, " slices"]) -> Float[Array, " sites"]:
    """Sum of the slices before and after every site of an open path."""
    return jnp.pad(slices, (1, 0)) + jnp.pad(slices, (0, 1))


def _movable(ensemble: PathEnsemble) -> Bool[Array, " sites"]:
    """Which sites are not held."""
    sites = jnp.arange(ensemble.sites)
    held = (sites == 0) & isinstance(ensemble.ends, FixedEnds | HalfLine)
    return ~(held | ((sites == ensemble.slices) & isinstance(ensemble.ends, FixedEnds)))
