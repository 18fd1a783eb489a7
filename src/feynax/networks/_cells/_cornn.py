"""coRNN: coupled, damped, driven oscillators."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check_positive
from ..._citation import cites
from ...equations import EulerStep
from ._draw import check_sizes, uniform
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractPairMember

State = tuple[Float[Array, " hidden"], Float[Array, " hidden"]]


@cites("rusch2021cornn")
class CoRNN(AbstractPairMember):
    r"""Coupled oscillatory network, damped and driven.

    $$y'' = \tanh(W y + \mathcal{W} y' + V x + b) - \gamma y - \epsilon y'$$
    $$z \leftarrow z + h\,(\tanh(W y + \mathcal{W} z + V x + b) - \gamma y - \epsilon z), \qquad
      y \leftarrow y + h z$$

    One symplectic Euler step of size $h$ a sample, damping taken at the old $z$. With `dt` the
    step is $h\,dt$.

    **Fields:**

    - `weight_ih` (hidden, input), `bias` (hidden): $V$, $b$.
    - `weight_hh` (hidden, 2 hidden): $(W, \mathcal{W})$.

    Source: T. K. Rusch and S. Mishra, arXiv 2010.00951 (2021), equations (1) and (3); the default
    $h, \gamma, \epsilon$ are those of its authors for pixel-wise digits, the weights are drawn
    within $1/\sqrt{\mathrm{fan in}}$.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.CoRNN(3, 5, key=jax.random.key(0))
    y, z = cell(cell.initial_state(), jnp.ones(3))
    assert jnp.allclose(y, 0.042 * z)
    ```
    """

    weight_ih: Float[Array, "hidden input"]
    weight_hh: Float[Array, "hidden twohidden"]
    bias: Float[Array, " hidden"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    step_size: float = eqx.field(static=True)
    stiffness: float = eqx.field(static=True)
    damping: float = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        step_size: float = 0.042,
        stiffness: float = 2.7,
        damping: float = 4.7,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw all weights uniformly; `stiffness` and `damping` are gamma and epsilon."""
        check_sizes(input_size, hidden_size)
        for name, value in (("step_size", step_size), ("stiffness", stiffness)):
            check_positive(name, value)
        check_positive("damping", damping)
        self.input_size, self.hidden_size, self.step_size = input_size, hidden_size, step_size
        self.stiffness, self.damping = stiffness, damping
        n, fan = hidden_size, input_size + 2 * hidden_size
        shapes = ((n, input_size), (n, 2 * n), (n,))
        self.weight_ih, self.weight_hh, self.bias = (
            uniform(k, shape, fan, dtype)
            for k, shape in zip(jax.random.split(key, 3), shapes, strict=True)
        )

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " hidden"]:
        """Return the force's argument without the part of the state."""
        return x @ self.weight_ih.T + self.bias

    def step(
        self,
        ready: PyTree,
        state: State,
        drive: Float[Array, " hidden"],
        dt: Float[Array, ""] | None = None,
    ) -> State:
        """Take one step from what `prepare` and `drive` gave."""
        h = self.step_size if dt is None else self.step_size * dt
        y, z = state
        z = z + h * self._force(state, drive)
        return y + h * z, z

    def _force(self, state: State, drive: Float[Array, " hidden"]) -> Float[Array, " hidden"]:
        y, z = state
        push = jnp.tanh(drive + jnp.concatenate(state) @ self.weight_hh.T)
        return push - self.stiffness * y - self.damping * z

    def equation(self) -> CellEquation:
        """Return the oscillators of which the cell is a symplectic Euler step."""
        return CellEquation(
            name="coRNN",
            ode="y'' = h^2 (tanh(W y + W' y'/h + V x + b) - gamma y - epsilon y'/h)",
            state="R^2H: (y, z), z = y'/h",
            field="nonlinear dense",
            structure="second order",
            integrator="symplectic Euler",
            step=EulerStep(self.step_size),
            step_from="nothing",
            stages=2,
            lags=1,
            derivative_order=2,
            coefficients="constant",
            vector_field=self._field,
            odernn=embed(self),
        )

    def _field(self, state: PyTree, x: PyTree) -> PyTree:
        h = self.step_size
        return h * state[1], h * self._force(state, self.drive(x))
