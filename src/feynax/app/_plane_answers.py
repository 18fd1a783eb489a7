"""The plane of two neurons: regimes, portrait, levels, and a packet on its way."""

from typing import Any

import numpy as np

from .. import plot
from .._words import number
from ..equations import ReLUField
from ..quantum import GaussianState
from ..report import SpectrumReading, read_spectrum
from ._answer import Answer, Figure

_LEVELS = 6
_KINDS = {
    "elliptic": "a harmonic oscillator: it has levels, evenly spaced",
    "hyperbolic": "an inverted oscillator: it has no levels, its spectrum is the whole line",
}


def read_plane(
    weights: tuple[float, float, float, float] = (1.5, -1.0, 1.2, 0.5),
    currents: tuple[float, float] = (0.7, -0.5),
    *,
    regime: str = "11",
    hbar: float = 0.02,
) -> SpectrumReading:
    r"""Read $\dot y = -y + W\,\mathrm{relu}(y) + I$ as a quantum system.

    **Arguments:**

    - `weights`: w11, w12, w21, w22; the second index is of the neuron that acts.
    - `currents`: I.
    - `regime`: which neurons are on, as "11".
    - `hbar`: Planck's constant, in units of the product of two states.

    ```python
    from feynax.app import read_plane
    reading = read_plane()
    assert reading.hamiltonian.kind == "elliptic"
    ```
    """
    field = ReLUField.ctrnn(np.reshape(weights, (2, 2)), current=np.array(currents))
    mask = [int(bit) for bit in regime]
    return read_spectrum(field, regime=mask, hbar=hbar, count=_LEVELS)


def plane_answer(reading: SpectrumReading) -> Answer:
    """Say and draw what the network is: class, levels, regimes.

    **Arguments:**

    - `reading`: from [`feynax.app.read_plane`][].

    ```python
    from feynax.app import plane_answer, read_plane
    assert "oscillator" in plane_answer(read_plane()).headline
    ```
    """
    ham = reading.hamiltonian
    regime = "".join(map(str, reading.regime or ()))
    if ham is None:
        said = f"Regime {regime} loses or gains volume: it is an open system, without levels."
    else:
        said = f"Regime {regime} is {_KINDS.get(ham.kind, f'of class {ham.kind}')}."
    figures = [_portrait(reading)]
    if ham is not None and reading.levels is not None:
        caption = "Levels, and the wave functions that stand on them, over the first neuron."
        figures.append(Figure.of(plot.levels(ham, _LEVELS), caption, "levels"))
    else:
        caption = "Eigenvalues of the regime's matrix: levels need them on the vertical axis."
        values = plot.eigenvalues(np.asarray(reading.piece.eigenvalues()))
        figures.append(Figure.of(values, caption, "values"))
    notes = tuple(
        reading.missing[name] for name in ("Hamiltonian", "digits") if name in reading.missing
    )
    return Answer(said, _numbers(reading), tuple(figures), notes)


def packet_answer(reading: SpectrumReading, share: float) -> Answer:
    """Say and draw where a packet is after a share of the time it is followed.

    **Arguments:**

    - `reading`: from [`feynax.app.read_plane`][].
    - `share`: from 0 to 1.

    ```python
    from feynax.app import packet_answer, read_plane
    assert packet_answer(read_plane(), 0.5).numbers["area, units of ħ/2"] == "1.000"
    ```
    """
    packet = reading.packet
    if packet is None:
        return Answer("No packet could be followed.", notes=(reading.missing.get("packet", ""),))
    now = round(share * (len(packet.times) - 1))
    mean, spread = packet.means[now], packet.covariances[now]
    widths = np.sqrt(np.diag(spread))
    course = plot.packet(
        packet.times, packet.classical, packet.means, packet.covariances, packet.leakage
    )
    course.axes[0].axvline(float(packet.times[now]), color="#777", linewidth=0.9)
    caption = "Lines are the classical network, dashes and bands the packet; the upright is now."
    figures = [Figure.of(course, caption, "course"), _cloud(reading, now)]
    outside = "none" if packet.leakage is None else number(float(packet.leakage[now]), 2)
    numbers = {
        "time": number(float(packet.times[now])),
        "mean": f"({number(float(mean[0]))}, {number(float(mean[1]))})",
        "widths": f"({number(float(widths[0]), 3)}, {number(float(widths[1]), 3)})",
        "area, units of ħ/2": number(round(_area(spread, reading.hbar), 6)),
        "probability outside": outside,
    }
    inside = "in" if packet.inside[now] else "no longer in"
    return Answer(f"The network is {inside} its regime.", numbers, tuple(figures))


