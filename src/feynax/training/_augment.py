"""Random shift, rotation and scale of images, one key an image."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from .._checks import check


def augment(
    images: Float[Array, "batch channels height width"],
    keys: PRNGKeyArray,
    *,
    shift: float = 0.0,
    rotate: float = 0.0,
    scale: float = 0.0,
) -> Float[Array, "batch channels height width"]:
    r"""Distort each image by a random affine map, with bilinear interpolation.

    The output at $x$ is the input at $c + \frac{1}{s} R_\theta (x - c) + d$ with $c$ the centre,
    $d$ uniform in $[-\text{shift}, \text{shift}]^2$, $\theta$ in $\pm$ rotate and $s$ in
    $1 \pm$ scale. Outside the image is 0, so grey values come before standardising.

    **Arguments:**

    - `images`: a batch, background 0.
    - `keys`: typed random keys of shape (batch,): an image's distortion is its own, wherever
      in the batch or on which device it is computed.
    - `shift`: in pixels. `rotate`: in degrees. `scale`: as a share.

    **Returns:**

    Images of the same shape.

    ```python
    import jax, jax.numpy as jnp
    from feynax.training import augment
    image = jnp.zeros((1, 1, 9, 9)).at[0, 0, 4, 4].set(1.0)
    keys = jax.random.split(jax.random.key(0), 1)
    assert jnp.allclose(augment(image, keys, shift=2.0).sum(), 1.0, atol=1e-5)
    ```
    """
    check(images.ndim == 4, "images", "have shape (batch, C, H, W)", f"shape {images.shape}")
    draws = jax.vmap(lambda key: jax.random.uniform(key, (4,), images.dtype, -1.0, 1.0))(keys)
    return jax.vmap(lambda image, draw: _warp(image, draw, shift, rotate, scale))(images, draws)


def _warp(image: Array, draw: Array, shift: float, rotate: float, scale: float) -> Array:
    _, height, width = image.shape
    angle = draw[0] * math.radians(rotate)
    zoom = 1 / (1 + draw[1] * scale)
    cos, sin = jnp.cos(angle) * zoom, jnp.sin(angle) * zoom
    y = jnp.arange(height, dtype=image.dtype)[:, None] - (height - 1) / 2
    x = jnp.arange(width, dtype=image.dtype)[None, :] - (width - 1) / 2
    rows = cos * y - sin * x + ((height - 1) / 2 + draw[2] * shift)
    columns = sin * y + cos * x + ((width - 1) / 2 + draw[3] * shift)
    return _bilinear(image, rows, columns)


def _bilinear(image: Array, rows: Array, columns: Array) -> Array:
    """Read an image between its pixels; a frame of zeros makes the outside 0."""
    channels, height, width = image.shape
    flat = jnp.pad(image, ((0, 0), (1, 1), (1, 1))).reshape(channels, -1)
    rows = jnp.clip(rows + 1, 0, height + 1)
    columns = jnp.clip(columns + 1, 0, width + 1)
    top = jnp.minimum(rows.astype(jnp.int32), height)
    left = jnp.minimum(columns.astype(jnp.int32), width)
    down, right = rows - top.astype(rows.dtype), columns - left.astype(columns.dtype)
    down, right = down[None], right[None]
    corner = top * (width + 2) + left

    def at(offset: int) -> Array:
        return flat.at[:, corner + offset].get(mode="promise_in_bounds")

    upper = at(0) * (1 - right) + at(1) * right
    lower = at(width + 2) * (1 - right) + at(width + 3) * right
    return upper * (1 - down) + lower * down
