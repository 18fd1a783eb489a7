"""The safetensors format: a length, a JSON header, and raw little-endian arrays."""

import json
import math
import os
import pathlib
from typing import Any

import numpy as np

from .._atomic import write_atomically
from .._errors import FileFormatError

_LARGEST_HEADER = 100_000_000  # the limit of the format's own library
_DTYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "U32": "uint32",
    "I32": "int32",
    "U64": "uint64",
    "I64": "int64",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
}


def read_safetensors(
    path: str | os.PathLike[str],
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read all arrays and the text metadata of a safetensors file.

    Every size in the header is checked against the file before an array is made.

    **Arguments:**

    - `path`: the file.

    **Returns:**

    `(arrays, metadata)`: name to array (read-only; bfloat16 as `ml_dtypes.bfloat16`), and the
    header's `__metadata__`.

    **Raises:**

    - `FileFormatError` when the file is truncated, corrupted or of another format.

    Source: the format as described in the safetensors package, version 0.8.

    ```python
    import pathlib, tempfile, numpy as np
    from feynax.interop import read_safetensors, write_safetensors
    path = pathlib.Path(tempfile.mkdtemp()) / "a.safetensors"
    write_safetensors(path, {"w": np.ones((2, 3))}, {"note": "ones"})
    arrays, metadata = read_safetensors(path)
    assert arrays["w"].shape == (2, 3) and metadata["note"] == "ones"
    ```
    """
    name = pathlib.Path(path).name
    data = pathlib.Path(path).read_bytes()
    header, start = _read_header(name, data)
    metadata = header.pop("__metadata__", {})
    if not _is_text_dict(metadata):
        raise FileFormatError(f"{name}: the metadata is not a table of texts.")
    arrays, spans = {}, []
    for key, entry in header.items():
        arrays[key], span = _read_array(name, key, entry, data, start)
        spans.append(span)
    _check_spans(name, spans, len(data) - start)
    return arrays, metadata


def write_safetensors(
    path: str | os.PathLike[str],
    arrays: dict[str, np.ndarray],
    metadata: dict[str, str] | None = None,
) -> pathlib.Path:
    """Write arrays and text metadata as one safetensors file, whole or not at all.

    **Arguments:**

    - `path`: the file; an existing one is replaced.
    - `arrays`: name to array, of any dtype that the format knows.
    - `metadata`: texts to keep with them.

    **Returns:**

    The path written.
    """
    from safetensors.numpy import save

    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return write_atomically(path, save(whole, metadata))


def _read_header(name: str, data: bytes) -> tuple[dict[str, Any], int]:
    if len(data) < 8:
        raise FileFormatError(f"{name}: too short for a safetensors file ({len(data)} bytes).")
    length = int.from_bytes(data[:8], "little")
    if length > min(_LARGEST_HEADER, len(data) - 8):
        raise FileFormatError(
            f"{name}: not a safetensors file, or truncated: its header claims {length} bytes "
            f"of {len(data) - 8}."
        )
    try:
        header = json.loads(data[8 : 8 + length], object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{name}: the safetensors header is not valid JSON.") from error
    if not isinstance(header, dict):
        raise FileFormatError(f"{name}: the safetensors header is not a table.")
    return header, 8 + length


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("A name is given twice.")
    return table


def _read_array(
    name: str, key: str, entry: Any, data: bytes, start: int
) -> tuple[np.ndarray, tuple[int, int]]:
    whole = (
        isinstance(entry, dict)
        and isinstance(entry.get("dtype"), str)
        and _are_counts(entry.get("shape"))
        and _are_counts(entry.get("data_offsets"))
        and len(entry["data_offsets"]) == 2
    )
    if not whole:
        raise FileFormatError(f"{name}: array `{key}` has no dtype, shape and offsets.")
    if entry["dtype"] not in _DTYPES:
        raise FileFormatError(f"{name}: array `{key}` has the unknown dtype {entry['dtype']!r}.")
    dtype, shape = _dtype(_DTYPES[entry["dtype"]]), tuple(entry["shape"])
    first, last = entry["data_offsets"]
    if last - first != math.prod(shape) * dtype.itemsize:
        raise FileFormatError(
            f"{name}: array `{key}` of shape {shape} does not fit its {last - first} bytes."
        )
    if start + last > len(data):
        raise FileFormatError(f"{name}: truncated: array `{key}` ends beyond the file.")
    flat = np.frombuffer(data, dtype, count=math.prod(shape), offset=start + first)
    return flat.reshape(shape), (first, last)


def _dtype(name: str) -> np.dtype:
    if name != "bfloat16":
        return np.dtype(name).newbyteorder("<")
    import ml_dtypes

    return np.dtype(ml_dtypes.bfloat16)


def _is_text_dict(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())


def _are_counts(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= 32
        and all(type(v) is int and 0 <= v < 2**62 for v in value)
    )


def _check_spans(name: str, spans: list[tuple[int, int]], size: int) -> None:
    """The arrays must tile the buffer: a gap or an overlap is a corrupted header."""
    end = 0
    for first, last in sorted(spans):
        if first != end:
            raise FileFormatError(f"{name}: the arrays overlap or leave a gap at byte {end}.")
        end = last
    if end != size:
        raise FileFormatError(f"{name}: {size - end} bytes belong to no array.")
