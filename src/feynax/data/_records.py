"""Long records to forecast: sunspots, CO2, a chaotic laser, text; and windows cut from them."""

import importlib.util
import os
import pathlib

import numpy as np
from jaxtyping import Float, Num

from .._checks import check, check_count, check_finite
from .._errors import FileFormatError, MissingDataError
from ._digits import data_folder
from ._series import SeriesData
from ._vowels import BUNDLED


def sunspots() -> Float[np.ndarray, "309"]:
    """Return the yearly numbers of sunspots from 1700 to 2008.

    Source: National Geophysical Data Center; public domain.

    ```python
    from feynax import data
    assert data.sunspots().shape == (309,) and data.sunspots()[0] == 5
    ```
    """
    with np.load(BUNDLED / "records.npz") as file:
        return file["sunspots"]


def co2() -> Float[np.ndarray, " weeks"]:
    """Return the weekly CO2 of Mauna Loa from 29 March 1958 on, in ppmv; gaps are interpolated.

    Source: C. D. Keeling and T. P. Whorf (2004), CDIAC; public domain.

    ```python
    from feynax import data
    weeks = data.co2()
    assert weeks.shape == (2284,) and abs(weeks[0] - 316.1) < 1e-4
    ```
    """
    with np.load(BUNDLED / "records.npz") as file:
        values = file["co2"]
    there = np.flatnonzero(np.isfinite(values))
    return np.interp(np.arange(len(values)), there, values[there]).astype(np.float32)


def santa_fe_laser(folder: str | os.PathLike[str] | None = None) -> Float[np.ndarray, " steps"]:
    """Return the Santa Fe record of a chaotic far-infrared laser: 10,093 intensities.

    Nobody says under which licence the record is, so it does not come along.

    **Arguments:**

    - `folder`: where `santafe_laser.npy` lies; by default `FEYNAX_DATA/santa_fe`, else the
      user's cache, else the package reservoirpy where it is installed.

    **Raises:**

    - `MissingDataError` where it is nowhere; `FileFormatError` where the file is something else.

    Source: U. Huebner, N. B. Abraham, C. O. Weiss, Phys. Rev. A 40 (1989) 6354; set A of the
    Santa Fe competition (A. Weigend, N. Gershenfeld, 1994).

    ```python
    from feynax import data
    try:
        print(len(data.santa_fe_laser()))
    except data.MissingDataError as err:
        print(err)
    ```
    """
    home = data_folder("santa_fe") if folder is None else pathlib.Path(folder)
    file = home / "santafe_laser.npy"
    package = importlib.util.find_spec("reservoirpy") if folder is None else None
    if not file.is_file() and package is not None and package.origin is not None:
        file = pathlib.Path(package.origin).parent / "datasets" / file.name
    if not file.is_file():
        raise MissingDataError(
            f"There is no `{file.name}` in `{home}`: put it there (the package reservoirpy has "
            f"it), or `pip install reservoirpy`."
        )
    try:
        values = np.load(file, allow_pickle=False)
    except ValueError as err:
        raise FileFormatError(f"File `{file}` is no array: {err}") from None
    return values.reshape(-1).astype(np.float32)


def windows(
    values: Num[np.ndarray, "time *channels"],
    length: int,
    *,
    ahead: int = 1,
    test: float = 0.25,
    name: str = "record",
    source: str = "your own",
) -> tuple[SeriesData, SeriesData]:
    """Cut a record into windows, in each of which every step is asked for what comes later.

    Training windows overlap; those of the test follow one another, and all that is asked of
    them lies after the last value seen in training. Values are standardised by the training
    part, so that an error of 1 is the record's own deviation.

    **Arguments:**

    - `values`: one value or vector a step.
    - `length`: steps of a window.
    - `ahead`: how many steps ahead is asked.
    - `test`: share of the record at its end that is kept for the test.
    - `name`, `source`: for reports.

    **Returns:**

    Training and test set.

    ```python
    from feynax import data
    train, test = data.windows(data.sunspots(), 40)
    assert train.inputs.shape[1:] == (40, 1) and (train.inputs[0, 1] == train.targets[0, 0]).all()
    ```
    """
    check_count("length", length)
    check_count("ahead", ahead)
    check(0 < test < 1, "test", "lie between 0 and 1", test)
    check_finite("values", values)
    record = np.asarray(values, np.float32).reshape(len(values), -1)
    cut = len(record) - round(test * len(record))
    room = min(cut, len(record) - cut) - length - ahead
    check(room >= 0, "length", "leave a window in training and test part", length)
    std = np.where(record[:cut].std(0) > 0, record[:cut].std(0), np.float32(1))
    record = (record - record[:cut].mean(0)) / std
    early = np.arange(0, cut - length - ahead + 1)
    late = np.arange(cut, len(record) - length - ahead + 1, length)
    train, later = (_cut(record, at, length, ahead, name, source) for at in (early, late))
    return train, later


def characters(
    path: str | os.PathLike[str], length: int = 128, *, test: float = 0.1
) -> tuple[SeriesData, SeriesData]:
    """Return a text as windows of characters, at each of which the next one is asked for.

    Characters that are seen fewer than ten times are one class together. The loss in nats,
    divided by log 2, is in bits a character.

    **Arguments:**

    - `path`: a text file (UTF-8).
    - `length`: characters of a window.
    - `test`: share of the text at its end that is kept for the test.

    ```python
    import pathlib, tempfile
    from feynax import data
    path = pathlib.Path(tempfile.mkdtemp()) / "text"
    path.write_text("to be, or not to be: that is the question. " * 40)
    train, test = data.characters(path, 32)
    assert train.inputs.shape[1] == 32 and (train.inputs[0, 1:] == train.targets[0, :-1]).all()
    ```
    """
    check_count("length", length)
    check(0 < test < 1, "test", "lie between 0 and 1", test)
    file = pathlib.Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise FileFormatError(f"File `{file}` is no text.") from None
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    kinds, codes, counts = np.unique(codes, return_inverse=True, return_counts=True)
    common = np.cumsum(counts >= 10) * (counts >= 10)
    tokens = common[codes].astype(np.int32)
    cut = len(tokens) - round(test * len(tokens))
    room = min(cut, len(tokens) - cut) - length - 1
    check(room >= 0, "length", f"leave a window of the {len(kinds)} kinds of characters", length)
    classes = int(common.max()) + 1
    made = []
    for part in (tokens[:cut], tokens[cut:]):
        starts = np.arange(0, len(part) - length, length)
        at = starts[:, None] + np.arange(length)
        made.append(SeriesData(part[at], part[at + 1], file.name, str(file), classes))
    return made[0], made[1]


def _cut(
    record: np.ndarray, starts: np.ndarray, length: int, ahead: int, name: str, source: str
) -> SeriesData:
    at = starts[:, None] + np.arange(length)
    return SeriesData(record[at], record[at + ahead], f"{name}, {ahead} ahead", source)
