"""Neural CDE: the input's increments are the steps."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check_choice, check_count
from ..._citation import cites
from .._runge_kutta import METHODS, increment
from ._draw import check_sizes, uniform
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractMember


class PathState(NamedTuple):
    """State of a [`feynax.networks.NeuralCDE`][].

    **Fields:**

    - `response`: $y$; `last`: the last sample; `begun`: 0 before the first sample, then 1.
    """

    response: Float[Array, " hidden"]
    last: Float[Array, " input"]
    begun: Float[Array, ""]


@cites("kidger2020")
class NeuralCDE(AbstractMember):
    r"""Neural controlled differential equation on the path through the samples.

    $$dy = F(y)\,dX, \qquad X = (t, x), \qquad
      F(y) = \tanh(W_2\,\mathrm{relu}(W_1 y + b_1) + b_2) \in \mathbb{R}^{H \times (1 + C)}$$

    $X$ is linear between samples, so that $y' = F(y)\,\Delta X$ on each interval, by one
    Runge-Kutta step of `method`: with "euler" it is the step of a recurrent network whose
    coefficients are the increments. The first sample sets $y = V x + c$. Time runs by 1 a sample,
    by `dt` where it is given.

    **Fields:**

    - `weight_ih` (hidden, input), `bias` (hidden): $V$, $c$.
    - `inward` (width, hidden), `inward_bias`, `outward` (hidden (1 + input), width),
      `outward_bias`: of $F$.

    Source: P. Kidger et al., arXiv 2005.08926 (2020), equations (3) to (6), on linear
    interpolation; weights drawn within $1/\sqrt{\mathrm{fan in}}$.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.NeuralCDE(3, 5, key=jax.random.key(0))
    state = cell(cell.initial_state(), jnp.ones(3))
    assert jnp.allclose(state.response, cell.weight_ih.sum(1) + cell.bias, atol=1e-6)
    ```
    """

    weight_ih: Float[Array, "hidden input"]
    bias: Float[Array, " hidden"]
    inward: Float[Array, "width hidden"]
    inward_bias: Float[Array, " width"]
    outward: Float[Array, "entries width"]
    outward_bias: Float[Array, " entries"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    width: int = eqx.field(static=True)
    method: str = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        width: int | None = None,
        method: str = "heun",
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw all weights uniformly; the field is as wide as the state by default."""
        check_sizes(input_size, hidden_size)
        check_choice("method", method, METHODS)
        self.input_size, self.hidden_size, self.method = input_size, hidden_size, method
        self.width = hidden_size if width is None else width
        check_count("width", self.width)
        keys, entries = jax.random.split(key, 6), hidden_size * (1 + input_size)
        self.weight_ih = uniform(keys[0], (hidden_size, input_size), input_size, dtype)
        self.bias = uniform(keys[1], (hidden_size,), input_size, dtype)
        self.inward = uniform(keys[2], (self.width, hidden_size), hidden_size, dtype)
        self.inward_bias = uniform(keys[3], (self.width,), hidden_size, dtype)
        self.outward = uniform(keys[4], (entries, self.width), self.width, dtype)
        self.outward_bias = uniform(keys[5], (entries,), self.width, dtype)

    def initial_state(self) -> PathState:
        """Return the state before the path begins."""
        return PathState(self.zeros(self.hidden_size), self.zeros(self.input_size), self.zeros())

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " input"]:
        """Return the sample."""
        return x

    def step(
        self,
        ready: PyTree,
        state: PathState,
        drive: Float[Array, " input"],
        dt: Float[Array, ""] | None = None,
    ) -> PathState:
        """Follow the path to this sample, or begin there."""
        one = jnp.ones((), drive.dtype)
        time = one if dt is None else dt
        control = jnp.concatenate([time[None], drive - state.last])
        rate = lambda t, y: self.response(y) @ control
        moved = state.response + increment(
            METHODS[self.method], rate, jnp.zeros_like(one), state.response, one
        )
        first = drive @ self.weight_ih.T + self.bias
        return PathState(jnp.where(state.begun > 0, moved, first), drive, one)

    def response(self, y: Float[Array, " hidden"]) -> Float[Array, "hidden channels"]:
        """Return $F(y)$: how each channel of the path moves each unit."""
        inner = jax.nn.relu(y @ self.inward.T + self.inward_bias)
        flat = jnp.tanh(inner @ self.outward.T + self.outward_bias)
        return flat.reshape(self.hidden_size, -1)

    def output(self, state: PyTree) -> Float[Array, " hidden"]:
        """Return $y$."""
        return state.response

    def equation(self) -> CellEquation:
        """Return the controlled equation of which the cell is a step."""
        return CellEquation(
            name="neural CDE",
            ode="dy = F(y) dX, X = (t, x) linear between samples",
            state="R^H x R^C x R: (y, last sample, begun)",
            field="nonlinear dense, times the input's increments",
            structure="free",
            integrator=self.method,
            step=None,
            step_from="input",
            stages=2 * METHODS[self.method].stages,
            lags=1,
            derivative_order=1,
            coefficients="dynamical",
            note="the step is the increment of the input's path",
            odernn=embed(self),
        )
