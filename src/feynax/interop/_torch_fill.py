"""Arrays of PyTorch layers into ours and back, layer by layer."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._errors import FileFormatError
from ..networks import BatchNorm, Conv, Linear, Residual, ResNet, Sequential

# field of our layer, name of torch's parameter or buffer
_CONV = (("weight", "weight"), ("bias", "bias"))
_NORM = (
    ("weight", "weight"),
    ("bias", "bias"),
    ("mean", "running_mean"),
    ("variance", "running_var"),
)


def on_host(make: Callable[[], Any]) -> Any:
    """Build a network with zeros on the host in place of its initial weights."""
    skeleton = eqx.filter_eval_shape(make)
    is_shape = lambda leaf: isinstance(leaf, jax.ShapeDtypeStruct)
    return jax.tree.map(
        lambda leaf: np.zeros(leaf.shape, leaf.dtype) if is_shape(leaf) else leaf, skeleton
    )


def on_device(net: Any) -> Any:
    """Turn all arrays on the host into JAX arrays."""
    return jax.tree.map(lambda a: jnp.asarray(a) if isinstance(a, np.ndarray) else a, net)


def fields_of(layer: Any) -> tuple[tuple[str, str], ...]:
    """Pairs (our field, torch's name) of a layer that holds arrays."""
    if isinstance(layer, BatchNorm):
        return _NORM
    return _CONV if isinstance(layer, Conv | Linear) else ()


def fill(layer: Any, prefix: str, arrays: Mapping[str, np.ndarray]) -> Any:
    """Give a layer the arrays that torch keeps under a prefix."""
    for field, theirs in fields_of(layer):
        old = getattr(layer, field)
        if old is None:
            continue
        name = f"{prefix}.{theirs}"
        if name not in arrays:
            raise FileFormatError(f"the weights hold no array `{name}`.")
        new = to_float(name, arrays[name])
        if new.shape != old.shape:
            raise FileFormatError(
                f"array `{name}` must have shape {old.shape}, but has {new.shape}."
            )
        layer = eqx.tree_at(lambda one, field=field: getattr(one, field), layer, new)
    return layer


def to_float(name: str, array: np.ndarray) -> np.ndarray:
    """Check an array of weights; half precision becomes single, double stays where x64 is on."""
    if not jnp.issubdtype(array.dtype, jnp.floating):
        raise FileFormatError(f"array `{name}` must hold real numbers, but has {array.dtype}.")
    wide = np.asarray(array, np.float64)
    if not np.isfinite(wide).all():
        raise FileFormatError(f"array `{name}` holds NaN or infinity.")
    double = array.dtype.itemsize == 8
    kind = np.dtype(np.float64 if double else np.float32)
    return wide.astype(jax.dtypes.canonicalize_dtype(kind))


def fill_layer(layer: Any, names: Iterator[str], arrays: Mapping[str, np.ndarray]) -> Any:
    """Fill a layer, or the layers inside a block, under the next names."""
    if isinstance(layer, Residual):
        branch = fill_layer(layer.branch, names, arrays)
        skip = layer.shortcut and fill_layer(layer.shortcut, names, arrays)
        return Residual(branch, skip, layer.after)
    if isinstance(layer, Sequential):
        return Sequential([fill_layer(one, names, arrays) for one in layer.layers])
    return fill(layer, next(names), arrays) if fields_of(layer) else layer


def pieces(layer: Any) -> Iterator[Any]:
    """Array-holding layers inside a layer or block, in the order of `fill_layer`."""
    if isinstance(layer, Residual):
        yield from pieces(layer.branch)
        yield from pieces(layer.shortcut)
    elif isinstance(layer, Sequential):
        yield from (piece for one in layer.layers for piece in pieces(one))
    elif fields_of(layer):
        yield layer


def resnet_names(net: ResNet) -> list[str]:
    """Torchvision's prefixes of all array-holding layers, in the order of `net.layers()`."""
    names = _numbered(net.stem.layers)
    for i, stage in enumerate(net.stages, start=1):
        for j, block in enumerate(stage.blocks()):
            inner = _numbered(block.branch.layers)
            if block.shortcut is not None:
                inner += [f"downsample.{k}" for k in range(len(block.shortcut.layers))]
            names += [f"layer{i}.{j}.{name}" for name in inner]
    return names + _numbered(net.head.layers)


def _numbered(layers: Any) -> list[str]:
    """`conv1`, `bn1`, `conv2`, ... and `fc`, for those layers that hold arrays."""
    names, seen = [], {"conv": 0, "bn": 0}
    for layer in layers:
        if isinstance(layer, Linear):
            names.append("fc")
        elif fields_of(layer):
            kind = "conv" if isinstance(layer, Conv) else "bn"
            seen[kind] += 1
            names.append(f"{kind}{seen[kind]}")
    return names
