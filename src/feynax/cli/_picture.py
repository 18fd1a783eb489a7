"""An image for a network: from a test set by its index, or from a file."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from .._errors import FileFormatError, MissingDataError
from ._model import OpenModel

if TYPE_CHECKING:
    import numpy as np

_LARGEST = 4096  # pixels a side of a file
_DIGIT = (28, 28)  # pixels of the bundled images
_NOISE = 16  # pixels a side of a random image, for networks that take any size
_FREE = 64  # pixels a side for networks that take any size: the reading grows with the image


@dataclasses.dataclass(frozen=True)
class Picture:
    """An image as shares of white, (C, H, W), with its name and what was done to it."""

    shares: "np.ndarray"
    name: str
    label: int | None
    notes: tuple[str, ...]


def open_picture(asked: str | None, model: OpenModel, data: str | None, seed: int) -> Picture:
    """Return the image that was asked for, in the channels and size that the network takes."""
    if asked is None and not (model.channels == 1 and model.size in (None, _DIGIT)):
        return _random(model, seed)
    if asked is None:
        note = "No image was named: the first of the bundled test set is read. Name one by --image."
        found = open_picture("0", model, data, seed)
        return dataclasses.replace(found, notes=(note, *found.notes))
    if asked.lstrip("-").isdigit():
        shares, name, label = _of_test_set(int(asked), data or model.data or "digits")
    else:
        shares, name, label = _of_file(Path(asked)), Path(asked).name, None
    notes: list[str] = []
    shares = _with_channels(shares, model.channels, notes)
    if label is None and model.channels == 1 and _border(shares) > 0.5:
        notes.append("The image has a light ground, and the network may have learned from dark.")
    shares = _with_size(shares, model.size, notes)
    return Picture(shares, name, label, tuple(notes))


def _random(model: OpenModel, seed: int) -> Picture:
    """Noise in the shape that the network takes, where nothing better is at hand."""
    import numpy as np

    height, width = model.size or (_NOISE, _NOISE)
    shares = np.random.default_rng(seed).uniform(size=(model.channels, height, width))
    note = (
        f"No image was named: random values of shape {shares.shape} are read, so the answer means "
        "nothing, but equation and certificate are those of the network. Name one by --image."
    )
    return Picture(shares, "a random image", None, (note,))


def _of_test_set(index: int, name: str) -> "tuple[np.ndarray, str, int]":
    import numpy as np

    from .. import data
    from .._checks import check, check_choice

    check_choice("data", name, ("digits", "mnist"))
    images = getattr(data, name)("test")
    last = len(images) - 1
    check(0 <= index <= last, "image", f"be an index from 0 to {last} of {name}, or a file", index)
    shares = images.images[index][None].astype(np.float64) / 255
    return shares, f"image {index} of the {name} test set", int(images.labels[index])


def _of_file(path: Path) -> "np.ndarray":
    if not path.is_file():
        raise MissingDataError(f"There is no image `{path}`.")
    kinds = (".png", ".jpg", ".jpeg", ".npy")
    if path.suffix.lower() not in kinds:
        raise FileFormatError(f"`{path.name}` is no image: those end in {', '.join(kinds)}.")
    return _of_array(path) if path.suffix.lower() == ".npy" else _of_photo(path)


def _of_photo(path: Path) -> "np.ndarray":
    import warnings

    import numpy as np
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG", "JPEG")) as photo:
                _bounded(path, photo.size)
                grey = photo.mode in ("1", "L", "LA", "I", "I;16", "F")
                depth = 65535 if photo.mode in ("I", "I;16") else 255
                mode = "F" if grey else "RGB"
                values = np.asarray(photo.convert(mode), np.float64)
    except FileFormatError:
        raise
    except Exception as err:  # Pillow's decoders raise whatever they meet in a damaged file
        raise FileFormatError(f"`{path.name}` cannot be read as an image: {err}.") from None
    shares = np.clip(values / depth, 0, 1)
    return shares[None] if grey else np.moveaxis(shares, 2, 0)


def _of_array(path: Path) -> "np.ndarray":
    import numpy as np

    try:
        array = np.load(path, allow_pickle=False, mmap_mode="r")
    except (ValueError, OSError, EOFError) as err:
        raise FileFormatError(f"`{path.name}` cannot be read as an array: {err}.") from None
    if array.ndim == 3 and array.shape[2] in (1, 3) and array.shape[0] not in (1, 3):
        array = np.moveaxis(array, 2, 0)
    array = array[None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[0] not in (1, 3):
        raise FileFormatError(
            f"`{path.name}` must have shape (H, W), (1, H, W), (3, H, W) or (H, W, 3), but has "
            f"{array.shape}."
        )
    _bounded(path, array.shape[:0:-1])
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise FileFormatError(f"`{path.name}` must hold bytes or floats, but has {array.dtype}.")
    values = np.asarray(array, np.float64) / (255 if array.dtype == np.uint8 else 1)
    if not np.isfinite(values).all():
        raise FileFormatError(f"`{path.name}` holds NaN or infinity.")
    if values.min() < 0 or values.max() > 1:
        raise FileFormatError(
            f"`{path.name}` must hold bytes, or floats from 0 (black) to 1 (white), but has values "
            f"from {values.min():.4g} to {values.max():.4g}."
        )
    return values


def _bounded(path: Path, size: tuple[int, ...]) -> None:
    if min(size) < 1 or max(size) > _LARGEST:
        raise FileFormatError(
            f"`{path.name}` must have 1 to {_LARGEST} pixels a side, but has {size[0]} x {size[1]}."
        )


def _with_channels(shares: "np.ndarray", channels: int, notes: list[str]) -> "np.ndarray":
    import numpy as np

    if len(shares) == channels:
        return shares
    if channels == 1:
        notes.append("The image was turned to grey.")
        return np.tensordot([0.299, 0.587, 0.114], shares, 1)[None]
    if len(shares) == 1:
        notes.append(f"The grey image was given to all {channels} channels.")
        return np.repeat(shares, channels, 0)
    raise FileFormatError(
        f"The network takes {channels} channels, and the image has {len(shares)}."
    )


def _with_size(
    shares: "np.ndarray", size: tuple[int, int] | None, notes: list[str]
) -> "np.ndarray":
    import numpy as np
    from PIL import Image

    height, width = shares.shape[1:]
    if size is None:
        factor = min(1.0, _FREE / max(height, width))
        size = (max(round(height * factor), 1), max(round(width * factor), 1))
    if size == (height, width):
        return shares
    notes.append(f"The image was resized from {width} x {height} to {size[1]} x {size[0]} pixels.")
    box = Image.Resampling.LANCZOS
    planes = [
        np.asarray(
            Image.fromarray(plane.astype(np.float32)).resize((size[1], size[0]), box), np.float64
        )
        for plane in shares
    ]
    return np.clip(np.stack(planes), 0, 1)


def _border(shares: "np.ndarray") -> float:
    plane = shares[0]
    edges = (plane[0], plane[-1], plane[:, 0], plane[:, -1])
    return float(sum(edge.mean() for edge in edges) / 4)
