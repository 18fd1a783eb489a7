"""What the checks share: double precision, one step of a method, cells and their embeddings."""

import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from .. import networks
from ..equations import Tableau
from ..networks import ODERNN, AbstractCell, stack_odernn
from ._claim import Budget, Finding

Check = Callable[[Budget], Finding]


def double(check: Check) -> Check:
    """Let a check compute in double precision."""

    @functools.wraps(check)
    def inside(budget: Budget) -> Finding:
        with jax.enable_x64(True):
            return check(budget)

    return inside


def largest(differences: Iterable[np.ndarray]) -> float:
    """Largest entry of all differences."""
    return float(max(np.max(np.abs(difference)) for difference in differences))


def logistic(v: np.ndarray) -> np.ndarray:
    """What gates apply."""
    return 1 / (1 + np.exp(-v))


def take_step(tableau: Tableau, field: Callable, y: np.ndarray, h: float) -> np.ndarray:
    """One step of a Runge-Kutta method; implicit stages by their fixed point."""
    k = np.tile(field(y), (tableau.stages, 1))
    for _ in range(tableau.stages if tableau.is_explicit else 200):
        k = np.stack([field(z) for z in y + h * tableau.matrix @ k])
    return y + h * tableau.weights @ k


def inputs(steps: int, size: int = 3, seed: int = 5) -> np.ndarray:
    """A random series."""
    return np.random.default_rng(seed).normal(size=(steps, size))


def cell(kind: str, seed: int = 0, size: int = 4, **options) -> AbstractCell:
    """A cell with as many inputs as outputs and normal weights; use it in double precision."""
    made = getattr(networks, kind)(size, size, dtype=jnp.float64, key=jax.random.key(0), **options)
    learned, fixed = eqx.partition(made, eqx.is_inexact_array)
    flat, back = ravel_pytree(learned)
    drawn = np.random.default_rng(seed).normal(size=flat.shape) * 0.7
    return eqx.combine(back(jnp.asarray(drawn)), fixed)


def outputs(of: AbstractCell, xs: np.ndarray) -> np.ndarray:
    """Outputs along a series from the cell's own start, step by step."""
    ready, state, seen = prepared(of), of.initial_state(), []
    for x in xs:
        state, shown = _stepped(of, ready, state, jnp.asarray(x))
        seen.append(np.asarray(shown))
    return np.stack(seen)


# As one program each: far quicker to compile than all their operations one by one.
@eqx.filter_jit
def prepared(of: AbstractCell) -> Any:
    """What a cell computes once a series."""
    return of.prepare()


@eqx.filter_jit
def _stepped(of: AbstractCell, ready: Any, state: Any, x: Array) -> tuple[Any, Array]:
    now = of.step(ready, state, of.drive(x))
    return now, of.output(now)


@dataclasses.dataclass(frozen=True)
class Embedded:
    """An ODERNN that computes what layers compute, and by how much it misses them."""

    n: int
    t: int
    error: float


@functools.cache
def embedded(kind: str, layers: int = 3, **options) -> Embedded:
    """The library's ODERNN of some layers of a cell, compared along a series of four samples."""
    with jax.enable_x64(True):
        cells = [cell(kind, seed, **options) for seed in range(layers)]
        net = stacked(cells)
        seen = xs = inputs(4, 4)
        for each in cells:
            seen = outputs(each, seen)
        return Embedded(len(net.stages), net.lags, largest([outputs(net, xs) - seen]))


def stacked(cells: list[AbstractCell]) -> ODERNN:
    """All layers as one step."""
    return stack_odernn([own for each in cells if (own := each.equation().odernn) is not None])
