"""Images read as series: row by row, or pixel by pixel."""

from typing import Literal

import numpy as np

from .._checks import check_choice
from ._images import ImageData
from ._series import SeriesData


def image_series(
    images: ImageData, by: Literal["row", "pixel"] = "row", *, permuted: bool = False
) -> SeriesData:
    """Return images as series, one row or one pixel a step, in bytes as they are.

    **Arguments:**

    - `images`: such as `digits()` or `mnist()`.
    - `by`: "row" or "pixel".
    - `permuted`: reorder the steps by a permutation, the same for all images and always.

    **Returns:**

    Series that networks see standardised as the images are.

    Source of the permuted task: Q. Le, N. Jaitly, G. Hinton, arXiv 1504.00941, section 4.2.

    ```python
    from feynax import data
    rows = data.image_series(data.digits("test"))
    pixels = data.image_series(data.digits("test"), "pixel", permuted=True)
    assert rows.inputs.shape == (2000, 28, 28) and pixels.inputs.shape == (2000, 784, 1)
    ```
    """
    check_choice("by", by, ("row", "pixel"))
    count, height, width = images.images.shape
    shape = (count, height, width) if by == "row" else (count, height * width, 1)
    inputs = images.images.reshape(shape)
    if permuted:
        order = np.random.default_rng(0).permutation(shape[1])
        inputs = np.ascontiguousarray(inputs[:, order])
    name = f"{images.name} by {by}" + (", permuted" if permuted else "")
    mean, std = (255 * images.mean,), (255 * images.std,)
    targets = images.labels.astype(np.int32)
    return SeriesData(inputs, targets, name, images.source, images.classes, mean=mean, std=std)
