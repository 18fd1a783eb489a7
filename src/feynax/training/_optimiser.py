"""The optimiser of a run and its rate at every step."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from ._options import TrainOptions

if TYPE_CHECKING:
    import optax

_GRID = 4096  # places at which the rate of a run is known that time ends


def make_schedule(options: TrainOptions, total: int) -> "optax.Schedule":
    """Return the learning rate as a function of the step number.

    **Arguments:**

    - `options`: `rate`, `schedule` and `warmup` are used.
    - `total`: optimiser steps of the whole run.

    Source of "onecycle": Smith and Topin, "Super-convergence", arXiv 1708.07120.

    ```python
    from feynax.training import TrainOptions, make_schedule
    rate = make_schedule(TrainOptions(rate=0.01, warmup=0.25), 100)
    assert abs(float(rate(25)) - 0.01) < 1e-6 and float(rate(100)) < 1e-5
    ```
    """
    import optax

    rising = max(1, round(options.warmup * total))
    if options.schedule == "constant":
        return optax.constant_schedule(options.rate)
    if options.schedule == "linear":
        half = max(1, total // 2)
        return _lenient(optax.linear_schedule(options.rate, 0.0, max(1, total - half), half))
    if options.schedule == "cosine":
        length = max(total, rising + 1)
        return _lenient(optax.warmup_cosine_decay_schedule(0.0, options.rate, rising, length))
    start = max(options.warmup, 1 / total)
    return _lenient(optax.cosine_onecycle_schedule(total, options.rate, start))


def make_optimiser(options: TrainOptions, total: int) -> "optax.GradientTransformation":
    """Return Adam or AdamW with the schedule and the clipping of `options`.

    **Arguments:**

    - `options`: `weight_decay`, `epsilon` and `clip`, besides what `make_schedule` uses.
    - `total`: optimiser steps of the whole run.

    Source: Kingma and Ba, arXiv 1412.6980; Loshchilov and Hutter, arXiv 1711.05101.

    ```python
    import jax.numpy as jnp
    from feynax.training import TrainOptions, make_optimiser
    adam = make_optimiser(TrainOptions(rate=0.1, schedule="constant"), 10)
    weights = jnp.ones(3)
    change, _ = adam.update(weights, adam.init(weights), weights)
    assert jnp.allclose(change, -0.1, atol=1e-4)
    ```
    """
    import optax

    scale = optax.scale_by_learning_rate(make_schedule(options, total))
    whole = optax.chain(make_direction(options), scale)
    return optax.GradientTransformation(whole.init, _lenient(whole.update))


def make_direction(options: TrainOptions) -> "optax.GradientTransformation":
    """Return the optimiser without its rate: what the rate, negated, is multiplied by."""
    import optax

    def decays(params):
        return jax.tree_util.tree_map_with_path(
            lambda path, leaf: leaf.ndim >= 2 and not is_slow(path, options), params
        )

    parts = [optax.clip_by_global_norm(options.clip)] if options.clip else []
    parts.append(optax.scale_by_adam(eps=options.epsilon))
    if options.weight_decay:
        parts.append(optax.add_decayed_weights(options.weight_decay, decays))
    whole = optax.chain(*parts)
    return optax.GradientTransformation(whole.init, _lenient(whole.update))


def is_slow(path: tuple[Any, ...], options: TrainOptions) -> bool:
    """Whether the array at this place of a network is among those of `slow`."""
    return field_of(path) in options.slow


def field_of(path: tuple[Any, ...]) -> str:
    """Return the name of the last field on the way to an array."""
    names = [part.name for part in path if hasattr(part, "name")]
    return names[-1] if names else ""


def make_rates(options: TrainOptions, total: int) -> Callable[[int, float], float]:
    """Return the rate as a function of the step's number and the CPU seconds spent before it."""
    timed = options.cpu_seconds > 0
    length = _GRID if timed else total
    rates = np.asarray(jax.vmap(make_schedule(options, length))(np.arange(length)))

    def rate(number: int, spent: float) -> float:
        share = max(spent / options.cpu_seconds, number / total) if timed else 0.0
        return float(rates[min(int(share * length), length - 1) if timed else number])

    return rate


def _lenient(function: Callable[..., Any]) -> Callable[..., Any]:
    """Optax mixes integers and floats on purpose; a user's strict flags must not stop it."""

    def call(*args):
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            return function(*args)

    return call
