"""What is settled before the first step: checks, and the order of the examples."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from .._checks import check, check_finite, check_shape
from ._image_view import logits_of, standardise
from ._optimiser import field_of
from ._options import TrainOptions
from ._problem import Problem


def check_run(network: Any, data: Any, problem: Problem, options: TrainOptions, mesh: Mesh) -> None:
    """Refuse what cannot be trained, before anything is compiled."""
    width = options.batch // mesh.size
    must = f"divide over {mesh.size} devices"
    check(width * mesh.size == options.batch, "batch", must, options.batch)
    fits = width % (options.micro or width) == 0
    check(fits, "micro", f"divide the {width} {problem.noun} of a device", options.micro)
    alone = not options.cpu_seconds or jax.process_count() == 1
    check(alone, "cpu_seconds", "be 0 where several processes share a run", options.cpu_seconds)
    kinds = {leaf.dtype for leaf in jax.tree.leaves(network) if eqx.is_inexact_array(leaf)}
    if problem.noun == "images":
        _check_images(data)
    check(len(kinds) == 1, "network", "hold arrays of one floating type", sorted(map(str, kinds)))
    if problem.noun == "images":
        _check_logits(network, data.images, data.labels, options, kinds.pop())
    else:
        _check_series(network, data, problem, kinds.pop())
    _check_slow(network, options)


def _check_images(data: Any) -> None:
    images = data.images
    check(images.ndim in (3, 4), "images", "have 3 or 4 axes", f"shape {images.shape}")
    check_shape("labels", data.labels, (len(images),))
    if not np.issubdtype(images.dtype, np.integer):
        check_finite("images", images)


def _check_logits(network: Any, images, labels, options: TrainOptions, dtype: Any) -> None:
    """Run the network on shapes alone: it must give one number a class."""
    steps = options.random_steps[0] if options.random_steps else None

    def forward(some):
        return logits_of(network, standardise(some, 0.0, 1.0, dtype), steps)

    found = jax.eval_shape(forward, jax.ShapeDtypeStruct((2, *images.shape[1:]), images.dtype))
    shape = tuple(found.shape)
    check(len(shape) == 2 and shape[0] == 2, "network", "give (batch, classes)", f"shape {shape}")
    low, high = int(labels.min()), int(labels.max())
    must = f"lie between 0 and {shape[1] - 1}, the network's classes"
    check(low >= 0 and high < shape[1], "labels", must, f"{low} to {high}")


def _check_series(network: Any, data: Any, problem: Problem, dtype: Any) -> None:
    """Run the network on shapes alone: it must give what the targets are."""

    def forward(rows, keys):
        some = problem.view.draw(arrays, rows, keys)
        inputs = some["inputs"]
        inputs = inputs if inputs.ndim == 2 else inputs.astype(dtype)
        return jax.vmap(network)(inputs), some["targets"]

    arrays = jax.tree.map(lambda a: jnp.asarray(a[:1]), problem.arrays)
    keys = jax.eval_shape(lambda: jax.random.split(jax.random.key(0), 1))
    outputs, targets = jax.eval_shape(forward, jax.ShapeDtypeStruct((1,), jnp.int32), keys)
    got, wanted = outputs.shape[1:], targets.shape[1:]
    if data.classes:
        must = f"give {data.classes} numbers for each target of shape {wanted}"
        check(got == (*wanted, data.classes), "network", must, f"shape {got}")
    else:
        check(got == wanted, "network", f"give what the targets are, {wanted}", f"shape {got}")


def _check_slow(network: Any, options: TrainOptions) -> None:
    there = jax.tree_util.tree_leaves_with_path(eqx.filter(network, eqx.is_inexact_array))
    names = {field_of(path) for path, _ in there}
    unknown = sorted(set(options.slow) - names)
    check(not unknown, "slow", f"name arrays of the network ({', '.join(sorted(names))})", unknown)


def draws_of_epoch(
    options: TrainOptions, images: int, epoch: int
) -> tuple[np.ndarray, list[int | None]]:
    """Return the rows of each batch of an epoch and its number of steps.

    Both depend on seed and epoch alone, so that a resumed run sees what it would have seen.
    """
    per_epoch = options.steps_per_epoch(images)
    draw = np.random.default_rng((options.seed, epoch))
    order = draw.permutation(images)[: per_epoch * options.batch].astype(np.int32)
    if not options.random_steps:
        return order.reshape(per_epoch, -1), [None] * per_epoch
    steps = draw.choice(options.random_steps, per_epoch)
    return order.reshape(per_epoch, -1), [int(n) for n in steps]


class Order:
    """The rows of every batch, epoch by epoch; of an endless task, only which batch it is."""

    def __init__(self, options: TrainOptions, count: int | None):
        self._options, self._count = options, count
        self.per_epoch = options.steps_per_epoch(count)
        self._epoch, self._drawn = -1, (np.zeros((0, 0), np.int32), [None])

    def batch(self, number: int) -> tuple[np.ndarray, int | None]:
        """Return the rows of a step, and how many steps the network is asked for."""
        epoch, place = divmod(number, self.per_epoch)
        if self._count is None:
            return np.zeros(self._options.batch, np.int32), None
        if epoch != self._epoch:
            self._epoch, self._drawn = epoch, draws_of_epoch(self._options, self._count, epoch)
        rows, steps = self._drawn
        return rows[place], steps[place]
