"""The one compiled program of a run: a block of draws of all chains, warm-up and production alike.

It holds no collective and no callback: every chain depends on its own number and on what all share,
so that the chains are the same on one device and on many.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec as P
from jaxtyping import Array, Float, Int, PyTree, UInt32

from ..._mesh import AXIS
from .._abstract import AbstractEnsemble, AbstractReference
from .._kernel import AbstractKernel

Observable = Callable[[Any, Array], Array]
Numbers = Array | np.ndarray
_SHARED = np.uint32(2**32 - 1)  # no chain has this number


class Task(eqx.Module):
    """Everything that decides what chains do; numbers are host arrays, hence traced.

    - `key`: raw random bits of the run; `generator`: the kind of generator they belong to.
    - `observables`: callables (ensemble, configuration) by name.
    """

    ensemble: AbstractEnsemble
    reference: AbstractReference
    kernel: AbstractKernel
    observables: dict[str, Observable]
    key: UInt32[np.ndarray | Array, "..."]
    generator: str = eqx.field(static=True)


class Block(eqx.Module):
    """What a block of draws leaves behind; the first axis is the chain.

    - `x`: last configurations.
    - `series`: scalar observables (chains, draws); `means`: the others, averaged over the block.
    - `acceptance`, `energy_change`: of every trajectory (chains, draws).
    - `gradients`: evaluations of the action's gradient (chains,).
    """

    x: Float[Numbers, "chains ..."]
    series: dict[str, Float[Numbers, "chains draws"]]
    means: dict[str, Numbers]
    acceptance: Float[Numbers, "chains draws"]
    energy_change: Float[Numbers, "chains draws"]
    gradients: Int[Numbers, " chains"]


@eqx.filter_jit
def draw_block(
    task: Task,
    first: UInt32[np.ndarray, ""],
    numbers: UInt32[Array, " chains"],
    x: Float[Numbers, "chains ..."],
    *,
    draws: int,
    mesh: Mesh,
) -> Block:
    """Draw so many times with every chain.

    **Arguments:**

    - `task`: the same for all chains.
    - `first`: number of the block's first draw, counted from the start of warm-up.
    - `numbers`, `x`: number and configuration of every chain, shared out over `mesh`.
    """
    arrays, static = eqx.partition(task, eqx.is_array)

    def local(arrays, first, numbers, x):
        return _draw(eqx.combine(arrays, static), first, numbers, x, draws)

    rows = P(AXIS)
    return jax.shard_map(
        local, mesh=mesh, in_specs=(P(), P(), rows, rows), out_specs=rows, check_vma=False
    )(arrays, first, numbers, x)


def _draw(task: Task, first: Array, numbers: Array, x: Array, draws: int) -> Block:
    key = jax.random.wrap_key_data(jnp.asarray(task.key), impl=task.generator)
    own = jax.vmap(lambda number: jax.random.fold_in(key, number))(numbers)
    together = jax.random.fold_in(key, _SHARED)
    start = lambda x: task.kernel.start(task.ensemble, task.reference, x)
    zeros = lambda like: jnp.zeros(like.shape, like.dtype)

    def draw(carry, number):
        states, sums, gradients = carry
        shared = jax.random.fold_in(together, number)
        step = lambda state, key: task.kernel.step(
            task.ensemble, task.reference, state, jax.random.fold_in(key, number), shared
        )
        states, moves = jax.vmap(step)(states, own)
        series, arrays = _measure(task, states.x)
        sums = {name: sums[name] + value for name, value in arrays.items()}
        gradients = gradients + moves.gradients
        return (states, sums, gradients), (series, moves.acceptance, moves.energy_change)

    _, like = jax.eval_shape(lambda x: _measure(task, x), x)
    sums = jax.tree.map(zeros, like)
    carry = jax.vmap(start)(x), sums, jnp.zeros(numbers.shape, int)
    (states, sums, gradients), rows = jax.lax.scan(
        draw, carry, first + jnp.arange(draws, dtype=first.dtype)
    )
    series, acceptance, change = jax.tree.map(jnp.transpose, rows)
    means = {name: total / draws for name, total in sums.items()}
    return Block(states.x, series, means, acceptance, change, gradients)


def _measure(task: Task, x: Array) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return the observables of all chains: the scalar ones, and the arrays."""
    one = lambda x: {name: f(task.ensemble, x) for name, f in task.observables.items()}
    values = {name: _inexact(value) for name, value in jax.vmap(one)(x).items()}
    scalar = {name for name, value in values.items() if value.ndim == 1}
    return (
        {name: value for name, value in values.items() if name in scalar},
        {name: value for name, value in values.items() if name not in scalar},
    )


def _inexact(value: Array) -> Array:
    return value if jnp.issubdtype(value.dtype, jnp.inexact) else value.astype(float)


def on_host(tree: PyTree) -> PyTree:
    """Return the tree with its numbers as NumPy arrays, real ones in double precision."""

    def convert(leaf):
        if not eqx.is_array(leaf):
            return leaf
        values = np.asarray(leaf)
        return values.astype(np.float64) if values.dtype.kind == "f" else values

    return jax.tree.map(convert, tree)
