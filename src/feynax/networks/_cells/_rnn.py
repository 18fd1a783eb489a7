"""The plain recurrent network and its leaky form: Euler steps of a relaxation."""

from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check, check_choice
from ..._citation import cites
from ...equations import EulerStep, SigmoidStep
from ._draw import check_sizes, torch_weights, uniform
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractVectorMember

_NONLINEARITIES = {"tanh": jnp.tanh, "relu": jax.nn.relu}


@cites("elman1990")
class RNN(AbstractVectorMember):
    r"""Plain recurrent network, in PyTorch's layout.

    $$h \leftarrow \phi(W x + b + U h + c), \qquad \phi = \tanh \text{ or } \mathrm{relu}$$

    Forward Euler of $h' = \phi(Wx + b + Uh + c) - h$ with step 1; with `dt` the step is `dt`.

    **Fields:**

    - `weight_ih` (hidden, input), `weight_hh` (hidden, hidden), `bias_ih`, `bias_hh` (hidden): as
      in `torch.nn.RNN`.

    Source: J. L. Elman (1990); weights drawn uniformly within $1/\sqrt{\mathrm{hidden}}$, as
    PyTorch does.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.RNN(3, 5, nonlinearity="relu", key=jax.random.key(0))
    assert jnp.all(cell(cell.initial_state(), jnp.ones(3)) >= 0)
    ```
    """

    weight_ih: Float[Array, "hidden input"]
    weight_hh: Float[Array, "hidden hidden"]
    bias_ih: Float[Array, " hidden"]
    bias_hh: Float[Array, " hidden"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    nonlinearity: Literal["tanh", "relu"] = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        r"""Draw all weights uniformly within $1/\sqrt{\mathrm{hidden}}$."""
        check_sizes(input_size, hidden_size)
        check_choice("nonlinearity", nonlinearity, _NONLINEARITIES)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.nonlinearity = nonlinearity
        self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh = torch_weights(
            key, 1, input_size, hidden_size, dtype
        )

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " hidden"]:
        """Return the argument without the part of the state."""
        return x @ self.weight_ih.T + (self.bias_ih + self.bias_hh)

    def step(
        self,
        ready: PyTree,
        state: Float[Array, " hidden"],
        drive: Float[Array, " hidden"],
        dt: Float[Array, ""] | None = None,
    ) -> Float[Array, " hidden"]:
        """Take one step from what `prepare` and `drive` gave."""
        new = _NONLINEARITIES[self.nonlinearity](drive + state @ self.weight_hh.T)
        return new if dt is None else state + dt * (new - state)

    def equation(self) -> CellEquation:
        """Return the relaxation of which the cell is an Euler step."""
        return CellEquation(
            name="RNN",
            ode=f"h' = {self.nonlinearity}(W x + U h + b) - h",
            state="R^H",
            field="nonlinear dense",
            structure="free",
            integrator="forward Euler with step 1",
            step=EulerStep(),
            step_from="nothing",
            stages=1,
            lags=1,
            derivative_order=1,
            coefficients="constant",
            vector_field=self._field,
            odernn=embed(self),
        )

    def _field(self, state: PyTree, x: PyTree) -> PyTree:
        return self.step(None, state, self.drive(x)) - state


@cites("jaeger2007")
class LeakyRNN(AbstractVectorMember):
    r"""Leaky recurrent network: each unit goes a share of its own toward the target.

    $$h \leftarrow h + a \odot (\tanh(W x + U h + b) - h), \qquad a = \sigma(\alpha)$$

    The share $a$ is trained. It is the Euler step of $h' = v - h$, and its exact flow toward a
    held target $v$ over the time $\mathrm{softplus}(\alpha)$, which `dt` scales.

    **Fields:**

    - `weight_ih` (hidden, input), `weight_hh` (hidden, hidden), `bias` (hidden).
    - `leak_logit` (hidden): $\alpha$.

    Source: H. Jaeger et al., "Optimization and applications of echo state networks with leaky-
    integrator neurons", Neural Networks 20 (2007), equation (2), with tanh inside.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.LeakyRNN(3, 5, leak=0.1, key=jax.random.key(0))
    assert jnp.all(jnp.abs(cell(cell.initial_state(), jnp.ones(3))) < 0.1)
    ```
    """

    weight_ih: Float[Array, "hidden input"]
    weight_hh: Float[Array, "hidden hidden"]
    bias: Float[Array, " hidden"]
    leak_logit: Float[Array, " hidden"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    leak: float = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        leak: float = 0.5,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        r"""Draw all weights within $1/\sqrt{\mathrm{hidden}}$; `leak` is the first share of all."""
        check_sizes(input_size, hidden_size)
        check(0 < leak < 1, "leak", "be between 0 and 1", leak)
        self.input_size, self.hidden_size, self.leak = input_size, hidden_size, leak
        n = hidden_size
        self.weight_ih, self.weight_hh, self.bias = (
            uniform(k, shape, n, dtype)
            for k, shape in zip(
                jax.random.split(key, 3), ((n, input_size), (n, n), (n,)), strict=True
            )
        )
        share = jnp.full_like(self.bias, leak)
        self.leak_logit = jnp.log(share) - jnp.log1p(-share)

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " hidden"]:
        """Return the argument without the part of the state."""
        return x @ self.weight_ih.T + self.bias

    def step(
        self,
        ready: PyTree,
        state: Float[Array, " hidden"],
        drive: Float[Array, " hidden"],
        dt: Float[Array, ""] | None = None,
    ) -> Float[Array, " hidden"]:
        """Take one step from what `prepare` and `drive` gave."""
        target = jnp.tanh(drive + state @ self.weight_hh.T)
        return state + SigmoidStep().share(self.leak_logit, dt) * (target - state)

    def equation(self) -> CellEquation:
        """Return the relaxation of which the cell is an Euler step."""
        return CellEquation(
            name="leaky RNN",
            ode="h' = T (tanh(W x + U h + b) - h), T = softplus(alpha) of each unit",
            state="R^H",
            field="nonlinear dense",
            structure="free",
            integrator="forward Euler",
            step=SigmoidStep(),
            step_from="nothing",
            stages=1,
            lags=1,
            derivative_order=1,
            coefficients="constant",
            vector_field=self._field,
            odernn=embed(self),
        )

    def _field(self, state: PyTree, x: PyTree) -> PyTree:
        target = jnp.tanh(self.drive(x) + state @ self.weight_hh.T)
        return SigmoidStep().time(self.leak_logit) * (target - state)
