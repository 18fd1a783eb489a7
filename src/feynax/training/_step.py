"""One optimiser step: gather, distort, differentiate on each device, add up once, update."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
from jaxtyping import Array, PyTree

from .._mesh import AXIS
from ._image_view import learns_statistics
from ._optimiser import is_slow
from ._options import TrainOptions
from ._view import AbstractView

if TYPE_CHECKING:
    import optax


class TrainState(eqx.Module):
    """All that a step changes: weights, optimiser memory and the running mean of the weights."""

    params: PyTree
    memory: PyTree
    average: PyTree


def make_step(
    static: PyTree,
    options: TrainOptions,
    direction: "optax.GradientTransformation",
    mesh: Mesh,
    view: AbstractView,
) -> Callable[..., tuple[TrainState, Array]]:
    """Return the jitted step `(state, arrays, rows, moment, rate, steps) -> state, metrics`.

    `moment` is (seed, number of the step), `rate` the learning rate: as values and not constants
    of the program, one compilation serves all seeds and schedules. The state is given away (its
    buffers are used again); metrics are mean loss and score. Only the gradient is sharded; it
    travels in one vector, so that a step costs one collective.
    """
    gradient = partial(_sharded_gradient, static, options, mesh, view)

    def step(state: TrainState, arrays, rows, moment, rate, steps):
        grads, moved, metrics = gradient(state.params, arrays, rows, moment, steps)
        change, memory = direction.update(grads, state.memory, state.params)
        change = _paced(change, rate, options)
        params = eqx.apply_updates(eqx.apply_updates(state.params, change), moved)
        average = state.average
        if options.average:
            count = moment[1].astype(metrics.dtype)
            decay = jnp.minimum(options.average, (1 + count) / (10 + count))
            average = jax.tree.map(lambda a, p: a + (1 - decay) * (p - a), average, params)
        return TrainState(params, memory, average), metrics

    everywhere = NamedSharding(mesh, P())
    return jax.jit(step, static_argnums=5, donate_argnums=0, out_shardings=everywhere)


def _paced(change: PyTree, rate: Array, options: TrainOptions) -> PyTree:
    """Multiply a direction by the rate, downhill; slow arrays by their share of it."""

    def scaled(path, leaf):
        pace = options.slow_factor if is_slow(path, options) else 1.0
        return leaf * (-pace * rate.astype(leaf.dtype))

    return jax.tree_util.tree_map_with_path(scaled, change)


def _sharded_gradient(static, options, mesh, view, params, arrays, rows, moment, steps):
    dtype = jax.tree.leaves(params)[0].dtype

    def loss(params, arrays, rows, places, moment):
        key = jax.random.fold_in(jax.random.key(moment[0]), moment[1])
        keys = jax.vmap(lambda place: jax.random.fold_in(key, place))(places)
        some = view.draw(arrays, rows, keys)
        lost, score, moved = view.measure(params, static, some, steps, keys)
        return lost.sum(), (score.sum(), moved)

    def local(params, arrays, rows, places, moment):
        zero = jnp.zeros((), dtype)
        still = params if learns_statistics(static) else None
        empty, unravel = ravel_pytree((params, zero, zero, still))

        def part(total, chunk):
            value = jax.value_and_grad(loss, has_aux=True)
            (lost, (score, moved)), grads = value(params, arrays, *chunk, moment)
            return total + ravel_pytree((grads, lost, score, moved))[0], None

        width = options.micro or len(rows)
        chunks = (rows.reshape(-1, width), places.reshape(-1, width))
        total, _ = jax.lax.scan(part, jnp.zeros_like(empty), chunks)
        grads, lost, score, moved = unravel(jax.lax.psum(total, AXIS) / options.batch)
        return grads, moved, jnp.stack([lost, score])

    shards = (P(), P(), P(AXIS), P(AXIS), P())
    # Without the check of varying axes: with it, every use of a weight would bring its own
    # collective, and networks would have to mark the constants that they carry through a scan.
    run = jax.shard_map(local, mesh=mesh, in_specs=shards, out_specs=P(), check_vma=False)
    places = jnp.arange(options.batch, dtype=jnp.int32)
    return run(params, arrays, rows, places, moment)
