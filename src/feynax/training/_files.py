"""Files that are there whole or not at all."""

import os
import pathlib


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file under another name, push it to the disk, then give it its name.

    A kill, a full disk or a power cut at any moment leaves the old file or the new one.

    **Arguments:**

    - `path`: where to; the folder must exist.
    - `content`: all of the file.

    **Raises:**

    - `OSError` where it cannot be written; nothing is left behind then.

    ```python
    import pathlib, tempfile
    from feynax.training import write_whole
    path = pathlib.Path(tempfile.mkdtemp()) / "a"
    write_whole(path, b"whole")
    assert path.read_bytes() == b"whole" and len(list(path.parent.iterdir())) == 1
    ```
    """
    target = pathlib.Path(path)
    part = target.with_name(f".{target.name}.part")
    try:
        with open(part, "wb") as file:
            file.write(content)
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
