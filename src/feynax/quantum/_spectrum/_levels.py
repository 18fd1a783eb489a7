"""Energies of several modes in order, from their occupation numbers."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ..._checks import check, check_shape

_MOST_LISTED = 10**6  # states looked at for one window


class LevelList(NamedTuple):
    r"""Energies in a window, ascending, and the states they belong to.

    **Fields:**

    - `energies` (count): in units of energy.
    - `occupations` (count, m): quanta $n_k$ of each mode.
    """

    energies: Float[np.ndarray, " count"]
    occupations: Int[np.ndarray, "count m"]


def lowest_occupations(
    frequencies: Float[np.ndarray, " m"], count: int
) -> Int[np.ndarray, "count m"]:
    r"""Return the `count` states of least $\sum_k \omega_k n_k$, ascending, ties included.

    Mode by mode: of states that are sorted already, the one in place $i$ with $n$ quanta more has
    $(i + 1)(n + 1) - 1$ before it, so that few of them can be among the first.
    """
    found, energies = np.zeros((min(count, 1), 0), int), np.zeros(min(count, 1))
    for frequency in frequencies:
        quanta = [np.arange(count // (i + 1)) for i in range(len(found))]
        place = np.repeat(np.arange(len(found)), [len(part) for part in quanta])
        more = np.concatenate(quanta) if quanta else np.zeros(0, int)
        both = energies[place] + frequency * more
        first = np.argsort(both, kind="stable")[:count]
        found, energies = np.column_stack([found[place[first]], more[first]]), both[first]
    return found


def occupations_below(
    frequencies: Float[np.ndarray, " m"], bound: float
) -> Int[np.ndarray, "count m"]:
    r"""Return all states with $\sum_k \omega_k n_k \le$ `bound`."""
    found, left = np.zeros((1, 0), int), np.array([bound + 1e-12 * abs(bound)])
    left = left[left >= 0]
    found = found[: len(left)]
    for frequency in frequencies[::-1]:
        most = np.floor(left / frequency)
        fits = bool(np.sum(most + 1) <= _MOST_LISTED)
        check(fits, "excitation", f"admit at most {_MOST_LISTED} states", "more than that below it")
        each = most.astype(int) + 1
        place = np.repeat(np.arange(len(found)), each)
        quanta = np.arange(len(place)) - np.repeat(np.cumsum(each) - each, each)
        found = np.column_stack([quanta, found[place]])
        left = left[place] - frequency * quanta
    return found


def read_occupation(given: Any, modes: int) -> Int[np.ndarray, " modes"]:
    """Check the quanta of one state; one number is enough for one mode, and 0 for several."""
    quanta = np.atleast_1d(np.asarray(given))
    whole = quanta.dtype.kind in "iu" and bool(np.all(quanta >= 0))
    check(whole, "occupation", "hold whole numbers of at least 0", given)
    if np.ndim(given) == 0:
        enough = modes == 1 or not quanta.any()
        check(enough, "occupation", "name the quanta of each mode", given)
        return np.broadcast_to(quanta, (modes,))
    check_shape("occupation", quanta, (modes,))
    return quanta
