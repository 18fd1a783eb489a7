"""Files that are either whole or not there."""

import os
import pathlib
import tempfile


def write_atomically(path: str | os.PathLike[str], data: bytes) -> pathlib.Path:
    """Write `data` beside `path`, flush it to the disk, and rename it into place.

    A reader sees the old file or the new one, never a part; on failure (disk full) the old file
    is untouched and the temporary one is removed.
    """
    target = pathlib.Path(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        pathlib.Path(name).unlink(missing_ok=True)
        raise
    # The rename itself reaches the disk only with its folder.
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return target
