"""The training loop, short enough to copy and change."""

import os
import time
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
from jax.sharding import Mesh

from ._evaluate import LabelledImages, evaluate
from ._mesh import data_mesh, may_overlap, replicate
from ._optimiser import make_optimiser, make_schedule
from ._options import TrainOptions
from ._prepare import check_run, compile_steps, draws_of_epoch
from ._record import Record
from ._step import TrainState, make_step


class TrainResult(NamedTuple):
    """What a run leaves.

    **Fields:**

    - `network`: the trained network, on one device (with the running mean of its weights where
      `average` is on).
    - `rows`: the rows of `metrics.jsonl`.
    - `steps`: optimiser steps done in all.
    - `seconds`, `cpu_seconds`: wall and CPU time of all sittings of the run, compiling included.
    - `compile_seconds`: of this sitting.
    """

    network: Any
    rows: list[dict[str, Any]]
    steps: int
    seconds: float
    cpu_seconds: float
    compile_seconds: float


def train(
    network: Any,
    data: LabelledImages,
    options: TrainOptions | None = None,
    *,
    valid: LabelledImages | None = None,
    folder: str | os.PathLike[str] | None = None,
    resume: bool = False,
    mesh: Mesh | None = None,
    progress: bool = False,
) -> TrainResult:
    """Train a classifier of images by cross entropy.

    **Arguments:**

    - `network`: a tree whose floating-point arrays are trained; callable on one image (C, H, W),
      or on a batch through its method `batch`; with `random_steps`, both take `steps=`.
    - `data`: images and labels to learn from.
    - `options`: everything else that decides the result.
    - `valid`: images to evaluate on after each epoch.
    - `folder`: where `metrics.jsonl` and `checkpoints/` go; nothing is written without it.
    - `resume`: go on from the newest checkpoint in `folder`; on the same devices the final
      weights are those of an undisturbed run, bit for bit.
    - `mesh`: devices to share each batch, from `data_mesh`; by default one.
    - `progress`: show a bar.

    **Returns:**

    The trained network and the course of the run.

    **Raises:**

    - `ValueError` where shapes or values do not fit, `DivergedError` where the loss is not
      finite, `ConfigError` where the checkpoint to resume is of another run.

    ```python
    import equinox as eqx, jax
    from feynax import data, training
    class Linear(eqx.Module):
        weight: jax.Array
        def __call__(self, image):
            return self.weight @ image.ravel()
    network = Linear(jax.numpy.zeros((10, 784), "float32"))
    few = data.digits().take(range(200))
    run = training.train(network, few, training.TrainOptions(epochs=1, batch=50, rate=1e-3))
    assert run.steps == 4 and run.rows[-1]["loss"] < 2.31
    ```
    """
    options = TrainOptions() if options is None else options
    mesh = data_mesh() if mesh is None else mesh
    check_run(network, data, options, mesh)
    total, per_epoch = (
        options.total_steps(len(data.labels)),
        options.steps_per_epoch(len(data.labels)),
    )
    params, static = eqx.partition(network, eqx.is_inexact_array)
    optimiser, schedule = make_optimiser(options, total), make_schedule(options, total)
    state = TrainState(params, optimiser.init(params), params if options.average else None)

    record = Record(folder, options, data.labels, total, progress)
    try:
        first, state = record.start(state, resume)
        state = replicate(state, mesh)
        images, labels = replicate((data.images, np.asarray(data.labels, np.int32)), mesh)
        step = make_step(static, options, optimiser, mesh, data.mean, data.std)
        record.say("compiling ...")
        begun = time.perf_counter()
        run = compile_steps(step, state, images, labels, options) if first < total else {}
        compile_seconds = time.perf_counter() - begun
        record.say(f"compiled in {compile_seconds:.1f} s")

        pending, order, steps = [], None, []
        overlaps = may_overlap(mesh)
        for number in range(first, total):
            epoch, place = divmod(number, per_epoch)
            if order is None or place == 0:
                order, steps = draws_of_epoch(options, len(data.labels), epoch)
            moment = np.array([options.seed, number], np.int32)
            state, metrics = run[steps[place]](state, images, labels, order[place], moment)
            pending.append(metrics)
            if not overlaps:
                jax.block_until_ready(metrics)
            record.advance()
            done, ends = number + 1, place + 1 == per_epoch
            every = options.checkpoint_every or per_epoch
            saves = done % every == 0 or done == total
            if saves or ends or done % options.log_every == 0:
                record.metrics(done, epoch, pending, float(np.asarray(schedule(number))))
                pending = []
            if ends and valid is not None:
                now = eqx.combine(state.average if options.average else state.params, static)
                found = evaluate(now, valid, steps=options.eval_steps or None, mesh=mesh)
                record.evaluation(done, epoch, found)
            if saves:
                record.checkpoint(done, state)
    finally:
        record.close()
    params = state.average if options.average else state.params
    trained = eqx.combine(jax.tree.map(lambda leaf: leaf.addressable_data(0), params), static)
    return TrainResult(trained, record.log.rows, total, *record.clock(), compile_seconds)
