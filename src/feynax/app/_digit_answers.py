"""A digit on its way through a small residual network, and the paths that carry the answer."""

import functools
import pathlib
from typing import Any

import jax
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

from .. import plot
from .._words import number, percent, with_error
from ..data import digits
from ..interop import load_model_with_header
from ..report import Reading, read
from ._answer import Answer, Figure

_MODEL = pathlib.Path(__file__).parent / "network" / "model.safetensors"
_SIDE, _PEN = 28, 1.1  # pixels a side; standard width of the pen's ink
_PATHS, _COLUMNS = 4000, 9


def bundled_digit(index: int, *, turn: float = 0.0) -> tuple[Float[np.ndarray, "28 28"], int]:
    """Return a bundled test image, from 0 to 1, turned by so many degrees, and what it shows.

    **Arguments:**

    - `index`: below 2000.
    - `turn`: degrees, counted as the clock does not.

    ```python
    from feynax.app import bundled_digit
    image, label = bundled_digit(0)
    assert image.shape == (28, 28) and label == 7
    ```
    """
    from scipy.ndimage import rotate

    data = _digits()
    image = np.asarray(data.images[index], np.float64) / 255
    turned = rotate(image, turn, reshape=False, order=1) if turn else image
    return turned, int(data.labels[index])


def inked(stroke: Float[ArrayLike, "points 2"]) -> Float[np.ndarray, "28 28"]:
    """Return the image, from 0 to 1, that a pen leaves which goes from point to point.

    As the bundled digits are, it is 20 pixels large and centred on its ink.

    **Arguments:**

    - `stroke`: points (x, y), y upwards, in any units.

    ```python
    from feynax.app import inked
    assert inked([(0, 0), (0, 1)]).max() > 0.9
    ```
    """
    points = np.asarray(stroke, np.float64) * [1, -1]
    size = max(float(np.ptp(points, axis=0).max()), 1e-9)
    points = (points - points.min(0)) * (19 / size)
    fine = _refined(points)
    fine = fine - fine.mean(0) + (_SIDE - 1) / 2
    row, column = np.mgrid[:_SIDE, :_SIDE]
    apart = (column[..., None] - fine[:, 0]) ** 2 + (row[..., None] - fine[:, 1]) ** 2
    return np.minimum(1.25 * np.exp(-apart.min(-1) / (2 * _PEN**2)), 1.0)


def drawing_board() -> Any:
    """Return empty axes to draw a digit on.

    ```python
    from feynax.app import drawing_board
    assert drawing_board().get_xlim() == (0, 1)
    ```
    """
    from matplotlib.figure import Figure as Sheet

    board = Sheet(figsize=(2.4, 2.4), dpi=100).add_axes((0.02, 0.02, 0.96, 0.96))
    board.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
    return board


def digit_answer(
    image: Float[np.ndarray, "28 28"],
    *,
    label: int | None = None,
    output: int | None = None,
    seed: int = 0,
) -> Answer:
    """Read an image with the bundled network: evolution, scores, and signed paths.

    **Arguments:**

    - `image`: from 0 to 1.
    - `label`: what it shows, if that is known.
    - `output`: whose sum over paths; by default that of the answer.
    - `seed`: of the sampled paths.

    ```python
    from feynax.app import bundled_digit, digit_answer
    image, label = bundled_digit(0)
    assert "reads a 7" in digit_answer(image, label=label).headline
    ```
    """
    network, mean, std = _network()
    seen = ((np.asarray(image, np.float64) - mean) / std)[None]
    key = jax.random.key(seed)
    reading = read(network, seen, output=output, paths=_PATHS, key=key, certificate=False)
    answer = f"The network reads a {reading.prediction}"
    known = "" if label is None else f"; it is a {label}"
    return Answer(f"{answer}{known}.", _numbers(reading), _figures(reading))


def _numbers(reading: Reading) -> dict[str, str]:
    sums, best = reading.paths, reading.prediction
    shown = {
        f"probability of {best}": percent(float(reading.probabilities[best])),
        f"score of {reading.output}": number(sums.total),
        "paths": number(sums.live_paths, 2),
        "raise it by": number(sums.positive),
        "lower it by": number(-abs(sums.negative)),
        "what survives": percent(abs(sums.average_sign)),
    }
    if reading.estimate is not None:
        estimate = with_error(reading.estimate.value, reading.estimate.error)
        shown[f"score from {_PATHS} paths"] = estimate
    return shown


def _figures(reading: Reading) -> tuple[Figure, ...]:
    caption = "Depth to the right, the channels that carry the score downwards, scores at the end."
    found = [Figure.of(_evolution(reading), caption, "evolution", large=True)]
    sample = reading.sample
    if sample is not None:
        shapes: Any = [depth.field.shape for depth in reading.depths]
        names = [_broken(depth.name) for depth in reading.depths]
        sites = np.asarray(sample.sites)
        over = plot.paths(reading.image, sites, sample.signs, shapes)
        lines = plot.world_lines(sites, sample.signs, shapes, names)
        said = "250 sampled paths over the image: those that raise the score, those that lower it."
        found.append(Figure.of(over, said, "paths"))
        found.append(Figure.of(lines, "The same paths: depth to the right, rows down.", "lines"))
    return tuple(found)


def _evolution(reading: Reading) -> Any:
    """The fields at some depths, input and last one among them."""
    shown = [depth for depth in reading.depths if depth.field.shape[1] * depth.field.shape[2] > 1]
    kept = np.unique(np.linspace(0, len(shown) - 1, _COLUMNS).round().astype(int))
    some = [shown[i] for i in kept]
    return plot.evolution(
        [_broken(depth.name) for depth in some],
        [depth.field for depth in some],
        [depth.contribution for depth in some],
        reading.scores,
        channels=4,
    )


def _broken(name: str) -> str:
    return name.replace(" + ", "\n+ ")


def _refined(points: np.ndarray) -> np.ndarray:
    """Points a quarter of a pixel apart on the line through these."""
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=-1)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    places = np.linspace(0.0, along[-1], max(int(4 * along[-1]), 1) + 1)
    return np.stack([np.interp(places, along, column) for column in points.T], -1)


@functools.cache
def _network() -> tuple[Any, float, float]:
    """The bundled network, with the mean and deviation of the images it was trained on."""
    network, header = load_model_with_header(_MODEL)
    return network, _one(header.extra["mean"]), _one(header.extra["std"])


def _one(value: Any) -> float:
    return float(np.reshape(value, -1)[0])


@functools.cache
def _digits() -> Any:
    return digits("test")
