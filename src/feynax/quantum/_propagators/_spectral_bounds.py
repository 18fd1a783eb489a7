"""An interval that holds the whole spectrum."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..._checks import check
from ._hamiltonian import Action, read_action

_DENSE = 1024  # up to this size the eigenvalues themselves are cheap
_VECTORS = 60
_CHANCE = 1e-12


def spectral_bounds(hamiltonian: Any, *, seed: int = 0) -> tuple[float, float]:
    r"""Bound the spectrum of a Hermitian operator from below and above.

    A matrix of at most 1024 rows: its own ends, widened by rounding; a larger one: those of
    Gershgorin's discs where they are tighter than what follows. Anything else: $m = 60$ Lanczos
    vectors from a random start have extreme Ritz values $\theta$ with

    $$\lambda_{max} - \theta_{max} \le \epsilon\,(\lambda_{max} - \lambda_{min}), \qquad
      \epsilon = \left(\frac{\ln(1.648\sqrt{d}/p)}{2m - 1}\right)^2$$

    but for a share $p = 10^{-12}$ of the starts, and the same at the lower end.

    **Arguments:**

    - `hamiltonian`: a Hermitian matrix, or an operator with `mv`, `shape`, `dtype`, `hermitian`.
    - `seed`: of the start.

    **Returns:**

    `(low, high)`.

    **Raises:**

    - `ValueError` for what is not Hermitian.

    Source: J. Kuczynski, H. Wozniakowski (1992), Theorem 4.2, both ends at once.

    ```python
    import numpy as np, feynax as fx
    low, high = fx.quantum.spectral_bounds(np.diag([1.0, 2.0, 5.0]))
    assert 0.999 < low <= 1 and 5 <= high < 5.001
    ```
    """
    action, matrix = read_action(hamiltonian)
    return bounds_of(action, matrix, seed)


def bounds_of(action: Action, matrix: np.ndarray | None, seed: int = 0) -> tuple[float, float]:
    """Bound the spectrum of what `read_action` gave."""
    if matrix is not None and len(matrix) <= _DENSE:
        levels = np.linalg.eigvalsh(matrix)
        slack = 1e-14 * len(matrix) ** 0.5 * max(abs(levels[0]), abs(levels[-1]))
        return float(levels[0] - slack), float(levels[-1] + slack)
    low, high = _lanczos_bounds(action, seed)
    if matrix is None:
        return low, high
    centre = np.real(matrix.diagonal())
    radius = np.abs(matrix).sum(1) - np.abs(matrix.diagonal())
    return max(low, float((centre - radius).min())), min(high, float((centre + radius).max()))


def _lanczos_bounds(action: Action, seed: int) -> tuple[float, float]:
    ritz, steps, exhausted = _ritz(action, seed)
    if exhausted:
        slack = 1e-12 * max(abs(ritz[0]), abs(ritz[-1]), 1e-300)
        return float(ritz[0] - slack), float(ritz[-1] + slack)
    size = action.size * (1 if action.real else 2)
    share = (math.log(1.648 * math.sqrt(size) / _CHANCE) / (2 * steps - 1)) ** 2
    # Each end may hide a share of the whole width, so the width is at most this much more.
    margin = share * (ritz[-1] - ritz[0]) / (1 - 2 * share)
    return float(ritz[0] - margin), float(ritz[-1] + margin)


def attained(action: Action, matrix: np.ndarray | None) -> tuple[float, float]:
    """Return an interval between two values that the energy does take, near the ends."""
    if matrix is not None and len(matrix) <= _DENSE:
        levels = np.linalg.eigvalsh(matrix)
    else:
        levels = _ritz(action, 0)[0]
    return float(levels[0]), float(levels[-1])


def _ritz(action: Action, seed: int) -> tuple[np.ndarray, int, bool]:
    """Ritz values of a random start, their number, and whether the space is used up."""
    rng = np.random.default_rng(seed)
    v = rng.standard_normal(action.size)
    if not action.real:
        v = v + 1j * rng.standard_normal(action.size)
    apply = jax.jit(action.__call__)
    basis: list[Any] = [v / np.linalg.norm(v)]
    diagonal: list[float] = []
    beside: list[float] = []
    kind = jnp.finfo(action.dtype).dtype if action.real else action.dtype
    tiny = 1e3 * float(jnp.finfo(action.dtype).eps)
    for _ in range(_VECTORS):
        w = np.asarray(apply(jnp.asarray(basis[-1], kind))).astype(basis[0].dtype)
        check(bool(np.isfinite(w).all()), "hamiltonian", "give finite numbers", "NaN or infinity")
        diagonal.append(float(np.vdot(basis[-1], w).real))
        for _ in range(2):
            for u in basis:
                w = w - np.vdot(u, w) * u
        size = float(np.linalg.norm(w))
        scale = max(map(abs, diagonal + beside), default=0.0)
        if size <= tiny * scale or len(basis) == action.size:
            return _eigenvalues(diagonal, beside), len(diagonal), True
        beside.append(size)
        basis.append(w / size)
    return _eigenvalues(diagonal, beside[:-1]), len(diagonal), False


def _eigenvalues(diagonal: list[float], beside: list[float]) -> np.ndarray:
    matrix = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
    return np.linalg.eigvalsh(matrix)
