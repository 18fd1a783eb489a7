"""Data sets and tasks by the names that a configuration gives them, with what they take."""

import inspect
from collections.abc import Callable
from typing import Any

from .._errors import ConfigError

Pair = tuple[Any, Any]  # training and test set; of a task, twice the task


def copy(length: int = 200, symbols: int = 8, recall: int = 10) -> Pair:
    """Copy memory."""
    from ..data import CopyMemory

    task = CopyMemory(length, symbols, recall)
    return task, task


def selective_copy(length: int = 256, symbols: int = 8, recall: int = 8) -> Pair:
    """Copy memory with symbols at random places."""
    from ..data import SelectiveCopy

    task = SelectiveCopy(length, symbols, recall)
    return task, task


def adding(length: int = 500) -> Pair:
    """The adding problem."""
    from ..data import AddingProblem

    task = AddingProblem(length)
    return task, task


def japanese_vowels() -> Pair:
    """Nine speakers."""
    from ..data import japanese_vowels

    train, test = japanese_vowels().standardised(), japanese_vowels("test")
    return train, test.standardised(train)


def silverbox(
    count: int = 64, length: int = 512, level: float = 0.3, noise: float = 0.01, seed: int = 0
) -> Pair:
    """A driven oscillator with a hardening spring."""
    from ..data import silverbox

    more = {"count": count, "length": length, "level": level, "noise": noise, "seed": seed}
    return silverbox("train", **more), silverbox("test", **more)


def sunspots(length: int = 40, ahead: int = 1, test: float = 0.25) -> Pair:
    """Yearly sunspots."""
    from ..data import sunspots, windows

    return windows(sunspots(), length, ahead=ahead, test=test, name="sunspots")


def co2(length: int = 104, ahead: int = 1, test: float = 0.25) -> Pair:
    """Weekly CO2."""
    from ..data import co2, windows

    return windows(co2(), length, ahead=ahead, test=test, name="co2")


def santa_fe_laser(length: int = 100, ahead: int = 1, test: float = 0.25, folder: str = "") -> Pair:
    """A chaotic laser."""
    from ..data import santa_fe_laser, windows

    record = santa_fe_laser(folder or None)
    return windows(record, length, ahead=ahead, test=test, name="santa_fe_laser")


def characters(file: str, length: int = 128, test: float = 0.1) -> Pair:
    """The user's own text."""
    from ..data import characters

    return characters(file, length, test=test)


def neurogym(task: str, trials: int = 1000) -> Pair:
    """A task of NeuroGym."""
    from ..data import neurogym_trials

    return neurogym_trials(task, trials), neurogym_trials(task, max(1, trials // 4), seed=1)


SETS: dict[str, Callable[..., Pair]] = {
    made.__name__: made
    for made in (
        copy,
        selective_copy,
        adding,
        japanese_vowels,
        silverbox,
        sunspots,
        co2,
        santa_fe_laser,
        characters,
        neurogym,
    )
}
IMAGES = ("digits", "mnist")


def fields_of(name: str) -> dict[str, Any]:
    """What the set of that name takes: type and default, or `...`."""
    parameters = inspect.signature(SETS[name]).parameters.values()
    return {p.name: (p.annotation, ... if p.default is p.empty else p.default) for p in parameters}


def load_set(name: str, options: dict[str, Any]) -> Pair:
    """Return training and test set."""
    try:
        return SETS[name](**options)
    except (ValueError, ModuleNotFoundError) as err:
        raise ConfigError(str(err).replace("Argument `", "Key `data.")) from None
