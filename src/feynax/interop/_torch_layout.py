"""Which network a table of PyTorch weights belongs to."""

import os
import pathlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from .._errors import ConfigError, FeynaxError, FileFormatError, UnknownLayoutError
from ..networks import BatchNorm, RecurrentStack, ResNet, SequenceNet, Sequential
from ._safetensors import read_safetensors
from ._torch_fill import fields_of, fill_layer, on_device, on_host, pieces, resnet_names
from ._torch_pickle import read_pt
from ._torch_recurrent import is_recurrent, read_recurrent, recurrent_to_torch

EXAMPLE = """\
[[layers]]
kind = "conv"
name = "conv1"
stride = 1
padding = 1
[[layers]]
kind = "batch_norm"
name = "bn1"
[[layers]]
kind = "activation"
name = "relu"
[[layers]]
kind = "residual"
branch = [{ kind = "conv", name = "block.conv", padding = 1 }]
[[layers]]
kind = "global_mean"
[[layers]]
kind = "linear"
name = "fc"
"""
_SHOWN = 12  # arrays that an error names
_BLOCK = re.compile(r"layer(\d+)\.(\d+)\.(.+)")
# other common names of the same parts
_ALIASES = (
    (re.compile(r"\.shortcut\.(\d)\."), r".downsample.\1."),
    (re.compile(r"^linear\."), "fc."),
)

Layout = Mapping[str, Any] | Sequence[Mapping[str, Any]] | str | os.PathLike[str]


def read_torch(
    weights: str | os.PathLike[str] | Mapping[str, Any], layout: Layout | None = None
) -> ResNet | Sequential | RecurrentStack | SequenceNet:
    """Build the network that a PyTorch state dict belongs to, with its weights; no torch needed.

    Torchvision's residual networks (resnet18 to 152, wide, resnext) and their CIFAR cousins are
    known by their keys: `conv1`, `bn1`, `layer1.0.conv1`, ..., `downsample.0`, `fc` (also
    `shortcut`, `linear`). A state dict says nothing about strides: a 7x7 stem has stride 2 and a
    max pool after it, a smaller one neither; each stage but the first starts with stride 2.
    `nn.RNN`, `nn.LSTM` and `nn.GRU` are known by `weight_ih_l0`, ..., under any prefix, with the
    one linear layer that reads them out where there is one. Anything else must be said by `layout`.

    **Arguments:**

    - `weights`: a `.pt` or `.pth` file, a safetensors file, or name to array.
    - `layout`: corrections to the recognised network as a table (`strides`, `activation`, `stem`
      with `stride` and `pool`; of a recurrent one `nonlinearity`, "tanh" or "relu", and `readout`,
      "each", "last" or "mean"), or a list of layers as `Sequential` takes it, whose `name` is the
      prefix of the layer's arrays and whose sizes are read off them, or a TOML file of either
      (with `[[layers]]` for a list).

    **Returns:**

    A `ResNet`, or a `Sequential` for a list, in evaluation; a `RecurrentStack`, or a `SequenceNet`
    where there is a read-out. Half precision is widened to float32.

    **Raises:**

    - `UnknownLayoutError` when the keys belong to no network known; it shows how to write a list.
    - `FileFormatError` when the file is damaged, hostile, or holds other shapes.
    - `ValueError` for batch norms without running statistics.

    Source: the naming of torchvision's models/resnet.py and of PyTorch's nn/modules/rnn.py.

    ```python
    import jax, feynax as fx
    net = fx.networks.ResNet(3, 10, stages=(1, 1), widths=(4, 8), key=jax.random.key(0))
    again = fx.interop.read_torch(fx.interop.to_torch(net))
    assert again.config() == net.config()
    ```
    """
    arrays = _read(weights)
    known: Any = _read_layout(layout) if isinstance(layout, str | os.PathLike) else layout
    if isinstance(known, Sequence):
        return _read_list(arrays, known)
    if is_recurrent(arrays):
        return read_recurrent(arrays, known or {})
    return _read_resnet(arrays, dict(known or {}))


