"""GRU: forward Euler with a step that state and input decide."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._citation import cites
from ...equations import SigmoidStep
from ._draw import check_sizes, torch_weights
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractVectorMember


@cites("cho2014")
class GRU(AbstractVectorMember):
    r"""Gated recurrent unit, in PyTorch's layout and gate order $(r, z, n)$.

    $$h \leftarrow h + (1 - z)\,(n - h), \qquad
      n = \tanh(W_n x + b_n + r \odot (U_n h + c_n))$$

    PyTorch's $z$ weighs the old value; the step of $h' = n - h$ is $1 - z = \sigma(-\hat z)$.
    With `dt`, the time of that step is scaled.

    **Fields:**

    - `weight_ih` (3 hidden, input), `weight_hh` (3 hidden, hidden), `bias_ih`, `bias_hh`
      (3 hidden): as in `torch.nn.GRU`.

    Source: n-t-ODERNN document, Claim 2, which as printed needs pointwise functions that cannot
    exist; the earlier document's dynamical coefficients are right
    (`test_gru_is_its_odernn`). K. Cho et al. (2014).

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.GRU(3, 5, key=jax.random.key(0))
    h = cell(cell.initial_state(), jnp.ones(3))
    assert h.shape == (5,) and fx.as_equation(cell).integrator == "forward Euler"
    ```
    """

    weight_ih: Float[Array, "gates input"]
    weight_hh: Float[Array, "gates hidden"]
    bias_ih: Float[Array, " gates"]
    bias_hh: Float[Array, " gates"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)

    def __init__(self, input_size: int, hidden_size: int, *, dtype: Any = None, key: PRNGKeyArray):
        r"""Draw all weights uniformly within $1/\sqrt{\mathrm{hidden}}$, as PyTorch does."""
        check_sizes(input_size, hidden_size)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh = torch_weights(
            key, 3, input_size, hidden_size, dtype
        )

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " gates"]:
        """Return the three gates' arguments without the part of the state."""
        return x @ self.weight_ih.T + self.bias_ih

    def step(
        self,
        ready: PyTree,
        state: Float[Array, " hidden"],
        drive: PyTree,
        dt: Float[Array, ""] | None = None,
    ) -> Float[Array, " hidden"]:
        """Take one step from what `prepare` and `drive` gave."""
        drive_r, drive_z, drive_n = jnp.split(drive, 3)
        r, z, n = jnp.split(state @ self.weight_hh.T + self.bias_hh, 3)
        new = jnp.tanh(drive_n + jax.nn.sigmoid(drive_r + r) * n)
        return state + SigmoidStep().share(-(drive_z + z), dt) * (new - state)

    def equation(self) -> CellEquation:
        """Return the relaxation of which the cell is an Euler step."""
        return CellEquation(
            name="GRU",
            ode="h' = n(r, h, x) - h",
            state="R^H",
            field="gated relaxation",
            structure="free",
            integrator="forward Euler",
            step=SigmoidStep(),
            step_from="state and input",
            stages=1,
            lags=1,
            derivative_order=1,
            coefficients="dynamical",
            odernn=embed(self),
        )
