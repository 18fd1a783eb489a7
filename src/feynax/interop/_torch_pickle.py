"""PyTorch files read without PyTorch, and without executing what they hold.

A `.pt` file is a zip archive: a pickle that names tensors, and their bytes. The pickle is read by
an unpickler that knows four functions and the storage types; anything else is refused.
"""

import collections
import io
import math
import os
import pathlib
import pickle
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from .._errors import FileFormatError

_STORAGES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}
_LARGEST_PICKLE = 1 << 26
_LARGEST_FILE = 1 << 34
_MOST_TENSORS = 100_000


def read_pt(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read a PyTorch state dict as NumPy arrays.

    Understands files of `torch.save(model.state_dict())` since PyTorch 1.6, and checkpoints that
    hold such a table under `state_dict` or `model`. Unpacked sizes, offsets and strides are
    checked before an array is made.

    **Arguments:**

    - `path`: the file.

    **Returns:**

    Name to array; bfloat16 as `ml_dtypes.bfloat16`.

    **Raises:**

    - `FileFormatError` when the file is truncated, corrupted, of the format before 1.6, holds
      anything but tensors and plain values, or claims more than it has.

    Source: torch/serialization.py, version 2.13.
    """
    name = pathlib.Path(path).name
    data = pathlib.Path(path).read_bytes()
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise FileFormatError(_not_a_zip(name, data))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            content = _unpickle(name, archive)
    except FileFormatError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise FileFormatError(f"{name}: the zip archive is truncated or corrupted.") from error
    except Exception as error:
        # pickle's own machinery raises nearly every kind of error on corrupted input
        raise FileFormatError(f"{name}: the pickle in it cannot be read.") from error
    return _state_dict(name, content)


def _not_a_zip(name: str, data: bytes) -> str:
    if data[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04"):
        return (
            f"{name}: a bare pickle (the PyTorch format before 1.6, or no PyTorch file), which is "
            "not read; save it again with torch.save(model.state_dict(), path)."
        )
    return f"{name}: not a PyTorch file, or truncated: it is no zip archive."


def _unpickle(name: str, archive: zipfile.ZipFile) -> Any:
    entries = {entry.filename: entry for entry in archive.infolist()}
    pickles = [entry for entry in entries if entry.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise FileFormatError(f"{name}: a zip archive, but not of a PyTorch state dict.")
    root = pickles[0].removesuffix("data.pkl")
    order = entries.get(f"{root}byteorder")
    if order is not None and order.file_size < 16 and archive.read(order) != b"little":
        raise FileFormatError(f"{name}: written on a big-endian machine, which is not read.")
    if entries[pickles[0]].file_size > _LARGEST_PICKLE:
        raise FileFormatError(f"{name}: its pickle claims {entries[pickles[0]].file_size} bytes.")
    if sum(entry.file_size for entry in entries.values()) > _LARGEST_FILE:
        raise FileFormatError(f"{name}: claims to unpack to more than {_LARGEST_FILE} bytes.")
    return _Reader(name, archive, entries, root).load(archive.read(pickles[0]))


class _Reader:
    """The storages of one archive, each read once."""

    def __init__(
        self,
        name: str,
        archive: zipfile.ZipFile,
        entries: Mapping[str, zipfile.ZipInfo],
        root: str,
    ):
        self.name, self.archive, self.entries, self.root = name, archive, entries, root
        self.storages: dict[str, np.ndarray] = {}
        self.tensors = 0

    def load(self, data: bytes) -> Any:
        return _Unpickler(self, io.BytesIO(data)).load()

    def storage(self, saved: Any) -> np.ndarray:
        """Bytes of one storage, as the pickle's persistent identifier names them."""
        whole = (
            isinstance(saved, tuple)
            and len(saved) == 5
            and saved[0] == "storage"
            and isinstance(saved[1], _StorageType)
            and isinstance(saved[2], str)
            and _is_count(saved[4])
        )
        if not whole:
            raise FileFormatError(f"{self.name}: a storage is named in an unknown way.")
        _, kind, key, _, count = saved
        entry = self.entries.get(f"{self.root}data/{key}")
        if entry is None:
            raise FileFormatError(f"{self.name}: storage {key!r} is missing.")
        dtype = _dtype(kind.dtype)
        if entry.file_size != count * dtype.itemsize:
            raise FileFormatError(
                f"{self.name}: storage {key!r} claims {count} numbers, but has {entry.file_size} "
                "bytes."
            )
        if entry.compress_type != zipfile.ZIP_STORED:
            raise FileFormatError(f"{self.name}: storage {key!r} is compressed.")
        if key not in self.storages:
            self.storages[key] = np.frombuffer(self.archive.read(entry), np.uint8)
        return self.storages[key].view(dtype)

    def tensor(self, storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> np.ndarray:
        """Rebuild a tensor; whatever its strides, it must lie inside its storage."""
        self.tensors += 1
        whole = (
            isinstance(storage, np.ndarray)
            and _is_count(offset)
            and isinstance(shape, tuple)
            and isinstance(strides, tuple)
            and len(shape) == len(strides) <= 32
            and all(_is_count(n) for n in (*shape, *strides))
        )
        if not whole or self.tensors > _MOST_TENSORS:
            raise FileFormatError(f"{self.name}: a tensor is described in an unknown way.")
        empty = math.prod(shape) == 0
        last = offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
        # a stride of 0 repeats numbers: bounded too, or a few bytes could claim any size
        if not empty and (last >= storage.size or math.prod(shape) > storage.size):
            raise FileFormatError(f"{self.name}: a tensor of shape {shape} exceeds its storage.")
        if empty:
            return np.zeros(shape, storage.dtype)
        steps = [s * storage.itemsize for s in strides]
        view = np.lib.stride_tricks.as_strided(storage[offset:], shape, steps, writeable=False)
        return np.array(view)


class _StorageType:
    """Stands for a storage class of torch: a dtype, and nothing that can be called."""

    def __init__(self, dtype: str):
        self.dtype = dtype


class _Unpickler(pickle._Unpickler):  # pyright: ignore[reportAttributeAccessIssue]
    """An unpickler to which the rest of Python does not exist.

    The one written in Python: the C one makes room for any memo index that a file names.
    """

    dispatch = dict(pickle._Unpickler.dispatch)  # pyright: ignore[reportAttributeAccessIssue]

    def __init__(self, reader: _Reader, file: io.BytesIO):
        super().__init__(file)
        self._reader = reader

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in _STORAGES:
            return _StorageType(_STORAGES[name])
        known = {
            ("collections", "OrderedDict"): _table,
            ("torch._utils", "_rebuild_tensor_v2"): self._reader.tensor,
            ("torch._utils", "_rebuild_parameter"): _parameter,
        }
        if (module, name) not in known:
            raise FileFormatError(
                f"{self._reader.name}: refused: the pickle asks for `{module}.{name}`, which is "
                "no part of a state dict; nothing was executed."
            )
        return known[module, name]

    def persistent_load(self, pid: Any) -> np.ndarray:
        return self._reader.storage(pid)

    def load_build(self) -> None:
        """Drop the state of a table (torch's `_metadata`); nothing else may have one."""
        stack: list[Any] = self.stack  # pyright: ignore[reportAttributeAccessIssue]
        stack.pop()
        if not isinstance(stack[-1], _Table):
            raise FileFormatError(
                f"{self._reader.name}: refused: the pickle sets attributes of something that is "
                "no table; nothing was executed."
            )

    dispatch[pickle.BUILD[0]] = load_build  # pyright: ignore[reportArgumentType]


def _table(*content: Any) -> "_Table":
    """Make an empty table; torch fills it item by item."""
    if content:
        raise ValueError("A table takes no arguments.")
    return _Table()


class _Table(collections.OrderedDict):
    """The only kind of object that a pickle may make."""


def _parameter(tensor: Any, *_: Any) -> Any:
    """Read a parameter as its tensor."""
    return tensor


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**62


def _dtype(name: str) -> np.dtype:
    if name != "bfloat16":
        return np.dtype(name).newbyteorder("<")
    import ml_dtypes

    return np.dtype(ml_dtypes.bfloat16)


def _state_dict(name: str, content: Any) -> dict[str, np.ndarray]:
    for key in ("state_dict", "model"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    arrays = isinstance(content, Mapping) and all(
        isinstance(key, str) and isinstance(value, np.ndarray) for key, value in content.items()
    )
    if not arrays or not content:
        raise FileFormatError(f"{name}: holds something else than a table of tensors.")
    # data-parallel training puts the same prefix before every name
    return {key.removeprefix("module."): np.asarray(value) for key, value in content.items()}
