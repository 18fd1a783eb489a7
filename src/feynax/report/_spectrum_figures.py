"""Which pictures the page of a quantum reading shows, each with what to see in it."""

import numpy as np

from .. import plot
from .._words import number
from ._figures import Picture
from ._spectrum_reading import PacketReading, SpectrumReading

_DRAWN = 6  # levels with a wave function


def large(reading: SpectrumReading) -> tuple[Picture, Picture]:
    """Return the portrait twice: for wide pages and tall."""
    return portrait(reading, "wide"), portrait(reading, "tall")


def portrait(reading: SpectrumReading, name: str) -> Picture:
    """The plane of two neurons with its regimes, or the course of more."""
    is_plane = reading.whole is not None and reading.whole.size == 2
    return _plane(reading, name) if is_plane else _course(reading, name)


def _plane(reading: SpectrumReading, name: str) -> Picture:
    assert reading.whole is not None
    x, y = _box(reading)
    packet, ham = reading.packet, reading.hamiltonian
    points = [(regime.rest, regime.own) for regime in reading.regimes if regime.rest is not None]
    figure = plot.regimes(
        reading.whole,
        x,
        y,
        hamiltonian=ham,
        orbits=() if packet is None else (packet.classical,),
        points=[point for point in points if _within(point[0], x, y)],
    )
    caption = (
        "The plane of the two neurons. Tints are regimes, named by which neurons are on; dark "
        "lines are where one switches. Green is the classical network; dots are fixed points, full "
        "where the network can rest there, hollow where the point lies in another regime."
    )
    if ham is not None:
        caption += (
            " Blue lines are contours of the energy, dotted where the network no longer follows "
            "it. They are ellipses or hyperbolas about one point. The document finds them similar "
            "to a pendulum's (its Fig. 1); but a pendulum has centres and saddles side by side and "
            "a period that grows with the swing, while a quadratic energy has one of the two "
            "alone, and every swing takes the same time."
        )
    return Picture(plot.svg(figure, label="Phase portrait with regimes.", name=name), caption)


def _box(reading: SpectrumReading) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ranges that hold the orbit, its regime's fixed point and the nearest thresholds."""
    whole, packet = reading.whole, reading.packet
    assert whole is not None
    shown = [np.zeros((1, 2))]
    if packet is not None:
        shown = [packet.classical[packet.inside], packet.means[:1]]
    shown += [r.rest[None] for r in reading.regimes if r.own and r.rest is not None]
    cloud = np.concatenate(shown)
    middle = (cloud.min(0) + cloud.max(0)) / 2
    half = np.maximum((cloud.max(0) - cloud.min(0)) / 2, 1e-6)
    inner, shift = np.asarray(whole.inner, np.float64), np.asarray(whole.shift, np.float64)
    lengths = np.linalg.norm(inner, axis=-1)
    turning = lengths > 0
    far = np.abs(inner[turning] @ middle + shift[turning]) / lengths[turning]
    reach = max(1.35 * float(half.max()), 1.15 * float(np.max(far, initial=0.0)))
    first, second = ((float(m - reach), float(m + reach)) for m in middle)
    return first, second


def _within(point: np.ndarray, x: tuple[float, float], y: tuple[float, float]) -> bool:
    return bool(x[0] <= point[0] <= x[1] and y[0] <= point[1] <= y[1])


def _course(reading: SpectrumReading, name: str) -> Picture:
    if reading.packet is None:
        return _eigenvalues(reading, name)
    return Picture(
        plot.svg(_packet(reading.packet), label="Course of the network and a packet.", name=name),
        _course_caption(reading.packet),
    )


def _eigenvalues(reading: SpectrumReading, name: str) -> Picture:
    values = np.linalg.eigvals(reading.piece.matrix)
    return Picture(
        plot.svg(plot.eigenvalues(values), label="Eigenvalues of the field.", name=name),
        "Eigenvalues of the field's matrix. A Hamiltonian needs them in pairs of opposite sign, "
        "levels need them on the vertical axis; what lies left of it decays, the rest grows.",
    )


def _packet(packet: PacketReading):
    return plot.packet(
        packet.times, packet.classical, packet.means, packet.covariances, packet.leakage
    )


def _course_caption(packet: PacketReading) -> str:
    more = packet.means.shape[1] - 4
    left = f" {more} more neurons are left out." if more > 0 else ""
    below = (
        " Below, the probability that the packet is where another regime holds."
        if packet.leakage is not None
        else ""
    )
    return (
        "Coloured lines are the classical network, dashes the mean of the packet, bands its width "
        f"of one standard deviation.{below}{left}"
    )


def packet(reading: SpectrumReading, mark: str = "") -> Picture | None:
    """The packet beside the network in time, where it is not the large picture already.

    `mark` is what tells the picture from others of its kind on the page.
    """
    if reading.packet is None or reading.whole is None or reading.whole.size != 2:
        return None
    return Picture(
        plot.svg(_packet(reading.packet), label="A packet and the network.", name=f"packet{mark}"),
        _course_caption(reading.packet),
    )


def ladder(reading: SpectrumReading, mark: str = "") -> Picture | None:
    """Levels with their wave functions, for one degree of freedom; `mark` as in `packet`."""
    ham = reading.hamiltonian
    if ham is None or reading.levels is None or ham.modes != 1:
        return None
    count = min(len(reading.levels), _DRAWN)
    spacing = number(reading.hbar * ham.one.rate, 4)
    way = "upwards" if ham.one.sign > 0 else "downwards: the first level is the highest"
    return Picture(
        plot.svg(plot.levels(ham, count), label=f"The first {count} levels.", name=f"levels{mark}"),
        f"Levels over the first neuron, {spacing} apart, {way}. Lines are real parts of the wave "
        "functions, shades their sizes, each on its level; the parabola is the least energy that "
        "is left at each place.",
    )
