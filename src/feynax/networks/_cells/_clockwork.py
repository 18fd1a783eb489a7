"""Clockwork RNN: groups of units that move at clocks of their own."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check, check_count
from ..._citation import cites
from ...equations import ClockStep
from ._cell import refuse_dt
from ._draw import check_sizes, uniform
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractMember

State = tuple[Float[Array, " hidden"], Float[Array, ""]]


@cites("koutnik2014")
class ClockworkRNN(AbstractMember):
    r"""Clockwork recurrent network: group $i$ moves at samples that are multiples of $T_i$.

    $$h_i \leftarrow \begin{cases} \tanh(\sum_{T_j \ge T_i} U_{ij} h_j + V_i x + b_i)
      & l \bmod T_i = 0 \\ h_i & \text{otherwise} \end{cases}, \qquad T_i = 2^i$$

    Groups hear groups that are as slow or slower. The first sample has $l = 1$; the state
    carries $l$.

    **Fields:**

    - `weight_ih` (hidden, input), `weight_hh` (hidden, hidden), `bias` (hidden); what a slower
      group would hear of a faster one is not used.

    **Raises:**

    - `ValueError` unless `groups` divides `hidden_size`, and where `dt` is given.

    Source: n-t-ODERNN documents, Claim 4, whose gamma = 0 is wrong: held groups need
    $\gamma = I - \kappa$ (`test_clockwork_holds_what_does_not_move`). J. Koutnik et al.,
    arXiv 1402.3511 (2014), section 3.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.ClockworkRNN(3, 4, groups=2, key=jax.random.key(0))
    h, count = cell(cell.initial_state(), jnp.ones(3))
    assert jnp.all(h[2:] == 0) and count == 1
    ```
    """

    weight_ih: Float[Array, "hidden input"]
    weight_hh: Float[Array, "hidden hidden"]
    bias: Float[Array, " hidden"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    groups: int = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        groups: int = 4,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        r"""Draw all weights uniformly within $1/\sqrt{\mathrm{hidden}}$."""
        check_sizes(input_size, hidden_size)
        check_count("groups", groups)
        check(hidden_size % groups == 0, "groups", f"divide the {hidden_size} hidden units", groups)
        self.input_size, self.hidden_size, self.groups = input_size, hidden_size, groups
        n = hidden_size
        shapes = ((n, input_size), (n, n), (n,))
        self.weight_ih, self.weight_hh, self.bias = (
            uniform(k, shape, n, dtype)
            for k, shape in zip(jax.random.split(key, 3), shapes, strict=True)
        )

    @property
    def periods(self) -> tuple[int, ...]:
        """Period of each unit, in samples."""
        each = self.hidden_size // self.groups
        return tuple(2 ** (unit // each) for unit in range(self.hidden_size))

    def initial_state(self) -> State:
        """Return the state `(h, l)` of zeros."""
        return self.zeros(self.hidden_size), self.zeros()

    def prepare(self) -> Float[Array, "hidden hidden"]:
        """Return the weights with those from faster to slower groups left out."""
        periods = np.asarray(self.periods)
        hears = periods[None, :] >= periods[:, None]
        return jnp.where(hears, self.weight_hh, 0)

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " hidden"]:
        """Return the argument without the part of the state."""
        return x @ self.weight_ih.T + self.bias

    def step(
        self,
        ready: Float[Array, "hidden hidden"],
        state: State,
        drive: Float[Array, " hidden"],
        dt: Float[Array, ""] | None = None,
    ) -> State:
        """Take one step from what `prepare` and `drive` gave."""
        refuse_dt(self, dt)
        h, count = state[0], state[1] + 1
        moves = ClockStep(self.periods).now(jnp.broadcast_to(count, h.shape))
        return jnp.where(moves > 0, jnp.tanh(drive + h @ ready.T), h), count

    def output(self, state: PyTree) -> Float[Array, " hidden"]:
        """Return $h$."""
        return state[0]

    def equation(self) -> CellEquation:
        """Return the relaxations of which the cell takes whole steps in turn."""
        return CellEquation(
            name="clockwork RNN",
            ode="h_i' = tanh(sum U_ij h_j + V x + b) - h_i, on the time scale T_i = 2^i",
            state="R^H x N: (h, l)",
            field="nonlinear dense",
            structure="block upper triangular",
            integrator="forward Euler with step 1 at multiples of T_i",
            step=ClockStep(self.periods),
            step_from="clock",
            stages=1,
            lags=1,
            derivative_order=1,
            coefficients="dynamical",
            odernn=embed(self),
        )
