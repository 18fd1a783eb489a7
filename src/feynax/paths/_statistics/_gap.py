r"""Gaps of a system from correlators of closed paths, exact at every number of slices.

With operators $A_i$ the correlators are $C_{ij}(k) = \langle A_i(x_n) A_j(x_{n+k})\rangle
= \sum_m a_{mi} a_{mj} \cosh(\Delta_m dt(N/2 - k)/\hbar)$, for gaps far above the temperature. So

$$ \tfrac12[C(k-1) + C(k+1)]\,v = \cosh(\Delta\,dt/\hbar)\,C(k)\,v $$

gives as many gaps as operators at every lag k; of one operator it is the effective mass.
"""

import dataclasses
import functools
from typing import Any

import numpy as np
from jaxtyping import Float

from ..._checks import check, check_finite
from ..._citation import cites
from ..._errors import NoPlateauError
from ..._estimate import Estimate
from .._abstract import AbstractEnsemble
from .._ensemble import PathEnsemble
from .._observables import inner_sites
from ._jackknife import Resampled, jackknife

_SIGNAL = 3.0  # errors that a gap must be away from zero to count
_PROBABLE = 0.1  # least p-value of a plateau
_LONGEST, _SHORTEST = 6, 3  # lags in a fit: more of them only repeat one another
_AGAIN = 1.5  # a plateau must hold as well when it begins this much later
_MOVES = 1.0  # errors of the move that its value may make then


@dataclasses.dataclass(frozen=True)
class Gap:
    """A gap with the plateau that it was read from.

    **Fields:**

    - `estimate`: the gap, in units of energy, and its error.
    - `window`: first and last lag of the plateau.
    - `chi2`, `freedom`, `p_value`: of a constant through it, with its whole covariance.
    - `effective`: the gap at every lag from 1 on, with errors; nan where there is none.
    """

    estimate: Estimate
    window: tuple[int, int]
    chi2: float
    freedom: int
    p_value: float
    effective: Resampled

    def __str__(self) -> str:
        first, last = self.window
        return f"{self.estimate.short()} (lags {first} to {last}, p {self.p_value:.2g})"


def effective_gaps(
    correlator: Float[np.ndarray, "lags operators operators"], dt: float, hbar: float = 1.0
) -> Float[np.ndarray, "lags operators"]:
    r"""Return the gaps that a matrix of correlators has at each lag, in ascending order.

    **Arguments:**

    - `correlator`: C at lags 0, 1, ..., of shape (lags, operators, operators), symmetric, or
      (lags,) for one operator.
    - `dt`: time between two lags. `hbar`: Planck's constant.

    **Returns:**

    Shape (lags - 2, operators), for lags 1 to the last but one; nan where noise leaves no gap.

    ```python
    import numpy as np, feynax as fx
    slow, fast = (np.cosh(rate * (8 - np.arange(9))) for rate in (0.3, 0.9))
    mixed = np.moveaxis(np.array([[slow + fast, fast], [fast, fast]]), -1, 0)
    assert np.allclose(fx.paths.effective_gaps(mixed, 0.5), [0.6, 1.8])
    ```
    """
    C = np.asarray(correlator, np.float64)
    C = C[:, None, None] if C.ndim == 1 else C
    square = C.ndim == 3 and C.shape[1] == C.shape[2] and len(C) >= 3
    check(square, "correlator", "have shape (lags >= 3, operators, operators)", C.shape)
    check_finite("correlator", C)
    pencils = zip((C[:-2] + C[2:]) / 2, C[1:-1], strict=True)
    return _arccosh(np.stack([_pencil(*pair) for pair in pencils])) * (hbar / dt)


