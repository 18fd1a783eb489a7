"""Fair timing: alternated repeats, medians, wall and CPU time apart."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Timing(NamedTuple):
    """Medians over repeats, in seconds."""

    wall: float
    cpu: float


def alternate(calls: Mapping[str, Callable[[], Any]], repeats: int = 15) -> dict[str, Timing]:
    """Time each call in turn, `repeats` times round; every call must wait for its own result."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for call in calls.values():  # compile and warm up
        call()
    for _ in range(repeats):
        for name, call in calls.items():
            wall, cpu = time.perf_counter(), time.process_time()
            call()
            seen[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {
        name: Timing(*(statistics.median(column) for column in zip(*rows, strict=True)))
        for name, rows in seen.items()
    }


def first_call(call: Callable[[], Any]) -> float:
    """Wall seconds of a first call, compiling included."""
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def table(title: str, head: list[str], rows: list[list[Any]]) -> None:
    """Print rows of numbers and words in columns."""
    cells = [head, *[[f"{c:.4g}" if isinstance(c, float) else str(c) for c in r] for r in rows]]
    widths = [max(len(r[k]) for r in cells) for k in range(len(head))]
    print(f"\n{title}")
    for row in cells:
        print("  " + "  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)), flush=True)
