"""PyTorch's `nn.RNN`, `nn.LSTM` and `nn.GRU` in and out, known by the names of their arrays."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np

from .._checks import check, check_choice
from .._errors import ConfigError, FileFormatError, UnknownLayoutError
from ..networks import RecurrentStack, SequenceNet
from ._torch_fill import fill, on_device, on_host, to_float

_NAME = re.compile(
    r"(?P<prefix>.*?)(?P<part>(weight|bias)_(ih|hh|hr))_l(?P<layer>\d+)(?P<back>_reverse)?"
)
_FIELDS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
_KINDS = {4: "LSTM", 3: "GRU", 1: "RNN"}
_GATES = {kind: gates for gates, kind in _KINDS.items()}
_READOUTS = ("each", "last", "mean")


class _Found(NamedTuple):
    """What the names and shapes say."""

    prefix: str
    kind: str
    input_size: int
    hidden: int
    layers: int
    bidirectional: bool
    biased: bool


def is_recurrent(arrays: Mapping[str, Any]) -> bool:
    """Whether a state dict names the arrays of a recurrent module."""
    return any(_NAME.fullmatch(name) for name in arrays)


def read_recurrent(
    arrays: Mapping[str, np.ndarray], layout: Mapping[str, Any]
) -> RecurrentStack | SequenceNet:
    """Build the stack that a state dict belongs to, with a read-out where there is one."""
    unknown = sorted(layout.keys() - {"nonlinearity", "readout"})
    if unknown:
        raise ConfigError(
            f"Argument `layout` must name `nonlinearity` or `readout` of a recurrent network, but "
            f"has {unknown}."
        )
    found = _recognise(arrays)
    options = _options(found.kind, layout)
    head = _head(arrays, found)
    net = on_host(lambda: _empty(found, options, arrays, head, layout.get("readout", "each")))
    layers = []
    for index, layer in enumerate(net.layers):
        forth = _fill(layer.forth, arrays, found, f"l{index}")
        back = layer.back and _fill(layer.back, arrays, found, f"l{index}_reverse")
        layers.append(
            eqx.tree_at(
                lambda one: (one.forth, one.back),
                layer,
                (forth, back),
                is_leaf=lambda leaf: leaf is None,
            )
        )
    net = eqx.tree_at(lambda one: one.layers, net, tuple(layers))
    if head is not None:
        named = dict(arrays)
        weight = to_float(f"{head}.weight", arrays[f"{head}.weight"])
        named.setdefault(f"{head}.bias", np.zeros(len(weight), weight.dtype))
        net = eqx.tree_at(lambda one: one.decoder, net, fill(net.decoder, head, named))
    return on_device(net)


def recurrent_to_torch(net: RecurrentStack | SequenceNet, biases: bool) -> dict[str, np.ndarray]:
    """Name the arrays of a stack as PyTorch's module does, under `rnn.` beside a head `fc.`."""
    kind = net.config()["cell"]
    check(kind in _GATES, "net", f"be a stack of {', '.join(_GATES)}", f"cells {kind}")
    has_head = isinstance(net, SequenceNet)
    plain = not has_head or net.config()["block"] == "plain"
    check(plain, "net", 'be stacked plainly (block="plain"), as PyTorch does', "residual blocks")
    prefix = "rnn." if has_head else ""
    table: dict[str, np.ndarray] = {}
    layers: Any = net.layers
    for index, layer in enumerate(layers):
        for cell, end in ((layer.forth, ""), (layer.back, "_reverse")):
            if cell is not None:
                table |= _arrays_of(cell, f"{prefix}{{}}_l{index}{end}", biases)
    if has_head:
        table["fc.weight"] = np.array(net.decoder.weight)
        table["fc.bias"] = np.array(net.decoder.bias)
    return table


def _arrays_of(cell: Any, name: str, biases: bool) -> dict[str, np.ndarray]:
    found = {field: np.array(getattr(cell, field)) for field in _FIELDS}
    if biases:
        return {name.format(field): array for field, array in found.items()}
    zero = not (found["bias_ih"].any() or found["bias_hh"].any())
    check(zero, "biases", "be True for a network whose biases are not zero", biases)
    return {name.format(field): found[field] for field in _FIELDS[:2]}


