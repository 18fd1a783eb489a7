"""LEM: two relaxations with time scales of their own, one after the other."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check
from ..._citation import cites
from ...equations import BoundedSigmoidStep
from ._draw import check_sizes, uniform
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractPairMember

State = tuple[Float[Array, " hidden"], Float[Array, " hidden"]]


@cites("rusch2022")
class LEM(AbstractPairMember):
    r"""Long expressive memory: two states on two time scales that state and input decide.

    $$z \leftarrow z + \Delta\,(\tanh(W_z y + V_z x + b_z) - z), \qquad
      y \leftarrow y + \bar\Delta\,(\tanh(W_y z + V_y x + b_y) - y),$$
    $$\bar\Delta = h\,\sigma(W_1 y + V_1 x + b_1), \qquad
      \Delta = h\,\sigma(W_2 y + V_2 x + b_2)$$

    $z$ goes first, $y$ sees the new $z$; both gates see the old $y$. With `dt` the gates' times
    $-\log(1 - \Delta)$ are scaled, of which $\Delta$ is the first order.

    **Fields:**

    - `weight_ih` (4 hidden, input), `bias` (4 hidden): $V_1, V_2, V_z, V_y$ and their biases.
    - `weight_hh` (3 hidden, hidden): $W_1, W_2, W_z$; `weight_zy` (hidden, hidden): $W_y$.

    **Raises:**

    - `ValueError` unless $0 < h \le 1$.

    Source: T. K. Rusch et al., arXiv 2110.04744 (2022), equation (3); weights drawn uniformly
    within $1/\sqrt{\mathrm{hidden}}$, as its authors do.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.LEM(3, 5, key=jax.random.key(0))
    y, z = cell(cell.initial_state(), jnp.ones(3))
    assert y.shape == z.shape == (5,)
    ```
    """

    weight_ih: Float[Array, "gates input"]
    weight_hh: Float[Array, "threegates hidden"]
    weight_zy: Float[Array, "hidden hidden"]
    bias: Float[Array, " gates"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    step_size: float = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        step_size: float = 1.0,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        r"""Draw all weights uniformly within $1/\sqrt{\mathrm{hidden}}$."""
        check_sizes(input_size, hidden_size)
        check(0 < step_size <= 1, "step_size", "be above 0 and at most 1", step_size)
        self.input_size, self.hidden_size, self.step_size = input_size, hidden_size, step_size
        n = hidden_size
        shapes = ((4 * n, input_size), (3 * n, n), (n, n), (4 * n,))
        drawn = [
            uniform(k, shape, n, dtype)
            for k, shape in zip(jax.random.split(key, 4), shapes, strict=True)
        ]
        self.weight_ih, self.weight_hh, self.weight_zy, self.bias = drawn

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " gates"]:
        """Return the four arguments without the parts of the state."""
        return x @ self.weight_ih.T + self.bias

    def step(
        self,
        ready: PyTree,
        state: State,
        drive: Float[Array, " gates"],
        dt: Float[Array, ""] | None = None,
    ) -> State:
        """Take one step from what `prepare` and `drive` gave."""
        y, z = state
        slow, fast, inner = jnp.split(drive[: 3 * len(y)] + y @ self.weight_hh.T, 3)
        gate = self._gate()
        z = z + gate.share(fast, dt) * (jnp.tanh(inner) - z)
        outer = drive[3 * len(y) :] + z @ self.weight_zy.T
        return y + gate.share(slow, dt) * (jnp.tanh(outer) - y), z

    def _gate(self) -> BoundedSigmoidStep:
        return BoundedSigmoidStep(self.step_size)

    def equation(self) -> CellEquation:
        """Return the pair of relaxations of which the cell is a splitting step."""
        return CellEquation(
            name="LEM",
            ode="y' = T1(y, x) (tanh(W_y z + ..) - y), z' = T2(y, x) (tanh(W_z y + ..) - z)",
            state="R^2H: (y, z)",
            field="gated relaxation",
            structure="free",
            integrator="forward Euler, z before y (Gauss-Seidel)",
            step=self._gate(),
            step_from="state and input",
            stages=2,
            lags=1,
            derivative_order=1,
            coefficients="dynamical",
            vector_field=self._field,
            odernn=embed(self),
        )

    def _field(self, state: PyTree, x: PyTree) -> PyTree:
        y, z = state
        drive = self.drive(x)
        slow, fast, inner = jnp.split(drive[: 3 * len(y)] + y @ self.weight_hh.T, 3)
        outer = drive[3 * len(y) :] + z @ self.weight_zy.T
        time = self._gate().time
        return time(slow) * (jnp.tanh(outer) - y), time(fast) * (jnp.tanh(inner) - z)
