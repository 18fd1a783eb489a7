"""Which pictures the page of an ensemble shows, each with what to see in it."""

from .. import plot
from .._words import number
from ._ensemble_reading import EnsembleReading
from ._figures import Picture


def large(reading: EnsembleReading) -> tuple[Picture, Picture]:
    """Paths beside the density of their places: for wide pages and for tall."""
    return _paths(reading, tall=False), _paths(reading, tall=True)


def _paths(reading: EnsembleReading, *, tall: bool) -> Picture:
    seen, density = reading.picture, reading.density
    name = "tall" if tall else "wide"
    label = "Paths in Euclidean time and the density of their places."
    if density is None:
        figure = plot.path_network(seen.times, seen.paths[0], seen.kinks, seen.weights)
        return Picture(plot.svg(figure, label=label, name=name), "One path of the ensemble.")
    figure = plot.ensemble(
        seen.times,
        seen.paths,
        density.at,
        density.value,
        density.error,
        density.exact,
        tall=tall,
    )
    caption = (
        f"Some of the paths that were drawn, one of them strong: they begin where they end, after "
        f"a time of {number(reading.beta * reading.hbar, 3)}. Orange is how often a place is "
        "visited, with its error as a band (thin where it is narrower than the line)"
    )
    caption += "; dashes are the exact lattice density." if density.exact is not None else "."
    return Picture(plot.svg(figure, label=label, name=name), caption)


def network(reading: EnsembleReading) -> Picture:
    """The strong path as a network of ReLUs."""
    seen = reading.picture
    figure = plot.path_network(seen.times, seen.paths[0], seen.kinks, seen.weights)
    caption = (
        f"The strong path again, and the {len(seen.kinks)} weights of the network of ReLUs that it "
        "is: each unit switches on at its time and changes the slope by its weight. Rough paths "
        "have large weights of both signs; drawing a path is drawing such a network."
    )
    label = "One path above, the weights of its network below."
    return Picture(plot.svg(figure, label=label, name="network"), caption)


def memory(reading: EnsembleReading) -> Picture | None:
    """The correlator with the gap that it shows."""
    found = reading.correlator
    if found is None:
        return None
    gap = None if reading.gap is None else reading.gap.estimate.value / reading.hbar
    figure = plot.correlator(found.at, found.value, found.error, gap=gap, exact=found.exact)
    caption = "How much a path at one time still knows of its place some time before."
    if gap is not None:
        caption += " The orange line falls at the rate of the gap"
        caption += ", dashes are the exact lattice." if found.exact is not None else "."
    return Picture(plot.svg(figure, label="Correlation against distance.", name="memory"), caption)
