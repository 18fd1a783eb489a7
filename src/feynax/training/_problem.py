"""From data, task or images to the view that the loop works with."""

import zlib
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import PyTree

from .._checks import check
from ._image_view import ImageView
from ._kinds import Task
from ._losses import Loss, find_loss
from ._options import TrainOptions
from ._series_view import SeriesView
from ._view import AbstractView


class Problem(NamedTuple):
    """What is learnt from.

    **Fields:**

    - `view`: how examples reach the network, and what it makes of them.
    - `arrays`: the data, examples along the first axis; empty for a task.
    - `size`: how many examples there are; `None` where they never end.
    - `noun`: what an example is called.
    - `facts`: by which a run to resume is known.
    """

    view: AbstractView
    arrays: PyTree
    size: int | None
    noun: str
    facts: dict[str, Any]


def problem_of(data: Any, loss: "str | Loss | None", options: TrainOptions) -> Problem:
    """Return the problem that data, a task or images make."""
    if hasattr(data, "images"):
        return _of_images(data, loss, options)
    judge = find_loss(loss, data.classes, options.smoothing)
    plain = find_loss(loss, data.classes, 0.0)
    distorts = options.shift or options.rotate or options.scale
    check(
        not distorts, "shift", "be 0, as `rotate` and `scale`, where there are no images", distorts
    )
    if isinstance(data, Task):
        return Problem(
            SeriesView(judge, plain, task=data), (), None, "samples", {"task": repr(data)}
        )
    optional = {name: getattr(data, name) for name in ("mask", "dts", "weights")}
    arrays = {"inputs": data.inputs, "targets": data.targets}
    arrays |= {name: array for name, array in optional.items() if array is not None}
    facts = {"series": len(data.targets), "targets": _sum_of(data.targets)}
    each = data.targets.ndim == (2 if data.classes else 3)
    view = SeriesView(judge, plain, tuple(data.mean), tuple(data.std), None, each)
    return Problem(view, arrays, len(data.targets), "series", facts)


def _of_images(data: Any, loss: "str | Loss | None", options: TrainOptions) -> Problem:
    check(loss is None, "loss", "be left out for images", loss)
    o = options
    view = ImageView(data.mean, data.std, o.smoothing, o.shift, o.rotate, o.scale)
    labels = np.asarray(data.labels, np.int32)
    facts = {"images": len(labels), "labels": _sum_of(labels)}
    return Problem(view, (data.images, labels), len(labels), "images", facts)


def _sum_of(targets: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(targets).tobytes())
