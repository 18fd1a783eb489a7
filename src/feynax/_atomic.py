"""Files that are either whole or not there."""

import os
import pathlib


def write_atomically(path: str | os.PathLike[str], data: bytes) -> pathlib.Path:
    """Write `data` beside `path`, push it to the disk, then give it its name.

    A kill, a full disk or a power cut at any moment leaves the old file or the new one. Where
    writing fails nothing is left behind, and the `OSError` goes on.
    """
    target = pathlib.Path(path)
    part = target.with_name(f".{target.name}.part")
    try:
        with open(part, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the new name itself must outlive a power cut
    finally:
        os.close(folder)
    return target
