"""How weights are drawn, and which sizes there are to draw them for."""

import math
from collections.abc import Iterator
from typing import Any

import jax
from jaxtyping import Array, Float, PRNGKeyArray

from ..._checks import check_count


def check_sizes(input_size: int, hidden_size: int) -> None:
    """Refuse sizes that are no positive whole numbers."""
    check_count("input_size", input_size)
    check_count("hidden_size", hidden_size)


def uniform(
    key: PRNGKeyArray, shape: tuple[int, ...], fan: int, dtype: Any = None
) -> Float[Array, "..."]:
    r"""Draw within $1/\sqrt{\mathrm{fan}}$, as PyTorch's layers do."""
    bound = 1 / math.sqrt(fan)
    return jax.random.uniform(key, shape, dtype, -bound, bound)


def normal(
    key: PRNGKeyArray, shape: tuple[int, ...], fan: int, dtype: Any = None
) -> Float[Array, "..."]:
    r"""Draw normally with standard deviation $1/\sqrt{\mathrm{fan}}$."""
    return jax.random.normal(key, shape, dtype) / math.sqrt(fan)


def torch_weights(
    key: PRNGKeyArray, gates: int, input_size: int, hidden_size: int, dtype: Any = None
) -> Iterator[Float[Array, "..."]]:
    r"""Draw `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh` as PyTorch's recurrent modules do."""
    rows = gates * hidden_size
    shapes = ((rows, input_size), (rows, hidden_size), (rows,), (rows,))
    for own, shape in zip(jax.random.split(key, 4), shapes, strict=True):
        yield uniform(own, shape, hidden_size, dtype)
