"""Sentences for people; for programs, JSON on standard output and the sentences beside it."""

import contextlib
import json as text
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def sentences(*, json: bool) -> Iterator[None]:
    """Keep standard output free of sentences where JSON is asked for."""
    with contextlib.redirect_stdout(sys.stderr) if json else contextlib.nullcontext():
        yield


def print_json(values: Any) -> None:
    """Print values as JSON."""
    print(text.dumps(values, indent=2, ensure_ascii=False))


def print_result(folder: Path) -> None:
    """Print the result.json of a folder."""
    print((folder / "result.json").read_text(encoding="utf-8").rstrip())
