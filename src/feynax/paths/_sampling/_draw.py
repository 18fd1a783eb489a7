"""Draws after warm-up: so many blocks, or until errors are small enough."""

import dataclasses
import warnings
from collections.abc import Mapping

import jax
import numpy as np

from ..._checks import check_choice, check_positive
from ..._errors import MixingWarning
from ._chains import Chains, gather
from ._health import found_in
from ._program import Block, Task
from ._run import Run, Seconds

_LEAST = 1000  # effective draws before an error is small by more than luck
_MIXED = 1.01  # R-hat of every observable
_GROWTH = 1.1  # a look at errors after so much more: looking often stops at lucky ones


@dataclasses.dataclass(frozen=True)
class Target:
    """When to stop: after so many draws, or before at these errors."""

    draws: int
    errors: dict[str, float]

    @classmethod
    def of(cls, asked: float | Mapping[str, float] | None, task: Task, draws: int) -> "Target":
        """Read a user's target."""
        errors = dict(asked) if isinstance(asked, Mapping) else {"energy": asked}
        wanted = {} if asked is None else {name: float(e) for name, e in errors.items() if e}
        for name, error in wanted.items():
            check_choice("target_error", name, task.observables)
            check_positive("target_error", error)
        return cls(draws, wanted)

    def reached(self, series: dict[str, np.ndarray]) -> bool:
        """Whether every error is small, and known to be: all chains have mixed."""
        found = {name: found_in(values) for name, values in series.items()}
        mixed = not any(one.r_hat > _MIXED for one in found.values())
        small = all(found[name].error <= error for name, error in self.errors.items())
        return mixed and small and all(found[name].ess >= _LEAST for name in self.errors)


def draw_blocks(chains: Chains, target: Target, warmup: int) -> Run:
    """Draw with frozen chains, after `warmup` blocks, and put the blocks together."""
    blocks = chains.folder.read_blocks(warmup, chains.done, np.asarray(()))
    warm = len(chains.seconds)
    wanted = -(-target.draws // chains.block)
    while not (reached := _reached(target, blocks)) and len(blocks) < wanted:
        blocks.append(chains.advance())
        chains.keep(blocks[-1], whole=True)
    if target.errors and not reached:
        text = f"The target error was not reached in {wanted * chains.block} draws."
        warnings.warn(text, MixingWarning, stacklevel=3)
    return _run(chains, blocks, _seconds(chains.seconds[:warm], chains.seconds[warm:]))


def _reached(target: Target, blocks: list[Block]) -> bool:
    """Whether this is a moment to look at errors, and they are small: looking often stops early."""
    look = 1
    while look < len(blocks):
        look = max(look + 1, int(look * _GROWTH))
    return bool(target.errors) and look == len(blocks) and target.reached(_joined(blocks, "series"))


def _run(chains: Chains, blocks: list[Block], seconds: Seconds) -> Run:
    return Run(
        ensemble=chains.task.ensemble,
        reference=chains.task.reference,
        kernel=chains.task.kernel,
        series=_joined(blocks, "series"),
        blocks=jax.tree.map(lambda *parts: np.stack(parts, 1), *[one.means for one in blocks]),
        paths=gather(chains.x, chains.mesh),
        acceptance=_joined(blocks, "acceptance"),
        energy_change=_joined(blocks, "energy_change"),
        gradients=int(sum(one.gradients.sum() for one in blocks)),
        seconds=seconds,
    )


def _joined(blocks: list[Block], field: str):
    parts = [getattr(one, field) for one in blocks]
    return jax.tree.map(lambda *some: np.concatenate(some, 1), *parts)


def _seconds(warm: list[float], drawing: list[float]) -> Seconds:
    """Only the first block of all is compiled: what it took more than a later one."""
    every = warm + drawing
    compiling = max(every[0] - float(np.median(every[1:])), 0.0) if len(every) > 1 else 0.0
    parts = [sum(warm), sum(drawing)]
    parts[0 if warm else 1] -= compiling
    return Seconds(compiling, *parts)
