"""Recurrent equilibrium network: contracting by its parametrisation, whatever the weights."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check, check_count
from ..._citation import cites
from ._cell import refuse_dt
from ._contracting import AbstractContractingCell, Contraction
from ._draw import check_sizes, normal, uniform
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractVectorMember

_FLOOR = 1e-3


class _Blocks(NamedTuple):
    """The matrices of the paper, before E and Lambda are divided by."""

    E: Array
    F: Array
    B1: Array
    P: Array
    C1: Array
    D11: Array
    scale: Array


@cites("revay2021")
class REN(AbstractVectorMember, AbstractContractingCell):
    r"""Contracting recurrent equilibrium network, acyclic.

    $$\Lambda v = C_1 s + D_{11} w + D_{12} x + b_v, \quad w = \tanh(v), \qquad
      E s_+ = F s + B_1 w + B_2 x + b_s$$

    with $D_{11}$ strictly lower triangular, so that the features $w$ are found one after the
    other. All matrices but $D_{12}$ and $B_2$ are blocks of $H = X^\top X + \epsilon I$ (and of
    $Y$): the step contracts by `rate` in the metric $E^\top P^{-1} E$ for every $X$, $Y$ and every
    input.

    **Fields:**

    - `X` (2 hidden + features, the same), `Y` (hidden, hidden): free matrices.
    - `weight_ih` (hidden, input), `bias` (hidden): $B_2$, $b_s$.
    - `feature_ih` (features, input), `feature_bias` (features): $D_{12}$, $b_v$.

    **Raises:**

    - `ValueError` unless $0 < \rho \le 1$, and where `dt` is given.

    Source: M. Revay, R. Wang, I. R. Manchester, arXiv 2104.05942 (2021), equations (22) to (24)
    and Theorem 1. Tested by `test_ren_contracts_at_its_rate_for_any_weights`.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.REN(2, 4, rate=0.9, key=jax.random.key(0))
    metric, rate = cell.certificate_data()
    assert metric.shape == (4, 4) and rate == 0.9
    ```
    """

    X: Float[Array, "all all"]
    Y: Float[Array, "hidden hidden"]
    weight_ih: Float[Array, "hidden input"]
    bias: Float[Array, " hidden"]
    feature_ih: Float[Array, "features input"]
    feature_bias: Float[Array, " features"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    features: int = eqx.field(static=True)
    rate: float = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        features: int | None = None,
        rate: float = 1.0,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw all weights; there are as many features as units by default."""
        check_sizes(input_size, hidden_size)
        check(0 < rate <= 1, "rate", "be above 0 and at most 1", rate)
        self.input_size, self.hidden_size, self.rate = input_size, hidden_size, rate
        self.features = hidden_size if features is None else features
        check_count("features", self.features)
        keys, size = jax.random.split(key, 4), 2 * hidden_size + self.features
        self.X = normal(keys[0], (size, size), size, dtype)
        self.Y = normal(keys[1], (hidden_size, hidden_size), hidden_size, dtype)
        self.weight_ih = uniform(keys[2], (hidden_size, input_size), input_size, dtype)
        self.feature_ih = uniform(keys[3], (self.features, input_size), input_size, dtype)
        self.bias = jnp.zeros(hidden_size, self.X.dtype)
        self.feature_bias = jnp.zeros(self.features, self.X.dtype)

    def _blocks(self, X: Any, Y: Any) -> _Blocks:
        """Cut $H$ into the blocks (state, features, next state); with NumPy's or JAX's arrays."""
        n, q = self.hidden_size, self.features
        H = X.T @ X + _FLOOR * np.eye(len(X), dtype=X.dtype)
        first, middle, last = slice(0, n), slice(n, n + q), slice(n + q, None)
        P = H[last, last]
        E = (H[first, first] + P / self.rate**2 + Y - Y.T) / 2
        below = np.tril(np.ones((q, q), X.dtype), -1)
        return _Blocks(
            E,
            H[last, first],
            H[last, middle],
            P,
            -H[middle, first],
            -H[middle, middle] * below,
            H[middle, middle].diagonal() / 2,
        )

    def prepare(self) -> PyTree[Float[Array, "..."]]:
        r"""Return $\Lambda^{-1}(C_1, D_{11})$, $\Lambda$, $E^{-1}(F, B_1)$ and $E^{-1}$."""
        of = self._blocks(self.X, self.Y)
        inverse = jnp.linalg.inv(of.E)
        scale = of.scale[:, None]
        return of.C1 / scale, of.D11 / scale, of.scale, inverse @ of.F, inverse @ of.B1, inverse

    def drive(self, x: Float[Array, " input"]) -> PyTree[Float[Array, "..."]]:
        """Return what the input adds to features and to state, before both divisions."""
        features = x @ self.feature_ih.T + self.feature_bias
        return features, x @ self.weight_ih.T + self.bias

    def step(
        self,
        ready: PyTree,
        state: Float[Array, " hidden"],
        drive: PyTree,
        dt: Float[Array, ""] | None = None,
    ) -> Float[Array, " hidden"]:
        """Take one step from what `prepare` and `drive` gave."""
        refuse_dt(self, dt)
        seen, cascade, scale, keep, mix, inverse = ready
        w = _cascade(cascade, seen @ state + drive[0] / scale)
        return keep @ state + mix @ w + inverse @ drive[1]

    def certificate_data(self) -> Contraction:
        r"""Return the metric $E^\top P^{-1} E$ of the weights as they are now, and the rate."""
        of = self._blocks(np.asarray(self.X, np.float64), np.asarray(self.Y, np.float64))
        metric = np.asarray(of.E).T @ np.linalg.solve(np.asarray(of.P), np.asarray(of.E))
        return Contraction((metric + metric.T) / 2, self.rate)

    def equation(self) -> CellEquation:
        """Return the map: it is contracting, and no step of an equation in time."""
        return CellEquation(
            name="REN",
            ode="E s+ = F s + B1 w + B2 x + b, L v = C1 s + D11 w + D12 x + b, w = tanh(v)",
            state="R^H",
            field="nonlinear dense",
            structure="contracting in E^T P^-1 E",
            integrator="none: a map",
            step=None,
            step_from="nothing",
            stages=self.features,
            lags=1,
            derivative_order=1,
            coefficients="constant",
            odernn=embed(self),
        )


def _cascade(rows: Float[Array, "features features"], v: Float[Array, " features"]) -> Array:
    """Solve w = tanh(v + rows w) for strictly lower triangular rows, from the first down."""

    def body(w: Array, given: tuple[Array, Array, Array]) -> tuple[Array, None]:
        row, own, place = given
        return jnp.where(place, jnp.tanh(own + row @ w), w), None

    places = jnp.eye(len(v), dtype=bool)
    return jax.lax.scan(body, jnp.zeros_like(v), (rows, v, places))[0]
