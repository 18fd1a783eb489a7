"""Exact values of the lattice: one degree of freedom, any action, no statistics."""

import dataclasses

import numpy as np

from ..._checks import check, check_count, check_positive
from ..._citation import cites
from ..._errors import NotConvergedError
from .._ends import Periodic
from .._ensemble import PathEnsemble
from ._box import box
from ._kink import has_kink
from ._slices import slice_kernel
from ._values import TransferMatrix

_FINEST, _GOOD = 1800, 1e-10
_SPACING, _FINER, _WIDER = 0.5, 0.8, 1.1
_LOOKS = 4  # changes of which the largest tells the error at a kink: some vanish by luck


@cites("paths")
def transfer_matrix(
    ensemble: PathEnsemble, points: int | None = None, *, tolerance: float = 1e-6
) -> TransferMatrix:
    """Return the exact lattice values of an ensemble of closed paths.

    The slice of the path is an integral operator on the line; it is put on a uniform grid, whose
    error falls exponentially. Box and spacing are found from the potential, and refined until
    lnZ, energy and <x^2> no longer change. Where V has a kink, such as that of $|x|$, the error
    falls as the square of the spacing only, and the grid is refined until it is below `tolerance`.

    **Arguments:**

    - `ensemble`: closed paths of one degree of freedom.
    - `points`: of the grid; found by default.
    - `tolerance`: largest relative error of lnZ, energy and <x^2> that is accepted.

    **Returns:** a [`feynax.paths.TransferMatrix`][]; its `error` is the change seen last, or for a
    potential with kinks the largest of the last changes, scaled to the last spacing.

    **Raises:**

    - `ValueError` for open paths, more degrees of freedom, or an action with memory.
    - `NotConvergedError` where 1800 points leave an error above `tolerance` (`found` is the
      result), or would be far too few; at once where a kink says so.

    Source: paths document (Hashimoto et al.), section 5; equations (3.1) and (3.3) with the
    normalisation they leave out.

    ```python
    import feynax as fx
    paths = fx.paths.PathEnsemble("x**2/2", beta=4.0, slices=16)
    assert abs(fx.paths.transfer_matrix(paths).moment(2) - 0.5148483509615519) < 1e-9
    ```
    """
    check(ensemble.dof == 1, "ensemble", "have one degree of freedom", ensemble.dof)
    closed = isinstance(ensemble.ends, Periodic)
    check(closed, "ensemble", "be of closed paths", type(ensemble.ends).__name__)
    check(ensemble.local, "ensemble", "be without memory", "one")
    mass, hbar, beta = (float(v) for v in (ensemble.mass[0, 0], ensemble.hbar, ensemble.beta))
    ends = box(ensemble.potential, mass=mass, hbar=hbar, beta=beta)
    check_positive("tolerance", tolerance)
    if points is not None:
        check_count("points", points, 8)
        return _solve(ensemble, ends, points)
    spacing = _SPACING * np.sqrt(hbar * ensemble.dt / mass)
    needed = max(int((ends[1] - ends[0]) / spacing), 32)
    if needed > _FINEST:
        text = f"The lattice needs a grid of {needed} points, more than {_FINEST}: its paths are"
        raise NotConvergedError(f"{text} hot, and far shorter than the well is wide.", found=None)
    return _refined(ensemble, ends, needed, tolerance)


def _refined(
    ensemble: PathEnsemble, ends: tuple[float, float], points: int, tolerance: float
) -> TransferMatrix:
    now, kinked, rates = _solve(ensemble, ends, points), has_kink(ensemble, ends), []
    while True:
        width, middle = (ends[1] - ends[0]) / 2 * _WIDER, (ends[1] + ends[0]) / 2
        ends = (middle - width, middle + width)
        points = int(points * _WIDER / _FINER)
        last, now = now, _solve(ensemble, ends, points)
        error = _change(last, now)
        rates.append(error / last.kernel.spacing**2)
        if kinked:
            error = max(rates[-_LOOKS:]) * now.kernel.spacing**2
        now = dataclasses.replace(now, error=error)
        if error < _GOOD or (kinked and len(rates) >= _LOOKS and error < tolerance):
            return now
        if kinked and len(rates) >= _LOOKS:
            _check_reachable(now, tolerance)
        if points * _WIDER / _FINER > _FINEST:
            return _accepted(now, tolerance)


def _check_reachable(found: TransferMatrix, tolerance: float) -> None:
    """Refuse at once what the finest grid would not reach either."""
    least = found.error * (found.x.size / _FINEST) ** 2
    if least > tolerance:
        raise NotConvergedError(
            "Argument `potential` must be without kinks, at which a grid converges as the square "
            f"of its spacing only: {_FINEST} points would leave a relative error of {least:.1e}. "
            f"Smooth it, or allow it by `tolerance={1.1 * least:.1e}` or more.",
            found=found,
        )


def _accepted(found: TransferMatrix, tolerance: float) -> TransferMatrix:
    if found.error < tolerance:
        return found
    text = f"The lattice's grid still changes its values by {found.error:.1e}."
    raise NotConvergedError(text, found=found)


def _change(a: TransferMatrix, b: TransferMatrix) -> float:
    one, two = (np.array([t.log_partition, t.energy, t.moment(2)]) for t in (a, b))
    return float(np.max(np.abs(one - two) / (np.abs(two) + 1e-2 * np.abs(two).max())))


def _solve(ensemble: PathEnsemble, ends: tuple[float, float], points: int) -> TransferMatrix:
    kernel = slice_kernel(ensemble, np.linspace(*ends, points))
    values, vectors = np.linalg.eigh(kernel.matrix())
    order = np.argsort(-np.abs(values))
    largest = values[order[0]]
    return TransferMatrix(
        ensemble=ensemble,
        kernel=kernel,
        values=values[order] / largest,
        vectors=vectors[:, order],
        scale=float(np.log(largest)) + kernel.shift,
    )
