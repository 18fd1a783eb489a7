"""What a run tells the world: log rows, checkpoints, the bar and the clock."""

import dataclasses
import json
import os
import pathlib
import sys
import time
from typing import Any, TypeVar

import numpy as np
from jaxtyping import PyTree

from .._errors import ConfigError, DivergedError
from .._mesh import is_first_process
from ._checkpoint import load_checkpoint, save_checkpoint
from ._clock import Clock
from ._log import MetricsLog
from ._options import ENDLESS, TrainOptions
from ._problem import Problem

_T = TypeVar("_T", bound=PyTree)


class Record:
    """Keeps the files of one run; only the first process of a job writes any."""

    def __init__(
        self,
        folder: str | os.PathLike[str] | None,
        options: TrainOptions,
        problem: Problem,
        total: int,
        clock: Clock,
        progress: bool,
    ):
        self._home = None if folder is None else pathlib.Path(folder)
        self._options = options
        self._facts = {
            "options": json.loads(json.dumps(dataclasses.asdict(options))),
            **problem.facts,
        }
        self._noun, self._score = problem.noun, problem.view.score
        self._total = None if total == ENDLESS else total
        self._training = clock
        self._shown = progress and is_first_process()
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        self._bar = None
        self.log = MetricsLog(None)

    def start(self, state: _T, resume: bool) -> tuple[int, _T]:
        """Return the step to go on from, and the state there."""
        first, earlier = 0, 0.0
        kept = load_checkpoint(self._home / "checkpoints", state) if resume and self._home else None
        if kept is not None:
            first, state, header = kept
            self._refuse_another_run(header)
            self._wall -= header["seconds"]
            self._cpu -= header["cpu_seconds"]
            earlier = header["training_seconds"]
        if self._home is not None and is_first_process():
            self._home.mkdir(parents=True, exist_ok=True)
            self.log = MetricsLog(self._home / "metrics.jsonl", upto=first)
        if self._shown:
            from tqdm import tqdm

            self._bar = tqdm(initial=first, total=self._total, unit="step", disable=None)
        self._training.start(earlier)
        return first, state

    def advance(self) -> None:
        """Move the bar by one step."""
        if self._bar is not None:
            self._bar.update()

    def say(self, text: str) -> None:
        """Tell the person who waits."""
        if self._shown:
            from tqdm import tqdm

            tqdm.write(text, file=sys.stderr)

    def metrics(self, step: int, epoch: int, pending: list[Any], rate: float) -> None:
        """Write the mean of the steps since the last row; refuse to go on from NaN."""
        values = np.stack([np.asarray(pair, np.float64) for pair in pending])
        wrong = np.flatnonzero(~np.isfinite(values[:, 0]))
        if wrong.size:
            at = step - len(pending) + int(wrong[0]) + 1
            raise DivergedError(
                f"The loss is {values[wrong[0], 0]} at step {at} (epoch {epoch + 1}): a smaller "
                f"`rate`, or `clip = 1.0`, usually helps."
            )
        loss, score = values.mean(0)
        self._write("train", step, epoch, loss, score, rate=rate)
        if self._bar is not None:
            shown = {"loss": f"{loss:.4f}", self._score: f"{score:.4f}"}
            self._bar.set_postfix(shown, refresh=False)

    def evaluation(self, step: int, epoch: int, found: dict[str, float]) -> None:
        """Write the row of an evaluation."""
        score, count = found[self._score], found["count"]
        self._write("eval", step, epoch, found["loss"], score, count=count)
        right = f"{100 * score:.2f} % of {count} right"
        said = right if self._score == "accuracy" else f"loss {found['loss']:.5g}"
        self.say(f"epoch {epoch + 1}: {said}")

    def checkpoint(self, step: int, state: PyTree) -> None:
        """Commit the state, with every row of the log up to it."""
        if self._home is None or not is_first_process():
            return
        self.log.sync()
        wall, cpu = self.times()
        header = {**self._facts, "seconds": wall, "cpu_seconds": cpu}
        header["training_seconds"] = self._training.spent
        save_checkpoint(self._home / "checkpoints", step, state, header, self._options.keep)

    def times(self) -> tuple[float, float]:
        """Return wall and CPU seconds of the run, earlier sittings included."""
        return time.perf_counter() - self._wall, time.process_time() - self._cpu

    def close(self) -> None:
        """Close the bar and the log."""
        if self._bar is not None:
            self._bar.close()
        self.log.close()

    def _write(self, kind: str, step: int, epoch: int, loss: float, score: float, **more):
        row = {"kind": kind, "step": step, "epoch": epoch + 1, "loss": float(loss)}
        row |= {self._score: float(score), **more, "seconds": round(self.times()[0], 3)}
        self.log.write(row)

    def _refuse_another_run(self, header: dict[str, Any]) -> None:
        """Go on only with what the run began with."""
        now, then = self._facts["options"], header["options"]
        for name in now:
            if now[name] != then.get(name) and name != "keep":
                raise ConfigError(
                    f"The run to resume has `{name} = {then.get(name)}`, but now it is {now[name]}."
                )
        if any(self._facts[name] != header.get(name) for name in self._facts if name != "options"):
            raise ConfigError(f"The run to resume was trained on other {self._noun}.")
