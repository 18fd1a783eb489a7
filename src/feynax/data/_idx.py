"""The IDX container of MNIST: a magic number, sizes, then the numbers themselves."""

import gzip
import math
import os
import pathlib
import struct
import zlib

import numpy as np

from .._checks import check
from .._errors import FileFormatError

_TYPES = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
_CODES = {dtype.str[1:]: code for code, dtype in _TYPES.items()}
_LARGEST = 2**31  # bytes unpacked; a header may claim anything
_MOST_AXES = 8


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """Read an array from an IDX file, compressed by gzip or plain.

    Nothing is allocated on the word of the header alone: the bytes are counted as they come.

    **Arguments:**

    - `path`: the file. Compression is recognised by its first two bytes, not by its name.

    **Returns:**

    A NumPy array in the machine's byte order.

    **Raises:**

    - `FileFormatError` where the file is truncated, too long, damaged or something else.

    Format: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", file formats.

    ```python
    import pathlib, tempfile
    import numpy as np
    from feynax import data
    path = pathlib.Path(tempfile.mkdtemp()) / "a.gz"
    data.write_idx(path, np.arange(6, dtype=np.uint8).reshape(2, 3))
    assert data.read_idx(path).tolist() == [[0, 1, 2], [3, 4, 5]]
    ```
    """
    file = pathlib.Path(path)
    with open(file, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        try:
            if not packed:
                return _parse(file, raw)
            with gzip.GzipFile(fileobj=raw) as unpacked:
                return _parse(file, unpacked)
        except (EOFError, gzip.BadGzipFile, zlib.error) as err:
            raise FileFormatError(
                f"File `{file}` is damaged: its gzip stream ends early or fails its check "
                f"({str(err).rstrip('.')})."
            ) from None


def write_idx(path: str | os.PathLike[str], array: np.ndarray) -> None:
    """Write an array as an IDX file, compressed where the name ends in `.gz`.

    The same array gives the same bytes: no time stamp is stored.

    **Arguments:**

    - `path`: where to.
    - `array`: uint8, int8, int16, int32, float32 or float64, with 1 to 8 axes.

    **Raises:**

    - `ValueError` for an element type or a number of axes that IDX does not have.

    ```python
    import pathlib, tempfile
    import numpy as np
    from feynax import data
    path = pathlib.Path(tempfile.mkdtemp()) / "labels"
    data.write_idx(path, np.zeros(5, np.uint8))
    assert path.stat().st_size == 4 + 4 + 5
    ```
    """
    kind = array.dtype.str[1:]
    check(kind in _CODES, "array", "hold one of IDX's element types", array.dtype)
    check(1 <= array.ndim <= _MOST_AXES, "array", "have 1 to 8 axes", array.ndim)
    header = struct.pack(f">HBB{array.ndim}I", 0, _CODES[kind], array.ndim, *array.shape)
    content = header + array.astype(_TYPES[_CODES[kind]]).tobytes()
    if str(path).endswith(".gz"):
        content = gzip.compress(content, 9, mtime=0)
    pathlib.Path(path).write_bytes(content)


def _parse(file: pathlib.Path, stream) -> np.ndarray:
    dtype, shape = _header(file, stream)
    expected = math.prod(shape) * dtype.itemsize
    content = stream.read(expected)
    if len(content) < expected:
        raise FileFormatError(
            f"File `{file}` is truncated: its header promises {expected} bytes of numbers, "
            f"but {len(content)} follow."
        )
    if stream.read(1):
        raise FileFormatError(f"File `{file}` goes on after the {expected} bytes of its header.")
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def _header(file: pathlib.Path, stream) -> tuple[np.dtype, tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4:
        raise FileFormatError(f"File `{file}` is truncated: it ends inside its header.")
    zero, code, axes = struct.unpack(">HBB", magic)
    if zero or code not in _TYPES or not 1 <= axes <= _MOST_AXES:
        raise FileFormatError(f"File `{file}` is not an IDX file: it begins with 0x{magic.hex()}.")
    sizes = stream.read(4 * axes)
    if len(sizes) < 4 * axes:
        raise FileFormatError(f"File `{file}` is truncated: it ends inside its header.")
    shape = struct.unpack(f">{axes}I", sizes)
    if math.prod(shape) * _TYPES[code].itemsize > _LARGEST:
        raise FileFormatError(f"File `{file}` claims to hold an array of shape {shape}.")
    return _TYPES[code], shape
