"""Handwritten digits: a small part that comes along, and the whole from a folder."""

import os
import pathlib

import numpy as np

from .._checks import check_choice
from .._errors import FileFormatError, MissingDataError
from ._idx import read_idx
from ._images import ImageData

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
_BUNDLED = pathlib.Path(__file__).parent / "digits"


def digits(part: str = "train") -> ImageData:
    """Return the bundled digits: the first 6,000 training or 2,000 test images of MNIST.

    **Arguments:**

    - `part`: "train" or "test".

    Source: LeCun and Cortes, the MNIST database (from NIST's special databases 1 and 3),
    Creative Commons BY-SA 3.0.

    ```python
    from feynax import data
    train = data.digits()
    assert train.images.shape == (6000, 28, 28) and int(train.labels[0]) == 5
    ```
    """
    return from_folder(_BUNDLED, part, name="digits", source="bundled: first images of MNIST")


def mnist(part: str = "train", folder: str | os.PathLike[str] | None = None) -> ImageData:
    """Return full MNIST: 60,000 training or 10,000 test images.

    **Arguments:**

    - `part`: "train" or "test".
    - `folder`: where the four IDX files lie, packed or not; by default where
      `feynax data fetch mnist` puts them.

    **Raises:**

    - `MissingDataError` where they are not there; it says what to put where.
    - `FileFormatError` where a file is damaged.

    ```python
    from feynax import data
    try:
        print(len(data.mnist()))
    except data.MissingDataError as err:
        print(err)
    ```
    """
    home = data_folder("mnist") if folder is None else pathlib.Path(folder)
    return from_folder(home, part, name="mnist", source=str(home))


def from_folder(
    folder: str | os.PathLike[str],
    part: str = "train",
    *,
    name: str | None = None,
    source: str | None = None,
) -> ImageData:
    """Read images and labels from IDX files named as MNIST names them.

    Fashion-MNIST, KMNIST and the like come in the same four files.

    **Arguments:**

    - `folder`: where the files lie, packed (`.gz`) or not.
    - `part`: "train" or "test" (the `t10k` files).
    - `name`, `source`: for reports; by default the folder's name and path.

    **Raises:**

    - `MissingDataError` where a file is missing, `FileFormatError` where one is damaged.

    ```python
    import pathlib
    from feynax import data
    folder = pathlib.Path(data.__file__).parent / "digits"
    assert len(data.from_folder(folder, "test")) == 2000
    ```
    """
    check_choice("part", part, FILES)
    home = pathlib.Path(folder)
    images, labels = (read_idx(find(home, stem)) for stem in FILES[part])
    if images.dtype != np.uint8 or images.ndim != 3 or labels.shape != images.shape[:1]:
        raise FileFormatError(
            f"Folder `{home}` holds images of shape {images.shape} ({images.dtype}) and labels of "
            f"shape {labels.shape}; they must be bytes of shape (N, H, W) and (N,)."
        )
    classes = int(labels.max(initial=0)) + 1
    return ImageData(
        images, labels.astype(np.int32), name or home.name, source or str(home), max(classes, 10)
    )


def find(folder: pathlib.Path, stem: str) -> pathlib.Path:
    """Return the file of that name in the folder, packed or not."""
    for candidate in (folder / f"{stem}.gz", folder / stem):
        if candidate.is_file():
            return candidate
    names = ", ".join(f"{name}.gz" for pair in FILES.values() for name in pair)
    raise MissingDataError(
        f"There is no `{stem}.gz` in `{folder}`: put {names} there, or run "
        f"`feynax data fetch mnist` (with `--from DIR` where there is no network)."
    )


def data_folder(name: str) -> pathlib.Path:
    """Return the folder of a fetched data set: in `FEYNAX_DATA`, else in the user's cache."""
    root = os.environ.get("FEYNAX_DATA")
    if root is None:
        import pooch

        root = pooch.os_cache("feynax")
    return pathlib.Path(root) / name
