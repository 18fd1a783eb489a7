"""Networks and data sets by the names that a configuration gives them."""

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import ConfigError
from ._config import DataConfig, nearest
from ._sets import IMAGES, SETS, load_set

if TYPE_CHECKING:
    from ..data import ImageData


def load_data(section: DataConfig) -> tuple[Any, Any, Any]:
    """Return what to train on, what is held out (if anything) and the test set."""
    train, test = _whole_sets(section)
    if section.limit:
        train = _of_sets("limit", train).take(slice(section.limit))
    if not section.holdout:
        return train, None, test
    try:
        rest, held_out = _of_sets("holdout", train).split(section.holdout)
    except ValueError as err:
        raise ConfigError(str(err).replace("Argument `", "Key `data.")) from None
    return rest, held_out, test


def _whole_sets(section: DataConfig) -> tuple[Any, Any]:
    from .. import data

    if section.name in SETS:
        return load_set(section.name, section.options)
    if section.folder and (Path(section.folder) / f"{section.name}_TRAIN.ts").is_file():
        train, test = (
            data.read_ts(Path(section.folder) / f"{section.name}_{part}.ts")
            for part in ("TRAIN", "TEST")
        )
        return train.standardised(), test.standardised(train.standardised())
    parts = [_images(section, part) for part in ("train", "test")]
    if not section.by:
        return parts[0], parts[1]
    try:
        by: Any = section.by
        rows = [data.image_series(part, by, permuted=section.permuted) for part in parts]
    except ValueError as err:
        raise ConfigError(str(err).replace("Argument `", "Key `data.")) from None
    return rows[0], rows[1]


def _images(section: DataConfig, part: str) -> "ImageData":
    from .. import data

    if section.folder:
        return data.from_folder(section.folder, part, name=section.name)
    if section.name in IMAGES:
        return getattr(data, section.name)(part)
    hint = nearest(section.name, {*IMAGES, *SETS})
    raise ConfigError(f"Key `data.name` has {section.name!r} without `data.folder`; {hint}")


def _of_sets(key: str, data: Any) -> Any:
    """Refuse what only sets with an end can give."""
    if not hasattr(data, "take"):
        raise ConfigError(f"Key `data.{key}` must be left out for a task that never ends.")
    return data


def build_network(section: dict[str, Any], data: Any, seed: int) -> Any:
    """Make the network that a section names; sizes that follow from the data need not be said."""
    import jax

    from .. import networks

    arguments = dict(section)
    name = arguments.pop("name", "PDENet" if hasattr(data, "images") else "SequenceNet")
    known = {n for n, thing in vars(networks).items() if isinstance(thing, type) and _whole(thing)}
    if name not in known:
        raise ConfigError(f"Key `network.name` has {name!r}; {nearest(str(name), known)}")
    kind = getattr(networks, name)
    names = set(inspect.signature(kind).parameters) - {"key"}
    for key in arguments:
        if key not in names:
            raise ConfigError(f"Key `network.{key}` is not known; {nearest(key, names)}")
    given = {key: value for key, value in _sizes(data).items() if key in names}
    try:
        return kind(**(given | arguments), key=jax.random.key(seed))
    except (TypeError, ValueError) as err:
        said = str(err).replace("Argument `", "Key `network.").rstrip(".")
        raise ConfigError(f"Section [network] does not make a {name}: {said}.") from None


def _sizes(data: Any) -> dict[str, Any]:
    if not hasattr(data, "images"):
        sizes = {"input_size": data.channels, "output_size": data.outputs}
        return sizes | ({"readout": "each"} if data.each else {})
    height, width = data.images.shape[1:]
    return {"in_shape": (1, height, width), "in_channels": 1, "classes": data.classes}


def _whole(kind: type) -> bool:
    """Whether this is a network that a file can hold, and no part of one."""
    return hasattr(kind, "config") and "key" in inspect.signature(kind).parameters
