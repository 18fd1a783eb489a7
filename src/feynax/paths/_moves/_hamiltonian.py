"""Hamiltonian Monte Carlo as it is without a reference: a leapfrog in coordinates of choice."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._checks import check, check_choice
from ..._citation import cites
from .._abstract import AbstractEnsemble, AbstractReference
from .._ends import FixedEnds, HalfLine
from .._ensemble import PathEnsemble
from .._kernel import AbstractKernel
from .._rotation import Move
from .._weights import ReLUWeights, StepWeights

Map = Callable[[Array], Array]
_MOST_STEPS, _POWER_ROUNDS = 2000, 30
_BASES = {"relu": ReLUWeights, "step": StepWeights}


class HamiltonianState(eqx.Module):
    """Where one chain of a leapfrog is: coordinates, configuration, action and its gradient."""

    z: Float[Array, "..."]
    x: Float[Array, "..."]
    action: Float[Array, ""]
    force: Float[Array, "..."]


@cites("duane1987")
class HamiltonianMonteCarlo(AbstractKernel):
    r"""Leapfrog with unit mass in sites, weights or modes: to compare with, not to compute with.

    The integrator must resolve the fastest motion for as long as the slowest takes, so a
    trajectory costs about the root of the condition number:

    | coordinates | condition number, N slices |
    |---|---|
    | `"relu"`: accelerations w | $N^3$ (both ends held or closed), $N^2$ |
    | `"sites"`: the path x | $N^2$ |
    | `"step"`: velocities W | $N$, from the one direction that both ends tie; else flat |
    | `"modes"`: whitened modes | flat, and steps as $N^{1/4}$ |

    A trajectory lasts between a half and a whole quarter period of the slowest mode, drawn
    uniformly.

    **Arguments:**

    - `ensemble`: gives the slowest mode, and the fastest as a first step; weights need a
      [`feynax.paths.PathEnsemble`][].
    - `coordinates`: see the table.
    - `target`: acceptance that warm-up aims at, between 0 and 1.

    **Raises:**

    - `ValueError` where an argument is out of range.

    Source: S. Duane, A. D. Kennedy, B. J. Pendleton, D. Roweth, Phys. Lett. B 195, 216 (1987);
    condition numbers measured in `tests/paths/test_moves_kernels.py`.

    ```python
    import feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    kernel = fx.paths.HamiltonianMonteCarlo(paths, "step")
    assert kernel.step_size < kernel.length
    ```
    """

    step_size: Float[Array, ""]
    length: float
    target: float = eqx.field(static=True)
    coordinates: str = eqx.field(static=True)

    def __init__(
        self, ensemble: AbstractEnsemble, coordinates: str = "sites", *, target: float = 0.8
    ):
        check_choice("coordinates", coordinates, ("sites", "modes", *_BASES))
        check(0 < target < 1, "target", "lie between 0 and 1", target)
        self.coordinates, self.target = coordinates, target
        with jax.enable_x64(True):
            slowest, fastest = _extremes(ensemble, ensemble.reference(), coordinates)
            self.length = np.float64(np.pi / 2 * slowest)
            self.step_size = jnp.asarray(fastest)

    def start(self, ensemble, reference, x):
        to_path, from_path = _maps(ensemble, reference, self.coordinates)
        return _settle(ensemble, to_path, from_path(x))

    def step(self, ensemble, reference, state: HamiltonianState, key, shared):
        to_path, _ = _maps(ensemble, reference, self.coordinates)
        dtype = state.z.dtype
        length = jax.random.uniform(shared, (), dtype, 0.5, 1.0) * jnp.asarray(self.length, dtype)
        steps = jnp.ceil(length / self.step_size.astype(dtype)).astype(int)
        h = length / steps.astype(dtype)
        steps = jnp.minimum(steps, _MOST_STEPS)
        kick, choice = jax.random.split(key)
        momenta = jax.random.normal(kick, state.z.shape, dtype)

        def leap(_, carry):
            now, p = carry
            p = p - h / 2 * now.force
            now = _settle(ensemble, to_path, now.z + h * p)
            return now, p - h / 2 * now.force

        end, turned = jax.lax.fori_loop(0, steps, leap, (state, momenta))
        energy = lambda state, p: state.action + jnp.sum(p**2) / 2
        return _choose(state, end, energy(end, turned) - energy(state, momenta), choice, steps)

    def adapted(self, acceptance, gain):
        change = jnp.asarray(gain * (acceptance - self.target), self.step_size.dtype)
        most = jnp.asarray(self.length, self.step_size.dtype)
        step_size = jnp.clip(self.step_size * jnp.exp(change), most / _MOST_STEPS, most)
        return eqx.tree_at(lambda kernel: kernel.step_size, self, step_size)


def _choose(state, end, change, key, steps) -> tuple[HamiltonianState, Move]:
    change = jnp.where(jnp.isfinite(change), change, jnp.inf)
    acceptance = jnp.minimum(1, jnp.exp(-change))
    accepted = jax.random.uniform(key, dtype=change.dtype) < acceptance
    chosen = jax.tree.map(lambda new, old: jnp.where(accepted, new, old), end, state)
    return chosen, Move(acceptance, accepted, change, steps)


def _settle(ensemble: AbstractEnsemble, to_path: Map, z: Array) -> HamiltonianState:
    def whole(z):
        x = to_path(z)
        return ensemble.action(x), x

    (action, x), force = jax.value_and_grad(whole, has_aux=True)(z)
    return HamiltonianState(z, x, action, force)


def _maps(
    ensemble: AbstractEnsemble, reference: AbstractReference, coordinates: str
) -> tuple[Map, Map]:
    """From coordinates to configurations, and back."""
    if coordinates == "modes":
        return reference.synthesis, reference.analysis
    ends = ensemble.ends if isinstance(ensemble, PathEnsemble) else None
    if coordinates in _BASES:
        check(ends is not None, "coordinates", "be 'sites' or 'modes' for this", coordinates)
        basis = _BASES[coordinates](ensemble)
        return basis.to_path, basis.from_path
    first, last = isinstance(ends, FixedEnds | HalfLine), isinstance(ends, FixedEnds)
    free = lambda x: x[..., int(first) : x.shape[-1] - int(last)]
    return lambda z: _with_ends(ends, z), free


def _with_ends(ends: Any, z: Array) -> Array:
    held = [ends.start] if isinstance(ends, HalfLine | FixedEnds) else []
    after = [ends.stop] if isinstance(ends, FixedEnds) else []
    column = lambda place: jnp.asarray(place, z.dtype)[:, None]
    return jnp.concatenate([*map(column, held), z, *map(column, after)], -1)


@eqx.filter_jit
def _extremes(ensemble, reference, coordinates: str) -> tuple[Array, Array]:
    """Largest and smallest standard deviation of any direction of the reference."""
    to_path, from_path = _maps(ensemble, reference, coordinates)
    q = jnp.zeros(reference.shape)
    z = from_path(reference.synthesis(q))
    inverse = _norm(lambda z: reference.analysis(to_path(z)), z)
    return _norm(lambda q: from_path(reference.synthesis(q)), q), 1 / inverse


def _norm(affine: Map, like: Array) -> Float[Array, ""]:
    """Largest stretch of an affine map, by the power method."""
    straight = lambda v: jax.jvp(affine, (like,), (v,))[1]

    def again(_, v):
        (v,) = jax.vjp(affine, like)[1](straight(v))
        return v / jnp.linalg.norm(v)

    start = jax.random.normal(jax.random.key(0), like.shape)
    return jnp.linalg.norm(straight(jax.lax.fori_loop(0, _POWER_ROUNDS, again, start)))
