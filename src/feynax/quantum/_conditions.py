"""Conditions on weights: to have a Hamiltonian, to have levels, and the nearest that do."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float

from .._checks import check, check_finite, check_shape
from .._citation import cites
from ._canonical import check_poisson, standard_poisson


@cites("kohli2020")
def hamiltonian_residual(
    matrix: Float[Array, "n n"], poisson: Float[ArrayLike, "n n"] | None = None
) -> Float[Array, " conditions"]:
    r"""Return numbers that all vanish where $z' = Az + b$ has a Hamiltonian.

    With a Poisson matrix: the entries above the diagonal of $K - K^T$, $K = J^{-1}A$, as shares
    of $\|K\|$. Without: $\mathrm{tr} A^k$ for $k = 1, 3, \dots, n - 1$ in units of
    $(\|A\| / \sqrt n)^k$, which vanish where it has one for some $J$ and its eigenvalues are
    simple. For two components both say $\mathrm{tr} A = 0$, the document's (13); for four,
    $\mathrm{tr} A = 0$ is not enough.

    **Arguments:**

    - `matrix`: $A$, not zero; traced or not, gradients pass.
    - `poisson`: $J$, a constant; `None` for some.

    **Raises:**

    - `ValueError` for an odd number of components.

    ```python
    import jax.numpy as jnp, feynax as fx
    a = jnp.diag(jnp.array([1.0, 2.0, -3.0, 0.0]))
    first, third = fx.quantum.hamiltonian_residual(a)
    assert first == 0 and abs(third) > 1
    ```
    """
    n = _even(matrix)
    if poisson is None:
        share = matrix * (n**0.5 / jnp.linalg.norm(matrix))
        square, power, traces = share @ share, share, [jnp.trace(share)]
        for _ in range(n // 2 - 1):
            power = power @ square
            traces.append(jnp.trace(power))
        return jnp.stack(traces)
    form = _inverse(poisson, n, matrix) @ matrix
    return (form - form.T)[np.triu_indices(n, 1)] / jnp.linalg.norm(form)


def hamiltonian_penalty(
    matrix: Float[Array, "n n"], poisson: Float[ArrayLike, "n n"] | None = None
) -> Float[Array, ""]:
    r"""Return the sum of the squares of [`feynax.quantum.hamiltonian_residual`][].

    To be added to a loss: smooth for $A \ne 0$, and zero where there is a Hamiltonian. A penalty
    leads near the condition; [`feynax.quantum.project_hamiltonian`][] leads to it, and
    [`feynax.networks.HamiltonianCTRNN`][] never leaves it.
    """
    return jnp.sum(hamiltonian_residual(matrix, poisson) ** 2)


def level_margin(
    matrix: Float[Array, "n n"], poisson: Float[ArrayLike, "n n"] | None = None
) -> Float[Array, ""]:
    r"""Return how far inside the matrices with discrete levels $A$ is: positive inside.

    For two components $-\Delta = -(A_{11} - A_{22})^2/4 - A_{12} A_{21}$, the squared frequency
    where $\mathrm{tr} A = 0$; for weights: $w_{12} w_{21} < 0$ and
    $|w_{12} w_{21}| > (w_{11} - 1)^2 \tau_2 / \tau_1$. For more it is the distance of the
    symmetric part of $J^{-1}A$ from forms that are not definite, so that all modes have one sign;
    a negative margin does not exclude levels of mixed signs.

    **Arguments:**

    - `matrix`: $A$; traced or not, gradients pass (where the extreme eigenvalue is simple).
    - `poisson`: $J$, a constant; to be given for more than two components.

    ```python
    import jax.numpy as jnp, feynax as fx
    assert fx.quantum.level_margin(jnp.array([[0.0, 1.0], [-4.0, 0.0]])) == 4
    ```
    """
    n = _even(matrix)
    if n == 2:
        half = (matrix[0, 0] - matrix[1, 1]) / 2
        return -half * half - matrix[0, 1] * matrix[1, 0]
    check(poisson is not None, "poisson", f"be given for {n} components", poisson)
    form = _inverse(poisson, n, matrix) @ matrix
    values = jnp.linalg.eigvalsh((form + form.T) / 2)
    return jnp.maximum(values[0], -values[-1])


def project_hamiltonian(
    weights: Float[ArrayLike, "n n"],
    tau: Float[ArrayLike, "#n"] | Sequence[float] = 1.0,
    *,
    regime: Bool[ArrayLike, " n"] | Sequence[int] | None = None,
    poisson: Float[ArrayLike, "n n"] | None = None,
) -> Float[np.ndarray, "n n"]:
    r"""Return the nearest weights, in the sum of squares, whose regime has a Hamiltonian.

    $A_s = \mathrm{diag}(1/\tau)(w\,\mathrm{diag}(s) - 1)$ and $J^{-1}A_s$ symmetric are linear
    conditions on the columns of the units that are on; the others are left alone. To be called
    after steps of training; takes $O(n^3)$.

    **Arguments:**

    - `weights`: $w_{ij}$, to unit i from unit j.
    - `tau`: time constants, one number or one each.
    - `regime`: zeros and ones: which units are on; all by default.
    - `poisson`: $J$; by default [[0, 1], [-1, 0]] for two units, to be given for more.

    **Raises:**

    - `ValueError` where no weights do, as where the units that are off have brackets with one
      another, or all are off.

    ```python
    import numpy as np, feynax as fx
    near = fx.quantum.project_hamiltonian([[1.5, -1.0], [1.0, 0.7]])
    assert np.allclose(near, [[1.4, -1.0], [1.0, 0.6]])  # (w11 - 1) + (w22 - 1) = 0
    ```
    """
    w = np.asarray(weights, np.float64)
    check(w.ndim == 2, "weights", "be a square matrix", f"shape {w.shape}")
    n = len(w)
    check_shape("weights", w, (n, n))
    check_finite("weights", w)
    check(n % 2 == 0 and n > 0, "weights", "have an even number of rows", n)
    check(n == 2 or poisson is not None, "poisson", f"be given for {n} units", poisson)
    j = standard_poisson(1) if poisson is None else check_poisson(poisson, n)
    times = np.broadcast_to(np.asarray(tau, np.float64), (n,))
    check(bool(np.all(times > 0)), "tau", "be positive", tau)
    on = np.ones(n, bool) if regime is None else np.asarray(regime).astype(bool)
    check_shape("regime", on, (n,))
    inverse = np.linalg.inv(j) / times  # K = inverse (w s - 1)
    fixed = inverse[np.ix_(~on, ~on)]
    possible = bool(np.all(np.abs(fixed - fixed.T) <= 1e-12 * np.max(np.abs(inverse))))
    check(possible, "regime", "admit a Hamiltonian for some weights", f"units {on.astype(int)} on")
    # inverse w = known + (symmetric on the units that are on), in the columns of those
    known = inverse[:, on].copy()
    known[~on] -= inverse[np.ix_(on, ~on)].T
    outer = j[:, on] * times[:, None]
    near = w.copy()
    offset = times[:, None] * (j @ known)
    near[:, on] = offset + outer @ _nearest_symmetric(outer, w[:, on] - offset)
    return near


def _nearest_symmetric(
    outer: Float[np.ndarray, "n k"], wanted: Float[np.ndarray, "n k"]
) -> Float[np.ndarray, "k k"]:
    r"""Solve $\min_Y \|BY - C\|$ over symmetric $Y$: $B^TB\,Y + Y B^TB = B^TC + C^TB$."""
    values, axes = np.linalg.eigh(outer.T @ outer)
    right = axes.T @ outer.T @ wanted @ axes
    return axes @ ((right + right.T) / (values + values[:, None])) @ axes.T


def _even(matrix: Float[Array, "n n"]) -> int:
    n = matrix.shape[0]
    check_shape("matrix", matrix, (n, n))
    check(n % 2 == 0 and n > 0, "matrix", "have an even number of rows", n)
    return n


def _inverse(
    poisson: Float[ArrayLike, "n n"] | None, n: int, like: Float[Array, "n n"]
) -> Float[Array, "n n"]:
    return jnp.asarray(np.linalg.inv(check_poisson(np.asarray(poisson), n)), like.dtype)
