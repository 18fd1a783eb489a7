"""A driven oscillator with a hardening spring, to identify: a simulated Silverbox."""

import numpy as np

from .._checks import check_choice, check_count, check_positive
from ._series import SeriesData

FREQUENCY, DAMPING, HARDENING = 68.6, 0.047, 0.6  # hertz, ratio, of the linear spring
RATE = 610.35  # samples a second
_SUBSTEPS = 4


def silverbox(
    part: str = "train",
    *,
    count: int = 64,
    length: int = 512,
    level: float = 0.3,
    noise: float = 0.01,
    seed: int = 0,
) -> SeriesData:
    r"""Simulate the displacement of a driven Duffing oscillator, sampled at 610 Hz.

    $$\ddot y + 2 \zeta \omega\, \dot y + \omega^2 (y + \beta y^3) = \omega^2 u(t)$$

    $\omega = 2\pi \cdot 68.6$ Hz, $\zeta = 0.047$ as of the electronic circuit of that name,
    $\beta = 0.6$; $u$ is Gaussian noise below 200 Hz, held between samples. Each series starts at
    rest. Integrated by the classical Runge-Kutta method in four substeps a sample.

    **Arguments:**

    - `part`: "train", or "test" with other forces.
    - `count`, `length`: how many series of how many samples.
    - `level`: standard deviation of the force; at 0.3 the spring is on average half
      as stiff again.
    - `noise`: standard deviation of the measured displacement's error, as a share of its own.
    - `seed`: of forces and errors.

    **Returns:**

    Force in, displacement out at each step, both in units of their own deviation in training.

    Source of the benchmark that it resembles: T. Wigren, J. Schoukens, ECC (2013), 2933-2938.

    ```python
    from feynax import data
    made = data.silverbox(count=2, length=100)
    assert made.inputs.shape == made.targets.shape == (2, 100, 1) and made.each
    ```
    """
    check_choice("part", part, ("train", "test"))
    check_count("count", count)
    check_count("length", length)
    check_positive("level", level)
    draw = np.random.default_rng((seed, part == "test"))
    force = level * _below(draw.standard_normal((count, length)), 200 / (RATE / 2))
    moved = _moved(force)
    scale = 1.9 * level  # about the displacement's deviation, the same for both parts
    seen = moved / scale + noise * draw.standard_normal(moved.shape)
    inputs, targets = ((a[..., None]).astype(np.float32) for a in (force / level, seen))
    return SeriesData(inputs, targets, "silverbox", "simulated Duffing oscillator")


def _below(white: np.ndarray, share: float) -> np.ndarray:
    """Keep the lower part of the spectrum, at unit variance."""
    spectrum = np.fft.rfft(white)
    kept = np.arange(spectrum.shape[-1]) <= share * (spectrum.shape[-1] - 1)
    filtered = np.fft.irfft(spectrum * kept, white.shape[-1])
    return filtered / filtered.std(axis=-1, keepdims=True)


def _moved(force: np.ndarray) -> np.ndarray:
    """Displacement at the end of each sample, from rest."""
    omega, step = 2 * np.pi * FREQUENCY, 1 / RATE / _SUBSTEPS
    state, out = np.zeros((2, len(force))), np.empty_like(force)

    def slope(s: np.ndarray, u: np.ndarray) -> np.ndarray:
        y, v = s
        pull = u - y - HARDENING * y**3
        return np.stack([v, omega**2 * pull - 2 * DAMPING * omega * v])

    for sample, u in enumerate(force.T):
        for _ in range(_SUBSTEPS):
            a = slope(state, u)
            b = slope(state + step / 2 * a, u)
            c = slope(state + step / 2 * b, u)
            d = slope(state + step * c, u)
            state = state + step / 6 * (a + 2 * b + 2 * c + d)
        out[:, sample] = state[0]
    return out
