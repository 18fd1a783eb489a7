"""`feynax read`: one network at an image, along series or from states, and all that it says."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._jobs import start_jax
from ._model import open_model
from ._picture import open_picture
from ._print import print_result, sentences
from ._scale import check_scale
from ._series import open_series, take

if TYPE_CHECKING:
    from ..data import ImageData, SeriesData
    from ..report import FlowReading, Reading, RecurrentReading
    from ._model import OpenModel
    from ._picture import Picture
    from ._series import OpenSeries


def read(
    model: Path,
    /,
    *,
    image: str | None = None,
    series: Path | None = None,
    output: int | None = None,
    out: Path | None = None,
    layout: Path | None = None,
    data: str | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    paths: int = 200000,
    seed: int = 0,
    json: bool = False,
) -> None:
    """Say all that can be said of a network, at an image, along series or from states.

    Images: as an equation and as a sum over paths. Series: which integrator the network is, what
    is certified, how long it remembers, where it rests, how gradients grow; a continuous-time
    network is read as a quantum system besides. A neural ODE: where it rests, how fast solutions
    part, what its solver does. The folder gets report.html, to look at, and result.json.

    Parameters
    ----------
    model
        A run folder, a model.safetensors, a PyTorch state dict (.pt, .pth, .safetensors), or a
        TOML file with [network] weights as `feynax spectrum` takes it.
    image
        An index into the test set, or a PNG, JPG or NPY file; by default a bundled digit where the
        network takes one, else a random image.
    series
        For a recurrent network, a CSV file (rows are steps), an NPY file (time, channels) or
        (series, time, channels), or a .ts archive; by default bundled series, or white noise.
    output
        The class whose score is read; by default the predicted one.
    out
        The folder to write; by default read-IMAGE in the run folder, or in runs/MODEL.
    layout
        A TOML file with the layers of a PyTorch network that is not recognised, or with the
        nonlinearity of an nn.RNN.
    data
        Whose test set an index means: digits or mnist; by default what the model was trained on.
        For a recurrent network japanese_vowels or noise.
    mean
        Mean of the training images as a share of white, once or for each channel.
    std
        Their standard deviation.
    paths
        How many paths to sample; the error falls with the root.
    seed
        Of the sampled paths, and of what is random where no image or series is named.
    json
        Print result.json instead of sentences.
    """
    from .._checks import check, check_count
    from ..report import write_report

    check_count("seed", seed, least=0)
    start_jax()
    with sentences(json=json):
        found = open_model(model, layout)
        if found.is_recurrent:
            must = "be left out for a recurrent network: name a --series"
            check(image is None, "image", must, image)
            opened = open_series(series, data, found, mean, std, seed)
            reading, notes = _along(found, opened), list(opened.notes)
        elif found.is_flow:
            check(image is None, "image", "be left out for a neural ODE", image)
            check(series is None, "series", "be left out for a neural ODE", series)
            reading, notes = _from_states(found, seed)
        else:
            check(series is None, "series", "be left out for a network of images", series)
            picture = open_picture(image, found, data, seed)
            reading, notes = _at(found, picture, mean, std, output, paths, seed)
        rows, training = _of_run(found.run)
        folder = out or found.home / f"read-{_name(found, image, series)}"
        page = write_report(folder, reading, rows=rows, training=training, notes=notes)
        for line in notes:
            print(line)
        tell(reading)
        print(f"page: {page}")
    if json:
        print_result(page.parent)


def _name(model: "OpenModel", image: str | None, series: Path | None) -> str:
    """What a reading is called after, in the folder of its model."""
    if image is not None or series is not None:
        return Path(image or series or "").stem
    return "series" if model.is_recurrent else "states" if model.is_flow else "image"


def _along(model: "OpenModel", opened: "OpenSeries") -> "RecurrentReading":
    from ..report import read_recurrent

    rows, name = opened.series, opened.name
    return read_recurrent(model.network, rows, series_name=name, quantum=model.asked)


def _from_states(model: "OpenModel", seed: int) -> "tuple[FlowReading, list[str]]":
    """The reading of a flow from random states, and a note of it."""
    from ..report import read_flow

    note = "Solutions start from normal states of unit variance: what is found there is of those."
    return read_flow(model.network, seed=seed), [note]


def _at(
    model: "OpenModel",
    picture: "Picture",
    mean: tuple[float, ...] | None,
    std: tuple[float, ...] | None,
    output: int | None,
    paths: int,
    seed: int,
) -> "tuple[Reading, list[str]]":
    """The reading of one image, and what was done to it."""
    means, deviations, note = _scale(mean, std, model.scale(), model.channels)

    import jax
    import numpy as np

    from ..report import read as read_image

    seen = (picture.shares - np.reshape(means, (-1, 1, 1))) / np.reshape(deviations, (-1, 1, 1))
    reading = read_image(
        model.network,
        seen,
        output=output,
        label=picture.label,
        image_name=picture.name,
        paths=paths,
        key=jax.random.key(seed),
    )
    return reading, [*picture.notes, *([note] if note else [])]


def tell(reading: "Reading | RecurrentReading | FlowReading") -> None:
    """Print what was found."""
    from ..report import summary

    print(summary(reading))


def report_run(
    folder: Path,
    network: Any,
    test: "ImageData | SeriesData",
    rows: list,
    result: dict[str, Any],
) -> "Reading | RecurrentReading | str":
    """Write the page of a finished run, on test data; or say why there is none."""
    from .._errors import FeynaxError
    from ..data import SeriesData
    from ..report import read as read_image, read_recurrent, write_report

    try:
        if isinstance(test, SeriesData):
            some = take(test, test.channels)
            name = f"{len(some)} series of the {test.name} test set"
            reading = read_recurrent(network, some, series_name=name)
        else:
            reading = read_image(
                network,
                test.standard()[0],
                label=int(test.labels[0]),
                image_name=f"image 0 of the {test.name} test set",
                paths=200000,
            )
        write_report(folder, reading, rows=rows, training=result)
    except (FeynaxError, TypeError, ValueError) as err:
        return f"There is no page for this network: {err}"
    return reading


def _of_run(folder: Path | None) -> tuple[list, dict[str, Any] | None]:
    """Learning curve and result of the run behind a model, where they lie beside it."""
    import json

    from ..training import read_metrics

    if folder is None:
        return [], None
    rows = read_metrics(folder / "metrics.jsonl")
    try:
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return rows, None
    if not isinstance(result, dict) or not {"accuracy", "count"} <= result.keys():
        return rows, None
    result.pop("reading", None)
    return rows, result


def _scale(mean, std, known, channels):
    means, deviations = (mean or known[0]), (std or known[1])
    check_scale(means, deviations, channels)
    return means, deviations, "" if mean and std else known[2]
