"""Exact flow of ReLU networks against a tight adaptive solver: `python -m benchmarks.relu_flow`.

Random networks of 2 to 8 neurons over 8 units of time. The peer is SciPy's DOP853 at rtol = atol
= 1e-13, which knows nothing of events; its dense output on 4001 times says which units changed
sign between which of them. A change is missed if the exact flow has not an odd number of
switchings of that unit there; a switching is unexplained if dense output shows no change of sign
between its neighbours. Seconds are of CPU, compiling apart. The argument is how many (1000).

DOP853 is blind to kinks inside a step: some of its errors are 1e-9 to 1e-8. Where the two differ by
more than 1e-10 the column `small steps` holds its solution with steps of at most 0.01 against
ours. (Against 40 digits of mpmath the ten worst of ours were right to 4e-13, DOP853 to 1e-8.)
"""

import sys
import time
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import solve_ivp

from feynax.equations import ReLUField, relu_flow

from ._timing import table

END = 8.0
GRID = np.linspace(0, END, 4001)
TIMES = np.linspace(1, END, 8)
SIZES = range(2, 9)


class Outcome(NamedTuple):
    """What one network showed."""

    size: int
    difference: float
    closer: float
    events: int
    changes: int
    missed: int
    unexplained: int
    ours: float
    theirs: float


def draw(rng: np.random.Generator, n: int) -> tuple[ReLUField, np.ndarray]:
    """A network whose weights are weak, middling or strong, and where it starts."""
    strength = rng.choice([0.5, 1.5, 3.0]) * (2 / n) ** 0.5
    field = ReLUField.ctrnn(
        strength * rng.normal(size=(n, n)),
        np.exp(rng.uniform(-1, 1, n)),
        0.5 * rng.normal(size=n),
        0.5 * rng.normal(size=n),
    )
    return field, rng.normal(size=n)


def velocity(field: ReLUField) -> Any:
    """The field for SciPy, in NumPy."""
    outer, inner, shift, decay, drive = (
        np.asarray(x) for x in (field.outer, field.inner, field.shift, field.decay, field.drive)
    )
    return lambda t, y: outer @ np.maximum(inner @ y + shift, 0) - decay * y + drive


def compare(field: ReLUField, y0: np.ndarray) -> Outcome:
    """Both solutions of one network, and every change of sign."""
    begun = time.process_time()
    path = relu_flow(field, y0, TIMES)
    middle = time.process_time()
    sol: Any = solve_ivp(
        velocity(field), (0, END), y0, "DOP853", TIMES, True, rtol=1e-13, atol=1e-13
    )
    ended = time.process_time()
    gap = np.max(np.abs(path.ys - sol.y.T) / (1 + np.abs(sol.y.T)))
    closer = gap
    if gap > 1e-10:
        small: dict[str, Any] = {"rtol": 2.3e-14, "atol": 1e-15, "max_step": 0.01}
        again: Any = solve_ivp(velocity(field), (0, END), y0, "DOP853", TIMES, **small)
        closer = np.max(np.abs(path.ys - again.y.T) / (1 + np.abs(again.y.T)))
    above = lambda t: np.asarray(field.inner) @ sol.sol(t) + np.asarray(field.shift)[:, None] >= 0
    missed, unexplained, changes = check_events(path.events(), above, len(y0))
    return Outcome(
        len(y0),
        float(gap),
        float(closer),
        int(path.count),
        changes,
        missed,
        unexplained,
        middle - begun,
        ended - middle,
    )


def check_events(events: list[tuple[float, int]], above: Any, size: int) -> tuple[int, int, int]:
    """Changes missed, switchings unexplained, and changes of sign on the grid."""
    on = above(GRID)
    missed = unexplained = changes = 0
    for unit in range(size):
        times = np.array([t for t, which in events if which == unit])
        places = np.clip(np.searchsorted(GRID, times) - 1, 0, len(GRID) - 2)
        odd = np.bincount(places, minlength=len(GRID) - 1) % 2 == 1
        flips = on[unit, 1:] != on[unit, :-1]
        changes += int(flips.sum())
        wrong = np.flatnonzero(odd != flips)
        missed += int(np.sum(flips[wrong]))
        bounds = np.concatenate([[0.0], times, [END]])
        inside = above((bounds[1:] + bounds[:-1]) / 2)[unit] if len(times) else np.array([True])
        unexplained += int(np.sum(inside[1:] == inside[:-1]))
    return missed, unexplained, changes


def batched(rng: np.random.Generator, n: int, count: int) -> tuple[float, float]:
    """CPU seconds a network of many in one call, and the largest difference from one at a time."""
    fields, starts = zip(*(draw(rng, n) for _ in range(count)), strict=True)
    stacked = jax.tree.map(lambda *x: jnp.stack([jnp.asarray(y) for y in x]), *fields)
    run = jax.jit(jax.vmap(lambda field, y0: relu_flow(field, y0, jnp.asarray(TIMES)).ys))
    y0 = jnp.asarray(np.stack(starts))
    ys = jax.block_until_ready(run(stacked, y0))
    begun = time.process_time()
    for _ in range(3):
        jax.block_until_ready(run(stacked, y0))
    spent = (time.process_time() - begun) / 3 / count
    alone = np.stack([relu_flow(f, y, TIMES).ys for f, y in zip(fields, starts, strict=True)])
    return spent, float(np.max(np.abs(ys - alone) / (1 + np.abs(alone))))


def main(networks: int = 1000) -> None:
    """Print a row for each size and one for all."""
    rng = np.random.default_rng(20)
    compiled = {}
    for n in SIZES:
        begun = time.process_time()
        relu_flow(*draw(rng, n), TIMES)
        compiled[n] = time.process_time() - begun
    seen = [compare(*draw(rng, SIZES[k % len(SIZES)])) for k in range(networks)]
    rows = []
    for n in [*SIZES, None]:
        mine = [s for s in seen if n in (None, s.size)]
        sums = [sum(getattr(s, f) for s in mine) for f in Outcome._fields[3:7]]
        ours, theirs = (
            float(np.median([getattr(s, f) for s in mine])) for f in Outcome._fields[7:]
        )
        largest = [max(s.difference for s in mine), max(s.closer for s in mine)]
        name = "all" if n is None else n
        rows.append([name, len(mine), *largest, *sums, ours * 1e3, theirs * 1e3, theirs / ours])
    head = ["n", "networks", "largest", "small steps", "events", "changes", "missed", "unexplained"]
    table(
        f"exact flow against DOP853 (1e-13), t = {END:g}; ms of CPU, medians",
        [*head, "ms", "ms DOP853", "ratio"],
        rows,
    )
    with jax.enable_x64(True):
        many = {n: batched(rng, n, 128) for n in (2, 4, 8)}
    table(
        "128 networks in one call; ms of CPU a network",
        ["n", "ms", "difference", "compile s (one)"],
        [[n, spent * 1e3, gap, compiled[n]] for n, (spent, gap) in many.items()],
    )


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
