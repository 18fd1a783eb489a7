"""A path as a network in words and one picture."""

from .. import plot
from .._words import number
from ._abstract import summary
from ._curve_read import CurveReading
from ._evidence import Row
from ._figures import Picture

_UNITS = {
    "relu": "ReLUs: each changes the slope of the path by its weight, once",
    "step": "steps: each moves the path by its weight, once",
    "cos": "cosines: each is a wave of the path",
    "sin": "sines: each is a wave of the path",
}


def headline(reading: CurveReading) -> str:
    """Say what the network is."""
    return f"A path through time, drawn by {reading.units} units."


def findings(reading: CurveReading) -> list[str]:
    """Say what was found, one sentence each."""
    low, high = number(float(reading.places.min()), 3), number(float(reading.places.max()), 3)
    again = ", and begins again after that" if reading.period is not None else ""
    first, last = (number(float(reading.times[i]), 3) for i in (0, -1))
    said = [
        f"Its input is a time and its output a place; its units are {_UNITS[reading.activation]}.",
        f"From time {first} to {last} it stays between {low} and {high}{again}.",
    ]
    if reading.certificate is not None:
        said.append(f"It is nowhere steeper than {number(reading.certificate.rate)} (proven).")
    return said


def evidence(reading: CurveReading) -> list[Row]:
    """Collect what is known, with errors or margins."""
    seen = f"{number(reading.speed)} seen"
    cert = reading.certificate
    if cert is None:
        why = f"The largest mean slope between two drawn times; {reading.missing['certificate']}"
        speed = Row("speed", "not proven", seen, why)
    else:
        why = f"How fast the place changes at most: {cert.because}. The margin is the largest seen."
        speed = Row("speed", f"≤ {number(cert.rate)}", seen, why)
    many = f"{len(reading.switches)} switch"
    return [
        Row("units", str(reading.units), many, "A unit switches when its argument is zero."),
        Row(
            "numbers of the path",
            str(reading.parameters),
            f"{reading.dof} a time",
            "Rates, shifts and weights of the units, and the straight line beside them; the "
            "margin is how many numbers a place has.",
        ),
        speed,
    ]


def pictures(reading: CurveReading) -> tuple[Picture, Picture]:
    """The path over its weights: for wide pages, and for narrow ones."""
    inside = (reading.switches >= reading.times[0]) & (reading.switches <= reading.times[-1])
    caption = (
        "Above the path (its first degree of freedom), below the weight of each unit at the time "
        "when it switches."
    )
    label = "A path, and the weights of its network."
    seen = (reading.places[0], reading.switches[inside], reading.weights[inside])
    figure = plot.path_network(reading.times, *seen)
    wide, tall = (plot.svg(figure, label=label, name=name) for name in ("wide", "tall"))
    return Picture(wide, caption), Picture(tall, caption)


@summary.register
def _(reading: CurveReading) -> str:
    rows = [f"{row.what}: {row.value} ({row.margin})" for row in evidence(reading)]
    return "\n".join([headline(reading), *findings(reading), *rows])