def _pencil(sides: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Eigenvalues of sides v = h middle v, ascending; nan where middle is not positive."""
    try:
        root = np.linalg.cholesky(middle)
    except np.linalg.LinAlgError:
        return np.full(len(middle), np.nan)
    half = np.linalg.solve(root, sides)
    return np.linalg.eigvalsh(np.linalg.solve(root, half.T))


def _arccosh(values: np.ndarray) -> np.ndarray:
    return np.arccosh(np.where(values >= 1, values, np.nan))


@cites("blossier2009")
def energies(run: Any, name: str = "correlator", *, mean: str | None = None) -> tuple[Gap, ...]:
    r"""Return the gaps above the ground state, lowest first, one for each operator.

    At every lag the generalised eigenvalue problem of the module gives gaps with jackknife errors.
    Levels beyond the operators make the first lags too high, noise ends the last ones. The plateau
    is chosen by a rule that is fixed beforehand: among lags at which the gap is more than three
    errors from zero, windows of 6 (or as many as there are, at least 3) are taken from the earliest
    on, until a constant fits one with p >= 0.1, and still fits so when it begins half as late
    again, by a value that has moved by no more than the jackknife's error of the move. The later
    window gives the answer. (Both share their noise, so that the move shows higher levels long
    before the fit does. By the fit alone gaps are off by 2.4 errors rms, by this rule 1.07:
    `test_higher_levels_are_left_behind`.)

    **Arguments:**

    - `run`: of closed paths, in which a [`feynax.paths.Correlator`][] was measured, or of a field:
      `blocks[name]` has shape (chains, blocks, lags), or (chains, blocks, lags, operators,
      operators).
    - `name`: of the correlator.
    - `mean`: name of the operators' block means (chains, blocks, operators), to subtract the
      disconnected part; none is needed for operators that are odd under a symmetry of V.

    **Returns:**

    A tuple of [`feynax.paths.Gap`][], the lattice gaps at this dt: as many as have a plateau, from
    the lowest on.

    **Raises:**

    - `NoPlateauError` where the lowest gap has no signal at any lag, or no window fits.
    - `NotMixedError`, `ChainTooShortError` where the run's series refuse an estimate, or its
      blocks are shorter than ten correlation times.

    Source: B. Blossier, M. Della Morte, G. von Hippel, T. Mendes, R. Sommer, JHEP 04 (2009) 094,
    with cosh in place of the exponential (`tests/paths/test_statistics_gaps.py`).
    """
    ensemble = run.ensemble
    if run.health.worst:
        run[run.health.worst]  # its gate speaks for all that was measured
    blocks = np.asarray(run.blocks[name], np.float64)
    check(blocks.ndim in (3, 5), "name", "be a correlator's, of 3 or 5 axes", blocks.shape)
    blocks = blocks[..., None, None] if blocks.ndim == 3 else blocks
    scale = time_scale(ensemble)
    if mean is None:
        found = jackknife(lambda C: effective_gaps(C, *scale), blocks)
    else:
        single = np.asarray(run.blocks[mean], np.float64).reshape(*blocks.shape[:2], -1)
        found = jackknife(lambda C, m: effective_gaps(C - np.outer(m, m), *scale), blocks, single)
    parts = zip(found.value.T, np.moveaxis(found.replicas, -1, 0), strict=True)
    first, *others = (Resampled(*part) for part in parts)
    known = [_plateau(first)]
    for effective in others:
        try:
            known.append(_plateau(effective))
        except NoPlateauError:
            break
    return tuple(known)


@functools.singledispatch
def time_scale(ensemble: AbstractEnsemble) -> tuple[float, float]:
    """Return the time between two lags of a correlator that is a cosh, and hbar."""
    raise TypeError(
        "Argument `run` must be of paths or a field, whose lags are a time, but is of "
        f"{type(ensemble).__name__}."
    )


@time_scale.register
def _(ensemble: PathEnsemble) -> tuple[float, float]:
    check(ensemble.closed, "run", "be of closed paths, whose correlators are cosh", ensemble.ends)
    return float(ensemble.dt) * (inner_sites(ensemble).step or 1), float(ensemble.hbar)


def gap(run: Any, name: str = "correlator", *, mean: str | None = None) -> Gap:
    """Return the lowest gap that the operators of a correlator see.

    **Arguments:** as for [`feynax.paths.energies`][].

    **Returns:** a [`feynax.paths.Gap`][].

    ```python
    import jax, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=8.0, slices=16)
    C = {"correlator": fx.paths.Correlator(lags=6)}
    run = fx.paths.sample(paths, key=jax.random.key(0), chains=8, draws=400, observables=C)
    assert abs(fx.paths.gap(run).estimate.value - 0.99) < 0.1
    ```
    """
    return energies(run, name, mean=mean)[0]


def _plateau(effective: Resampled) -> Gap:
    lags = _signal(effective)
    fits = {first: _fit(effective, first, lags) for first in range(lags - _SHORTEST + 1)}
    for first, (found, value) in fits.items():
        later, moved = fits.get(int(np.ceil(_AGAIN * (first + 1))) - 1, (found, value))
        move = Resampled(moved.value - value.value, moved.replicas - value.replicas)
        stays = abs(move.value) <= _MOVES * move.error
        if stays and min(found.p_value, later.p_value) >= _PROBABLE:
            return later
    seen = ", ".join(f"{v:.4g}({e:.1g})" for v, e in zip(*_rows(effective, lags), strict=True))
    raise NoPlateauError(
        f"The correlator has {lags} lags with a signal above {_SIGNAL:.0f} errors and no plateau "
        f"of at least {_SHORTEST}: effective gaps {seen or 'none'}."
    )


def _rows(effective: Resampled, lags: int) -> tuple[np.ndarray, np.ndarray]:
    return effective.value[:lags], effective.error[:lags]


def _signal(effective: Resampled) -> int:
    """How many lags from the first on have a gap in every replica, well above its error."""
    good = np.isfinite(effective.replicas).all(0) & np.isfinite(effective.value)
    with np.errstate(invalid="ignore"):
        good &= effective.value > _SIGNAL * effective.error
    return int(np.argmin(good)) if not good.all() else len(good)


def _fit(effective: Resampled, first: int, lags: int) -> tuple[Gap, Resampled]:
    """A constant through a window of lags, weighted by their inverse covariance; its replicas."""
    from scipy.special import gammaincc

    stop = min(lags, first + _LONGEST)
    part = Resampled(effective.value[first:stop], effective.replicas[:, first:stop])
    size, count = stop - first, len(part.replicas)
    # Rounding makes neighbours of a noiseless correlator dependent; Hartlap's factor undoes the
    # bias of an inverse covariance from few blocks.
    scale = np.maximum(part.error, 1e-14 * np.abs(part.value))
    inner = part.covariance / np.outer(scale, scale) + 1e-9 * np.eye(size)
    precision = np.linalg.inv(inner) / np.outer(scale, scale)
    precision *= max(count - size - 2, 1) / (count - 1)
    weight = precision.sum()
    shares = precision.sum(0) / weight
    value = float(shares @ part.value)
    away = part.value - value
    chi2 = float(away @ precision @ away)
    p_value = float(gammaincc((size - 1) / 2, chi2 / 2))
    error = float(np.sqrt(1 / weight))
    window = (first + 1, stop)
    found = Gap(Estimate(value, error), window, chi2, size - 1, p_value, effective)
    return found, Resampled(np.asarray(value), part.replicas @ shares)
