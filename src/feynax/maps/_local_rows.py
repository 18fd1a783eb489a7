r"""The factor of a step whose Jacobian's rows are few numbers times fixed linear forms.

Row i of the Jacobian is $q_i^T Y_i$: a few state-dependent numbers $q_i$ (gates, slopes and their
products) times fixed rows $Y_i$ of weights. If $q q^T \le G_i$ for every $q$ that can occur, then
$(q_i^T Y_i v)^2 \le v^T Y_i^T G_i Y_i v$, and

$$\sum_i p_i (Jv)_i^2 \le v^T S v, \qquad S = \sum_i p_i Y_i^T G_i Y_i,$$

so that $\rho^2 P - S \ge 0$ with $P = \mathrm{diag}(p)$ proves the factor $\rho$ in the norm of
$P$. Both $p$ and the ellipsoids $G_i$ are searched for; the inequality is checked afterwards.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

_ROOM = 1e-9  # relative; far above what eigenvalues of matrices this size lose in float64
_DIRECTIONS = 160
_POWERS = (20.0, 80.0, 300.0)


class Rows(NamedTuple):
    """Fixed forms (units, terms, state) and the corners of all cells of q (units, corners, terms).

    The convex hull of a unit's corners holds every value that its q can take.
    """

    forms: np.ndarray
    corners: np.ndarray


class Contraction(NamedTuple):
    """A proven factor `rate` in the norm $|D v|$, D = diag(`weights`)."""

    rate: float
    weights: np.ndarray


def contraction(rows: Rows, rounds: int = 100) -> Contraction:
    """Search for weights and ellipsoids, then prove the factor they give."""
    some = _extreme(rows.corners)
    logs, roots = np.zeros(len(rows.forms)), _roots(some)
    best = prove(rows, logs, roots)
    for power in _POWERS:
        logs, roots = _search(rows.forms, some, logs, roots, power, rounds)
        best = min(best, prove(rows, logs, roots), key=lambda c: c.rate)
        some = np.concatenate([some, _furthest(rows.corners, roots)], 1)
    return best


def prove(rows: Rows, logs: np.ndarray, roots: np.ndarray) -> Contraction:
    """Least factor whose matrix inequality passes Cholesky's test, for these multipliers."""
    p = np.exp(logs - logs.max())
    # |R q|^2 is convex in q, so that its largest value over a cell lies at a corner.
    reach = (np.einsum("uab,umb->uma", roots, rows.corners) ** 2).sum(-1).max(1)
    turned = np.linalg.solve(roots.transpose(0, 2, 1), rows.forms)
    scaled = np.sqrt(p * reach)[:, None, None] * turned / np.sqrt(p)
    flat = scaled.reshape(-1, scaled.shape[-1])
    square = flat.T @ flat
    top = float(np.linalg.eigvalsh(square)[-1]) * (1 + _ROOM) + _ROOM**2
    np.linalg.cholesky(top * np.eye(len(square)) - square)
    return Contraction(float(np.sqrt(top)), np.sqrt(p))


def _search(
    forms: np.ndarray,
    corners: np.ndarray,
    logs: np.ndarray,
    roots: np.ndarray,
    power: float,
    rounds: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Descend on a smooth version of the factor: sums of high powers in place of maxima."""
    from scipy.optimize import minimize

    n = len(logs)

    def split(flat: np.ndarray) -> tuple:
        return flat[:n], flat[n:].reshape(roots.shape)

    with jax.enable_x64(True):
        fixed = [jnp.asarray(x) for x in (forms, corners, power)]

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = _smooth_slope(tuple(jnp.asarray(x) for x in split(flat)), *fixed)
            return float(value), np.concatenate([np.ravel(x) for x in slope])

        start = np.concatenate([logs, roots.ravel()])
        options = {"maxiter": rounds, "maxcor": 20}
        return split(minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x)


def _smooth(variables: tuple, forms: jax.Array, corners: jax.Array, power: jax.Array) -> jax.Array:
    logs, roots = variables
    squares = jnp.sum(jnp.einsum("uab,umb->uma", roots, corners) ** 2, -1)
    reach = jax.nn.logsumexp(power * jnp.log(squares + 1e-30), 1) / power
    turned = jnp.linalg.solve(jnp.swapaxes(roots, 1, 2), forms)
    scale = jnp.exp((logs + reach)[:, None, None] / 2 - logs[None, None] / 2)
    flat = (scale * turned).reshape(-1, forms.shape[-1])
    values = jnp.linalg.eigvalsh(flat.T @ flat)
    return jax.nn.logsumexp(power * jnp.log(jnp.maximum(values, 1e-30))) / power


_smooth_slope = jax.jit(jax.value_and_grad(_smooth))


def _roots(corners: np.ndarray) -> np.ndarray:
    """Start from the ellipsoid of the corners' second moments."""
    moments = np.einsum("uma,umb->uab", corners, corners) / corners.shape[1]
    size = np.trace(moments, axis1=1, axis2=2)[:, None, None]
    filled = moments + (1e-4 * size + 1e-12) * np.eye(corners.shape[-1])
    return np.linalg.cholesky(np.linalg.inv(filled)).transpose(0, 2, 1)


def _extreme(corners: np.ndarray) -> np.ndarray:
    """Corners furthest along many directions: what the search looks at."""
    if corners.shape[1] <= _DIRECTIONS:
        return corners
    draw = np.random.default_rng(0).normal(size=(_DIRECTIONS, corners.shape[-1]))
    sizes = np.abs(corners).max(1, keepdims=True) + 1e-30
    along = np.einsum("da,uma->udm", draw, corners / sizes)
    return np.take_along_axis(corners, np.abs(along).argmax(2)[..., None], 1)


def _furthest(corners: np.ndarray, roots: np.ndarray) -> np.ndarray:
    """Corners that stick out most from the ellipsoids found."""
    sizes = (np.einsum("uab,umb->uma", roots, corners) ** 2).sum(-1)
    worst = np.argsort(sizes, 1)[:, -8:]
    return np.take_along_axis(corners, worst[..., None], 1)
