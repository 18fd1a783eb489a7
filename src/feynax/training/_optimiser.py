"""The optimiser of a run and its rate at every step."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax

from ._options import TrainOptions

if TYPE_CHECKING:
    import optax


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

    def matrices(params):
        return jax.tree.map(lambda leaf: leaf.ndim >= 2, params)

    parts = [optax.clip_by_global_norm(options.clip)] if options.clip else []
    schedule = make_schedule(options, total)
    if options.weight_decay:
        decay, eps = options.weight_decay, options.epsilon
        adam = optax.adamw(schedule, eps=eps, weight_decay=decay, mask=matrices)
    else:
        adam = optax.adam(schedule, eps=options.epsilon)
    whole = optax.chain(*parts, adam)
    return optax.GradientTransformation(whole.init, _lenient(whole.update))


def _lenient(function: Callable[..., Any]) -> Callable[..., Any]:
    """Optax mixes integers and floats on purpose; a user's strict flags must not stop it."""

    def call(*args):
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            return function(*args)

    return call
