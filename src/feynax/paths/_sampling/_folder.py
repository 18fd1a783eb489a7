"""A run on disk: its state after every block, and what every block found."""

import json
import os
import pathlib
from typing import Any

import equinox as eqx
import jax
import numpy as np

from ..._atomic import write_atomically
from ..._errors import ConfigError, FileFormatError
from ..._mesh import is_first_process
from ..._tensors import read_tensors
from ._program import Block, Numbers, Task

_FORMAT = "feynax chains 1"
_COMPLEX = "/complex"
Arrays = dict[str, Any]


class Folder:
    """Reads and writes the files of one run; without a folder it does neither.

    `state.safetensors` is where chains are, and under which frozen or warming task; a
    `block-*.safetensors` is what one block found. A kill loses the running block at most.
    """

    def __init__(self, path: str | os.PathLike[str] | None, identity: dict[str, Any]):
        self.path = None if path is None else pathlib.Path(path)
        self.identity = identity

    def read_state(self, task: Task, x: np.ndarray) -> tuple[int, Task, np.ndarray]:
        """Return blocks done, task and configurations: those given where nothing is kept yet.

        **Raises:**

        - `ConfigError` where the folder belongs to another run, `FileFormatError` where its file
          is damaged.
        """
        if self.path is None or not (self.path / "state.safetensors").exists():
            return 0, task, x
        path = self.path / "state.safetensors"
        named, facts = _read(path)
        _compare(path, self.identity, facts.get("identity", {}))
        return int(facts["done"]), _filled(task, named, path), _pick(named, "x", x.shape, path)

    def read_blocks(self, first: int, done: int, x: np.ndarray) -> list[Block]:
        """Return the blocks after number `first`, up to number `done`."""
        if self.path is None:
            return []
        return [_block(_read(self._block(number))[0], x) for number in range(first + 1, done + 1)]

    def write(self, done: int, task: Task, block: Block | None, x: Numbers) -> None:
        """Keep a block, if it is one to keep, and then where the chains are."""
        if self.path is None or not is_first_process():
            return
        self.path.mkdir(parents=True, exist_ok=True)
        if block is not None:
            kept = eqx.tree_at(lambda block: block.x, block, None)
            _write(self._block(done), _named(kept), {})
        state = {"x": np.asarray(x), **_named(_adapted(task))}
        facts = {"done": done, "identity": self.identity}
        _write(self.path / "state.safetensors", state, facts)

    def _block(self, number: int) -> pathlib.Path:
        assert self.path is not None
        return self.path / f"block-{number:06d}.safetensors"


def _adapted(task: Task) -> dict[str, Any]:
    return {"kernel": task.kernel, "reference": task.reference}


def _filled(task: Task, named: Arrays, path: pathlib.Path) -> Task:
    """Return the task with the numbers of a file."""
    arrays, rest = eqx.partition(_adapted(task), eqx.is_array)
    leaves = [_pick(named, name, np.shape(a), path) for name, a in _named(arrays).items()]
    kept = eqx.combine(jax.tree.unflatten(jax.tree.structure(arrays), leaves), rest)
    where = lambda task: (task.kernel, task.reference)
    return eqx.tree_at(where, task, (kept["kernel"], kept["reference"]))


def _block(named: Arrays, x: np.ndarray) -> Block:
    part = lambda kind: {
        name.removeprefix(kind): value for name, value in named.items() if name.startswith(kind)
    }
    fields = ("acceptance", "energy_change", "gradients")
    return Block(x, part("series/"), part("means/"), *[named[field] for field in fields])


def _pick(named: Arrays, name: str, shape: tuple[int, ...], path: pathlib.Path) -> np.ndarray:
    if name not in named or named[name].shape != shape:
        raise FileFormatError(f"File `{path}` must hold `{name}` of shape {shape}.")
    return named[name]


def _named(tree: Any) -> Arrays:
    leaves = jax.tree_util.tree_leaves_with_path(eqx.filter(tree, eqx.is_array))
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}


def _write(path: pathlib.Path, named: Arrays, facts: dict[str, Any]) -> None:
    from safetensors.numpy import save

    real: Arrays = {}
    for name, values in named.items():
        if values.dtype.kind == "c":  # a kind the format does not know in double precision
            real[name + _COMPLEX] = np.stack([np.real(values), np.imag(values)])
        else:
            real[name] = np.array(values, order="C")
    write_atomically(path, save(real, {"format": _FORMAT, "facts": json.dumps(facts)}))


def _read(path: pathlib.Path) -> tuple[Arrays, dict[str, Any]]:
    try:
        named, facts = read_tensors(path)
        if facts.get("format") != _FORMAT:
            raise FileFormatError(f"File `{path}` is not one of this kind of run.")
        for name in [name for name in named if name.endswith(_COMPLEX)]:
            real, imaginary = named.pop(name)
            named[name.removesuffix(_COMPLEX)] = real + 1j * imaginary
        return named, json.loads(facts["facts"])
    except FileFormatError:
        raise
    except (OSError, KeyError, ValueError) as err:
        raise FileFormatError(f"File `{path}` is not sound ({err}).") from None


def _compare(path: pathlib.Path, mine: dict[str, Any], kept: dict[str, Any]) -> None:
    """Refuse a folder of another run: settings must be equal, and numbers equal to rounding."""
    for name in sorted(mine.keys() | kept.keys()):
        here, there = mine.get(name), kept.get(name)
        same = here == there
        if isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
            same = np.allclose(np.array(here), np.array(there), 1e-9, 1e-12, equal_nan=True)
        if not same:
            raise ConfigError(f"Folder `{path.parent}` holds another run: it differs in `{name}`.")
