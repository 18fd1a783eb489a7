"""Which pictures the page of a recurrent network shows, each with what to see in it."""

import numpy as np

from .. import plot
from .._words import percent
from ..equations import JacobianSpectrum
from ._figures import Picture
from ._recurrent_reading import RecurrentReading

_PANELS = 4  # cells with a panel of their own in the large picture
_MOST_DOTS = 2500  # in the picture of a spectrum


def portraits(reading: RecurrentReading) -> tuple[Picture, Picture]:
    """The states of the cells along the data: for wide pages, and for narrow ones."""
    cells = reading.cells[:_PANELS]
    drawn = []
    for cell in cells:
        rest = cell.rest
        points = np.zeros((0, cell.numbers)) if rest is None else rest.points
        kinds = () if rest is None else rest.stability
        drawn.append(plot.StatePath(cell.name.capitalize(), cell.paths, points, kinds))
    left_out = len(reading.cells) - len(cells)
    note = f" {left_out} more cells are left out." if left_out else ""
    caption = (
        "Left the states along the data, in the plane in which they vary most: blue at the first "
        "sample, orange at the last; the ring is where all start, and the marks are fixed points "
        "at the mean input. Right every number of the state in time, orange positive, blue "
        f"negative.{note}"
    )
    said = caption.replace("Left the", "Above the").replace("Right every", "Below every")
    label = f"States of {len(cells)} cells along {len(reading.lengths)} series."
    return (
        Picture(plot.svg(plot.state_portrait(drawn), label=label, name="wide"), caption),
        Picture(plot.svg(plot.state_portrait(drawn, tall=True), label=label, name="tall"), said),
    )


def spectra(reading: RecurrentReading) -> list[Picture]:
    """Eigenvalues of one step along the data, cell by cell."""
    found = []
    for index, cell in enumerate(reading.cells):
        if cell.spectrum is None:
            continue
        values = cell.spectrum.eigenvalues
        inside = np.abs(values) < 1
        some = values[:: -(-values.size // _MOST_DOTS)]
        text = plot.svg(
            plot.jacobian_spectrum(JacobianSpectrum(some, cell.spectrum.kind)),
            label=f"Eigenvalues of the Jacobian of {cell.name} along the data.",
            name=f"spectrum{index}",
        )
        found.append(
            Picture(
                text,
                f"Left the eigenvalues at {len(some)} points of the data; of those at all "
                f"{len(inside)} points {percent(float(inside.mean()))} are inside the unit circle, "
                "where disturbances fade; the nearer the rim, the longer they last. Right the "
                "longest memory at the same points, in samples.",
                cell.name.capitalize(),
            )
        )
    return found


def memories(reading: RecurrentReading) -> Picture | None:
    """How many directions remember for how long."""
    times = [
        (cell.name, cell.spectrum.memory_times.ravel())
        for cell in reading.cells
        if cell.spectrum is not None
    ]
    if not times:
        return None
    return Picture(
        plot.svg(plot.memory_histogram(times), label="Memory times.", name="memory"),
        "How long the directions of the state remember, over all points of the data. What grows "
        "stands at the right end.",
    )


def growth(reading: RecurrentReading) -> Picture | None:
    """How gradients grow with depth in time."""
    curves = [(cell.name, cell.growth.curve) for cell in reading.cells if cell.growth is not None]
    if not curves:
        return None
    return Picture(
        plot.svg(plot.gradient_growth(curves), label="Growth of gradients.", name="growth"),
        "Size of the derivative of the state after so many steps by the first state, as powers of "
        "ten: whole lines the direction that grows most, broken ones the middle direction. Far "
        "below zero, what came first cannot be learned from what comes last.",
    )
