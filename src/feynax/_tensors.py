"""Files of arrays that feynax wrote itself."""

import os

import numpy as np

from ._errors import FileFormatError


def read_tensors(
    path: str | os.PathLike[str],
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read all arrays of a safetensors file, and the facts beside them.

    A damaged file raises `FileFormatError`, one that cannot be opened an `OSError`.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            names = file.keys()
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except SafetensorError as err:
        raise FileFormatError(f"File `{path}` is not sound ({err}).") from None
