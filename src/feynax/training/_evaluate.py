"""Loss and score over a whole data set."""

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec as P

from .._checks import check_count
from .._mesh import AXIS, data_mesh, replicate
from ._kinds import LabelledImages, Series, Task
from ._losses import Loss
from ._options import TrainOptions
from ._problem import problem_of
from ._series_view import draw_examples


def evaluate(
    network: Any,
    data: LabelledImages | Series | Task,
    *,
    loss: str | Loss | None = None,
    steps: int | None = None,
    batch: int = 250,
    samples: int = 500,
    mesh: Mesh | None = None,
) -> dict[str, float]:
    """Return the mean loss and the mean score of a network on a data set.

    **Arguments:**

    - `network`: a tree of arrays, callable on one example; on many images through `batch`.
    - `data`: images, series, or a task, of which always the same examples are drawn.
    - `loss`: as for `fit`.
    - `steps`: handed to the network as `steps=`, unless `None`.
    - `batch`: examples at a time and device.
    - `samples`: how many examples of a task.
    - `mesh`: devices to share the work; by default one.

    **Returns:**

    `{"loss": ..., score: ..., "count": examples}`: with classes the loss is in nats and the score
    "accuracy", a share; with values the loss is the mean square and the score "mae", the mean
    absolute error.

    ```python
    import jax.numpy as jnp
    from feynax import data, training
    one = lambda image: jnp.arange(10) == 1
    found = training.evaluate(one, data.digits("test").take(range(100)))
    assert found["accuracy"] == 0.14
    ```
    """
    check_count("batch", batch)
    mesh = data_mesh() if mesh is None else mesh
    view, examples, count, _, _ = problem_of(data, loss, TrainOptions())
    if count is None:
        examples, count = jax.device_get(draw_examples(view.task, samples)), samples  # pyright: ignore
    arrays, static = eqx.partition(network, eqx.is_array)
    arrays = replicate(arrays, mesh)
    leaves, structure = jax.tree.flatten(static)
    width = min(batch * mesh.size, count + -count % mesh.size)
    sums = np.zeros(2)
    for start in range(0, count, width):
        some = jax.tree.map(partial(_part, start=start, length=width), examples)
        weights = (np.arange(start, start + width) < count).astype(np.float32)
        sums += np.asarray(
            _sums(arrays, some, weights, structure, tuple(leaves), steps, view, mesh)
        )
    return {"loss": sums[0] / count, view.score: sums[1] / count, "count": count}


def _part(array: np.ndarray, start: int, length: int) -> np.ndarray:
    """Cut a part out, the last filled up, so that one compiled function serves all parts."""
    part = np.asarray(array[start : start + length])
    return np.concatenate([part, np.repeat(part[:1], length - len(part), axis=0)])


@partial(jax.jit, static_argnums=(3, 4, 5, 6, 7))
def _sums(arrays, some, weights, structure, leaves, steps, view, mesh):
    def local(arrays, some, weights):
        network = eqx.combine(arrays, jax.tree.unflatten(structure, leaves))
        parts = eqx.partition(network, eqx.is_inexact_array)
        lost, score, _ = view.measure(*parts, some, steps, None)
        both = jnp.stack([lost, score]).astype(jnp.float32)
        return jax.lax.psum(both @ weights, AXIS)

    shards = (P(), P(AXIS), P(AXIS))
    run = jax.shard_map(local, mesh=mesh, in_specs=shards, out_specs=P(), check_vma=False)
    return run(arrays, some, weights)
