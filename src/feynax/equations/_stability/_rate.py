"""The factor by which one step pulls two states together, from two constants of the field (S4)."""

import math

import numpy as np

from ..._certificate import Certificate, Verdict
from ..._checks import check_positive
from ..._citation import cites
from ._field_bound import FieldBound
from ._tableau import Tableau

_MARGIN = 1e-12


@cites("burrage1979", "lessard2016")
def rate_certificate(
    tableau: Tableau, field: FieldBound, h: float, *, limit: float | None = None
) -> Certificate:
    r"""Certify the factor $\rho$ of one step from the field's $\nu$ and $L$, whatever its size.

    Condition (S4). With multipliers $\lambda_i, \eta_i \ge 0$ for the inequalities
    $\langle\delta k_i,\delta z_i\rangle \le \nu|\delta z_i|^2$ and $|\delta k_i| \le
    L|\delta z_i|$, the step contracts by $\rho$ if

    $$\rho^2 e_0e_0^T - y_1y_1^T - \sum_i \lambda_i(2h\nu z_iz_i^T - z_ik_i^T - k_iz_i^T)
      - \sum_i \eta_i(h^2L^2 z_iz_i^T - k_ik_i^T) \ge 0$$

    as a matrix of size stages + 1 in $(\delta y, h\delta k)$, $z_i = (1, A_i)$, $y_1 = (1, b)$.
    Multipliers are searched for; a factor counts only after the matrix was found positive.

    **Arguments:**

    - `tableau`: of the method.
    - `field`: `nu` and `lipschitz`, in one inner product.
    - `h`: the step.
    - `limit`: the factor claimed; the factor found, by default.

    **Returns:**

    Certified with the margin to `limit`, `rate` is $\rho$; or undecided, with $\rho$ as the
    proven bound (infinite where no multipliers were found).

    ```python
    import feynax as fx
    field = fx.equations.FieldBound(nu=-0.5)
    euler = fx.equations.tableau("implicit_euler")
    assert abs(fx.equations.rate_certificate(euler, field, 1.0).rate - 2 / 3) < 1e-6
    ```

    Source: K. Burrage and J. Butcher (1979) is $\lambda = b$, $\eta = 0$, $\nu = 0$, $\rho = 1$;
    the method of multipliers as in L. Lessard, B. Recht and A. Packard (2016).
    """
    check_positive("h", h)
    rate = _best_rate(tableau, h * field.nu, h * field.lipschitz)
    goal = rate if limit is None else float(limit)
    claim = f"a step of {tableau.name} with h = {h:.4g} brings states {goal:.6g} times as far apart"
    domain = f"fields with nu <= {field.nu:.4g} and L <= {field.lipschitz:.4g} ({field.because})"
    because = f"a matrix of {tableau.stages + 1} rows is positive at rho = {rate:.6g}"
    if rate <= goal and math.isfinite(rate):
        return Certificate(claim, Verdict.CERTIFIED, because, domain, goal - rate, rate)
    return Certificate(claim, Verdict.UNDECIDED, because, domain, None, rate, (0.0, rate))


def _best_rate(tableau: Tableau, hnu: float, hL: float) -> float:
    """Least factor found whose matrix is positive with room to spare."""
    from scipy.optimize import minimize

    s, b = tableau.stages, np.maximum(tableau.weights, 1e-6)
    bounded = math.isfinite(hL)

    def multipliers(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sizes = np.exp(np.clip(u, -40, 40))
        return sizes[:s], sizes[s:] if bounded else np.zeros(s)

    def loss(u: np.ndarray) -> float:
        return _square(_pieces(tableau, hnu, hL, *multipliers(u)))

    options = {"maxiter": 1500 * s, "xatol": 1e-10, "fatol": 1e-13, "adaptive": True}
    # The exact weights are the answer of (S1); the shifts let other multipliers in.
    given = [np.concatenate([np.log(b), np.full(s if bounded else 0, x)]) for x in (-4, -1, 2)]
    found = [minimize(loss, u, method="Nelder-Mead", options=options).x for u in given]
    again = [minimize(loss, u, method="Nelder-Mead", options=options).x for u in found]
    tried = [multipliers(u) for u in again] + [(tableau.weights, np.zeros(s))]
    return min(_accepted(_pieces(tableau, hnu, hL, *pair)) for pair in tried)


def _pieces(
    tableau: Tableau, hnu: float, hL: float, lam: np.ndarray, eta: np.ndarray
) -> np.ndarray:
    """The matrix without its term rho^2."""
    s = tableau.stages
    z = np.concatenate([np.ones((s, 1)), tableau.matrix], 1)
    k = np.eye(s + 1)[1:]
    y1 = np.concatenate([[1.0], tableau.weights])
    steep = hL**2 if math.isfinite(hL) else 0.0
    cross = (z * lam[:, None]).T @ k
    total = -np.outer(y1, y1) - 2 * hnu * (z * lam[:, None]).T @ z + cross + cross.T
    return total - steep * (z * eta[:, None]).T @ z + (k * eta[:, None]).T @ k


def _square(pieces: np.ndarray) -> float:
    """Least rho^2 that makes the matrix positive, by the Schur complement; steep outside."""
    values, vectors = np.linalg.eigh(pieces[1:, 1:])
    if values[0] <= 0:
        return 1e6 * (1 - values[0])
    turned = vectors.T @ pieces[1:, 0]
    return float(np.sum(turned**2 / values) - pieces[0, 0])


def _accepted(pieces: np.ndarray) -> float:
    """Least rho on a fine ladder above the estimate whose matrix passes the eigenvalue check."""
    guess = _square(pieces)
    scale = max(1.0, float(np.abs(pieces).max()))
    starts = [1.0, *([guess] if 0 <= guess < 1e5 else [])]
    for square in sorted(g + t for g in starts for t in (0.0, 1e-12, 1e-9, 1e-7, 1e-5)):
        full = pieces.copy()
        full[0, 0] += square
        if np.linalg.eigvalsh(full)[0] >= -_MARGIN * scale:
            return math.sqrt(square) * (1 + _MARGIN)
    return math.inf
