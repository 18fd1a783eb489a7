"""minGRU and minLSTM: gates that the input alone decides, so that time can run in parallel."""

import dataclasses
import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check_positive
from ..._citation import cites
from ...equations import SigmoidStep
from ._cell import AbstractLinearCell
from ._draw import check_sizes, uniform
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractVectorMember


class AbstractInputGated(AbstractVectorMember, AbstractLinearCell):
    """A linear cell whose `drive` is the argument of one gate, and a target, both of the input."""

    def coefficients(
        self, ready: PyTree, drive: PyTree, dt: Float[Array, ""] | None = None
    ) -> tuple[Float[Array, " hidden"], Float[Array, " hidden"]]:
        """Return what stays and what comes."""
        gate, target = jnp.split(drive, 2)
        share = SigmoidStep().share(gate, dt)
        return 1 - share, share * target

    def _field(self, state: PyTree, x: PyTree) -> PyTree:
        gate, target = jnp.split(self.drive(x), 2)
        return SigmoidStep().time(gate) * (target - state)


@cites("feng2024")
class MinGRU(AbstractInputGated):
    r"""GRU whose gate and target depend on the input alone.

    $$h \leftarrow h + z\,(v - h), \qquad z = \sigma(W_z x + b_z), \quad v = W_v x + b_v$$

    The exact flow of $h' = v - h$ over the time $\mathrm{softplus}(W_z x + b_z)$, which `dt`
    scales.

    **Fields:**

    - `weight_ih` (2 hidden, input), `bias` (2 hidden): of gate and target.

    Source: L. Feng et al., arXiv 2410.01201 (2024), section 3.1. The gates' biases are drawn for
    memories spread between 1 and `longest_memory` samples: C. Tallec, Y. Ollivier (2018).

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.MinGRU(3, 5, key=jax.random.key(0))
    h = cell(cell.initial_state(), jnp.ones(3))
    assert h.shape == (5,) and fx.as_equation(cell).scannable
    ```
    """

    weight_ih: Float[Array, "gates input"]
    bias: Float[Array, " gates"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    longest_memory: float = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        longest_memory: float = 100.0,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw the weights uniformly, and gates whose memories are spread."""
        check_sizes(input_size, hidden_size)
        check_positive("longest_memory", longest_memory)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.longest_memory = longest_memory
        weigh, spread = jax.random.split(key)
        self.weight_ih = uniform(weigh, (2 * hidden_size, input_size), input_size, dtype)
        gate = -_log_memories(spread, hidden_size, longest_memory, dtype)
        self.bias = jnp.concatenate([gate, jnp.zeros_like(gate)])

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " gates"]:
        """Return gate's argument and target, one after the other."""
        return x @ self.weight_ih.T + self.bias

    def equation(self) -> CellEquation:
        """Return the relaxation of which the cell is the exact flow."""
        return dataclasses.replace(
            _record("minGRU", "h' = T(x) (v(x) - h), T = softplus(W_z x + b_z)", self._field),
            odernn=embed(self),
        )


@cites("feng2024")
class MinLSTM(AbstractInputGated):
    r"""LSTM whose gates and target depend on the input alone, and share one sum.

    $$h \leftarrow \frac{f}{f + i}\,h + \frac{i}{f + i}\,v, \qquad
      f = \sigma(\hat f), \quad i = \sigma(\hat i), \quad v = W_v x + b_v$$

    One step $z = \frac{i}{f + i} = \sigma(\log i - \log f)$ again: the exact flow of $h' = v - h$
    over the time $\mathrm{softplus}(\log i - \log f)$, which `dt` scales.

    **Fields:**

    - `weight_ih` (3 hidden, input), `bias` (3 hidden): of forget gate, input gate and target.

    Source: L. Feng et al., arXiv 2410.01201 (2024), section 3.2. The gates' biases are drawn for
    memories spread between 1 and `longest_memory` samples: C. Tallec, Y. Ollivier (2018).

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.MinLSTM(3, 5, key=jax.random.key(0))
    h = cell(cell.initial_state(), jnp.ones(3))
    assert h.shape == (5,) and fx.as_equation(cell).scannable
    ```
    """

    weight_ih: Float[Array, "gates input"]
    bias: Float[Array, " gates"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    longest_memory: float = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        longest_memory: float = 100.0,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw the weights uniformly, and gates whose memories are spread."""
        check_sizes(input_size, hidden_size)
        check_positive("longest_memory", longest_memory)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.longest_memory = longest_memory
        weigh, spread = jax.random.split(key)
        self.weight_ih = uniform(weigh, (3 * hidden_size, input_size), input_size, dtype)
        gate = _log_memories(spread, hidden_size, longest_memory, dtype)
        self.bias = jnp.concatenate([gate, -gate, jnp.zeros_like(gate)])

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " both"]:
        """Return the argument of the one gate and the target, one after the other."""
        forget, take, target = jnp.split(x @ self.weight_ih.T + self.bias, 3)
        gate = jax.nn.log_sigmoid(take) - jax.nn.log_sigmoid(forget)
        return jnp.concatenate([gate, target])

    def equation(self) -> CellEquation:
        """Return the relaxation of which the cell is the exact flow."""
        return dataclasses.replace(
            _record("minLSTM", "h' = T(x) (v(x) - h), T = log(1 + i/f)", self._field),
            odernn=embed(self),
        )


def _log_memories(
    key: PRNGKeyArray, size: int, longest: float, dtype: Any
) -> Float[Array, " hidden"]:
    return jax.random.uniform(key, (size,), dtype, 0.0, max(math.log(longest), 1e-6))


def _record(name: str, ode: str, field: Any) -> CellEquation:
    return CellEquation(
        name=name,
        ode=ode,
        state="R^H",
        field="linear diagonal",
        structure="diagonal, Re < 0",
        integrator="exact flow",
        step=SigmoidStep(),
        step_from="input",
        stages=1,
        lags=1,
        derivative_order=1,
        coefficients="dynamical",
        linear=True,
        vector_field=field,
    )
