"""The training loop, short enough to copy and change."""

import os
from typing import Any, Literal, NamedTuple

import jax
from jax.sharding import Mesh

from .._checks import check_choice
from .._mesh import data_mesh, may_overlap
from ._clock import Clock
from ._engine import AbstractEngine
from ._evaluate import evaluate
from ._evolution import Evolution
from ._gradient import Gradient
from ._kinds import LabelledImages, Series, Task
from ._losses import Loss
from ._optimiser import make_rates
from ._options import TrainOptions
from ._prepare import Order, check_run
from ._problem import Problem, problem_of
from ._record import Record


class TrainResult(NamedTuple):
    """What a run leaves.

    **Fields:**

    - `network`: the trained network, on one device (with the running mean of its weights where
      `average` is on).
    - `rows`: the rows of `metrics.jsonl`.
    - `steps`: optimiser steps done in all.
    - `seconds`, `cpu_seconds`: wall and CPU time of all sittings of the run, compiling included.
    - `compile_seconds`: of this sitting.
    - `training_seconds`: CPU time of the steps alone, of all sittings.
    """

    network: Any
    rows: list[dict[str, Any]]
    steps: int
    seconds: float
    cpu_seconds: float
    compile_seconds: float
    training_seconds: float


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
    return fit(
        network,
        data,
        None,
        options,
        valid=valid,
        folder=folder,
        resume=resume,
        mesh=mesh,
        progress=progress,
    )


def fit(
    network: Any,
    data: LabelledImages | Series | Task,
    loss: str | Loss | None = None,
    options: TrainOptions | None = None,
    *,
    method: Literal["gradient", "cma"] = "gradient",
    valid: LabelledImages | Series | Task | None = None,
    folder: str | os.PathLike[str] | None = None,
    resume: bool = False,
    mesh: Mesh | None = None,
    progress: bool = False,
) -> TrainResult:
    """Train a network on series, on an endless task, or on images.

    **Arguments:**

    - `network`: a tree whose floating-point arrays are trained; callable on one series, with
      `mask=` and `dts=` where the data have them, and `key=` where it has a `dropout`.
    - `data`: series with their targets, or a task that makes an example for every key.
    - `loss`: "cross_entropy" (where there are classes, by default), "mse", or a `Loss`.
    - `options`: everything else that decides the result.
    - `method`: "gradient" (Adam), or "cma" (CMA-ES by the package `cma`, for small networks).
    - `valid`: data to evaluate on as `evaluate_every` says; of a task, 500 examples.
    - `folder`, `resume`, `mesh`, `progress`: as for [`feynax.training.train`][], which is this
      function for images. A run that time ends goes on, but not to the same bits.

    **Returns:**

    The trained network and the course of the run.

    **Raises:**

    - `ValueError` where shapes or values do not fit, `DivergedError` where the loss is not
      finite, `ConfigError` where the checkpoint to resume is of another run,
      `ModuleNotFoundError` where `cma` is not installed.

    Source of CMA-ES: N. Hansen, arXiv 1604.00772.

    ```python
    import jax, feynax as fx
    from feynax.training import TrainOptions, fit
    vowels = fx.data.japanese_vowels().standardised()
    net = fx.networks.SequenceNet(12, 9, cell="GRU", hidden=4, key=jax.random.key(0))
    run = fit(net, vowels, options=TrainOptions(updates=2, batch=30))
    assert run.steps == 2 and 0 <= run.rows[-1]["accuracy"] <= 1
    ```
    """
    check_choice("method", method, ("gradient", "cma"))
    options = TrainOptions() if options is None else options
    mesh = data_mesh() if mesh is None else mesh
    problem = problem_of(data, loss, options)
    check_run(network, data, problem, options, mesh)
    total, order = options.total_steps(problem.size), Order(options, problem.size)
    engine = _engine(method, network, problem, options, mesh)
    rate_at, clock = make_rates(options, total), Clock(options.cpu_seconds)

    record = Record(folder, options, problem, total, clock, progress)
    try:
        done, state = record.start(engine.begin(), resume)
        last = done >= total or clock.is_over()
        if not last:
            record.say("compiling ...")
            with clock.compiling():
                state = engine.compile(state)
            record.say(f"compiled in {clock.compile_seconds:.1f} s")

        pending, waits = [], not may_overlap(mesh) or bool(options.cpu_seconds)
        while not last:
            rows, steps = order.batch(done)
            rate = rate_at(done, clock.spent)
            state, metrics = engine.advance(state, done, rows, rate, steps)
            if waits:
                jax.block_until_ready(metrics)
            pending.append(metrics)
            record.advance()
            done += 1
            last = done == total or clock.is_over()
            epoch, place = divmod(done - 1, order.per_epoch)
            ends = place + 1 == order.per_epoch
            saves = last or done % (options.checkpoint_every or order.per_epoch) == 0
            judges = last or (
                done % options.evaluate_every == 0 if options.evaluate_every else ends
            )
            if saves or ends or judges or done % options.log_every == 0:
                record.metrics(done, epoch, pending, rate)
                pending = []
            if judges and valid is not None:
                judged = {"loss": loss, "steps": options.eval_steps or None, "mesh": mesh}
                with clock.aside():
                    found = evaluate(engine.network(state, done), valid, **judged)
                record.evaluation(done, epoch, found)
            if saves:
                record.checkpoint(done, state)
        # The arrays of the mesh's first device: for who comes after, there is but one.
        trained = jax.tree.map(_local, engine.network(state, done))
        times = (*record.times(), clock.compile_seconds, clock.spent)
    finally:
        record.close()
    return TrainResult(trained, record.log.rows, done, *times)


def _engine(
    method: str, network: Any, problem: Problem, options: TrainOptions, mesh: Mesh
) -> AbstractEngine:
    kind = {"gradient": Gradient, "cma": Evolution}[method]
    return kind(network, problem, options, mesh)


def _local(leaf: Any) -> Any:
    return leaf.addressable_data(0) if isinstance(leaf, jax.Array) else leaf