def _recognise(arrays: Mapping[str, np.ndarray]) -> _Found:
    matches = [match for match in map(_NAME.fullmatch, arrays) if match]
    prefixes = sorted({match["prefix"] for match in matches})
    if len(prefixes) > 1:
        raise UnknownLayoutError(
            f"the weights hold {len(prefixes)} recurrent modules ({', '.join(prefixes[:4])}); "
            "feynax reads one at a time: save the state dict of one of them."
        )
    if any(match["part"] == "weight_hr" for match in matches):
        raise UnknownLayoutError(
            "the weights are those of an LSTM with projections (`proj_size`, arrays weight_hr_l0, "
            "...), which feynax does not build."
        )
    prefix = prefixes[0]
    layers = 1 + max(int(match["layer"]) for match in matches)
    if layers > len(matches):
        raise FileFormatError(f"the weights name a layer {layers - 1}, but not those below it.")
    outward = _matrix(arrays, f"{prefix}weight_ih_l0")
    inward = _matrix(arrays, f"{prefix}weight_hh_l0")
    hidden = inward[1]
    gates = inward[0] // hidden
    if inward[0] % hidden or gates not in _KINDS:
        raise FileFormatError(
            f"array `{prefix}weight_hh_l0` of shape {inward} is of no RNN, GRU or LSTM: it must "
            "have 1, 3 or 4 times as many rows as columns."
        )
    return _Found(
        prefix,
        _KINDS[gates],
        outward[1],
        hidden,
        layers,
        any(match["back"] for match in matches),
        any(match["part"].startswith("bias") for match in matches),
    )


def _matrix(arrays: Mapping[str, np.ndarray], name: str) -> tuple[int, int]:
    if name not in arrays:
        raise FileFormatError(f"the weights hold no array `{name}`.")
    shape = arrays[name].shape
    if len(shape) != 2 or 0 in shape:
        raise FileFormatError(f"array `{name}` must be a matrix, but has shape {shape}.")
    return shape


def _options(kind: str, layout: Mapping[str, Any]) -> dict[str, Any]:
    chosen = layout.get("nonlinearity", "tanh")
    check_choice("nonlinearity", chosen, ("tanh", "relu"))
    check_choice("readout", layout.get("readout", "each"), _READOUTS)
    fits = kind == "RNN" or "nonlinearity" not in layout
    check(fits, "nonlinearity", "be left out but for an RNN", f"given for a {kind}")
    return {"nonlinearity": chosen} if kind == "RNN" else {}


def _head(arrays: Mapping[str, np.ndarray], found: _Found) -> str | None:
    """Prefix of the linear read-out; everything that is no part of the network is refused."""
    rest = {name: array for name, array in arrays.items() if not _NAME.fullmatch(name)}
    if not rest:
        return None
    prefixes = {name.rpartition(".")[0] for name in rest}
    weight = rest.get(f"{next(iter(prefixes))}.weight")
    width = found.hidden * (2 if found.bidirectional else 1)
    fits = weight is not None and weight.ndim == 2 and weight.shape[1] == width
    parts = {name.rpartition(".")[2] for name in rest} <= {"weight", "bias"}
    if len(prefixes) > 1 or not fits or not parts:
        raise UnknownLayoutError(
            f"the weights hold a {found.kind} and arrays that are no part of it or of one linear "
            f"read-out of its {width} outputs: {', '.join(sorted(rest)[:6])}. Save the state dict "
            "of the recurrent module alone."
        )
    return prefixes.pop()


def _empty(
    found: _Found,
    options: dict[str, Any],
    arrays: Mapping[str, np.ndarray],
    head: str | None,
    readout: Any,
) -> RecurrentStack | SequenceNet:
    """The network with weights yet to be filled in."""
    sizes: dict[str, Any] = {
        "cell": found.kind,
        "hidden": found.hidden,
        "layers": found.layers,
        "options": options,
        "bidirectional": found.bidirectional,
        "key": jax.random.key(0),
    }
    if head is None:
        return RecurrentStack(found.input_size, **sizes)
    outputs = len(arrays[f"{head}.weight"])
    return SequenceNet(found.input_size, outputs, block="plain", readout=readout, **sizes)


def _fill(cell: Any, arrays: Mapping[str, np.ndarray], found: _Found, place: str) -> Any:
    """Give a cell its four arrays; where PyTorch left biases out they are zero."""
    new = [_array(field, cell, arrays, found, place) for field in _FIELDS]
    return eqx.tree_at(lambda one: [getattr(one, field) for field in _FIELDS], cell, new)


def _array(
    field: str, cell: Any, arrays: Mapping[str, np.ndarray], found: _Found, place: str
) -> np.ndarray:
    name = f"{found.prefix}{field}_{place}"
    rows = _GATES[found.kind] * found.hidden
    shape = {"weight_ih": (rows, cell.input_size), "weight_hh": (rows, found.hidden)}
    wanted = shape.get(field, (rows,))
    if name not in arrays:
        if field.startswith("bias") and not found.biased:
            like = arrays[f"{found.prefix}weight_hh_l0"]
            return np.zeros(wanted, to_float(name, like[:1]).dtype)
        raise FileFormatError(f"the weights hold no array `{name}`.")
    array = to_float(name, arrays[name])
    if array.shape != wanted:
        raise FileFormatError(f"array `{name}` must have shape {wanted}, but has {array.shape}.")
    return array
