"""The fields of an ODERNN, checked."""

import math
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from ..._checks import check, check_count
from ._check_stage import check_stage
from ._lags import Lags, Variant, schedule
from ._stage import Moment, Stage


def read_sizes(stages: Sequence[Any], stage_size: Any) -> tuple[int, ...]:
    several = isinstance(stage_size, Sequence)
    sizes = tuple(stage_size) if several else (stage_size,) * len(stages)
    must = f"be one number or {len(stages)}, one for each stage"
    check(len(sizes) == len(stages), "stage_size", must, len(sizes))
    for size in sizes:
        check_count("stage_size", size)
    return sizes


def read_fields(
    stages: tuple[Any, ...], output: Any, input_size: int, state_size: int,
    sizes: tuple[int, ...], lags: int, implicit: bool, h: float, variant: Variant, inner: bool,
    readout: Any, dtype: Any,
) -> dict[str, Any]:  # fmt: skip
    """Return all fields of an ODERNN, checked."""
    check_count("input_size", input_size, 0)
    check_count("state_size", state_size)
    check(math.isfinite(h), "h", "be finite", h)
    places = schedule(len(stages), lags, variant)
    given = [*stages, output]
    for number, function in enumerate(given, 1):
        shown = _shown(function, number, places, sizes, input_size, state_size, dtype)
        q = "output" if number == len(given) else str(number)
        check_stage(q, shown, sizes, number, state_size, input_size, implicit, inner)
    hidden = jax.eval_shape(readout, jax.ShapeDtypeStruct((state_size,), dtype)).shape[0]
    return {
        "stages": stages, "output_stage": output, "readout": readout, "input_size": input_size,
        "state_size": state_size, "hidden_size": hidden, "stage_sizes": sizes, "lags": lags,
        "implicit": implicit, "inner": inner, "h": h, "variant": variant, "places": places,
        "dtype": dtype,
    }  # fmt: skip


def _shown(
    function: Any, number: int, places: Lags, sizes: tuple[int, ...], inputs: int, state: int,
    dtype: Any,
) -> Any:  # fmt: skip
    """Return what a stage's function gives, as shapes only where it must be computed."""
    if isinstance(function, Stage):
        return function

    def shape(*of: int, kind: Any = dtype) -> Any:
        return jax.ShapeDtypeStruct(of, kind)

    before = tuple(shape(size) for size in sizes[: number - 1])
    real = jnp.finfo(dtype).dtype
    moment = Moment(
        shape(kind=jnp.int32), shape(inputs, kind=real), shape(places.length, state), before
    )
    return eqx.filter_eval_shape(function, moment)


def check_moment(net: Any, state: Any, x: Any) -> None:
    length = net.places.length
    must = f"hold {length} past states of {net.state_size} components, newest first"
    has = jnp.shape(state.history)
    check(has == (length, net.state_size), "state", must, f"shape {has}")
    check(jnp.shape(x) == (net.input_size,), "x", f"have shape ({net.input_size},)",
          f"shape {jnp.shape(x)}")  # fmt: skip
