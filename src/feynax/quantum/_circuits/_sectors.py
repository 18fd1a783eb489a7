"""The spectrum of a clock Hamiltonian: a path for each way in which the input can be wrong."""

import heapq

import numpy as np
from jaxtyping import Float

from ..._checks import check

_MOST_SECTORS = 200_000


def path_levels(steps: int, penalty: float) -> Float[np.ndarray, " clocks"]:
    r"""Return the levels of half the Laplacian of a path with `penalty` at its first clock.

    Without penalty $1 - \cos(\pi k/(L + 1))$; with one half $1 - \cos(\pi (2k + 1)/(2L + 3))$;
    otherwise by bisection of the tridiagonal matrix.
    """
    k = np.arange(steps + 1)
    if penalty == 0:
        return 2 * np.sin(np.pi * k / (2 * (steps + 1))) ** 2
    if penalty == 0.5:
        return 2 * np.sin(np.pi * (2 * k + 1) / (2 * (2 * steps + 3))) ** 2
    from scipy.linalg import eigvalsh_tridiagonal

    return np.asarray(eigvalsh_tridiagonal(*_path(steps, penalty)))


def path_state(
    steps: int, penalty: float, level: int
) -> tuple[float, Float[np.ndarray, " clocks"]]:
    """Return one level and its normalised amplitudes, the first of them positive."""
    energy = float(path_levels(steps, penalty)[level])
    if penalty == 0:
        k = np.arange(steps + 1)
        amplitudes = np.cos(np.pi * level * (k + 0.5) / (steps + 1))
        return energy, amplitudes / np.linalg.norm(amplitudes)
    from scipy.linalg import eigh_tridiagonal

    found = eigh_tridiagonal(*_path(steps, penalty), select="i", select_range=(level, level))
    vector = np.asarray(found[1])[:, 0]
    return energy, vector * np.sign(vector[0])


def _path(steps: int, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    diagonal = np.ones(steps + 1)
    diagonal[[0, -1]] = 0.5
    diagonal[0] += penalty
    return diagonal, np.full(steps, -0.5)


def sectors(penalties: tuple[float, ...]) -> dict[float, int]:
    """Count how many wrong inputs cost how much."""
    found = {0.0: 1}
    for penalty in penalties:
        both: dict[float, int] = {}
        for total, count in found.items():
            for cost in (total, total + penalty):
                both[cost] = both.get(cost, 0) + count
        found = both
        check(len(found) <= _MOST_SECTORS, "penalty", "have few different sums", len(found))
    return dict(sorted(found.items()))


def lowest_levels(
    steps: int, penalties: tuple[float, ...], count: int
) -> Float[np.ndarray, " count"]:
    """Return the lowest levels of all sectors together, repeated as often as they occur."""
    kept: list[float] = []
    for penalty, copies in sectors(penalties).items():
        levels = path_levels(steps, penalty)
        if len(kept) >= count and levels[0] >= kept[-1]:
            break  # the lowest level grows with the penalty
        repeated = np.repeat(levels[:count], min(copies, count)).tolist()
        kept = heapq.nsmallest(count, [*kept, *repeated])
    return np.array(kept)