def _area(covariance: np.ndarray, hbar: float) -> float:
    """How much more of the plane a packet takes than a pure state."""
    return float(np.sqrt(np.linalg.det(covariance)) * 2 / hbar)


def _numbers(reading: SpectrumReading) -> dict[str, str]:
    (a, b), (c, d) = reading.piece.matrix.tolist()
    half = (a - d) / 2
    shown = {
        "trace of A": number(a + d),
        "discriminant": number(half * half + b * c),
    }
    if reading.levels is not None and reading.hamiltonian is not None:
        shown["spacing of levels"] = number(float(abs(np.diff(reading.levels[:2])[0])))
        end = "lowest" if reading.hamiltonian.one.sign > 0 else "highest"
        shown[f"{end} level"] = number(float(reading.levels[0]))
    for regime in reading.regimes:
        place = (
            "none" if regime.rest is None else ", ".join(number(float(y), 3) for y in regime.rest)
        )
        stays = "rests there" if regime.own else "lies in another regime"
        shown[f"fixed point of {regime.name}"] = f"({place}), {stays}"
    return shown


def _portrait(reading: SpectrumReading) -> Figure:
    """The plane with its regimes, the energy's contours and one orbit."""
    assert reading.whole is not None
    orbits: list[np.ndarray] = []
    if reading.packet is not None:
        orbits = [reading.packet.classical]
    points = [(regime.rest, regime.own) for regime in reading.regimes if regime.rest is not None]
    reach = _reach(orbits, [point for point, own in points if own])
    shown = [(point, own) for point, own in points if np.abs(point).max() < reach]
    figure = plot.regimes(
        reading.whole,
        (-reach, reach),
        (-reach, reach),
        hamiltonian=reading.hamiltonian,
        orbits=orbits,
        points=shown,
    )
    caption = (
        "Tints are regimes, named by which neurons are on. Green is the network; dots are fixed "
        "points, hollow where they lie in another regime; blue lines are contours of the energy."
    )
    return Figure.of(figure, caption, "plane")


def _reach(orbits: list[np.ndarray], points: list[np.ndarray]) -> float:
    """Half the side of the plane, in steps, so that the picture seldom jumps."""
    places = np.concatenate([np.ones((1, 2)), *orbits, *(point[None] for point in points)])
    return float(min(2.0 ** np.ceil(np.log2(1.1 * np.abs(places).max())), 64.0))


def _cloud(reading: SpectrumReading, now: int) -> Figure:
    """The wave function of the packet, or its density where there is no pure state."""
    packet = reading.packet
    assert packet is not None
    mean, spread = packet.means[now], packet.covariances[now]
    widest = 4 * float(np.sqrt(packet.covariances[:, 0, 0].max()))
    low, high = packet.means[:, 0].min() - widest, packet.means[:, 0].max() + widest
    y = np.linspace(low, high, 600)
    psi = _wave(reading, mean, spread, y)
    if psi is not None:
        caption = "The wave function over the first neuron: its size (shade) and its real part."
        return Figure.of(plot.wave_function(y, psi), caption, "wave")
    density = np.exp(-((y - mean[0]) ** 2) / (2 * spread[0, 0])) / np.sqrt(2 * np.pi * spread[0, 0])
    caption = "Root of the density over the first neuron: the state is mixed, and has no phase."
    return Figure.of(plot.wave_function(y, np.sqrt(density) + 0j), caption, "wave")


def _wave(reading: SpectrumReading, mean: Any, spread: Any, y: np.ndarray) -> np.ndarray | None:
    ham = reading.hamiltonian
    if ham is None:
        return None
    state = GaussianState.from_covariance(mean, spread, hbar=reading.hbar, poisson=ham.poisson)
    return state(y)
