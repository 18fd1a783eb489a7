"""How gradients grow or vanish with depth: singular values of long products of Jacobians."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from ..._checks import check, check_count
from ..._citation import cites
from ._dynamics import Dynamics, check_returns, double, in_double, read_points


@dataclasses.dataclass(frozen=True)
class GradientGrowth:
    r"""Singular values of $\partial y_T/\partial y_0$ along a trajectory, as logarithms.

    **Fields:**

    - `log_singular`: $\log\sigma_i$ of the whole product, largest first.
    - `curve`: the growth after each step along the directions of a running QR decomposition, in
      the same order; its last row comes close to `log_singular` (they are equal where the
      directions have parted).
    - `states`: the trajectory, from the first state to the last.
    - `settled`: how much the logarithms still moved in the last sweep.
    """

    log_singular: Float[np.ndarray, " n"]
    curve: Float[np.ndarray, "T n"]
    states: Float[np.ndarray, "T+1 n"]
    settled: float

    @property
    def largest(self) -> float:
        """The largest singular value; infinite beyond float64."""
        with np.errstate(over="ignore"):
            return float(np.exp(self.log_singular[0]))

    @property
    def smallest(self) -> float:
        """The smallest singular value; zero beyond float64."""
        return float(np.exp(self.log_singular[-1]))

    @property
    def exponents(self) -> Float[np.ndarray, " n"]:
        """Growth rates a step: finite-time Lyapunov exponents."""
        return self.log_singular / len(self.curve)

    def __str__(self) -> str:
        """The range of the singular values, and what it means for training."""
        top, low = self.log_singular[0] / np.log(10), self.log_singular[-1] / np.log(10)
        word = "explode" if top > 6 else "vanish" if top < -6 else "neither explode nor vanish"
        span = f"singular values 1e{low:.1f} to 1e{top:.1f} over {len(self.curve)} steps"
        return f"gradients {word}: {span}"


@cites("bengio1994")
def gradient_growth(
    f: Dynamics,
    start: Float[ArrayLike, " n"],
    inputs: Float[ArrayLike, "T ..."] | None = None,
    *,
    steps: int | None = None,
    sweeps: int = 60,
) -> GradientGrowth:
    r"""Singular values of $\partial y_T/\partial y_0 = J_T \cdots J_1$ along a trajectory.

    The product is never formed: $J_l Q_{l-1} = Q_l R_l$ keeps its factors triangular, and further
    QR sweeps over the $R_l$, transposed and in turn from both ends, move the singular values onto
    their diagonals. So values far beyond the range of float64, and small ones beside large ones,
    keep their digits.

    **Arguments:**

    - `f`: the map; takes a state, or a state and an input ([`feynax.networks.driven`][]).
    - `start`: first state.
    - `inputs`: one input a step, where `f` takes one.
    - `steps`: how many, where there are no inputs.
    - `sweeps`: at most; fewer are made where the values have settled to 1e-12 of their size.

    **Returns:**

    [`feynax.equations.GradientGrowth`][], computed in float64.

    ```python
    import jax.numpy as jnp, feynax as fx
    growth = fx.equations.gradient_growth(lambda y: jnp.array([2.0, 0.5]) * y, [1, 1], steps=2000)
    assert abs(growth.exponents[0] - 0.6931471805599453) < 1e-12 and growth.smallest == 0
    ```

    Source: Y. Bengio, P. Simard and P. Frasconi (1994); the sweeps are those of the product QR
    algorithm (D. Watkins, The Matrix Eigenvalue Problem, 2007).
    """
    first = read_points("start", start)[0]
    check_count("sweeps", sweeps)
    check((inputs is None) != (steps is None), "steps", "be given if `inputs` is not", steps)
    extra = () if inputs is None else (np.asarray(inputs, np.float64),)
    length = len(extra[0]) if extra else steps or 0
    check_count("steps", length)
    with double():
        wide, y = in_double(f), jnp.asarray(first)
        xs = tuple(jnp.asarray(x) for x in extra)
        check_returns(wide, y, *(x[0] for x in xs))
        states, factors = _factors(wide, y, xs, length)
        logs, settled = _sweep(factors, sweeps)
        curve = np.cumsum(np.asarray(_log_diagonals(factors)), 0)
        path = np.concatenate([first[None], np.asarray(states)])
    return GradientGrowth(logs, curve, path, settled)


@eqx.filter_jit
def _factors(
    f: Dynamics, start: Array, inputs: tuple[Array, ...], length: int
) -> tuple[Float[Array, "T n"], Float[Array, "T n n"]]:
    """Run the map and give the triangular factors of its Jacobians."""

    def step(carry, x):
        y, Q = carry
        moved, tangent = jax.linearize(lambda s: jnp.asarray(f(s, *x), s.dtype), y)
        Q, R = jnp.linalg.qr(jax.vmap(tangent, 1, 1)(Q))
        return (moved, Q), (moved, R)

    eye = jnp.eye(start.size, dtype=start.dtype)
    return jax.lax.scan(step, (start, eye), inputs, length=length)[1]


@jax.jit
def _log_diagonals(factors: Float[Array, "T n n"]) -> Float[Array, "T n"]:
    return jnp.log(jnp.abs(jnp.diagonal(factors, axis1=1, axis2=2)))


@jax.jit
def _turn(factors: Float[Array, "T n n"]) -> tuple[Float[Array, "T n n"], Float[Array, " n"]]:
    """Triangular factors of the transposed product, and the logarithms on its diagonal."""

    def step(Q, R):
        Q, R = jnp.linalg.qr(R.T @ Q)
        return Q, R

    eye = jnp.eye(factors.shape[-1], dtype=factors.dtype)
    _, turned = jax.lax.scan(step, eye, factors, reverse=True)
    # the last rotation drops out of the singular values; order of application is now reversed
    turned = turned[::-1]
    return turned, jnp.sum(_log_diagonals(turned), 0)


def _sweep(factors: Array, sweeps: int) -> tuple[np.ndarray, float]:
    """Turn the product about until its logarithms stand still; each turn costs one pass."""
    logs = np.asarray(jnp.sum(_log_diagonals(factors), 0))
    moved = np.inf
    for _ in range(sweeps):
        factors, fresh = _turn(factors)
        fresh = np.asarray(fresh)
        both = np.isfinite(fresh) & np.isfinite(logs)
        moved = float(np.abs(fresh[both] - logs[both]).max(initial=0.0))
        logs = fresh
        if moved <= 1e-12 * max(1.0, float(np.abs(logs[np.isfinite(logs)]).max(initial=0.0))):
            break
    return np.sort(logs)[::-1], moved
