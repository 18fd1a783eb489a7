"""Loss and accuracy over a whole data set."""

from functools import partial
from typing import Any, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec as P

from .._checks import check_count
from ._mesh import AXIS, data_mesh, replicate
from ._step import cross_entropy, logits_of, standardise


class LabelledImages(Protocol):
    """What training needs of a data set; `feynax.data.ImageData` is one."""

    @property
    def images(self) -> np.ndarray:
        """Bytes, or floats in [0, 1], of shape (N, H, W) or (N, C, H, W)."""
        ...

    @property
    def labels(self) -> np.ndarray:
        """Class numbers of shape (N,)."""
        ...

    @property
    def mean(self) -> float:
        """Mean of the grey values as a share of white."""
        ...

    @property
    def std(self) -> float:
        """Standard deviation of the grey values as a share of white."""
        ...


def evaluate(
    network: Any,
    data: LabelledImages,
    *,
    steps: int | None = None,
    batch: int = 250,
    mesh: Mesh | None = None,
) -> dict[str, float]:
    """Return the mean cross entropy and the accuracy of a network on a data set.

    **Arguments:**

    - `network`: a tree of arrays, callable on one image, or on many through `batch`.
    - `data`: images and labels.
    - `steps`: handed to the network as `steps=`, unless `None`.
    - `batch`: images at a time and device.
    - `mesh`: devices to share the work; by default one.

    **Returns:**

    `{"loss": nats, "accuracy": share, "count": images}`.

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
    arrays, static = eqx.partition(network, eqx.is_array)
    arrays = replicate(arrays, mesh)
    leaves, structure = jax.tree.flatten(static)
    count = len(data.labels)
    width = min(batch * mesh.size, count + -count % mesh.size)
    sums = np.zeros(2)
    for start in range(0, count, width):
        part = slice(start, start + width)
        labels = np.asarray(data.labels[part], np.int32)
        weights = _padded(np.ones(len(labels), np.float32), width)
        images, labels = _padded(np.asarray(data.images[part]), width), _padded(labels, width)
        fixed = (structure, tuple(leaves), steps, data.mean, data.std, mesh)
        sums += np.asarray(_sums(arrays, images, labels, weights, *fixed))
    return {"loss": sums[0] / count, "accuracy": sums[1] / count, "count": count}


def _padded(array: np.ndarray, length: int) -> np.ndarray:
    """Fill the last part up, so that one compiled function serves all parts."""
    return np.concatenate([array, np.zeros((length - len(array), *array.shape[1:]), array.dtype)])


@partial(jax.jit, static_argnums=(4, 5, 6, 7, 8, 9))
def _sums(arrays, images, labels, weights, structure, leaves, steps, mean, std, mesh):
    def local(arrays, images, labels, weights):
        network = eqx.combine(arrays, jax.tree.unflatten(structure, leaves))
        logits = logits_of(network, standardise(images, mean, std, jnp.float32), steps)
        logits = logits.astype(jnp.float32)
        right = (jax.lax.argmax(logits, 1, jnp.int32) == labels).astype(jnp.float32)
        both = jnp.stack([cross_entropy(logits, labels) @ weights, right @ weights])
        return jax.lax.psum(both, AXIS)

    shards = (P(), P(AXIS), P(AXIS), P(AXIS))
    run = jax.shard_map(local, mesh=mesh, in_specs=shards, out_specs=P(), check_vma=False)
    return run(arrays, images, labels, weights)