def to_torch(
    net: ResNet | RecurrentStack | SequenceNet, *, biases: bool = True
) -> dict[str, np.ndarray]:
    """Name the arrays of a network as torchvision's or PyTorch's `state_dict` does.

    **Arguments:**

    - `net`: a network of basic or bottleneck blocks (pre-activation blocks get names in the same
      manner, for a module written to match), or a plain stack of LSTM, GRU or RNN; with a
      read-out the stack is named `rnn` and the read-out `fc`.
    - `biases`: False for a recurrent module made with `bias=False`.

    **Returns:**

    Name to array, to be wrapped by `torch.from_numpy` and given to `load_state_dict`.

    **Raises:**

    - `ValueError` for stacks of other cells, and for biases left out that are not zero.

    ```python
    import jax, feynax as fx
    net = fx.networks.ResNet(1, 2, stages=(1,), widths=(4,), key=jax.random.key(0))
    assert fx.interop.to_torch(net)["layer1.0.conv2.weight"].shape == (4, 4, 3, 3)
    ```
    """
    if isinstance(net, RecurrentStack | SequenceNet):
        return recurrent_to_torch(net, biases)
    layers = [piece for layer in net.layers() for piece in pieces(layer)]
    table = {}
    for name, layer in zip(resnet_names(net), layers, strict=True):
        for field, theirs in fields_of(layer):
            if getattr(layer, field) is not None:
                table[f"{name}.{theirs}"] = np.array(getattr(layer, field))
        if isinstance(layer, BatchNorm):
            table[f"{name}.num_batches_tracked"] = np.array(0, np.int64)
    return table


def _read(weights: str | os.PathLike[str] | Mapping[str, Any]) -> dict[str, np.ndarray]:
    if isinstance(weights, Mapping):
        arrays = {name: np.asarray(value) for name, value in weights.items()}
    elif pathlib.Path(weights).suffix == ".safetensors":
        arrays, _ = read_safetensors(weights)
    else:
        arrays = read_pt(weights)
    return {k: v for k, v in arrays.items() if not k.endswith("num_batches_tracked")}


def _read_layout(path: str | os.PathLike[str]) -> Any:
    try:
        table = tomllib.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{pathlib.Path(path).name}: not valid TOML: {error}") from error
    return table.get("layers", table)


def _read_resnet(arrays: dict[str, np.ndarray], layout: dict[str, Any]) -> ResNet:
    for pattern, ours in _ALIASES:
        arrays = {pattern.sub(ours, name): array for name, array in arrays.items()}
    config = _recognise(arrays, layout)
    try:
        net = on_host(lambda: ResNet(**config, key=jax.random.key(0)))
    except TypeError as error:
        raise ConfigError(f"Argument `layout` does not describe a ResNet: {error}") from error
    names = resnet_names(net)
    arrays = _fold_biases(arrays) if config["norm"] else {**_zero_biases(arrays), **arrays}
    known = {name.rsplit(".", 1)[0] for name in arrays}
    if known != set(names):
        raise _unknown(arrays, f"unexpected parts {sorted(known ^ set(names))[:4]}")
    _check_statistics(arrays)
    rest = iter(names)
    filled = net.with_layers([fill_layer(layer, rest, arrays) for layer in net.layers()])
    return on_device(filled)


