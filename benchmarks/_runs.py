"""Long measurements in pieces: each finished run is a line of a file, and is not done again."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
from collections.abc import Callable, Iterable
from typing import Any

HOME = pathlib.Path("runs")


def arguments(about: str | None, seeds: int, budget: float) -> argparse.ArgumentParser:
    """The flags that all of them have."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(seeds)))
    parser.add_argument("--members", nargs="+")
    parser.add_argument("--budget", type=float, default=budget, help="CPU seconds of a run")
    parser.add_argument("--folder", default=None, help="of the four IDX files of MNIST")
    parser.add_argument("--out", type=pathlib.Path, default=HOME)
    return parser


def once(path: pathlib.Path, run: Callable[..., dict[str, Any]], **what: Any) -> dict[str, Any]:
    """Return the row of this run: that of the file, or a new one, which is appended."""
    for row in read(path):
        if all(row.get(key) == json.loads(json.dumps(value)) for key, value in what.items()):
            return row
    row = what | run(**what) | {"machine": f"{platform.machine()}, {os.cpu_count()} CPUs"}
    row["date"] = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    print(json.dumps(row), flush=True)
    return row


def read(path: pathlib.Path) -> list[dict[str, Any]]:
    """All rows so far."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def mean_and_error(values: Iterable[float]) -> tuple[float, float]:
    """Mean, and its standard error from the spread (nan for one value)."""
    seen = list(values)
    spread = statistics.stdev(seen) if len(seen) > 1 else float("nan")
    return statistics.mean(seen), spread / len(seen) ** 0.5


def weights_of(network: Any) -> int:
    """How many numbers are trained."""
    import equinox as eqx
    import jax

    return sum(leaf.size for leaf in jax.tree.leaves(network) if eqx.is_inexact_array(leaf))
