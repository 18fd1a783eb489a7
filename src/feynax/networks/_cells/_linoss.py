"""LinOSS: forced harmonic oscillators, by implicit or symplectic Euler."""

from typing import Any, Literal

import equinox as eqx
import jax
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check_choice, check_count
from ..._citation import cites
from ...equations import EulerStep
from ._draw import check_sizes, uniform
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractMember

State = tuple[Float[Array, " modes"], Float[Array, " modes"]]
_NAMES = {"implicit": "implicit Euler", "symplectic": "symplectic Euler"}


@cites("rusch2025linoss")
class LinOSS(AbstractMember):
    r"""Linear oscillatory state-space model: $y'' = -A y + B x$ with diagonal $A \ge 0$.

    Implicit Euler (LinOSS-IM), with $S = 1/(1 + h^2 A)$:
    $$z \leftarrow S\,(z - h A y + h B x), \qquad y \leftarrow y + h z$$

    and symplectic Euler (LinOSS-IMEX), `integrator="symplectic"`:
    $$z \leftarrow z + h\,(-A y + B x), \qquad y \leftarrow y + h z$$

    The first damps, $|\mathrm{eig}|^2 = 1/(1 + h^2 A)$, the second keeps an energy,
    $|\mathrm{eig}| = 1$, while $h^2 A < 4$. Steps $h$ are trained, one each oscillator; with
    `dt` they are $h\,dt$. Each oscillator's step is a $2 \times 2$ matrix of real numbers: it has
    no eigenvectors at $A = 0$, so it is not written as one complex number. The paper's
    feed-through $D x$ is the skip of the stack around the cell.

    **Fields:**

    - `stiffness`: of which $A = \mathrm{relu}$ (modes); `step_logit`: $h = \sigma$ (modes).
    - `weight_ih`: $B$ (modes, input); `weight_out` (hidden, modes): what is seen of $y$.

    Source: T. K. Rusch and D. Rus, arXiv 2410.03943 (2025), equations (3) to (6) and Theorem 3.1;
    `stiffness` and `step_logit` are drawn uniformly from [0, 1], as its authors do.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.LinOSS(2, 4, integrator="symplectic", key=jax.random.key(0))
    outputs, _ = fx.networks.run(cell, jnp.ones((5, 2)))
    assert outputs.shape == (5, 4)
    ```
    """

    stiffness: Float[Array, " modes"]
    step_logit: Float[Array, " modes"]
    weight_ih: Float[Array, "modes input"]
    weight_out: Float[Array, "hidden modes"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    state_size: int = eqx.field(static=True)
    integrator: Literal["implicit", "symplectic"] = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        state_size: int | None = None,
        integrator: Literal["implicit", "symplectic"] = "implicit",
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw stiffness and steps uniformly, and both matrices."""
        check_sizes(input_size, hidden_size)
        check_choice("integrator", integrator, tuple(_NAMES))
        self.input_size, self.hidden_size = input_size, hidden_size
        self.state_size = hidden_size if state_size is None else state_size
        check_count("state_size", self.state_size)
        self.integrator = integrator
        keys, modes = jax.random.split(key, 4), self.state_size
        self.stiffness = jax.random.uniform(keys[0], (modes,), dtype)
        self.step_logit = jax.random.uniform(keys[1], (modes,), dtype)
        self.weight_ih = uniform(keys[2], (modes, input_size), input_size, dtype)
        self.weight_out = uniform(keys[3], (hidden_size, modes), modes, dtype)

    def initial_state(self) -> State:
        """Return the state `(z, y)` of zeros: velocity and position."""
        return self.zeros(self.state_size), self.zeros(self.state_size)

    def prepare(self) -> tuple[Float[Array, " modes"], Float[Array, " modes"]]:
        """Return stiffness and step of each oscillator."""
        return jax.nn.relu(self.stiffness), jax.nn.sigmoid(self.step_logit)

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " modes"]:
        """Return the forces."""
        return x @ self.weight_ih.T

    def step(
        self,
        ready: PyTree,
        state: State,
        drive: Float[Array, " modes"],
        dt: Float[Array, ""] | None = None,
    ) -> State:
        """Take one step from what `prepare` and `drive` gave."""
        stiffness, h = ready
        h = h if dt is None else h * dt
        z, y = state
        z = z + h * (drive - stiffness * y)
        if self.integrator == "implicit":
            z = z / (1 + h**2 * stiffness)
        return z, y + h * z

    def output(self, state: PyTree) -> Float[Array, " hidden"]:
        """Return a linear map of the positions."""
        return state[1] @ self.weight_out.T

    def equation(self) -> CellEquation:
        """Return the oscillators of which the cell is a step."""
        return CellEquation(
            name="LinOSS-IM" if self.integrator == "implicit" else "LinOSS-IMEX",
            ode="y'' = h^2 (-A y + B x), A >= 0 diagonal",
            state="R^2N: (z, y), z = y'/h",
            field="linear diagonal",
            structure="positive diagonal stiffness",
            integrator=_NAMES[self.integrator],
            step=EulerStep(),
            step_from="nothing",
            stages=2,
            lags=1,
            derivative_order=2,
            coefficients="constant",
            linear=True,
            vector_field=self._field,
            note="parallel by products of 2 x 2 blocks; steps here are taken one by one",
            odernn=embed(self),
        )

    def _field(self, state: PyTree, x: PyTree) -> PyTree:
        (stiffness, h), (z, y) = self.prepare(), state
        return h * (self.drive(x) - stiffness * y), h * z