def _recognise(arrays: dict[str, np.ndarray], layout: dict[str, Any]) -> dict[str, Any]:
    """Read the arguments of `ResNet` off the names and shapes."""
    blocks: dict[int, set[int]] = {}
    for name in arrays:
        if match := _BLOCK.match(name):
            blocks.setdefault(int(match[1]), set()).add(int(match[2]))
    complete = sorted(blocks) == list(range(1, len(blocks) + 1)) and all(
        sorted(found) == list(range(len(found))) for found in blocks.values()
    )
    needed = [f"layer{i}.0.conv2.weight" for i in blocks] + ["conv1.weight", "fc.weight"]
    if not blocks or not complete or any(name not in arrays for name in needed):
        raise _unknown(arrays, "not the keys of a residual network")
    if any(arrays[n].ndim != (2 if n == "fc.weight" else 4) for n in needed):
        raise _unknown(arrays, "weights of another rank than images need")
    deep = "layer1.0.conv3.weight" in arrays
    last = "conv3" if deep else "conv2"
    stages = range(1, len(blocks) + 1)
    stem = arrays["conv1.weight"].shape
    large = stem[2] >= 7
    found = {
        "in_channels": stem[1],
        "classes": arrays["fc.weight"].shape[0],
        "stages": [len(blocks[i]) for i in stages],
        "widths": [_shape(arrays, f"layer{i}.0.{last}.weight")[0] for i in stages],
        "block": "bottleneck" if deep else "basic",
        "inner": [arrays[f"layer{i}.0.conv2.weight"].shape[0] for i in stages],
        "norm": any(name.startswith("bn1.") for name in arrays),
        "stem": {"kernel": stem[2], "stride": 2 if large else 1, "pool": large, "width": stem[0]},
    }
    if deep:
        middle = arrays["layer1.0.conv2.weight"].shape
        found["groups"] = max(middle[0] // middle[1], 1)
    return {**found, **layout, "stem": {**found["stem"], **layout.get("stem", {})}}


def _shape(arrays: dict[str, np.ndarray], name: str) -> tuple[int, ...]:
    if name not in arrays or arrays[name].ndim != 4:
        raise _unknown(arrays, f"no array `{name}` of rank 4")
    return arrays[name].shape


def _check_statistics(arrays: dict[str, np.ndarray]) -> None:
    norms = [
        n.removesuffix(".weight")
        for n, a in arrays.items()
        if n.endswith(".weight") and a.ndim == 1
    ]
    for norm in norms:
        if f"{norm}.running_mean" not in arrays:
            raise ValueError(
                f"Argument `weights` must hold running statistics, but has none for `{norm}`: a "
                "batch norm without them answers for a batch, not for an image."
            )


def _fold_biases(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Move a convolution's bias into the mean of the batch norm that follows it, exactly."""
    folded = dict(arrays)
    for name in arrays:
        prefix = name.removesuffix(".bias")
        norm = re.sub(r"conv(\d+)$", r"bn\1", prefix)
        norm = re.sub(r"downsample\.0$", "downsample.1", norm)
        mean = f"{norm}.running_mean"
        if name.endswith(".bias") and norm != prefix and mean in arrays:
            if arrays[name].shape != arrays[mean].shape:
                raise FileFormatError(f"array `{name}` has shape {arrays[name].shape}.")
            folded[mean] = np.asarray(arrays[mean] - folded.pop(name))
    return folded


def _zero_biases(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    weights = {n: a for n, a in arrays.items() if n.endswith(".weight") and a.ndim == 4}
    return {
        f"{n.removesuffix('.weight')}.bias": np.zeros(len(a), a.dtype) for n, a in weights.items()
    }


def _read_list(arrays: dict[str, np.ndarray], layers: Sequence[Mapping[str, Any]]) -> Sequential:
    names: list[str] = []
    try:
        specs = [_complete(layer, arrays, names) for layer in layers]
        net = on_host(lambda: Sequential(specs, key=jax.random.key(0)))
    except FeynaxError:
        raise
    except (TypeError, KeyError) as error:
        raise ConfigError(f"Argument `layout` does not describe layers: {error}") from error
    rest = iter(names)
    return on_device(fill_layer(net, rest, arrays))


def _complete(
    layer: Mapping[str, Any], arrays: dict[str, np.ndarray], names: list[str]
) -> dict[str, Any]:
    """Add to a listed layer the sizes that its arrays have, and note its name."""
    spec = dict(layer)
    kind = spec["kind"]
    for part in ("branch", "shortcut", "layers"):
        if spec.get(part) is not None:
            spec[part] = [_complete(one, arrays, names) for one in spec[part]]
    if kind not in ("conv", "linear", "batch_norm"):
        return spec
    name = spec.pop("name", None)
    if f"{name}.weight" not in arrays:
        raise _unknown(arrays, f"the list names `{name}`, which has no weights")
    shape = arrays[f"{name}.weight"].shape
    if len(shape) != {"conv": 4, "linear": 2, "batch_norm": 1}[kind]:
        raise FileFormatError(f"array `{name}.weight` of shape {shape} is no {kind}.")
    names.append(name)
    has_bias = f"{name}.bias" in arrays
    if kind == "conv":
        inside = shape[1] * spec.get("groups", 1)
        sizes = {"in_channels": inside, "out_channels": shape[0], "kernel": list(shape[2:])}
        return {**sizes, "bias": has_bias, **spec}
    if kind == "linear":
        return {"in_features": shape[1], "out_features": shape[0], "bias": has_bias, **spec}
    _check_statistics({n: a for n, a in arrays.items() if n.startswith(f"{name}.")})
    return {"channels": shape[0], **spec}


def _unknown(arrays: Mapping[str, Any], why: str) -> UnknownLayoutError:
    shown = ", ".join(f"{name} {np.shape(arrays[name])}" for name in sorted(arrays)[:_SHOWN])
    more = f", and {len(arrays) - _SHOWN} more" if len(arrays) > _SHOWN else ""
    return UnknownLayoutError(
        f"the weights belong to no network that feynax recognises ({why}). Arrays found "
        f"({len(arrays)}): {shown}{more}. Known by their keys are torchvision's residual "
        "networks (`conv1`, `layer1.0.conv1`, ..., `fc`), and `nn.RNN`, `nn.LSTM` and `nn.GRU` "
        "(`weight_ih_l0`, `weight_hh_l0`, ..., under any prefix). Anything else is said by a list "
        f"of layers in TOML, as `layout=` or `--layout`, such as:\n{EXAMPLE}"
    )
