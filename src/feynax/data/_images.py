"""Labelled images as they lie in a file: bytes, with what they mean."""

import dataclasses

import numpy as np
from jaxtyping import Float, Int, UInt8

from .._checks import check, check_shape


@dataclasses.dataclass(frozen=True)
class ImageData:
    """Images with their labels.

    **Fields:**

    - `images`: uint8 grey values (0 to 255) of shape (N, H, W).
    - `labels`: int32 class numbers of shape (N,).
    - `name`: what it is, for reports.
    - `source`: where it was read from and whose it is.
    - `classes`: how many classes there are.
    - `mean`, `std`: of the grey values / 255, over the training set; networks see
      (grey / 255 - mean) / std.
    """

    images: UInt8[np.ndarray, "n height width"]
    labels: Int[np.ndarray, "n"]
    name: str
    source: str
    classes: int = 10
    mean: float = 0.1307
    std: float = 0.3081

    def __post_init__(self) -> None:
        check_shape("images", self.images, ("n", "height", "width"))
        check_shape("labels", self.labels, (len(self.images),))
        check(self.images.dtype == np.uint8, "images", "be uint8", self.images.dtype)
        wrong = np.flatnonzero((self.labels < 0) | (self.labels >= self.classes))
        if wrong.size:
            place = int(wrong[0])
            has = f"{int(self.labels[place])} at index {place}"
            check(False, "labels", f"lie between 0 and {self.classes - 1}", has)

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: Int[np.ndarray, "m"] | range | slice) -> "ImageData":
        """Return the images at `rows`, in that order."""
        return dataclasses.replace(self, images=self.images[rows], labels=self.labels[rows])

    def split(self, holdout: int, seed: int = 0) -> tuple["ImageData", "ImageData"]:
        """Hold images out for validation, drawn without replacement.

        **Arguments:**

        - `holdout`: how many images to hold out.
        - `seed`: the draw; the same seed always holds out the same images.

        **Returns:**

        The remaining images and the held-out ones; together they are all of `self`.

        **Raises:**

        - `ValueError` where nothing would remain.

        ```python
        from feynax import data
        rest, held = data.digits().split(500, seed=1)
        assert (len(rest), len(held)) == (5500, 500)
        ```
        """
        check(0 < holdout < len(self), "holdout", f"lie between 1 and {len(self) - 1}", holdout)
        order = np.random.default_rng(seed).permutation(len(self))
        return self.take(np.sort(order[holdout:])), self.take(np.sort(order[:holdout]))

    def standard(self) -> Float[np.ndarray, "n 1 height width"]:
        """Return the images as a network sees them: float32, standardised, with a channel axis."""
        scaled = self.images[:, None].astype(np.float32) / np.float32(255)
        return (scaled - np.float32(self.mean)) / np.float32(self.std)
