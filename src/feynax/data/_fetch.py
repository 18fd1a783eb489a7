"""Bring MNIST to this machine, from the network or from a folder, and check every byte."""

import hashlib
import logging
import os
import pathlib
import shutil
import tempfile

from .._errors import FileFormatError, MissingDataError
from ._digits import FILES, data_folder, find
from ._idx import read_idx

URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
# Of the packed files as the official address serves them.
PACKED = {
    "train-images-idx3-ubyte": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
# Of the numbers in them: copies are often packed anew, with other packed bytes.
CONTENT = {
    "train-images-idx3-ubyte": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "train-labels-idx1-ubyte": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "t10k-images-idx3-ubyte": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "t10k-labels-idx1-ubyte": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}


def fetch_mnist(
    to: str | os.PathLike[str] | None = None, source: str | os.PathLike[str] | None = None
) -> pathlib.Path:
    """Put the four files of MNIST into a folder, checked against their known sums.

    **Arguments:**

    - `to`: the folder; by default `FEYNAX_DATA/mnist`, else the user's cache.
    - `source`: a folder to copy from instead of the network.

    **Returns:**

    The folder. Files that are already there and right are left alone.

    **Raises:**

    - `MissingDataError` where neither folder nor network has them; it says what to put where.
    - `FileFormatError` where a file's content is not MNIST's.

    ```python
    import tempfile
    from feynax import data
    try:
        data.fetch_mnist(to=tempfile.mkdtemp(), source=tempfile.mkdtemp())
    except data.MissingDataError as err:
        assert "train-images-idx3-ubyte.gz" in str(err)
    ```
    """
    home = data_folder("mnist") if to is None else pathlib.Path(to)
    home.mkdir(parents=True, exist_ok=True)
    for stem in (name for pair in FILES.values() for name in pair):
        if _is_there(home, stem):
            continue
        if source is not None:
            _install(find(pathlib.Path(source), stem), home, stem)
            continue
        with tempfile.TemporaryDirectory(dir=home) as scratch:
            _install(_download(pathlib.Path(scratch), stem, home), home, stem)
    return home


def _is_there(home: pathlib.Path, stem: str) -> bool:
    try:
        return _content_sum(find(home, stem)) == CONTENT[stem]
    except (MissingDataError, FileFormatError):
        return False


def _content_sum(path: pathlib.Path) -> str:
    return hashlib.sha256(read_idx(path).tobytes()).hexdigest()


def _install(found: pathlib.Path, home: pathlib.Path, stem: str) -> None:
    """Check, then copy whole or not at all."""
    if _content_sum(found) != CONTENT[stem]:
        raise FileFormatError(f"File `{found}` is a sound IDX file, but not MNIST's `{stem}`.")
    for stale in (home / stem, home / f"{stem}.gz"):
        stale.unlink(missing_ok=True)
    handle, part = tempfile.mkstemp(dir=home)
    try:
        with open(handle, "wb") as copy, open(found, "rb") as original:
            shutil.copyfileobj(original, copy)
            copy.flush()
            os.fsync(copy.fileno())
        os.chmod(part, 0o644)  # mkstemp makes files that nobody else can read
        os.replace(part, home / found.name)
    except BaseException:
        os.unlink(part)
        raise


def _download(scratch: pathlib.Path, stem: str, home: pathlib.Path) -> pathlib.Path:
    import pooch

    pooch.get_logger().setLevel(logging.ERROR)
    name = f"{stem}.gz"
    try:
        pooch.retrieve(URL + name, f"sha256:{PACKED[stem]}", fname=name, path=scratch)
    except (OSError, ValueError) as err:
        names = ", ".join(f"{stem}.gz" for stem in PACKED)
        raise MissingDataError(
            f"`{URL}{name}` could not be fetched ({type(err).__name__}): where there is no "
            f"network, put {names} into `{home}`, or name the folder that holds them with "
            f"`feynax data fetch mnist --from DIR`."
        ) from None
    return scratch / name
