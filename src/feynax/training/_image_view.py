"""Images: standardised, distorted, classified."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ._augment import augment
from ._losses import cross_entropy
from ._view import AbstractView, precision_of

_IMAGES = "images"  # the axis over which a network may take statistics


@dataclasses.dataclass(frozen=True)
class ImageView(AbstractView):
    """Labelled images: standardised, distorted in training, judged by cross entropy."""

    mean: float
    std: float
    smoothing: float = 0.0
    shift: float = 0.0
    rotate: float = 0.0
    scale: float = 0.0

    @property
    def score(self) -> str:
        """Share of the images that are classified rightly."""
        return "accuracy"

    def draw(self, arrays: PyTree, rows: Array, keys: PRNGKeyArray) -> PyTree:
        """Return images and labels at these rows."""
        return arrays[0][rows], arrays[1][rows]

    def measure(
        self, params: PyTree, static: PyTree, some: PyTree, steps: int | None, keys: Any
    ) -> tuple[Float[Array, " batch"], Float[Array, " batch"], PyTree]:
        """Return losses, scores, and by how much running statistics move."""
        dtype = precision_of(params)
        images, labels = some
        trains = keys is not None
        seen = self._distorted(images, keys, dtype) if trains else images
        x = standardise(seen, self.mean, self.std, dtype)
        logits, moved = _forward(params, static, x, steps, trains)
        logits = logits.astype(dtype)  # of any kind: a rule is judged too
        right = (jax.lax.argmax(logits, 1, jnp.int32) == labels).astype(dtype)
        smoothing = self.smoothing if trains else 0.0
        return cross_entropy(logits, labels, smoothing), right, moved

    def _distorted(self, images: Array, keys: PRNGKeyArray, dtype: Any) -> Array:
        x = images if images.ndim == 4 else images[:, None]
        if not (self.shift or self.rotate or self.scale):
            return x if jnp.issubdtype(x.dtype, jnp.integer) else x.astype(dtype)
        return augment(
            _unit(x, dtype), keys, shift=self.shift, rotate=self.rotate, scale=self.scale
        )


def logits_of(network: Any, images: Float[Array, "batch c h w"], steps: int | None = None) -> Array:
    """Run a network on a batch: by its `batch` entry where it has one, else by `vmap`.

    **Arguments:**

    - `network`: callable on one image; its `batch` takes many.
    - `images`: standardised images.
    - `steps`: handed on as `steps=`, unless `None`.

    ```python
    import jax.numpy as jnp
    from feynax.training import logits_of
    assert logits_of(lambda image: image.sum((1, 2)), jnp.ones((5, 3, 2, 2))).shape == (5, 3)
    ```
    """
    extra = {} if steps is None else {"steps": steps}
    if hasattr(network, "batch"):
        return network.batch(images, **extra)
    return jax.vmap(lambda image: network(image, **extra))(images)


def standardise(images: Array, mean: float, std: float, dtype: Any) -> Array:
    """Make bytes (B, H, W) or (B, C, H, W), or floats, what a network sees."""
    x = images if images.ndim == 4 else images[:, None]
    return (_unit(x, dtype) - mean) / std


def learns_statistics(network: Any) -> bool:
    """Whether a network has the method `train(x, axis)` of layers such as batch norm."""
    return hasattr(network, "train")


def _unit(x: Array, dtype: Any) -> Array:
    return x.astype(dtype) / 255 if jnp.issubdtype(x.dtype, jnp.integer) else x.astype(dtype)


def _forward(
    params: PyTree, static: PyTree, x: Array, steps: int | None, trains: bool
) -> tuple[Array, PyTree]:
    """Logits, and by how much the running statistics move, once for each image.

    A network with statistics returns itself with new ones; every other array comes back as it
    was, so the difference is what moved. Statistics are taken over the images at hand: those of
    one device, and of one micro-batch.
    """
    network = eqx.combine(params, static)
    if not (trains and learns_statistics(network)):
        return logits_of(network, x, steps), None
    extra = {} if steps is None else {"steps": steps}
    run = jax.vmap(
        lambda image: network.train(image, _IMAGES, **extra),
        axis_name=_IMAGES,
        out_axes=(0, None),
    )
    logits, after = run(x)
    fresh = eqx.filter(after, eqx.is_inexact_array)
    return logits, jax.tree.map(lambda new, old: len(x) * (new - old), fresh, params)
