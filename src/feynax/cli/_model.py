"""Models as they come: a run folder, a feynax file, or weights from PyTorch."""

import dataclasses
from pathlib import Path
from typing import Any

from .._errors import FileFormatError, MissingDataError
from ._network_file import read_network

_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@dataclasses.dataclass(frozen=True)
class OpenModel:
    """A network with what is known about the images or series it was trained on.

    `asked` is what its file says of the reading as a quantum system.
    """

    network: Any
    name: str
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None
    data: str | None
    run: Path | None
    asked: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def is_recurrent(self) -> bool:
        """Whether it is read along series."""
        from ..report import is_recurrent

        return is_recurrent(self.network)

    @property
    def is_flow(self) -> bool:
        """Whether it is read from states."""
        from ..report import is_flow

        return is_flow(self.network)

    @property
    def home(self) -> Path:
        """The folder whose readings are its own."""
        return self.run or Path("runs") / Path(self.name).stem

    @property
    def channels(self) -> int:
        """Channels of the images that it takes."""
        if hasattr(self.network, "in_shape"):
            return self.network.in_shape[0]
        config = self.network.config()
        for name in ("in_channels", "channels"):  # of a network, and of a block on its own
            if name in config:
                return config[name]
        first = next(layer for layer in config["layers"] if "in_channels" in layer)
        return first["in_channels"]

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width of the images that it takes, or `None` for any."""
        shape = getattr(self.network, "in_shape", None)
        return None if shape is None else (shape[1], shape[2])

    def scale(self) -> tuple[tuple[float, ...], tuple[float, ...], str]:
        """Mean and deviation to standardise by, and a note where they are a guess."""
        if self.mean is not None and self.std is not None:
            return self.mean, self.std, ""
        mean, std = _IMAGENET if self.channels == 3 else ((0.1307,), (0.3081,))
        whose = "ImageNet" if self.channels == 3 else "MNIST"
        note = f"The file does not say how its images were standardised: those of {whose} are used."
        return mean, std, note + " Say otherwise with --mean and --std."


def open_model(path: Path, layout: Path | None) -> OpenModel:
    """Load the network of a run folder or of a file."""
    from ..interop import load_model_with_header, read_safetensors, read_torch

    file = path / "model.safetensors" if path.is_dir() else path
    if not file.is_file():
        what = f"`{path}` holds no model.safetensors" if path.is_dir() else f"no file `{path}`"
        raise MissingDataError(f"There is nothing to read: {what}.")
    if file.suffix == ".toml":
        found = read_network(file)
        return OpenModel(found.network, file.name, None, None, None, None, found.asked)
    if file.suffix not in (".safetensors", ".pt", ".pth"):
        kinds = ".safetensors, .pt, .pth or .toml"
        raise FileFormatError(f"`{file.name}` is no model: those end in {kinds}.")
    ours = file.suffix == ".safetensors" and "feynax" in read_safetensors(file)[1]
    if not ours:
        network = read_torch(file, layout)
        return OpenModel(network, file.name, None, None, None, None)
    network, header = load_model_with_header(file)
    extra = header.extra
    run = file.parent if (file.parent / "metrics.jsonl").is_file() else None
    return OpenModel(
        network,
        file.name,
        *_scale_of(extra),
        extra.get("data") if isinstance(extra.get("data"), str) else None,
        run,
    )


def _scale_of(extra: dict[str, Any]) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None]:
    """Mean and deviation that the writer kept: numbers, or one for each channel."""
    found = [_numbers(extra.get(name)) for name in ("mean", "std")]
    return (found[0], found[1]) if None not in found else (None, None)


def _numbers(value: Any) -> tuple[float, ...] | None:
    values = value if isinstance(value, list) else [value]
    known = bool(values) and all(isinstance(one, int | float) for one in values)
    return tuple(float(one) for one in values) if known else None
