"""Lipschitz RNN: a linear and a squashed part, both mixed of symmetric and antisymmetric."""

import math
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check, check_choice, check_positive
from ..._citation import cites
from ...equations import EulerStep
from .._runge_kutta import METHODS, increment
from ._draw import check_sizes, normal, uniform
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractVectorMember

_STAGES = {"euler": 1, "midpoint": 2}


@cites("erichson2021")
class LipschitzRNN(AbstractVectorMember):
    r"""Lipschitz recurrent network, by forward Euler or the explicit midpoint rule.

    $$h' = A h + \tanh(W h + V x + b), \qquad
      A = (1 - \beta)(M + M^\top) + \beta(M - M^\top) - \gamma I$$

    and $W$ of the same form, with a matrix of its own. One sample is the time $\epsilon$; with
    `dt` it is $\epsilon\,dt$, with the input held.

    **Fields:**

    - `linear`, `inner` (hidden, hidden): the two $M$.
    - `weight_ih` (hidden, input), `bias` (hidden).

    Source: N. B. Erichson et al., arXiv 2006.12070 (2021), equations (4) to (6) and section 5;
    $\beta$, $\gamma$, $\epsilon$ and the standard deviation 0.1/hidden of $M$ are its authors'
    for pixel-wise digits.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.LipschitzRNN(3, 5, method="midpoint", key=jax.random.key(0))
    assert cell(cell.initial_state(), jnp.ones(3)).shape == (5,)
    ```
    """

    linear: Float[Array, "hidden hidden"]
    inner: Float[Array, "hidden hidden"]
    weight_ih: Float[Array, "hidden input"]
    bias: Float[Array, " hidden"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    method: Literal["euler", "midpoint"] = eqx.field(static=True)
    step_size: float = eqx.field(static=True)
    mix: float = eqx.field(static=True)
    damping: float = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        method: Literal["euler", "midpoint"] = "euler",
        step_size: float = 0.03,
        mix: float = 0.75,
        damping: float = 0.001,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw both matrices; `step_size`, `mix`, `damping` are epsilon, beta, gamma."""
        check_sizes(input_size, hidden_size)
        check_choice("method", method, _STAGES)
        check_positive("step_size", step_size)
        check(0 <= mix <= 1, "mix", "be between 0 and 1", mix)
        check(0 <= damping < math.inf, "damping", "be 0 or more, and finite", damping)
        self.input_size, self.hidden_size, self.method = input_size, hidden_size, method
        self.step_size, self.mix, self.damping = step_size, mix, damping
        keys, n = jax.random.split(key, 4), hidden_size
        self.linear, self.inner = (0.1 * normal(k, (n, n), n**2, dtype) for k in keys[:2])
        self.weight_ih = uniform(keys[2], (n, input_size), input_size, dtype)
        self.bias = uniform(keys[3], (n,), input_size, dtype)

    def prepare(self) -> tuple[Float[Array, "hidden hidden"], Float[Array, "hidden hidden"]]:
        """Return $A$ and $W$."""
        return self._mixed(self.linear), self._mixed(self.inner)

    def _mixed(self, M: Float[Array, "hidden hidden"]) -> Float[Array, "hidden hidden"]:
        # (1 - b)(M + M^T) + b(M - M^T) = M + (1 - 2b) M^T
        identity = jnp.eye(self.hidden_size, dtype=M.dtype)
        return M + (1 - 2 * self.mix) * M.T - self.damping * identity

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " hidden"]:
        """Return the argument without the part of the state."""
        return x @ self.weight_ih.T + self.bias

    def step(
        self,
        ready: tuple[Float[Array, "hidden hidden"], Float[Array, "hidden hidden"]],
        state: Float[Array, " hidden"],
        drive: Float[Array, " hidden"],
        dt: Float[Array, ""] | None = None,
    ) -> Float[Array, " hidden"]:
        """Take one step from what `prepare` and `drive` gave."""
        h = jnp.asarray(self.step_size, state.dtype) if dt is None else self.step_size * dt
        rate = lambda t, y: _rate(ready, y, drive)
        return state + increment(METHODS[self.method], rate, jnp.zeros_like(h), state, h)

    def equation(self) -> CellEquation:
        """Return the flow of which the cell is a step."""
        return CellEquation(
            name="Lipschitz RNN",
            ode="h' = eps (A h + tanh(W h + V x + b))",
            state="R^H",
            field="nonlinear dense",
            structure="mixed symmetric and antisymmetric - gamma I",
            integrator="forward Euler" if self.method == "euler" else "explicit midpoint",
            step=EulerStep(self.step_size),
            step_from="nothing",
            stages=_STAGES[self.method],
            lags=1,
            derivative_order=1,
            coefficients="constant",
            vector_field=self._field,
            odernn=embed(self),
        )

    def _field(self, state: PyTree, x: PyTree) -> PyTree:
        return self.step_size * _rate(self.prepare(), state, self.drive(x))


def _rate(matrices: tuple[Array, Array], state: Array, drive: Array) -> Array:
    linear, inner = matrices
    return state @ linear.T + jnp.tanh(drive + state @ inner.T)
