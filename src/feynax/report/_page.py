"""The page: one file that needs nothing else."""

import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from .._atomic import write_atomically
from .._citation import citation
from . import (
    _curve_words as curve_words,
    _ensemble_figures as ensemble_figures,
    _ensemble_words as ensemble_words,
    _figures as figures,
    _flow_figures as flow_figures,
    _flow_words as flow_words,
    _image_words as image_words,
    _recurrent_figures as recurrent_figures,
    _recurrent_words as recurrent_words,
    _spectrum_figures as spectrum_figures,
    _spectrum_words as spectrum_words,
)
from ._curve_read import CurveReading, read_curve
from ._ensemble_read import read_ensemble
from ._ensemble_reading import EnsembleReading
from ._flow_read import read_flow
from ._flow_reading import FlowReading
from ._reading import Reading
from ._recurrent_read import read_recurrent
from ._recurrent_reading import CellReading, RecurrentReading
from ._spectrum_read import read_spectrum
from ._spectrum_reading import SpectrumReading
from ._templates import render

AnyReading = (
    Reading | RecurrentReading | FlowReading | CurveReading | SpectrumReading | EnsembleReading
)


def page(
    reading: AnyReading,
    *,
    rows: Sequence[Mapping[str, Any]] = (),
    training: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
) -> str:
    """Return a reading as one HTML page that fetches nothing and needs no script.

    **Arguments:**

    - `reading`: from [`feynax.report.read`][], [`feynax.report.read_recurrent`][],
      [`feynax.report.read_flow`][], [`feynax.report.read_spectrum`][] or
      [`feynax.report.read_ensemble`][].
    - `rows`: of the run's `metrics.jsonl`, for the learning curve.
    - `training`: the run's result, with `accuracy` and `count` on the test set.
    - `notes`: what was done to the image or the series before the network saw it.

    ```python
    import jax, numpy as np, feynax as fx
    net = fx.networks.PDENet((1, 8, 8), channels=(2,), steps=1, key=jax.random.key(0))
    text = fx.report.page(fx.report.read(net, np.ones((1, 8, 8)), paths=100))
    assert text.startswith("<!doctype html>") and "<script" not in text
    ```
    """
    name, content = _parts(reading, rows, training)
    numbers = json.dumps(result(reading, training), indent=2, ensure_ascii=False)
    return render(name, reading=reading, numbers=numbers, notes=list(notes), **content)


def _parts(reading: AnyReading, rows: Any, training: Any) -> tuple[str, dict[str, Any]]:
    """Template and content of a page."""
    if isinstance(reading, SpectrumReading):
        return _spectrum(reading)
    if isinstance(reading, EnsembleReading):
        return _ensemble(reading)
    if isinstance(reading, FlowReading):
        return _flow(reading)
    if isinstance(reading, CurveReading):
        return _curve(reading)
    if isinstance(reading, RecurrentReading):
        return _recurrent(reading, rows, training)
    return _of_image(reading, rows, training)


def _of_image(reading: Reading, rows: Any, training: Any) -> tuple[str, dict[str, Any]]:
    """Template and content of the page of one image."""
    wide, tall = figures.evolving(reading)
    return "page.html", {
        "headline": image_words.headline(reading),
        "findings": image_words.findings(reading),
        "evidence": image_words.evidence(reading, training),
        "wide": wide,
        "tall": tall,
        "carried": figures.carried(reading),
        "blocks": figures.blocks(reading),
        "depth": figures.through_depth(reading),
        "waves": figures.waves(reading),
        "curve": figures.learning(rows, training),
        "layers": reading.to_dict()["equation"] or [],
        "sources": citation(type(reading.paths)),
    }


def _recurrent(reading: RecurrentReading, rows: Any, training: Any) -> tuple[str, dict[str, Any]]:
    """Template and content of the page of a recurrent network."""
    wide, tall = recurrent_figures.portraits(reading)
    counted = [row for row in rows if "accuracy" in row]
    final = training if training is not None and "accuracy" in training else None
    return "recurrent.html", {
        "headline": recurrent_words.headline(reading),
        "findings": recurrent_words.findings(reading),
        "evidence": recurrent_words.evidence(reading),
        "integrators": [
            (cell, recurrent_words.what_it_is(cell)) for cell in recurrent_words.kinds_of(reading)
        ],
        "wide": wide,
        "tall": tall,
        "spectra": recurrent_figures.spectra(reading),
        "memories": recurrent_figures.memories(reading),
        "growth": recurrent_figures.growth(reading),
        "quantum": [
            _quantum(cell, str(index)) for index, cell in enumerate(reading.cells) if cell.quantum
        ],
        "classical": recurrent_words.classical(reading),
        "curve": figures.learning(counted, final),
        "sources": citation(read_recurrent),
    }


