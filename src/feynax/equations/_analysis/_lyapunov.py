"""Lyapunov spectra of maps and fields, with errors."""

import dataclasses
import math
from typing import cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from ..._checks import check, check_count, check_positive
from ..._citation import cites
from ..._errors import ChainTooShortError, DivergedError
from ..._estimate import Estimate
from ._dynamics import Dynamics, Kind, check_kind, check_returns, double, in_double, read_points

# A few columns orthogonalise faster one by one than by LAPACK: half the time of a Lorenz run.
_FEW = 8


@dataclasses.dataclass(frozen=True)
class LyapunovSpectrum:
    """Lyapunov exponents, largest first, each with its standard error.

    **Fields:**

    - `exponents`: in nats per step of a map or per unit of time of a field.
    - `dimension`: Kaplan and Yorke's dimension; `nan` where the exponents asked for do not
      decide it (their partial sums stay positive).
    - `states`: where each trajectory ended, to go on from.
    """

    exponents: tuple[Estimate, ...]
    dimension: Estimate
    states: Float[np.ndarray, "chains n"]

    @property
    def values(self) -> Float[np.ndarray, " count"]:
        """The exponents alone."""
        return np.array([e.value for e in self.exponents])

    @property
    def errors(self) -> Float[np.ndarray, " count"]:
        """Their standard errors alone."""
        return np.array([e.error for e in self.exponents])

    def __str__(self) -> str:
        """Exponents and dimension on one line."""
        text = ", ".join(f"{e.value:.5g} +- {e.error:.1g}" for e in self.exponents)
        return f"exponents {text}; dimension {self.dimension.value:.5g}"


