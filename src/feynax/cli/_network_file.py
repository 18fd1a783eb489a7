"""A continuous-time network as a TOML file, and how it is to be quantised."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import ConfigError, FileFormatError
from ._config import nearest, read_toml

if TYPE_CHECKING:
    from ..networks import CTRNN

_MOST_BYTES = 4_000_000
_ROWS = ("tau", "bias", "current", "gain")
_KEYS = {
    "network": ("weights", *_ROWS, "activation", "form"),
    "quantum": ("regime", "at", "hbar", "poisson", "levels", "start", "duration"),
}


@dataclasses.dataclass(frozen=True)
class NetworkFile:
    """A network, and what its file says of the reading, as `feynax.report.read_spectrum` has it."""

    network: "CTRNN"
    asked: dict[str, Any]


def read_network(path: Path) -> NetworkFile:
    """Read [network] with `weights[i][j]` to unit i from unit j, and an optional [quantum]."""
    if path.stat().st_size > _MOST_BYTES:
        raise FileFormatError(f"File `{path}` is larger than {_MOST_BYTES} bytes.")
    raw = read_toml(path)
    for section, content in raw.items():
        if section not in _KEYS:
            raise ConfigError(
                f"{path}: Section `{section}` is not known; {nearest(section, _KEYS)}"
            )
        if not isinstance(content, dict):
            raise ConfigError(f"{path}: `{section}` must be a section, but has {content!r}.")
        for key in content:
            if key not in _KEYS[section]:
                hint = nearest(key, _KEYS[section])
                raise ConfigError(f"{path}: Key `{section}.{key}` is not known; {hint}")
    network = raw.get("network", {})
    if "weights" not in network:
        raise ConfigError(f"{path}: Key `network.weights` is missing.")
    asked = {key: _asked(path, key, value) for key, value in raw.get("quantum", {}).items()}
    if "levels" in asked:
        asked["count"] = asked.pop("levels")
    return NetworkFile(_network(path, dict(network)), asked)


def _asked(path: Path, key: str, value: Any) -> Any:
    """One value of [quantum]: a number where one is due, rows of numbers elsewhere."""
    if key == "poisson" and value == "positive":
        return value
    if key not in ("hbar", "levels", "duration"):
        return _numbers(path, f"quantum.{key}", value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{path}: Key `quantum.{key}` must be a number, but has {value!r}.")
    return value


def _network(path: Path, given: dict[str, Any]) -> "CTRNN":
    import jax
    import numpy as np

    from ..networks import CTRNN

    names = ("activation", "form")
    options: dict[str, Any] = {"activation": "relu"} | {
        key: given.pop(key) for key in names if key in given
    }
    for key, value in options.items():
        if not isinstance(value, str):
            raise ConfigError(f"{path}: Key `network.{key}` must be text, but has {value!r}.")
    arrays = {key: _numbers(path, f"network.{key}", value) for key, value in given.items()}
    weights = arrays.pop("weights")
    try:
        with jax.enable_x64(True):
            return CTRNN.from_arrays(weights, **arrays, dtype=np.float64, **options)
    except ValueError as err:
        raise ConfigError(f"{path}: {str(err).replace('Argument `', 'Key `network.')}") from None


def _numbers(path: Path, key: str, value: Any) -> Any:
    import numpy as np

    try:
        array = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        array = None
    if array is None or not np.all(np.isfinite(array)):
        must = "must be a number or rows of finite numbers"
        raise ConfigError(f"{path}: Key `{key}` {must}, but has {value!r}.")
    return array
