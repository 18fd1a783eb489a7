"""UnICORNN: undamped oscillators that hear only their inputs and themselves."""

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check, check_positive
from ..._citation import cites
from ...equations import EulerStep
from ._draw import check_sizes, uniform
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractPairMember

State = tuple[Float[Array, " hidden"], Float[Array, " hidden"]]


@cites("rusch2021unicornn")
class UnICORNN(AbstractPairMember):
    r"""One layer of an undamped independent controlled oscillatory network.

    $$z \leftarrow z - h\,\sigma(c) \odot (\tanh(w \odot y + V x + b) + \alpha y), \qquad
      y \leftarrow y + h\,\sigma(c) \odot z$$

    Symplectic Euler of $y'' = -h^2\sigma(c)^2 (\tanh(w \odot y + Vx + b) + \alpha y)$, whose
    steps are trained, one each unit; with `dt` they are scaled. Units mix between layers only, so
    networks need several of them.

    **Fields:**

    - `weight_ih` (hidden, input), `weight_hh` (hidden), `bias` (hidden): $V$, $w$, $b$.
    - `step_logit` (hidden): $c$.

    Source: T. K. Rusch and S. Mishra, arXiv 2103.05487 (2021), equations (3) to (5); $w$ drawn
    uniformly from [0, 1], $c$ from [-0.1, 0.1], as its authors do.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.UnICORNN(3, 5, key=jax.random.key(0))
    y, z = cell(cell.initial_state(), jnp.ones(3))
    assert y.shape == z.shape == (5,)
    ```
    """

    weight_ih: Float[Array, "hidden input"]
    weight_hh: Float[Array, " hidden"]
    bias: Float[Array, " hidden"]
    step_logit: Float[Array, " hidden"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    step_size: float = eqx.field(static=True)
    stiffness: float = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        step_size: float = 0.1,
        stiffness: float = 10.0,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw weights and steps; `stiffness` is alpha."""
        check_sizes(input_size, hidden_size)
        check_positive("step_size", step_size)
        check(0 <= stiffness < math.inf, "stiffness", "be 0 or more, and finite", stiffness)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.step_size, self.stiffness = step_size, stiffness
        weigh, recur, pace = jax.random.split(key, 3)
        self.weight_ih = uniform(weigh, (hidden_size, input_size), input_size, dtype)
        self.weight_hh = jax.random.uniform(recur, (hidden_size,), dtype)
        self.bias = jnp.zeros_like(self.weight_hh)
        self.step_logit = jax.random.uniform(pace, (hidden_size,), dtype, -0.1, 0.1)

    def prepare(self) -> Float[Array, " hidden"]:
        """Return the step of each unit."""
        return self.step_size * jax.nn.sigmoid(self.step_logit)

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " hidden"]:
        """Return the force's argument without the part of the state."""
        return x @ self.weight_ih.T + self.bias

    def step(
        self,
        ready: Float[Array, " hidden"],
        state: State,
        drive: Float[Array, " hidden"],
        dt: Float[Array, ""] | None = None,
    ) -> State:
        """Take one step from what `prepare` and `drive` gave."""
        h = ready if dt is None else ready * dt
        y, z = state
        z = z - h * self._pull(y, drive)
        return y + h * z, z

    def _pull(self, y: Float[Array, " hidden"], drive: Array) -> Float[Array, " hidden"]:
        return jnp.tanh(self.weight_hh * y + drive) + self.stiffness * y

    def equation(self) -> CellEquation:
        """Return the oscillators of which the cell is a symplectic Euler step."""
        return CellEquation(
            name="UnICORNN",
            ode="y'' = -h^2 s(c)^2 (tanh(w y + V x + b) + alpha y)",
            state="R^2H: (y, z), z = y'/(h s(c))",
            field="nonlinear diagonal",
            structure="Hamiltonian, undamped, diagonal",
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
        h, (y, z) = self.prepare(), state
        return h * z, -h * self._pull(y, self.drive(x))
