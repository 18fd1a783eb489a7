"""Series for a recurrent network: a file, a bundled set, or noise."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import FileFormatError, MissingDataError

if TYPE_CHECKING:
    import numpy as np

    from ..data import SeriesData
    from ._model import OpenModel

_MOST = 24  # series that are read
_NOISE_STEPS = 200


@dataclasses.dataclass(frozen=True)
class OpenSeries:
    """Series as the network takes them, what to call them, and what was done to them."""

    series: list["np.ndarray"]
    name: str
    notes: tuple[str, ...]


def open_series(
    file: Path | None,
    data: str | None,
    model: "OpenModel",
    mean: Sequence[float] | None,
    std: Sequence[float] | None,
    seed: int,
) -> OpenSeries:
    """Find the series to read a network along."""
    channels = model.network.input_size
    if file is not None:
        rows = _read_file(file, channels)
        found = OpenSeries(rows, file.name, ())
    else:
        found = _named(data or model.data, channels, seed)
    return _scaled(found, mean or model.mean, std or model.std, channels)


def take(data: "SeriesData", channels: int) -> list["np.ndarray"]:
    """Some series of a set, spread over it; tokens become one-hot vectors."""
    import numpy as np

    chosen = np.unique(np.linspace(0, len(data) - 1, _MOST).round().astype(int))
    rows = [data.series(int(index)) for index in chosen]
    return [np.eye(channels)[row] if row.ndim == 1 else row for row in rows]


def _named(data: str | None, channels: int, seed: int) -> OpenSeries:
    from .._checks import check
    from ..data import japanese_vowels

    if channels == 0:
        note = "The network takes no input: it runs alone from its first state."
        return OpenSeries(_noise(0, seed)[:1], "a run without input", (note,))
    if data == "japanese_vowels" or (data is None and channels == 12):
        check(channels == 12, "data", f"have the network's {channels} channels", "12 channels")
        rows = take(japanese_vowels("test"), 12)
        note = (
            "No series was named: test series of JapaneseVowels are used, which have 12 channels "
            "as the network has."
        )
        return OpenSeries(
            rows, f"{len(rows)} test series of JapaneseVowels", () if data else (note,)
        )
    if data not in (None, "noise"):
        return OpenSeries(
            _noise(channels, seed),
            "white noise",
            (f"Series of `{data}` are not at hand: white noise of unit variance is used instead.",),
        )
    note = (
        "No series was named: white noise of unit variance is used, so memory, fixed points and "
        "gradients are those on noise. Name real data with --series."
    )
    return OpenSeries(_noise(channels, seed), "white noise", () if data else (note,))


def _noise(channels: int, seed: int) -> list["np.ndarray"]:
    import numpy as np

    return list(np.random.default_rng(seed).normal(size=(4, _NOISE_STEPS, channels)))


def _read_file(path: Path, channels: int) -> list["np.ndarray"]:
    if not path.is_file():
        raise MissingDataError(f"There is no series to read: no file `{path}`.")
    if path.suffix not in (".csv", ".npy", ".ts"):
        raise FileFormatError(f"`{path.name}` is no series: those end in .csv, .npy or .ts.")
    if path.suffix == ".ts":
        from ..data import read_ts

        rows = take(read_ts(path), channels)
    else:
        rows = _read_npy(path) if path.suffix == ".npy" else [_read_csv(path)]
    return [_checked(path.name, row, channels) for row in rows[:_MOST]]


def _read_npy(path: Path) -> list["np.ndarray"]:
    import numpy as np

    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise FileFormatError(f"{path.name}: not an array that NumPy can read.") from error
    if not isinstance(array, np.ndarray) or array.ndim not in (1, 2, 3):
        raise FileFormatError(
            f"{path.name}: must hold (time, channels) or (series, time, channels)."
        )
    return list(array) if array.ndim == 3 else [array]


def _read_csv(path: Path) -> "np.ndarray":
    """Rows are steps, columns channels; a first row of names is passed over."""
    import numpy as np

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path.name}: not a text file.") from error
    cells = [line.replace(";", ",").split(",") for line in lines if line.strip()]
    if cells and not _is_number(cells[0][0]):
        cells = cells[1:]
    widths = {len(row) for row in cells}
    if len(widths) > 1:
        raise FileFormatError(
            f"{path.name}: its rows have {min(widths)} to {max(widths)} columns; all must be alike."
        )
    try:
        return np.array([[float(cell) for cell in row] for row in cells], np.float64)
    except ValueError as error:
        raise FileFormatError(
            f"{path.name}: holds something else than numbers ({error})."
        ) from error


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _checked(name: str, row: Any, channels: int) -> "np.ndarray":
    import numpy as np

    if not np.issubdtype(row.dtype, np.number) or np.iscomplexobj(row):
        raise FileFormatError(f"{name}: must hold real numbers, but has {row.dtype}.")
    row = row[:, None] if row.ndim == 1 else row
    if len(row) == 0:
        raise FileFormatError(f"{name}: holds a series without a step.")
    if row.shape[1] != channels:
        raise FileFormatError(
            f"{name}: the network takes {channels} channels, but the series have {row.shape[1]}."
        )
    if not np.isfinite(row).all():
        step = int(np.argwhere(~np.isfinite(row))[0, 0])
        raise FileFormatError(f"{name}: holds NaN or infinity at step {step}.")
    return row.astype(np.float64)


def _scaled(
    found: OpenSeries,
    mean: Sequence[float] | None,
    std: Sequence[float] | None,
    channels: int,
) -> OpenSeries:
    """Standardise as in training, where that is known."""
    import numpy as np

    from ._scale import check_scale

    if (mean is None and std is None) or found.name == "white noise" or channels == 0:
        return found
    mean, std = mean or (0.0,), std or (1.0,)
    check_scale(mean, std, channels)
    rows = [(row - np.asarray(mean)) / np.asarray(std) for row in found.series]
    return dataclasses.replace(found, series=rows)
