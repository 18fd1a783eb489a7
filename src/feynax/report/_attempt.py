"""What is not there says why."""

from collections.abc import Callable
from typing import TypeVar

from .._errors import FeynaxError

_T = TypeVar("_T")


def attempt(name: str, ask: Callable[[], _T], missing: dict[str, str]) -> _T | None:
    """Ask for what not every network has; keep the reason where it has not."""
    try:
        return ask()
    except (FeynaxError, TypeError, ValueError) as err:
        missing[name] = str(err)
        return None
