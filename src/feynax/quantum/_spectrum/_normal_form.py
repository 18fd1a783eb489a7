"""Normal forms of quadratic Hamiltonians: frequencies, Krein signs, and the basis they need."""

import dataclasses
import math
import warnings

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float, Int

from ..._checks import check, check_finite, check_shape
from ..._citation import cites
from ..._errors import ConditionWarning
from .._canonical import check_poisson, skew_pairs, standard_poisson
from .._one_mode import OneMode

_EDGE = 1e-12  # a form with unit diagonal and a smaller eigenvalue counts as singular
_ILL = 1e-8  # relative error of the smallest frequency from which a warning is given
_EPS = 2.0**-52


@dataclasses.dataclass(frozen=True, eq=False)
class NormalForm:
    r"""$z = z^* + T(q, p)$ with $H = H^* + \sum_k \sigma_k \omega_k (q_k^2 + p_k^2)/2$.

    **Fields:**

    - `frequencies` (m): $\omega_k > 0$, ascending, in units of 1/time.
    - `signs` (m): Krein signs $\sigma_k$, +1 or -1.
    - `basis` (2m, 2m): $T$, columns in the order $(q_1, \dots, q_m, p_1, \dots, p_m)$;
      $T J_0 T^T = J$ with $J_0 = [[0, 1], [-1, 0]]$ in blocks of m, and
      $T^T Q T = \mathrm{diag}(\sigma\omega, \sigma\omega)$.

    Take columns `[0, m, 1, m + 1, ...]` of `basis` for the order $(q_1, p_1, q_2, p_2, \dots)$.
    """

    frequencies: Float[np.ndarray, " m"]
    signs: Int[np.ndarray, " m"]
    basis: Float[np.ndarray, "2*m 2*m"]


@cites("williamson1936")
def williamson(
    form: Float[ArrayLike, "n n"], poisson: Float[ArrayLike, "n n"] | None = None
) -> NormalForm:
    r"""Diagonalise a positive form by a symplectic matrix.

    $T^T Q T = \mathrm{diag}(\omega, \omega)$ with $T J_0 T^T = J$. From the Cholesky factor
    $Q = R^T R$: $R J R^T$ is antisymmetric with singular values $\omega$, each twice.

    **Arguments:**

    - `form`: $Q$, symmetric and positive definite.
    - `poisson`: $J$, by default $J_0$: coordinates first, then momenta.

    **Returns:**

    A [`feynax.quantum.NormalForm`][] with all signs +1.

    **Raises:**

    - `ValueError` for a form that is not symmetric or not positive definite (to one part in
      10^12), and for a matrix of brackets that is not antisymmetric and invertible.

    **Warns:**

    - `ConditionWarning` where the smallest frequency has fewer than eight digits.

    Source: J. Williamson (1936).

    ```python
    import numpy as np, feynax as fx
    form = np.array([[5.0, 1.0], [1.0, 2.0]])
    normal = fx.quantum.williamson(form)
    assert np.allclose(normal.frequencies, [3.0])
    assert np.allclose(normal.basis.T @ form @ normal.basis, 3 * np.eye(2))
    ```
    """
    form = np.asarray(form, np.float64)
    n = len(form)
    check(n > 0 and n % 2 == 0, "form", "have an even number of rows", n)
    check_shape("form", form, (n, n))
    check_finite("form", form)
    symmetric = bool(np.all(np.abs(form - form.T) <= 1e-10 * np.max(np.abs(form))))
    check(symmetric, "form", "be symmetric", "another transpose")
    j = standard_poisson(n // 2) if poisson is None else check_poisson(poisson, n)
    normal = definite_normal_form((form + form.T) / 2, j)
    positive = normal is not None and bool(np.all(normal.signs == 1))
    check(positive, "form", "be positive definite", np.linalg.eigvalsh(form)[0])
    assert normal is not None
    return normal


def one_normal_form(one: OneMode, basis: Float[np.ndarray, "2 2"]) -> NormalForm:
    """Return that of a centre, in closed form; `basis` leads to canonical coordinates."""
    width = math.sqrt(2 * abs(one.d2) / one.rate)
    corner = -one.sign * one.e2 / one.rate / width
    inner = np.array([[width, 0.0], [corner, 1 / width]])
    return NormalForm(np.array([one.rate]), np.array([one.sign]), basis @ inner)


def definite_normal_form(
    form: Float[np.ndarray, "n n"], poisson: Float[np.ndarray, "n n"]
) -> NormalForm | None:
    """Return the normal form of a positive or negative form, `None` for every other one."""
    sign = 1 if form[0, 0] > 0 else -1
    diagonal = sign * np.diag(form)
    if not np.all(diagonal > 0):
        return None
    root = np.sqrt(diagonal)
    scaled = sign * form / root / root[:, None]  # near the best that any diagonal scaling does
    smallest = np.linalg.eigvalsh(scaled)[0]
    if smallest <= _EDGE:
        return None
    from scipy.linalg import solve_triangular

    outer = np.linalg.cholesky(scaled).T * root
    frequencies, q, p = skew_pairs(outer @ poisson @ outer.T)
    tell(frequencies, _EPS / smallest + _EPS * frequencies[-1] / frequencies[0])
    width = np.sqrt(frequencies)
    basis = solve_triangular(outer, np.hstack([q * width, p * width]))
    return NormalForm(frequencies, np.full(len(frequencies), sign), basis)


def tell(frequencies: Float[np.ndarray, " m"], error: float) -> None:
    """Warn where the smallest frequency has few digits."""
    if error > _ILL:
        warnings.warn(
            f"The smallest of the frequencies {frequencies[0]:.3g} to {frequencies[-1]:.3g} may be "
            f"wrong by about {error:.1g} of itself.",
            ConditionWarning,
            stacklevel=4,
        )
