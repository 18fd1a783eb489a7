"""Any wave function on a grid, by the propagator: in one step, or in two around a caustic."""

import math
from collections.abc import Iterator

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Complex, Float

from ..._checks import check, check_finite, check_shape
from .._abstract import AbstractQuadratic
from ._flow import Mechanics
from ._kernel import kernel

Wave = Complex[np.ndarray, " points"]
Points = Float[np.ndarray, " points"]

_LOST = 1e-6  # of the norm, or of the grid's length
_FAR = 20.0  # stretching by more than this power of e helps no grid
_ROOM = 1.1  # how much further apart images are than the grid is long


def propagate(
    ham: AbstractQuadratic,
    psi: Complex[ArrayLike, " points"],
    grid: Float[ArrayLike, " points"],
    t: float,
) -> Wave:
    """Carry a wave function over a time; see `QuadraticHamiltonian.propagate`."""
    points, begun = np.asarray(grid, np.float64), np.asarray(psi, np.complex128)
    _check_inputs(ham, begun, points, t)
    mechanics = Mechanics(ham)
    for times in _plans(ham, mechanics, points, float(t)):
        now: Wave | None = begun
        for time in times:
            now = None if now is None else _step(ham, mechanics, now, points, time)
        if now is not None:
            return now
    has = f"{len(points)} points from {points[0]:.6g} to {points[-1]:.6g}"
    check(False, "grid", "hold the wave function up to its end, widely and finely enough", has)
    raise AssertionError


def _check_inputs(ham: AbstractQuadratic, psi: Wave, points: Points, t: float) -> None:
    check(ham.modes == 1, "self", "have one degree of freedom", ham.modes)
    check(np.ndim(t) == 0, "t", "be one time", t)
    check_finite("t", t)
    check(points.ndim == 1 and points.size > 1, "grid", "be a row of points", points.shape)
    check_finite("grid", points)
    steps = np.diff(points)
    even = bool(steps[0] > 0 and np.allclose(steps, steps[0], rtol=1e-6, atol=0))
    check(
        even, "grid", "ascend in even steps", f"steps from {steps.min():.6g} to {steps.max():.6g}"
    )
    check_shape("psi", psi, points.shape)
    check_finite("psi", psi)


def _plans(
    ham: AbstractQuadratic, mechanics: Mechanics, points: Points, t: float
) -> Iterator[tuple[float, ...]]:
    r"""Times of one or two steps that the grid resolves, shortest first.

    A sum over points with the step $h$ repeats its result every $2\pi\hbar|F_{12}|/h$: these
    images must fall off the grid.
    """
    if t == 0:
        yield ()
        return
    slant = mechanics.form[1, 1]
    if slant == 0:
        yield (t,)
        return
    length = points[-1] - points[0]
    least = _ROOM * length * (points[1] - points[0]) / (2 * math.pi * ham.hbar)
    detours = least / abs(slant) * np.array([1.2, 2.0, 4.0, 8.0])
    if ham.kind == "elliptic":
        detours = np.append(detours, math.pi / ham.one.rate * np.array([0.5, 0.3, 0.7]))
    if ham.kind == "hyperbolic":
        detours = detours[detours * ham.one.rate < _FAR]
    first = np.concatenate([[t], detours, -detours])
    second = t - first
    reaches = [np.abs(mechanics.flow(times).matrix[:, 0, 1]) for times in (first, second)]
    if reaches[0][0] >= least:
        yield (t,)
    fits = (reaches[0] >= least) & (reaches[1] >= least)
    order = np.argsort(np.abs(first) + np.abs(second), kind="stable")
    yield from ((float(first[k]), float(second[k])) for k in order if fits[k])


def _step(
    ham: AbstractQuadratic, mechanics: Mechanics, psi: Wave, points: Points, time: float
) -> Wave | None:
    """One step, or nothing where the norm or the mean shows that the grid lost some of it."""
    step = points[1] - points[0]
    if mechanics.form[1, 1]:
        later = kernel(ham, time, 0.0)(points[:, None], points) @ psi * step
    else:
        later = _without_kinetic_term(ham, mechanics, psi, points, time)
    flow = mechanics.flow(np.array([time]))
    mean = flow.matrix[0] @ _means(psi, points, ham.hbar) + flow.shift[0]
    before, after = np.linalg.norm(psi), np.linalg.norm(later)
    kept = abs(after - before) <= _LOST * before
    astray = abs(_means(later, points, ham.hbar)[0] - mean[0])
    follows = astray * before <= _LOST * before * step * len(points)
    return later if kept and follows else None


def _means(psi: Wave, points: Points, hbar: float) -> Float[np.ndarray, "2"]:
    waves = 2 * math.pi * hbar * np.fft.fftfreq(len(points), points[1] - points[0])
    densities = np.abs(psi) ** 2, np.abs(np.fft.fft(psi)) ** 2
    pairs = zip((points, waves), densities, strict=True)
    return np.array([x @ density / (np.sum(density) or 1.0) for x, density in pairs])


def _without_kinetic_term(
    ham: AbstractQuadratic, mechanics: Mechanics, psi: Wave, points: Points, time: float
) -> Wave:
    r"""Where $D_2 = 0$ the flow stretches positions, $q = F_{11}q' + d_1$: interpolate there."""
    flow = mechanics.flow(np.array([time]))
    (stretch, _), (tilt, _) = flow.matrix[0]
    across, push = flow.shift[0]
    away = points - across
    turns = tilt * away**2 / (2 * stretch) + push * away + across * push / 2
    turns = turns - flow.work_shift[0] / 2
    step = points[1] - points[0]
    came = np.sinc((away[:, None] / stretch - points) / step) @ psi
    return came * np.exp(1j * turns / ham.hbar) / math.sqrt(stretch)
