"""The log of a run: one JSON object a line, in the order of the steps."""

import errno
import io
import json
import os
import pathlib
from typing import Any

from .._atomic import write_atomically
from .._errors import FileFormatError


class MetricsLog:
    """Appends rows to a file; after a crash, takes back what lies beyond the checkpoint.

    **Arguments:**

    - `path`: the file, or `None` to keep the rows in memory only.
    - `upto`: rows beyond this step are removed, with a last line that was cut in writing; the
      steps that wrote them are about to be done again.

    ```python
    from feynax.training import MetricsLog
    log = MetricsLog(None)
    log.write({"step": 1, "loss": 2.3})
    assert log.rows == [{"step": 1, "loss": 2.3}]
    ```
    """

    def __init__(self, path: str | os.PathLike[str] | None, upto: int = 0):
        self.rows: list[dict[str, Any]] = []
        self._file = None
        if path is None:
            return
        file = pathlib.Path(path)
        if file.exists():
            self.rows = [row for row in read_metrics(file) if row["step"] <= upto]
        write_atomically(file, "".join(_line(row) for row in self.rows).encode())
        self._file = io.FileIO(file, "a")

    def write(self, row: dict[str, Any]) -> None:
        """Append one row; it is on its way to the disk, not yet surely there."""
        self.rows.append(row)
        if self._file is None:
            return
        line, end = _line(row).encode(), self._file.seek(0, os.SEEK_END)
        try:
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._file.name)
        except OSError:
            self._file.truncate(end)  # a full disk may take half a line
            raise

    def sync(self) -> None:
        """Return when every row is on the disk, so that a checkpoint may rely on them."""
        if self._file is not None:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def read_metrics(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    r"""Return the rows of a log; a last line that was cut in writing is left out.

    **Arguments:**

    - `path`: a `metrics.jsonl`.

    **Raises:**

    - `FileFormatError` where a line before the last is not a row.

    ```python
    import pathlib, tempfile
    from feynax.training import read_metrics
    path = pathlib.Path(tempfile.mkdtemp()) / "metrics.jsonl"
    path.write_text('{"step": 1}\n{"step"')
    assert read_metrics(path) == [{"step": 1}]
    ```
    """
    lines = pathlib.Path(path).read_bytes().split(b"\n")
    rows = []
    for number, line in enumerate(lines[:-1], 1):  # after the last newline: nothing, or a cut line
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict) or not isinstance(row.get("step"), int):
            raise FileFormatError(f"File `{path}` is damaged: line {number} is no row of metrics.")
        rows.append(row)
    return rows


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, allow_nan=False) + "\n"
