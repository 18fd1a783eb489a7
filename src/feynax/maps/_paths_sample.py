"""Weights of all paths by one backward pass, and signed paths drawn from them.

With $h_{t-1} = |T_t|^T h_t$ from the wanted output, the chain $q(y | x) = |T_t|(y, x) h_t(y) /
h_{t-1}(x)$ draws each path in proportion to the size of its amplitude.
"""

import dataclasses
from collections.abc import Iterator
from typing import Literal

import numpy as np

from ._paths_operators import AbstractOperator, Chain, Parallel
from ._paths_patch import Patch
from ._paths_record import Step

Level = Literal["block", "conv"]
_ENTRIES = 1 << 21  # window entries held at once, 16 MB an array


@dataclasses.dataclass(frozen=True)
class Weights:
    """Total size and number of the paths from each site to the output, before each step."""

    sizes: list[np.ndarray]
    counts: list[np.ndarray]


def weigh(steps: list[Step], goal: np.ndarray, level: Level) -> Weights:
    """Carry sizes and numbers of paths back from the output.

    `block`: a path is a site before and after each step, its amplitude the entry of $T_t$;
    `conv`: a path also passes through the sites inside a block.
    """
    sizes, counts = [goal], [goal]
    for step in reversed(steps):
        size, count = sizes[-1].reshape(step.after), counts[-1].reshape(step.after)
        if level == "conv" or is_simple(step.operator):
            sizes.append(step.operator.mapped(np.abs).transpose(size))
            counts.append(step.operator.mapped(_alive).transpose(count))
        else:
            both = [np.empty(int(np.prod(step.before))) for _ in range(2)]
            for sites, patch in _all_columns(step.operator, step.before):
                amplitudes, goals = patch.amplitudes(), patch.sites()
                both[0][sites] = (np.abs(amplitudes) * size.ravel()[goals]).sum(1)
                both[1][sites] = (_alive(amplitudes) * count.ravel()[goals]).sum(1)
            sizes.append(both[0].reshape(step.before))
            counts.append(both[1].reshape(step.before))
    return Weights(sizes[::-1], counts[::-1])


def is_simple(operator: AbstractOperator) -> bool:
    """Whether no two routes between the same sites can cancel: at most one sum over inputs."""
    return operator.mixes <= 1


def draw(
    operator: AbstractOperator,
    sites: np.ndarray,
    after: np.ndarray,
    level: Level,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Move each site one step on: `(new flat sites, signs of the amplitudes)`."""
    whole = level == "block" or is_simple(operator)
    if not whole and isinstance(operator, Chain):
        return _draw_chain(operator, sites, after, rng)
    if not whole and isinstance(operator, Parallel):
        return _draw_branch(operator, sites, after, rng)
    return _draw_columns(operator, sites, after, rng)


def _draw_chain(operator, sites, after, rng):
    weights = [after]
    for part in reversed(operator.parts[1:]):
        weights.append(part.mapped(np.abs).transpose(weights[-1]))
    signs = np.ones(len(sites))
    for part, weight in zip(operator.parts, reversed(weights), strict=True):
        sites, sign = draw(part, sites, weight, "conv", rng)
        signs = signs * sign
    return sites, signs


def _draw_branch(operator, sites, after, rng):
    sizes = [part.mapped(np.abs).transpose(after).ravel()[sites] for part in operator.parts]
    bounds = np.cumsum(sizes, 0)
    taken = (rng.random(len(sites)) * bounds[-1] >= bounds).sum(0)
    moved, signs = np.empty_like(sites), np.empty(len(sites))
    for index, part in enumerate(operator.parts):
        who = taken == index
        if who.any():
            moved[who], signs[who] = draw(part, sites[who], after, "conv", rng)
    return moved, signs


def _draw_columns(operator, sites, after, rng):
    flat = after.ravel()
    moved, signs = np.empty_like(sites), np.empty(len(sites))
    order = np.argsort(sites, kind="stable")
    starts, counts = np.unique(sites, return_counts=True)
    ends = np.cumsum(counts)
    done = 0
    for chunk, patch in _columns(operator, starts):
        goals, amplitudes = patch.sites(), patch.amplitudes()
        running = np.cumsum(np.abs(amplitudes) * flat[goals], 1)
        first = ends[done] - counts[done]
        done += len(chunk)
        paths = order[first : ends[done - 1]]
        row = np.repeat(np.arange(len(chunk)), counts[done - len(chunk) : done])
        # one sorted list for all rows: row number plus the row's own distribution function
        scaled = running / running[:, -1:] + np.arange(len(chunk))[:, None]
        spots = np.searchsorted(scaled.ravel(), row + rng.random(len(paths)), side="right")
        live = np.abs(amplitudes) * flat[goals] > 0
        last = live.shape[1] - 1 - live[:, ::-1].argmax(1)
        spot = np.minimum(spots - row * scaled.shape[1], last[row])
        moved[paths] = goals[row, spot]
        signs[paths] = np.sign(amplitudes[row, spot])
    return moved, signs


def _all_columns(
    operator: AbstractOperator, shape: tuple[int, int, int]
) -> Iterator[tuple[np.ndarray, Patch]]:
    return _columns(operator, np.arange(int(np.prod(shape))))


def _columns(operator: AbstractOperator, sites: np.ndarray) -> Iterator[tuple[np.ndarray, Patch]]:
    """Columns of an operator in chunks whose size follows the first one's fan-out."""
    size, done = 1, 0
    while done < len(sites):
        chunk = sites[done : done + size]
        patch = operator.columns(chunk)
        yield chunk, patch
        done += len(chunk)
        size = max(1, _ENTRIES * len(chunk) // max(patch.values.size, 1) // 4)


def _alive(entries: np.ndarray) -> np.ndarray:
    return (entries != 0).astype(np.float64)
