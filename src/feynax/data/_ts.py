"""Readers of the archives' text formats for labelled series: `.ts` (sktime, aeon) and `.arff`."""

import math
import os
import pathlib
from collections.abc import Iterator

import numpy as np

from .._checks import check
from .._errors import FileFormatError
from ._series import SeriesData

_LARGEST = 2**29  # characters of a file
_MOST = 2**28  # numbers in the padded array
_MISSING = ("?", "nan", "NaN")


def read_ts(path: str | os.PathLike[str], *, classes: tuple[str, ...] | None = None) -> SeriesData:
    r"""Read labelled series from a `.ts` or `.arff` file of the UCR and UEA archives.

    Series may differ in length; missing values (`?`) are set to the value before them. Time
    stamps are refused: the archives' sets that have them are equally sampled.

    **Arguments:**

    - `path`: the file.
    - `classes`: names of the classes in order, where a file does not list them; by default as
      its header lists them.

    **Returns:**

    The series, padded with zeros, with a mask where lengths differ.

    **Raises:**

    - `FileFormatError` where a line cannot be understood; it names the line.

    ```python
    import pathlib, tempfile
    from feynax import data
    path = pathlib.Path(tempfile.mkdtemp()) / "two.ts"
    path.write_text("@problemName two\n@classLabel true a b\n@data\n1,2,3:a\n4,5:b\n")
    two = data.read_ts(path)
    assert two.inputs.shape == (2, 3, 1) and two.lengths.tolist() == [3, 2]
    ```
    """
    file = pathlib.Path(path)
    if file.stat().st_size > _LARGEST:
        raise FileFormatError(f"File `{file}` is larger than {_LARGEST} bytes.")
    try:
        lines = enumerate(file.read_text(encoding="utf-8-sig").splitlines(), 1)
    except UnicodeDecodeError:
        raise FileFormatError(f"File `{file}` is no text.") from None
    arff = file.suffix.lower() == ".arff"
    name, known = _arff_header(file, lines) if arff else _ts_header(file, lines)
    parse = _arff_case if arff else _ts_case
    cases = [parse(file, number, line) for number, line in lines if line.strip()]
    if not cases:
        raise FileFormatError(f"File `{file}` holds no series.")
    names = classes or known or tuple(sorted({label for _, label in cases}))
    return _padded(file, cases, names, name or file.stem)


def _ts_header(file: pathlib.Path, lines: Iterator[tuple[int, str]]) -> tuple[str, tuple]:
    name, classes = "", ()
    for number, line in lines:
        words = line.split()
        tag = words[0].lower() if words else "#"
        if tag == "@data":
            return name, classes
        if tag == "@problemname":
            name = " ".join(words[1:])
        elif tag == "@timestamps" and words[1:2] and words[1].lower() == "true":
            raise FileFormatError(f"File `{file}` has time stamps, which are not read.")
        elif tag == "@classlabel" and words[1:2] and words[1].lower() == "true":
            classes = tuple(words[2:])
        elif tag in ("@targetlabel", "@classlabel") and words[1:2]:
            if (words[1].lower() == "true") == (tag == "@targetlabel"):
                raise FileFormatError(f"File `{file}` has no classes (line {number}).")
        elif tag[0] not in "@#%":
            raise FileFormatError(f"File `{file}` is no .ts file: see its line {number}.")
    raise FileFormatError(f"File `{file}` has no line `@data`.")


def _arff_header(file: pathlib.Path, lines: Iterator[tuple[int, str]]) -> tuple[str, tuple]:
    name, last = "", ""
    for _, line in lines:
        words = line.split(None, 2)
        tag = words[0].lower() if words else "%"
        if tag == "@data":
            listed = last[last.find("{") + 1 : last.rfind("}")] if "{" in last else ""
            return name, tuple(word.strip(" '\"") for word in listed.split(",") if word.strip())
        if tag == "@relation" and len(words) > 1:
            name = words[1].strip("'\"")
        if tag == "@attribute":
            last = line
    raise FileFormatError(f"File `{file}` has no line `@data`.")


def _ts_case(file: pathlib.Path, number: int, line: str) -> tuple[np.ndarray, str]:
    *channels, label = line.split(":")
    return _values(file, number, [channel.split(",") for channel in channels]), label.strip()


def _arff_case(file: pathlib.Path, number: int, line: str) -> tuple[np.ndarray, str]:
    inner, quote, rest = line.strip(), line.strip()[:1], ""
    if quote in ("'", '"'):  # a series of several channels: one quoted field, channels by \n
        inner, _, rest = inner[1:].partition(quote)
        label, rows = rest.strip(" ,'\""), inner.split("\\n")
    else:
        inner, _, label = inner.rpartition(",")
        rows = [inner]
    return _values(file, number, [row.split(",") for row in rows]), label.strip(" '\"")


def _values(file: pathlib.Path, number: int, channels: list[list[str]]) -> np.ndarray:
    lengths = {len(channel) for channel in channels}
    if len(lengths) != 1:
        raise FileFormatError(
            f"File `{file}`, line {number}: channels of {sorted(lengths)} values, or none."
        )
    try:
        words = [[math.nan if w.strip() in _MISSING else float(w) for w in c] for c in channels]
    except ValueError as err:
        raise FileFormatError(f"File `{file}`, line {number}: {err}.") from None
    return _filled(file, number, np.array(words, np.float32).T)


def _filled(file: pathlib.Path, number: int, values: np.ndarray) -> np.ndarray:
    """Hold the last known value over missing ones; the first known one before it."""
    if np.isfinite(values).all():
        return values
    if np.isinf(values).any() or np.isnan(values).all(0).any():
        raise FileFormatError(
            f"File `{file}`, line {number}: infinite, or a channel without values."
        )
    for channel in values.T:
        known = np.flatnonzero(~np.isnan(channel))
        last = np.searchsorted(known, np.arange(len(channel)), side="right") - 1
        channel[:] = channel[known[np.maximum(last, 0)]]
    return values


def _padded(file: pathlib.Path, cases: list, names: tuple[str, ...], name: str) -> SeriesData:
    widths = {values.shape[1] for values, _ in cases}
    if len(widths) != 1:
        raise FileFormatError(f"File `{file}` has series of {sorted(widths)} channels.")
    lengths = np.array([len(values) for values, _ in cases])
    shape = (len(cases), int(lengths.max()), widths.pop())
    if math.prod(shape) > _MOST:
        raise FileFormatError(f"File `{file}` would take an array of shape {shape}.")
    inputs = np.zeros(shape, np.float32)
    for row, (values, _) in zip(inputs, cases, strict=True):
        row[: len(values)] = values
    unknown = sorted({label for _, label in cases} - set(names))
    check(not unknown, "classes", f"hold the labels of `{file}`", f"no {unknown[:1]}")
    targets = np.array([names.index(label) for _, label in cases], np.int32)
    mask = None if (lengths == shape[1]).all() else np.arange(shape[1]) < lengths[:, None]
    return SeriesData(inputs, targets, name, str(file), len(names), mask)
