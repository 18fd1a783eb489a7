"""What is settled before the first step: checks, compilation, the order of the images."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from .._checks import check, check_finite, check_shape
from ._evaluate import LabelledImages
from ._options import TrainOptions
from ._step import TrainState, logits_of, standardise


def check_run(network: Any, data: LabelledImages, options: TrainOptions, mesh: Mesh) -> None:
    """Refuse what cannot be trained, before anything is compiled."""
    images, labels = data.images, data.labels
    check(images.ndim in (3, 4), "images", "have 3 or 4 axes", f"shape {images.shape}")
    check_shape("labels", labels, (len(images),))
    if not np.issubdtype(images.dtype, np.integer):
        check_finite("images", images)
    width = options.batch // mesh.size
    check(
        width * mesh.size == options.batch,
        "batch",
        f"divide over {mesh.size} devices",
        options.batch,
    )
    fits = width % (options.micro or width) == 0
    check(fits, "micro", f"divide the {width} images of a device", options.micro)
    kinds = {leaf.dtype for leaf in jax.tree.leaves(network) if eqx.is_inexact_array(leaf)}
    check(len(kinds) == 1, "network", "hold arrays of one floating type", sorted(map(str, kinds)))
    check_logits(network, images, labels, options, kinds.pop())


def check_logits(network: Any, images, labels, options: TrainOptions, dtype: Any) -> None:
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


def compile_steps(
    step: Any, state: TrainState, images: jax.Array, labels: jax.Array, options: TrainOptions
) -> dict[int | None, Any]:
    """Compile the step once for each number of steps that the network may be asked for."""
    rows = jax.ShapeDtypeStruct((options.batch,), jnp.int32)
    moment = jax.ShapeDtypeStruct((2,), jnp.int32)
    choices = sorted(set(options.random_steps)) or [None]
    return {n: step.lower(state, images, labels, rows, moment, n).compile() for n in choices}


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
