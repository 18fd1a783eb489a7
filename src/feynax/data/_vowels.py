"""JapaneseVowels: a small real set of ragged series that comes along."""

import pathlib

import numpy as np

from .._checks import check_choice
from ._series import SeriesData

BUNDLED = pathlib.Path(__file__).parent / "series"


def japanese_vowels(part: str = "train") -> SeriesData:
    """Return 270 or 370 utterances of nine speakers: 12 channels, 7 to 29 frames of 6.4 ms.

    **Arguments:**

    - `part`: "train" or "test".

    Source: M. Kudo, J. Toyama and M. Shimbo (1999), UCI Machine Learning Repository,
    doi 10.24432/C5NS47, Creative Commons BY 4.0.

    ```python
    from feynax import data
    train, test = data.japanese_vowels(), data.japanese_vowels("test")
    assert (len(train), len(test), train.classes, train.channels) == (270, 370, 9, 12)
    assert (train.lengths.min(), test.lengths.max()) == (7, 29)
    ```
    """
    check_choice("part", part, ("train", "test"))
    with np.load(BUNDLED / "japanese_vowels.npz") as file:
        planes, lengths, labels = (file[f"{part}_{n}"] for n in ("bytes", "lengths", "labels"))
    millionths = np.ascontiguousarray(planes.T).view("<i4").reshape(-1, 12)
    lengths = lengths.astype(np.int64)
    mask = np.arange(29) < lengths[:, None]
    inputs = np.zeros((*mask.shape, 12), np.float32)
    inputs[mask] = millionths / 1e6
    source = "bundled: Kudo, Toyama and Shimbo (1999), UCI"
    return SeriesData(inputs, labels.astype(np.int32), "japanese_vowels", source, 9, mask)
