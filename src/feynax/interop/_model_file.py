"""One file a model: the constructor's name and arguments as JSON, the arrays beside them."""

import dataclasses
import hashlib
import json
import os
import pathlib
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .. import networks
from .._checks import check
from .._errors import FileFormatError
from ._safetensors import read_safetensors, write_safetensors

_FORMAT = 1
_KEY = "feynax"


@dataclasses.dataclass(frozen=True)
class ModelHeader:
    """What a model file says before its arrays are looked at.

    **Fields:**

    - `constructor`: name of the class in `feynax.networks`.
    - `config`: its arguments, plain values.
    - `extra`: whatever the writer kept with the model, plain values.
    """

    constructor: str
    config: dict[str, Any]
    extra: dict[str, Any]


def save_model(
    path: str | os.PathLike[str], model: eqx.Module, *, extra: dict[str, Any] | None = None
) -> pathlib.Path:
    """Write a network as one safetensors file that `load_model` rebuilds.

    The file is whole or not there: it is written beside its place and renamed.

    **Arguments:**

    - `path`: the file; an existing one is replaced.
    - `model`: a network of `feynax.networks`; its `config()` gives the constructor's arguments.
    - `extra`: plain values to keep with it (means of the data, names of classes).

    **Returns:**

    The path written.

    **Raises:**

    - `ValueError` when the model is no network of `feynax.networks`, or holds NaN or infinity.

    ```python
    import pathlib, tempfile, jax, feynax as fx
    net = fx.networks.ResNet(1, 10, stages=(1, 1), widths=(2, 4), key=jax.random.key(0))
    path = fx.interop.save_model(pathlib.Path(tempfile.mkdtemp()) / "m.safetensors", net)
    again = fx.interop.load_model(path)
    assert again.config() == net.config()
    ```
    """
    name = type(model).__name__
    known = getattr(networks, name, None) is type(model) and hasattr(model, "config")
    check(known, "model", "be a network of feynax.networks with `config()`", name)
    given: Any = model
    arrays = {key: np.asarray(leaf) for key, leaf in _leaves(given).items()}
    for key, array in arrays.items():
        check(_is_finite(array), "model", "hold finite numbers only", f"others in `{key}`")
    header = {
        "format": _FORMAT,
        "constructor": name,
        "config": given.config(),
        "extra": extra or {},
    }
    text = json.dumps(header, sort_keys=True, allow_nan=False)
    return write_safetensors(path, arrays, {_KEY: text, "sha256": _digest(text, arrays)})


def load_model(path: str | os.PathLike[str]) -> eqx.Module:
    """Rebuild a network from a file of `save_model`.

    Nothing in the file is executed: the constructor is looked up by name among the networks of
    feynax, and its arguments are plain values.

    **Arguments:**

    - `path`: the file.

    **Returns:**

    The network, with the arrays' own dtypes (64-bit ones become 32-bit where x64 is off).

    **Raises:**

    - `FileFormatError` when the file is truncated, corrupted, holds NaN or infinity, or names or
      shapes other than those of the network that it names.
    """
    model, _ = load_model_with_header(path)
    return model


def load_model_with_header(path: str | os.PathLike[str]) -> tuple[eqx.Module, ModelHeader]:
    """Rebuild a network and give what was kept with it: `(model, header)`, as `load_model`."""
    name = pathlib.Path(path).name
    arrays, metadata = read_safetensors(path)
    header = _parse_header(name, metadata)
    if metadata.get("sha256") != _digest(metadata[_KEY], arrays):
        raise FileFormatError(f"{name}: corrupted: its content does not match its checksum.")
    return _fill(name, _skeleton(name, header), arrays), header


def _parse_header(name: str, metadata: dict[str, str]) -> ModelHeader:
    if _KEY not in metadata:
        raise FileFormatError(f"{name}: a safetensors file, but not a feynax model.")
    try:
        header = json.loads(metadata[_KEY])
        version = header["format"]
        found = ModelHeader(header["constructor"], header["config"], header["extra"])
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise FileFormatError(f"{name}: the model's header cannot be read.") from error
    if version != _FORMAT:
        raise FileFormatError(f"{name}: format {version!r}; this feynax reads format {_FORMAT}.")
    if not isinstance(found.config, dict) or not isinstance(found.extra, dict):
        raise FileFormatError(f"{name}: the model's header holds no table of arguments.")
    return found


def _skeleton(name: str, header: ModelHeader) -> Any:
    """The network with shapes in place of arrays: a claim of huge sizes costs no memory."""
    wanted = header.constructor
    public = isinstance(wanted, str) and not wanted.startswith("_")
    constructor: Any = getattr(networks, wanted, None) if public else None
    is_network = isinstance(constructor, type) and hasattr(constructor, "config")
    if not is_network:
        raise FileFormatError(f"{name}: feynax knows no network called {wanted!r}.")
    try:
        return eqx.filter_eval_shape(lambda: constructor(**header.config, key=jax.random.key(0)))
    except (TypeError, ValueError, OverflowError, MemoryError) as error:
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileFormatError(f"{name}: {wanted} refuses the file's arguments: {text}") from error


def _fill(name: str, skeleton: Any, arrays: dict[str, np.ndarray]) -> Any:
    wanted = _leaves(skeleton)
    missing, unknown = sorted(wanted.keys() - arrays), sorted(arrays.keys() - wanted)
    if missing or unknown:
        raise FileFormatError(f"{name}: arrays missing: {missing[:3]}, unknown: {unknown[:3]}.")
    for key, leaf in wanted.items():
        array = arrays[key]
        if array.shape != leaf.shape:
            raise FileFormatError(
                f"{name}: array `{key}` must have shape {leaf.shape}, but has {array.shape}."
            )
        if jnp.issubdtype(array.dtype, jnp.inexact) != jnp.issubdtype(leaf.dtype, jnp.inexact):
            raise FileFormatError(f"{name}: array `{key}` is of the wrong kind, {array.dtype}.")
        if not _is_finite(array):
            raise FileFormatError(f"{name}: array `{key}` holds NaN or infinity.")
    paths, structure = jax.tree_util.tree_flatten_with_path(skeleton)
    leaves = [_to_device(arrays[_name(p)]) if _name(p) in arrays else leaf for p, leaf in paths]
    return jax.tree_util.tree_unflatten(structure, leaves)


def _to_device(array: np.ndarray) -> jax.Array:
    return jnp.asarray(array, jax.dtypes.canonicalize_dtype(array.dtype))


def _leaves(tree: Any) -> dict[str, Any]:
    """Arrays (or their shapes) by their place in the tree, as in `stages.0.first.weight`."""
    paths, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {
        _name(path): leaf
        for path, leaf in paths
        if eqx.is_array(leaf) or isinstance(leaf, jax.ShapeDtypeStruct | np.ndarray)
    }


def _name(path: tuple[Any, ...]) -> str:
    return jax.tree_util.keystr(path, simple=True, separator=".")


def _is_finite(array: np.ndarray) -> bool:
    inexact = jnp.issubdtype(array.dtype, jnp.inexact)
    return not inexact or bool(np.isfinite(array.astype(np.float64)).all())


def _digest(text: str, arrays: dict[str, np.ndarray]) -> str:
    sha = hashlib.sha256(text.encode())
    for key in sorted(arrays):
        array = np.ascontiguousarray(arrays[key])
        sha.update(f"{key} {array.dtype.name} {array.shape}".encode())
        sha.update(array.tobytes())
    return sha.hexdigest()
