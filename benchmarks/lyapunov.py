"""Lyapunov spectra of systems with published values: `python -m benchmarks.lyapunov [scale]`.

Published values are those of J. C. Sprott, "Common Chaotic Systems"
(sprott.physics.wisc.edu/chaos/comchaos.htm) and, for Lozi, Ueda and Chen, Chaos and Time-Series
Analysis (Oxford, 2003), appendix A, of which "the least significant digit is only a best
estimate": their error is taken as one unit of it. Three are closed forms: the logistic map, the
cat map and the generalised baker's map (Farmer, Ott and Yorke 1983). A value is within the
published error where it is less than two combined errors (ours and theirs) away.

At scale 1 this takes about six minutes of one core.
"""

import math
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from feynax.equations import lyapunov_spectrum

from ._timing import table


class System(NamedTuple):
    """A map or field, where to start, and what is published."""

    f: Callable
    kind: str
    published: tuple[float, ...]
    digit: float  # one unit of the last published digit; 0 for a closed form
    steps: int
    start: tuple[float, ...]
    spread: float = 0.1
    step: float = 0.01


def field(*parts):
    """A field from functions of the components."""
    return lambda s: jnp.stack([part(*s) for part in parts])


GOLDEN = math.log((3 + math.sqrt(5)) / 2)
SYSTEMS = {
    "logistic, a = 4 (ln 2)": System(
        lambda s: 4 * s * (1 - s), "map", (math.log(2),), 0, 2_000_000, (0.3,), 0.2
    ),
    "cat map (closed form)": System(
        lambda s: jnp.array([[2.0, 1.0], [1.0, 1.0]]) @ s % 1.0,
        "map",
        (GOLDEN, -GOLDEN),
        0,
        10_000,
        (0.3, 0.2),
    ),
    "Henon": System(
        field(lambda x, y: 1 + y - 1.4 * x * x, lambda x, y: 0.3 * x),
        "map",
        (0.41922, -1.62319),
        1e-5,
        20_000_000,
        (0.0, 0.0),
    ),
    "Lozi": System(
        field(lambda x, y: 1 + y - 1.7 * jnp.abs(x), lambda x, y: 0.5 * x),
        "map",
        (0.47023, -1.16338),
        1e-5,
        20_000_000,
        (-0.1, 0.1),
        0.01,
    ),
    "Ueda": System(
        field(
            lambda x, y, z: y,
            lambda x, y, z: -(x**3) - 0.05 * y + 7.5 * jnp.sin(z),
            lambda x, y, z: 1.0 + 0 * z,
        ),
        "field",
        (0.1034, 0.0, -0.1534),
        1e-4,
        8_000_000,
        (2.5, 0.0, 0.0),
        0.1,
        0.02,
    ),
    "Lorenz": System(
        field(
            lambda x, y, z: 10 * (y - x),
            lambda x, y, z: x * (28 - z) - y,
            lambda x, y, z: x * y - 8 / 3 * z,
        ),
        "field",
        (0.9056, 0.0, -14.5723),
        1e-4,
        8_000_000,
        (0.0, -0.01, 9.0),
        1.0,
        0.005,
    ),
    "Rossler": System(
        field(
            lambda x, y, z: -y - z, lambda x, y, z: x + 0.2 * y, lambda x, y, z: 0.2 + z * (x - 5.7)
        ),
        "field",
        (0.0714, 0.0, -5.3943),
        1e-4,
        8_000_000,
        (-9.0, 0.0, 0.0),
        0.1,
        0.01,
    ),
    "simplest quadratic flow": System(
        field(lambda x, y, z: y, lambda x, y, z: z, lambda x, y, z: -2.017 * z + y * y - x),
        "field",
        (0.0551, 0.0, -2.0721),
        1e-4,
        8_000_000,
        (5.0, 0.0, -1.0),
        0.1,
        0.02,
    ),
    # at the kink of |x| the tangents of a Runge-Kutta step err by O(h): a smaller step
    "piecewise linear flow": System(
        field(lambda x, y, z: y, lambda x, y, z: z, lambda x, y, z: -0.6 * z - y - jnp.abs(x) + 1),
        "field",
        (0.0362, 0.0, -0.6362),
        1e-4,
        32_000_000,
        (0.0, -0.7, 0.0),
        0.01,
        0.005,
    ),
    "Chen": System(
        field(
            lambda x, y, z: 35 * (y - x),
            lambda x, y, z: -7 * x - x * z + 28 * y,
            lambda x, y, z: x * y - 3 * z,
        ),
        "field",
        (2.0272, 0.0, -12.0272),
        1e-4,
        8_000_000,
        (-10.0, 0.0, 37.0),
        1.0,
        0.002,
    ),
    "generalised baker (closed form)": System(
        lambda s: jnp.where(
            s[0] < 0.4,
            jnp.stack([s[0] / 0.4, 0.25 * s[1]]),
            jnp.stack([(s[0] - 0.4) / 0.6, 0.5 + 0.4 * s[1]]),
        ),
        "map",
        (
            -0.4 * math.log(0.4) - 0.6 * math.log(0.6),
            0.4 * math.log(0.25) + 0.6 * math.log(0.4),
        ),
        0,
        2_000_000,
        (0.3, 0.2),
    ),
}


def judge(system: System, scale: float):
    """Run one system; worst distance in units of the published digit and of both errors."""
    rng = np.random.default_rng(0)
    starts = np.array(system.start) + system.spread * rng.uniform(-1, 1, (64, len(system.start)))
    begun = time.process_time()
    found = lyapunov_spectrum(
        system.f,
        starts,
        kind=system.kind,
        steps=max(6400, int(scale * system.steps)),
        transient=40_000,
        step=system.step,
    )
    away = np.abs(found.values - np.array(system.published))
    error = np.hypot(found.errors, system.digit)
    floor = 1e-9 if system.digit == 0 else 0.0
    return found, away, away / np.maximum(error, floor), time.process_time() - begun


def main() -> None:
    """Print the table."""
    scale = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    rows = []
    for name, system in SYSTEMS.items():
        found, away, sigmas, seconds = judge(system, scale)
        for i, published in enumerate(system.published):
            value, error = found.values[i], found.errors[i]
            rows.append(
                [
                    name if i == 0 else "",
                    f"{published:.5f}",
                    f"{value:.6f}",
                    f"{error:.1e}",
                    f"{away[i]:.1e}",
                    f"{away[i] / system.digit:.2f}" if system.digit else "exact",
                    f"{sigmas[i]:.2f}",
                    f"{found.dimension.value:.4f}" if i == 0 else "",
                    f"{seconds:.0f}" if i == 0 else "",
                ]
            )
    head = [
        "system",
        "published",
        "found",
        "error",
        "away",
        "in its digit",
        "in errors",
        "D_KY",
        "CPU s",
    ]
    table("Lyapunov spectra (64 trajectories each)", head, rows)
    worst = max(float(row[6]) for row in rows)
    print(f"\n  {len(SYSTEMS)} systems; farthest: {worst:.2f} combined errors")


if __name__ == "__main__":
    main()