def _flow(reading: FlowReading) -> tuple[str, dict[str, Any]]:
    """Template and content of the page of a flow."""
    wide, tall = flow_figures.portraits(reading)
    return "flow.html", {
        "headline": flow_words.headline(reading),
        "findings": flow_words.findings(reading),
        "what_it_is": flow_words.what_it_is(reading),
        "evidence": flow_words.evidence(reading),
        "wide": wide,
        "tall": tall,
        "eigenvalues": flow_figures.eigenvalues(reading),
        "sources": citation(read_flow),
    }


def _curve(reading: CurveReading) -> tuple[str, dict[str, Any]]:
    """Template and content of the page of a path."""
    wide, tall = curve_words.pictures(reading)
    return "curve.html", {
        "headline": curve_words.headline(reading),
        "findings": curve_words.findings(reading),
        "evidence": curve_words.evidence(reading),
        "wide": wide,
        "tall": tall,
        "sources": citation(read_curve),
    }


def _quantum(cell: CellReading, mark: str) -> dict[str, Any]:
    """Content of the quantum part of a recurrent page, of one cell; `mark` is its own."""
    found = cell.quantum
    assert found is not None
    return {
        "cell": cell,
        "found": found,
        "mark": mark,
        "headline": spectrum_words.headline(found),
        "findings": spectrum_words.findings(found),
        "evidence": spectrum_words.evidence(found),
        "portrait": spectrum_figures.portrait(found, f"plane{mark}"),
        "ladder": spectrum_figures.ladder(found, mark),
        "packet": spectrum_figures.packet(found, mark),
    }


def _spectrum(reading: SpectrumReading) -> tuple[str, dict[str, Any]]:
    """Template and content of the page of a quantum reading."""
    wide, tall = spectrum_figures.large(reading)
    return "spectrum.html", {
        "headline": spectrum_words.headline(reading),
        "findings": spectrum_words.findings(reading),
        "evidence": spectrum_words.evidence(reading),
        "wide": wide,
        "tall": tall,
        "ladder": spectrum_figures.ladder(reading),
        "packet": spectrum_figures.packet(reading),
        "sources": citation(read_spectrum),
    }


def _ensemble(reading: EnsembleReading) -> tuple[str, dict[str, Any]]:
    """Template and content of the page of an ensemble of paths."""
    wide, tall = ensemble_figures.large(reading)
    return "ensemble.html", {
        "headline": ensemble_words.headline(reading),
        "findings": ensemble_words.findings(reading),
        "evidence": ensemble_words.evidence(reading),
        "chains": ensemble_words.chains(reading),
        "cost": ensemble_words.cost(reading),
        "wide": wide,
        "tall": tall,
        "network": ensemble_figures.network(reading),
        "memory": ensemble_figures.memory(reading),
        "sources": citation(read_ensemble),
    }


def result(reading: AnyReading, training: Mapping[str, Any] | None) -> dict[str, Any]:
    """Plain values of a reading and of the run behind it, as `result.json` has them."""
    return {**(training or {}), "reading": reading.to_dict()}


def write_report(
    folder: str | os.PathLike[str],
    reading: AnyReading,
    *,
    rows: Sequence[Mapping[str, Any]] = (),
    training: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
) -> pathlib.Path:
    """Write `report.html` and `result.json` into a folder; each is whole or not there.

    **Arguments:**

    - `folder`: made where it is not; files of these names are replaced.
    - `reading`, `rows`, `training`, `notes`: as in [`feynax.report.page`][].

    **Returns:**

    The path of the page.

    ```python
    import tempfile, jax, numpy as np, feynax as fx
    net = fx.networks.PDENet((1, 8, 8), channels=(2,), steps=1, key=jax.random.key(0))
    reading = fx.report.read(net, np.ones((1, 8, 8)), paths=100)
    path = fx.report.write_report(tempfile.mkdtemp(), reading)
    assert path.name == "report.html" and path.with_name("result.json").exists()
    ```
    """
    home = pathlib.Path(folder)
    text = page(reading, rows=rows, training=training, notes=notes)
    home.mkdir(parents=True, exist_ok=True)
    values = json.dumps(result(reading, training), indent=2, ensure_ascii=False)
    write_atomically(home / "result.json", (values + "\n").encode())
    return write_atomically(home / "report.html", text.encode())
