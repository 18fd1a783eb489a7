"""Checkpoints that commit whole: one safetensors file each, the last few kept."""

import json
import os
import pathlib
from typing import Any, TypeVar

import jax
import numpy as np
from jaxtyping import PyTree

from .._atomic import write_atomically
from .._checks import check_count
from .._errors import ConfigError, FileFormatError
from .._tensors import read_tensors

_FORMAT = "feynax checkpoint 1"
_T = TypeVar("_T", bound=PyTree)


def save_checkpoint(
    folder: str | os.PathLike[str], step: int, tree: PyTree, header: dict[str, Any], keep: int = 2
) -> pathlib.Path:
    """Write the arrays of a tree and a small header as one file, then drop the oldest.

    **Arguments:**

    - `folder`: made where it does not exist.
    - `step`: the optimiser step after which this is; it names the file.
    - `tree`: arrays, on this process.
    - `header`: anything JSON holds.
    - `keep`: how many checkpoints stay.

    **Returns:**

    The file.

    **Raises:**

    - `OSError` where it cannot be written; the earlier checkpoints are untouched then.

    ```python
    import tempfile
    import jax.numpy as jnp
    from feynax.training import load_checkpoint, save_checkpoint
    folder = tempfile.mkdtemp()
    save_checkpoint(folder, 7, {"w": jnp.ones(3)}, {"epoch": 1})
    step, tree, header = load_checkpoint(folder, {"w": jnp.zeros(3)})
    assert (step, header["epoch"], float(tree["w"].sum())) == (7, 1, 3.0)
    ```
    """
    from safetensors.numpy import save

    check_count("keep", keep)
    home = pathlib.Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    named = {name: np.asarray(leaf) for name, leaf in _named(tree).items()}
    facts = {"format": _FORMAT, "step": str(step), "header": json.dumps(header)}
    path = home / f"step-{step:09d}.safetensors"
    write_atomically(path, save(named, facts))
    for old in checkpoints(home)[:-keep]:
        old.unlink()
    return path


def load_checkpoint(
    folder: str | os.PathLike[str], like: _T
) -> tuple[int, _T, dict[str, Any]] | None:
    """Read the newest checkpoint into a tree of the same shape.

    **Arguments:**

    - `folder`: where `save_checkpoint` wrote.
    - `like`: a tree with the same arrays.

    **Returns:**

    Step, tree of NumPy arrays and header, or `None` where there is no checkpoint.

    **Raises:**

    - `FileFormatError` where the file is damaged, `ConfigError` where it belongs to another tree.

    ```python
    import tempfile
    from feynax.training import load_checkpoint
    assert load_checkpoint(tempfile.mkdtemp(), {}) is None
    ```
    """
    there = checkpoints(folder)
    if not there:
        return None
    path = there[-1]
    try:
        named, facts = read_tensors(path)
        header = json.loads(facts["header"])
        step = int(facts["step"])
    except (FileFormatError, KeyError, ValueError) as err:
        raise FileFormatError(f"File `{path}` is no sound checkpoint ({err}).") from None
    wanted = _named(like)
    for name in sorted(wanted.keys() | named.keys()):
        here, kept = wanted.get(name), named.get(name)
        if here is None or kept is None or _kind(here) != _kind(kept):
            raise ConfigError(f"Checkpoint `{path}` is of another network: it differs in `{name}`.")
    leaves = [named[name] for name in wanted]
    return step, jax.tree.unflatten(jax.tree.structure(like), leaves), header


def checkpoints(folder: str | os.PathLike[str]) -> list[pathlib.Path]:
    """Return the complete checkpoints in a folder, oldest first.

    ```python
    import tempfile
    from feynax.training import checkpoints
    assert checkpoints(tempfile.mkdtemp()) == []
    ```
    """
    return sorted(pathlib.Path(folder).glob("step-*.safetensors"))


def _named(tree: PyTree) -> dict[str, Any]:
    return {
        jax.tree_util.keystr(path, simple=True, separator="/"): leaf
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
    }


def _kind(array: Any) -> tuple[tuple[int, ...], str]:
    return np.shape(array), str(array.dtype)
