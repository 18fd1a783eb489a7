"""Which pictures the page of a flow shows, each with what to see in it."""

import numpy as np

from .. import plot
from ._figures import Picture
from ._flow_reading import FlowReading


def portraits(reading: FlowReading) -> tuple[Picture, Picture]:
    """Solutions from all starts: for wide pages, and for narrow ones."""
    rest = reading.rest
    points = np.zeros((0, reading.size)) if rest is None else rest.points
    kinds = () if rest is None else rest.stability
    drawn = [plot.StatePath("The state", reading.paths, points, kinds)]
    caption = (
        f"Left {len(reading.paths)} solutions from {reading.starts_name}, in the plane in which "
        "they vary most: blue at the first time, orange at the last; the ring is where the first "
        "one starts, and the marks are resting points. Right every number of the first solution "
        "in time, orange positive, blue negative."
    )
    said = caption.replace("Left ", "Above ").replace("Right every", "Below every")
    label = f"{len(reading.paths)} solutions of the flow."
    return (
        Picture(plot.svg(plot.state_portrait(drawn), label=label, name="wide"), caption),
        Picture(plot.svg(plot.state_portrait(drawn, tall=True), label=label, name="tall"), said),
    )


def eigenvalues(reading: FlowReading) -> Picture | None:
    """What happens to small disturbances at the place."""
    if reading.eigenvalues is None:
        return None
    where = "the first resting point" if reading.at_rest else "zero"
    return Picture(
        plot.svg(
            plot.eigenvalues(reading.eigenvalues), label=f"Eigenvalues at {where}.", name="values"
        ),
        f"Eigenvalues of the field's Jacobian at {where}, per unit of time: left of the line a "
        "disturbance fades, right of it it grows, and the farther from the real axis, the faster "
        "it turns.",
    )
