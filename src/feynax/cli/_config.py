"""Configurations: TOML, every key known, every value checked, errors in one sentence."""

import dataclasses
import difflib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import ConfigError
from ._sets import SETS, fields_of

if TYPE_CHECKING:
    from pydantic import ValidationError

    from ..training import TrainOptions


LOSSES = ("", "cross_entropy", "mse")
METHODS = ("gradient", "cma")


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Which data: a known name, or any name with the folder of its files.

    A folder holds the four IDX files of a set of images, or NAME_TRAIN.ts and NAME_TEST.ts.
    `holdout` training examples are kept for validation, `limit` uses only the first ones (0: all).
    With `by` ("row" or "pixel") images are read as series, `permuted` in another order.
    `options` are those of series and tasks that have a name.
    """

    name: str = "digits"
    folder: str = ""
    holdout: int = 0
    limit: int = 0
    by: str = ""
    permuted: bool = False
    options: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """A whole configuration, its sections checked."""

    seed: int
    out: str
    data: DataConfig
    network: dict[str, Any]
    options: "TrainOptions"
    devices: int
    loss: str
    method: str
    raw: dict[str, Any]


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file, lists as tuples."""
    try:
        return _frozen(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise ConfigError(f"File `{path}` is not TOML: {err}.") from None


def parse_config(raw: dict[str, Any], where: str) -> RunConfig:
    """Check a configuration, section by section."""
    from pydantic import ConfigDict, ValidationError, create_model

    from ..training import TrainOptions

    strict = ConfigDict(extra="forbid", strict=True)
    data = create_model("data", __config__=strict, **_data_fields(raw))
    options = _fields(TrainOptions)
    del options["seed"]  # one seed for weights, order and distortions, at the top
    beside = {"devices": (int, 1), "loss": (str, ""), "method": (str, "gradient")}
    train = create_model("train", __config__=strict, **beside, **options)
    whole: dict[str, Any] = {
        "seed": (int, 0),
        "out": (str, ""),
        "data": (data, data() if "data" not in raw else ...),
        "network": (dict[str, Any], ...),
        "train": (train, train()),
    }
    try:
        checked = create_model("config", __config__=strict, **whole)(**raw).model_dump()
    except ValidationError as err:
        known = {"": whole, "data": data.model_fields, "train": train.model_fields}
        raise ConfigError(f"{where}: {_pydantic_sentence(err, known)}") from None
    devices, loss, method = (checked["train"].pop(name) for name in beside)
    try:
        made = TrainOptions(seed=checked["seed"], **checked["train"])
    except ValueError as err:
        raise ConfigError(f"{where}: {str(err).replace('Argument `', 'Key `train.')}") from None
    section = _data_config(checked["data"])
    for name, value in (("data.holdout", section.holdout), ("train.devices", devices)):
        if value < (name == "train.devices"):
            raise ConfigError(f"{where}: Key `{name}` must not be so small, but has {value}.")
    for name, value, known in (("loss", loss, LOSSES), ("method", method, METHODS)):
        if value not in known:
            raise ConfigError(f"{where}: Key `train.{name}` has {value!r}; {nearest(value, known)}")
    network = checked["network"]
    return RunConfig(
        checked["seed"], checked["out"], section, network, made, devices, loss, method, raw
    )


def _data_fields(raw: dict[str, Any]) -> dict[str, Any]:
    """What the section [data] takes: that depends on the name in it."""
    section = raw.get("data")
    name = section.get("name") if isinstance(section, dict) else None
    common = _fields(DataConfig)
    del common["options"]
    if name not in SETS:
        return common
    return {key: common[key] for key in ("name", "holdout", "limit")} | fields_of(name)


def _data_config(checked: dict[str, Any]) -> DataConfig:
    own = {key: value for key, value in checked.items() if key in _fields(DataConfig)}
    rest = {key: value for key, value in checked.items() if key not in own}
    if checked["name"] in SETS and "folder" in fields_of(checked["name"]):
        rest["folder"] = own.pop("folder")
    return DataConfig(**own, options=rest)


def first_difference(now: dict[str, Any], then: dict[str, Any], prefix: str = "") -> str | None:
    """Return a sentence about the first key in which two configurations differ, if one does."""
    for name in sorted(now.keys() | then.keys()):
        a, b = now.get(name), then.get(name)
        if isinstance(a, dict) and isinstance(b, dict):
            inner = first_difference(a, b, f"{prefix}{name}.")
            if inner:
                return inner
        elif a != b and f"{prefix}{name}" not in ("out", "train.devices", "train.keep"):
            return f"`{prefix}{name}` was {_shown(b)} and is now {_shown(a)}"
    return None


def to_toml(raw: dict[str, Any]) -> str:
    """Write a configuration of plain values and one level of sections."""
    plain = [f"{key} = {_value(value)}" for key, value in raw.items() if not _is_section(value)]
    for name, section in raw.items():
        if _is_section(section):
            plain += ["", f"[{name}]", *(f"{key} = {_value(v)}" for key, v in section.items())]
    return "\n".join(plain).lstrip() + "\n"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint at the known name that is nearest, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, 1)
    return f"did you mean `{close[0]}`?" if close else f"known are {', '.join(names)}."


def _fields(kind: type) -> dict[str, Any]:
    return {
        field.name: (field.type, {} if field.default is dataclasses.MISSING else field.default)
        for field in dataclasses.fields(kind)
    }


def _pydantic_sentence(err: "ValidationError", known: dict[str, Any]) -> str:
    first = err.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"]]
    name = ".".join(path)
    if first["type"] == "extra_forbidden":
        there = known.get(".".join(path[:-1]), {})
        return f"Key `{name}` is not known; {nearest(path[-1], there)}"
    if first["type"] == "missing":
        return f"Key `{name}` is missing."
    must = first["msg"].replace("Input should be", "must be")
    return f"Key `{name}` {must}, but has {first['input']!r}."


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(inner) for key, inner in value.items()}
    return tuple(_frozen(inner) for inner in value) if isinstance(value, list) else value


def _is_section(value: Any) -> bool:
    return isinstance(value, dict)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(v)}" for key, v in value.items()) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    if isinstance(value, str):
        import json

        return json.dumps(value)  # JSON's strings are TOML's basic strings
    return repr(value)


def _shown(value: Any) -> str:
    return "not set" if value is None else _value(value)
