"""Networks and data sets by the names that a configuration gives them."""

import inspect
from typing import TYPE_CHECKING, Any

from .._errors import ConfigError
from ._config import DataConfig, nearest

if TYPE_CHECKING:
    from ..data import ImageData


def load_data(section: DataConfig) -> tuple["ImageData", "ImageData | None", "ImageData"]:
    """Return the images to train on, those held out (if any) and the test set."""
    from .. import data

    if section.folder:
        train, test = (
            data.from_folder(section.folder, part, name=section.name) for part in ("train", "test")
        )
    elif section.name in ("digits", "mnist"):
        read = getattr(data, section.name)
        train, test = read("train"), read("test")
    else:
        hint = nearest(section.name, ("digits", "mnist"))
        raise ConfigError(f"Key `data.name` has {section.name!r} without `data.folder`; {hint}")
    if section.limit:
        train = train.take(slice(section.limit))
    if not section.holdout:
        return train, None, test
    try:
        rest, held_out = train.split(section.holdout)
    except ValueError as err:
        raise ConfigError(str(err).replace("Argument `", "Key `data.")) from None
    return rest, held_out, test


def build_network(section: dict[str, Any], data: "ImageData", seed: int) -> Any:
    """Make the network that a section names; sizes that follow from the data need not be said."""
    import jax

    from .. import networks

    arguments = dict(section)
    name = arguments.pop("name", "PDENet")
    known = {n for n, thing in vars(networks).items() if isinstance(thing, type) and _whole(thing)}
    if name not in known:
        raise ConfigError(f"Key `network.name` has {name!r}; {nearest(str(name), known)}")
    kind = getattr(networks, name)
    names = set(inspect.signature(kind).parameters) - {"key"}
    for key in arguments:
        if key not in names:
            raise ConfigError(f"Key `network.{key}` is not known; {nearest(key, names)}")
    height, width = data.images.shape[1:]
    given = {"in_shape": (1, height, width), "in_channels": 1, "classes": data.classes}
    arguments = {key: value for key, value in given.items() if key in names} | arguments
    try:
        return kind(**arguments, key=jax.random.key(seed))
    except (TypeError, ValueError) as err:
        said = str(err).replace("Argument `", "Key `network.").rstrip(".")
        raise ConfigError(f"Section [network] does not make a {name}: {said}.") from None


def _whole(kind: type) -> bool:
    """Whether this is a network that a file can hold, and no part of one."""
    return hasattr(kind, "config") and "key" in inspect.signature(kind).parameters
