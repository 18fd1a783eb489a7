"""An antisymmetric field by the implicit midpoint rule: stable at every step."""

from typing import Any, Literal

import equinox as eqx
import jax.numpy as jnp
from jax import random
from jaxtyping import Array, Float, PRNGKeyArray

from ..._checks import check_choice
from ..._citation import cites
from ...equations import EulerStep
from ._arnn_fields import ArnnActivation, activate, antisymmetric, check_arnn, scaled
from ._arnn_solve import solve_stage
from ._draw import uniform
from ._embed import embed
from ._equation import CellEquation
from ._invertible import AbstractInvertibleCell
from ._member import AbstractVectorMember


@cites("haber2017")
class ImplicitMidpointRNN(AbstractInvertibleCell, AbstractVectorMember):
    r"""Anti-Hermitian network by the implicit midpoint rule.

    $$y_{l+1} = y_l + h\,\sigma(A u + V x_l + b), \quad u = (y_l + y_{l+1})/2, \quad A = W - W^T$$

    For the linear network this is the Cayley transform: orthogonal at every $h$. Solving
    $u = y + \frac{h}{2}\sigma(A u + \cdot)$ never fails in principle: the slopes $D \ge 0$ leave
    $D A$ with imaginary eigenvalues, so $1 - \frac{h}{2} D A$ is never singular, and as $\sigma$
    is bounded there is exactly one solution. The rule is its own inverse at $-h$.

    **Fields:**

    - `weight` (hidden, hidden): $W$; `weight_ih` (hidden, input): $V$; `bias` (hidden).
    - `step_size`: $h$. `activation`: "tanh" or "identity".
    - `solver`: "fixed_point", which needs $h \|A\| < 2$, or "newton", damped, which needs no
      bound and factorises a matrix each round. Both stop at a residual of 32 roundings of the
      state; a stage that misses it is an error, never a value.

    Source: n-t-ODERNN document, Theorem 2; recurrent networks by the Cayley transform:
    `test_linear_midpoint_is_orthogonal`.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.ImplicitMidpointRNN(2, 4, activation="identity", key=jax.random.key(0))
    y = cell(jnp.arange(4.0), jnp.zeros(2))
    assert jnp.allclose(jnp.linalg.norm(y), jnp.sqrt(14.0), atol=1e-5)
    ```
    """

    weight: Float[Array, "hidden hidden"]
    weight_ih: Float[Array, "hidden input"]
    bias: Float[Array, " hidden"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    step_size: float = eqx.field(static=True)
    activation: ArnnActivation = eqx.field(static=True)
    solver: Literal["fixed_point", "newton"] = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        step_size: float = 0.1,
        activation: ArnnActivation = "tanh",
        solver: Literal["fixed_point", "newton"] = "fixed_point",
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        r"""Draw weights uniformly within $1/\sqrt{\mathrm{hidden}}$; the bias starts at 0."""
        check_arnn(input_size, hidden_size, step_size, activation)
        check_choice("solver", solver, ("fixed_point", "newton"))
        kw, kv = random.split(key)
        self.weight = uniform(kw, (hidden_size, hidden_size), hidden_size, dtype)
        self.weight_ih = uniform(kv, (hidden_size, input_size), hidden_size, dtype)
        self.bias = jnp.zeros(hidden_size, self.weight.dtype)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.step_size, self.activation, self.solver = step_size, activation, solver

    def prepare(self) -> Float[Array, "hidden hidden"]:
        """Return $A$, which all steps share."""
        return antisymmetric(self.weight)

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " hidden"]:
        """Return the argument without the part of the state."""
        return x @ self.weight_ih.T + self.bias

    def step(
        self,
        ready: Float[Array, "hidden hidden"],
        state: Float[Array, " hidden"],
        drive: Float[Array, " hidden"],
        dt: Float[Array, ""] | None = None,
    ) -> Float[Array, " hidden"]:
        """Take one step from what `prepare` and `drive` gave."""
        return self._through_middle(ready, state, drive, scaled(self.step_size, dt) / 2)

    def invert(
        self,
        ready: Float[Array, "hidden hidden"],
        state: Float[Array, " hidden"],
        drive: Float[Array, " hidden"],
        dt: Float[Array, ""] | None = None,
    ) -> Float[Array, " hidden"]:
        """Undo `step`: the same rule with the opposite step."""
        return self._through_middle(ready, state, drive, -scaled(self.step_size, dt) / 2)

    def equation(self) -> CellEquation:
        """Return the equation of which the cell is an implicit midpoint step."""
        return CellEquation(
            name="ImplicitMidpointRNN",
            ode="y' = s(A y + V x + b), A = W - W^T",
            state="R^H",
            field="nonlinear dense" if self.activation == "tanh" else "linear dense",
            structure="antisymmetric",
            integrator="implicit midpoint",
            step=EulerStep(self.step_size),
            step_from="nothing",
            stages=1,
            lags=1,
            derivative_order=1,
            coefficients="constant",
            vector_field=self._rate,
            odernn=embed(self),
        )

    def _through_middle(self, a: Array, y: Array, drive: Array, half: Any) -> Array:
        push = lambda u: half * activate(self.activation, a @ u + drive)
        return y + 2 * push(solve_stage(push, y, self.solver))

    def _rate(self, state: Array, x: Float[Array, " input"]) -> Array:
        fired = activate(self.activation, self.prepare() @ state + self.drive(x))
        return self.step_size * fired
