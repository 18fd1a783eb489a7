"""2-2-ARNN: an antisymmetric field by the two-step leapfrog."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import random
from jaxtyping import Array, Float, PRNGKeyArray

from ..._citation import cites
from ...equations import EulerStep
from ._arnn_fields import ArnnActivation, activate, antisymmetric, check_arnn, scaled
from ._draw import uniform
from ._embed import embed
from ._equation import CellEquation
from ._invertible import AbstractInvertibleCell
from ._member import AbstractPairMember

Pair = tuple[Float[Array, " hidden"], Float[Array, " hidden"]]


@cites("haber2017")
class TwoStepLeapfrogRNN(AbstractInvertibleCell, AbstractPairMember):
    r"""Anti-Hermitian network by the two-step leapfrog (2-2-ARNN).

    $$y_{l+1} = y_{l-1} + 2h\,\sigma(A y_l + V x_l + b), \qquad A = W - W^T$$

    Stable for $h\,|\lambda| < 1$ at constant $A$; at 1 the root is double and grows linearly. It
    is undone by the same formula read backwards. It is *not* the staggered leapfrog, whose limit
    is 2: that is [`feynax.networks.SymplecticRNN`][].

    **Fields:**

    - `weight` (hidden, hidden): $W$; `weight_ih` (hidden, input): $V$; `bias` (hidden).
    - `step_size`: $h$. `activation`: "tanh" or "identity".

    The state is $(y_l, y_{l-1})$; both start at 0. `dt` scales $h$ and must be the same for all
    steps of a series: a method that leaps over a sample has no unequal steps.

    Source: n-t-ODERNN document, Example (8) and Theorem 2 (`test_two_step_limit_is_one`);
    E. Haber, L. Ruthotto (2017).

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.TwoStepLeapfrogRNN(2, 4, key=jax.random.key(0))
    now, before = cell(cell.initial_state(), jnp.ones(2))
    assert now.shape == (4,) and not before.any()
    ```
    """

    weight: Float[Array, "hidden hidden"]
    weight_ih: Float[Array, "hidden input"]
    bias: Float[Array, " hidden"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    step_size: float = eqx.field(static=True)
    activation: ArnnActivation = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        step_size: float = 0.1,
        activation: ArnnActivation = "tanh",
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        r"""Draw weights uniformly within $1/\sqrt{\mathrm{hidden}}$; the bias starts at 0."""
        check_arnn(input_size, hidden_size, step_size, activation)
        kw, kv = random.split(key)
        self.weight = uniform(kw, (hidden_size, hidden_size), hidden_size, dtype)
        self.weight_ih = uniform(kv, (hidden_size, input_size), hidden_size, dtype)
        self.bias = jnp.zeros(hidden_size, self.weight.dtype)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.step_size, self.activation = step_size, activation

    def prepare(self) -> Float[Array, "hidden hidden"]:
        """Return $A$, which all steps share."""
        return antisymmetric(self.weight)

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " hidden"]:
        """Return the argument without the part of the state."""
        return x @ self.weight_ih.T + self.bias

    def step(
        self,
        ready: Float[Array, "hidden hidden"],
        state: Pair,
        drive: Float[Array, " hidden"],
        dt: Float[Array, ""] | None = None,
    ) -> Pair:
        """Take one step from what `prepare` and `drive` gave."""
        now, before = state
        return before + self._leap(ready, now, drive, dt), now

    def invert(
        self,
        ready: Float[Array, "hidden hidden"],
        state: Pair,
        drive: Float[Array, " hidden"],
        dt: Float[Array, ""] | None = None,
    ) -> Pair:
        """Undo `step`: return the state before it."""
        after, now = state
        return now, after - self._leap(ready, now, drive, dt)

    def step_limit(self) -> Float[Array, ""]:
        r"""Return the largest stable $h$ at constant weights, $1/\|A\|$."""
        return 1 / jnp.linalg.norm(antisymmetric(self.weight), 2)

    def equation(self) -> CellEquation:
        """Return the equation of which the cell is a two-step leapfrog."""
        return CellEquation(
            name="TwoStepLeapfrogRNN",
            ode="y' = s(A y + V x + b), A = W - W^T",
            state="R^2H: (y_l, y_(l-1))",
            field="nonlinear dense" if self.activation == "tanh" else "linear dense",
            structure="antisymmetric",
            integrator="two-step leapfrog",
            step=EulerStep(self.step_size),
            step_from="nothing",
            stages=2,
            lags=2,
            derivative_order=1,
            coefficients="constant",
            odernn=embed(self),
        )

    def _leap(self, ready: Array, now: Array, drive: Array, dt: Array | None) -> Array:
        fired = activate(self.activation, now @ ready.T + drive)
        return 2 * scaled(self.step_size, dt) * fired