@cites("benettin1980")
def lyapunov_spectrum(
    f: Dynamics,
    start: Float[ArrayLike, "*chains n"],
    *,
    kind: Kind = "map",
    steps: int = 100_000,
    transient: int | None = None,
    step: float = 0.01,
    every: int | None = None,
    count: int | None = None,
    blocks: int = 64,
) -> LyapunovSpectrum:
    r"""Lyapunov exponents along a trajectory, or along several at once.

    Tangent vectors are carried along and made orthonormal again every few steps; the logarithms
    of what was divided out, summed and divided by the time, are the exponents. A field is stepped
    by the classical Runge-Kutta method of order 4, so its exponents are those of that map: halve
    `step` to see what it costs. Errors are those of block means over all trajectories, with the
    correlation of neighbouring blocks: where an exponent is zero they cancel.

    **Arguments:**

    - `f`: takes a state of shape (n,) to its successor, or to its velocity.
    - `start`: one state, or several (chains, n) whose trajectories are run side by side.
    - `kind`: whether `f` is a "map" or a "field".
    - `steps`: counted for each trajectory, after `transient` steps that are not (a tenth).
    - `step`: time step of a field; a map has none.
    - `every`: steps between orthonormalisations: 1 for a map and 10 for a field by default.
    - `count`: how many exponents, the largest first; all by default.
    - `blocks`: a trajectory is cut into so many, from whose means the errors come.

    **Returns:**

    [`feynax.equations.LyapunovSpectrum`][], computed in float64.

    **Raises:**

    - `DivergedError` where a trajectory leaves all bounds.

    ```python
    import jax.numpy as jnp, feynax as fx
    cat = lambda y: jnp.array([[2.0, 1.0], [1.0, 1.0]]) @ y % 1.0
    found = fx.equations.lyapunov_spectrum(cat, [0.1, 0.2], steps=640)
    assert abs(found.exponents[0].value - 0.9624236501192069) < 1e-9
    ```

    Source: G. Benettin, L. Galgani, A. Giorgilli and J.-M. Strelcyn (1980).
    """
    check_kind(kind)
    check_positive("step", step)
    check_count("blocks", blocks, 2)
    check_count("steps", steps, blocks)
    rows = read_points("start", start)
    size = rows.shape[1]
    number = size if count is None else count
    check_count("count", number)
    check(number <= size, "count", f"be at most {size}", number)
    every = (1 if kind == "map" else 10) if every is None else every
    check_count("every", every)
    rounds = max(1, round(steps / (blocks * every)))
    settle = max(1, (steps // 10 if transient is None else transient) // every)
    h = 1.0 if kind == "map" else step
    with double():
        wide = in_double(f)
        check_returns(wide, jnp.asarray(rows[0]))
        ends, growth = _run(wide, kind, h, jnp.asarray(rows), number, settle, blocks, rounds, every)
        states, sums = np.asarray(ends), np.asarray(growth)
    if not np.all(np.isfinite(sums)):
        raise DivergedError(
            f"Argument `start` must lead to a bounded trajectory with nonzero tangents, but "
            f"{int(np.sum(~np.isfinite(sums).all((1, 2))))} of {len(rows)} left it."
        )
    return _summarise(sums / (rounds * every * h), states, size)


def kaplan_yorke(exponents: Float[ArrayLike, " n"]) -> float:
    r"""Kaplan and Yorke's dimension $j + \sum_{i\le j}\lambda_i / |\lambda_{j+1}|$.

    $j$ is the largest number of leading exponents whose sum is not negative.

    **Arguments:**

    - `exponents`: all of them, in any order.

    **Returns:**

    The dimension; as many as there are where their whole sum is not negative.

    ```python
    import feynax as fx
    assert abs(fx.equations.kaplan_yorke([0.9056, 0, -14.5723]) - 2.06215) < 1e-5
    ```

    Source: J. Kaplan and J. Yorke (1979).
    """
    sorted_down = np.sort(np.asarray(exponents, np.float64))[::-1]
    sums = np.cumsum(sorted_down)
    whole = int(np.sum(np.cumprod(sums >= 0)))
    if whole in (0, len(sums)):
        return float(whole)
    return float(whole + sums[whole - 1] / -sorted_down[whole])


@eqx.filter_jit
def _run(
    f: Dynamics,
    kind: Kind,
    h: float,
    starts: Float[Array, "chains n"],
    count: int,
    settle: int,
    blocks: int,
    rounds: int,
    every: int,
) -> tuple[Float[Array, "chains n"], Float[Array, "chains blocks count"]]:
    """Ends of the trajectories, and the log growth of each of their blocks."""
    move = f if kind == "map" else lambda y: runge_kutta(f, y, h)

    def advance(carry, _):
        y, rows = carry
        y, tangent = jax.linearize(lambda s: jnp.asarray(move(s), s.dtype), y)
        return (y, jax.vmap(tangent)(rows)), None

    def round_(carry, _):
        (y, rows), total = carry
        (y, rows), _ = jax.lax.scan(advance, (y, rows), None, length=every)
        rows, logs = orthonormalise(rows)
        return ((y, rows), total + logs), None

    def block(carry, length):
        zero = jnp.zeros(count, starts.dtype)
        (carry, total), _ = jax.lax.scan(round_, (carry, zero), None, length=length)
        return carry, total

    def chain(y):
        carry, _ = block((y, jnp.eye(count, y.size, dtype=y.dtype)), settle)
        (y, _), sums = jax.lax.scan(lambda c, _: block(c, rounds), carry, None, length=blocks)
        return y, sums

    return jax.vmap(chain)(starts)


def runge_kutta(f: Dynamics, y: Array, h: float) -> Array:
    """One classical step of order 4."""
    k1 = f(y)
    k2 = f(y + 0.5 * h * k1)
    k3 = f(y + 0.5 * h * k2)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + f(y + h * k3))


def orthonormalise(
    rows: Float[Array, "count n"],
) -> tuple[Float[Array, "count n"], Float[Array, " count"]]:
    """Orthonormal rows in the span of the first ones, and the logarithms of what was removed."""
    if len(rows) > _FEW:
        Q, R = jnp.linalg.qr(rows.T)
        return Q.T, jnp.log(jnp.abs(jnp.diagonal(R)))
    done: list[Array] = []
    sizes: list[Array] = []
    for row in rows:
        for other in done:
            row = row - jnp.vdot(other, row) * other
        sizes.append(jnp.linalg.norm(row))
        done.append(row / sizes[-1])
    return jnp.stack(done), jnp.log(jnp.stack(sizes))


def _summarise(
    means: Float[np.ndarray, "chains blocks count"], states: np.ndarray, size: int
) -> LyapunovSpectrum:
    """Exponents with the errors of their block means; the dimension's error by the jackknife."""
    means = means[..., np.argsort(-means.mean((0, 1)), kind="stable")]
    exponents = tuple(_estimate(column) for column in np.moveaxis(means, -1, 0))
    values = np.array([e.value for e in exponents])
    if len(values) < size and np.cumsum(values).min() >= 0:
        return LyapunovSpectrum(exponents, Estimate(math.nan, math.nan), states)
    dimension = _estimate(kaplan_yorke(values) + (means - values) @ _slopes(values))
    return LyapunovSpectrum(exponents, dimension, states)


def _estimate(blocks: Float[np.ndarray, "chains blocks"]) -> Estimate:
    """Mean of block means; few blocks make its error less sure, which `ess` tells."""
    try:
        return Estimate.from_chains(blocks)
    except ChainTooShortError as short:
        return cast(Estimate, short.estimate)


def _slopes(values: Float[np.ndarray, " count"]) -> Float[np.ndarray, " count"]:
    """Derivatives of the dimension, which carry the errors of the exponents over to it."""
    sums = np.cumsum(values)
    whole = int(np.sum(np.cumprod(sums >= 0)))
    slopes = np.zeros_like(values)
    if 0 < whole < len(values):
        slopes[:whole] = -1 / values[whole]
        slopes[whole] = sums[whole - 1] / values[whole] ** 2
    return slopes
