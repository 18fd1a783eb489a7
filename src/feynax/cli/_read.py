"""`feynax read`: one image, one network, everything that can be said."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._jobs import start_jax
from ._model import open_model
from ._picture import open_picture

if TYPE_CHECKING:
    from ..data import ImageData
    from ..report import Reading


def read(
    model: Path,
    /,
    *,
    image: str,
    output: int | None = None,
    out: Path | None = None,
    layout: Path | None = None,
    data: str | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    paths: int = 200000,
    seed: int = 0,
) -> None:
    """Read one image with one network, as an equation and as a sum over paths.

    The folder gets report.html, to look at, and result.json.

    Parameters
    ----------
    model
        A run folder, a model.safetensors, or a PyTorch state dict (.pt, .pth, .safetensors).
    image
        An index into the test set, or a PNG, JPG or NPY file.
    output
        The class whose score is read; by default the predicted one.
    out
        The folder to write; by default read-IMAGE in the run folder, or in runs/MODEL.
    layout
        A TOML file with the layers of a PyTorch network that is not recognised.
    data
        Whose test set an index means: digits or mnist; by default what the model was trained on.
    mean
        Mean of the training images as a share of white, once or for each channel.
    std
        Their standard deviation.
    paths
        How many paths to sample; the error falls with the root.
    seed
        Of the sampled paths.
    """
    from .._checks import check_count

    check_count("seed", seed, least=0)
    start_jax()
    found = open_model(model, layout)
    picture = open_picture(image, found, data)
    means, deviations, note = _scale(mean, std, found.scale(), found.channels)

    import jax
    import numpy as np

    from ..report import read as read_image, write_report

    seen = (picture.shares - np.reshape(means, (-1, 1, 1))) / np.reshape(deviations, (-1, 1, 1))
    reading = read_image(
        found.network,
        seen,
        output=output,
        label=picture.label,
        image_name=picture.name,
        paths=paths,
        key=jax.random.key(seed),
    )
    home = found.run or Path("runs") / Path(found.name).stem
    folder = out or home / f"read-{Path(image).stem}"
    rows, training = _of_run(found.run)
    notes = [*picture.notes, *([note] if note else [])]
    page = write_report(folder, reading, rows=rows, training=training, notes=notes)
    for line in notes:
        print(line)
    tell(reading)
    print(f"page: {page}")


def tell(reading: "Reading") -> None:
    """Print what was found."""
    from ..report import summary

    print(summary(reading))


def report_run(
    folder: Path, network: Any, test: "ImageData", rows: list, result: dict[str, Any]
) -> "Reading | str":
    """Write the page of a finished run, on the first test image; or say why there is none."""
    from .._errors import FeynaxError
    from ..report import read as read_image, write_report

    try:
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
    from .._checks import check

    means, deviations = (mean or known[0]), (std or known[1])
    for name, values in (("mean", means), ("std", deviations)):
        fits = len(values) in (1, channels)
        check(fits, name, f"be one number or one for each of {channels} channels", len(values))
        wrong = [
            value for value in values if not abs(value) < 1e6 or (name == "std" and value <= 0)
        ]
        check(not wrong, name, "be finite, and positive for `std`", wrong)
    return means, deviations, "" if mean and std else known[2]
