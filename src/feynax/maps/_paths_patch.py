"""Small windows of an image, one for each of many start sites."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Patch:
    """What `n` start sites amount to in an image, kept only where it can differ from zero.

    `values` has shape (C, n, a, b): channels first, so that a change of channels is one matrix
    product. Window `i` begins at row `top[i]` and column `left[i]` of an image of shape
    `shape` = (C, H, W), and may hang over its edges: there the values are zero.
    """

    values: np.ndarray
    top: np.ndarray
    left: np.ndarray
    shape: tuple[int, int, int]

    @classmethod
    def at(cls, sites: np.ndarray, shape: tuple[int, int, int]) -> "Patch":
        """One at each of the flat sites, nothing elsewhere."""
        channel, top, left = np.unravel_index(sites, shape)
        values = np.zeros((shape[0], len(sites), 1, 1))
        values[channel, np.arange(len(sites)), 0, 0] = 1
        return cls(values, top, left, shape)

    def rows(self) -> np.ndarray:
        """Row of each window line, of shape (n, a)."""
        return self.top[:, None] + np.arange(self.values.shape[2])

    def columns(self) -> np.ndarray:
        """Column of each window line, of shape (n, b)."""
        return self.left[:, None] + np.arange(self.values.shape[3])

    def inside(self) -> np.ndarray:
        """Which window places lie in the image, of shape (n, a, b)."""
        rows, columns = self.rows(), self.columns()
        good = (rows >= 0) & (rows < self.shape[1])
        also = (columns >= 0) & (columns < self.shape[2])
        return good[:, :, None] & also[:, None, :]

    def pixels(self) -> np.ndarray:
        """Flat pixel of each window place, clipped to the image, of shape (n, a, b)."""
        rows = self.rows().clip(0, self.shape[1] - 1)
        columns = self.columns().clip(0, self.shape[2] - 1)
        return rows[:, :, None] * self.shape[2] + columns[:, None, :]

    def sites(self) -> np.ndarray:
        """Flat site of each entry, of shape (n, C a b)."""
        channels = np.arange(self.shape[0])[None, :, None, None] * (self.shape[1] * self.shape[2])
        return (channels + self.pixels()[:, None]).reshape(len(self.top), -1)

    def amplitudes(self) -> np.ndarray:
        """All entries, of shape (n, C a b)."""
        return self.values.transpose(1, 0, 2, 3).reshape(len(self.top), -1)

    def gather(self, image: np.ndarray) -> np.ndarray:
        """Values of an image of the same shape under the windows, of shape (C, n, a, b)."""
        return image.reshape(image.shape[0], -1)[:, self.pixels()]

    def cut(self) -> "Patch":
        """Zero what hangs over the edges: they are hard walls."""
        inside = self.inside()
        if inside.all():
            return self
        return dataclasses.replace(self, values=self.values * inside)


def add_patches(patches: list[Patch]) -> Patch:
    """Sum patches of the same start sites whose windows may differ in place and size."""
    tops = np.stack([p.top for p in patches])
    lefts = np.stack([p.left for p in patches])
    top, left = tops.min(0), lefts.min(0)
    height = max(int((p.top - top).max()) + p.values.shape[2] for p in patches)
    width = max(int((p.left - left).max()) + p.values.shape[3] for p in patches)
    channels, n = patches[0].values.shape[:2]
    total = np.zeros((channels, n, height, width))
    for patch in patches:
        a, b = patch.values.shape[2:]
        down, right = patch.top - top, patch.left - left
        # the shift depends on the start site only where a stride does not divide its place
        for y, x in np.unique(np.stack([down, right], 1), axis=0):
            who = (down == y) & (right == x)
            total[:, who, y : y + a, x : x + b] += patch.values[:, who]
    return Patch(total, top, left, patches[0].shape)
