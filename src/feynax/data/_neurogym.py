"""Trials of NeuroGym's tasks, as series."""

from typing import Any

import numpy as np

from .._checks import check_count
from ._series import SeriesData


def neurogym_trials(
    name: str, count: int = 200, *, seed: int = 0, options: dict[str, Any] | None = None
) -> SeriesData:
    """Return trials of a task of the package NeuroGym, with the right action at every step.

    **Arguments:**

    - `name`: such as "PerceptualDecisionMaking-v0".
    - `count`: trials.
    - `seed`: of the trials.
    - `options`: further arguments of the task, such as `dt` in milliseconds.

    **Returns:**

    Observations in, one class a step out; shorter trials are padded.

    **Raises:**

    - `ModuleNotFoundError` where NeuroGym is not installed.

    Source: M. Molano-Mazon et al., "NeuroGym" (2022), doi 10.31234/osf.io/aqc9n.

    ```python
    from feynax import data
    try:
        trials = data.neurogym_trials("PerceptualDecisionMaking-v0", 4)
        assert trials.each and len(trials) == 4
    except ModuleNotFoundError as err:
        print(err)
    ```
    """
    check_count("count", count)
    try:
        import neurogym  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "Its tasks need the package NeuroGym: `pip install neurogym`."
        ) from None
    world = neurogym.make(name, **(options or {})).unwrapped
    world.reset(seed=seed)
    trials = []
    for _ in range(count):
        world.new_trial()
        trials.append((np.asarray(world.ob, np.float32), np.asarray(world.gt, np.int32)))
    return _padded(trials, name, int(world.action_space.n))


def _padded(trials: list[tuple[np.ndarray, np.ndarray]], name: str, classes: int) -> SeriesData:
    lengths = np.array([len(seen) for seen, _ in trials])
    mask = np.arange(lengths.max()) < lengths[:, None]
    inputs = np.zeros((*mask.shape, trials[0][0].shape[1]), np.float32)
    targets = np.zeros(mask.shape, np.int32)
    for row, (seen, right) in enumerate(trials):
        inputs[row, : len(seen)], targets[row, : len(right)] = seen, right
    return SeriesData(inputs, targets, name, "NeuroGym", classes, mask)
