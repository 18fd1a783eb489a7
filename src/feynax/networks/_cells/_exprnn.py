"""Orthogonal recurrent networks: a rotation, then modReLU."""

import dataclasses
import math
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from ..._checks import check, check_choice
from ..._citation import cites
from ._cell import refuse_dt
from ._draw import check_sizes, normal
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractVectorMember
from ._modrelu import modrelu
from ._skew import block_size, cayley, draw_planes, exponential, from_planes, rotate


class AbstractTurningRNN(AbstractVectorMember):
    """A cell that turns its state by an orthogonal matrix, and adds the input before modReLU."""

    weight_ih: eqx.AbstractVar[Float[Array, "hidden input"]]
    bias: eqx.AbstractVar[Float[Array, " hidden"]]
    activation: eqx.AbstractVar[Literal["modrelu", "identity"]]

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " hidden"]:
        """Return what the input adds."""
        return x @ self.weight_ih.T

    def step(
        self,
        ready: Float[Array, "blocks size size"],
        state: Float[Array, " hidden"],
        drive: Float[Array, " hidden"],
        dt: Float[Array, ""] | None = None,
    ) -> Float[Array, " hidden"]:
        """Take one step from what `prepare` and `drive` gave."""
        refuse_dt(self, dt)
        new = rotate(ready, state) + drive
        return modrelu(new, self.bias) if self.activation == "modrelu" else new


@cites("lezcano2019")
class ExpRNN(AbstractTurningRNN):
    r"""Orthogonal network by the exponential of a skew-symmetric matrix.

    $$h \leftarrow \mathrm{modReLU}_b(e^{A} h + V x), \qquad A^\top = -A$$

    The rotation is the exact flow of $h' = Ah$ over one sample, and is orthogonal whatever the
    weights are; where all $b \le 0$ the step expands no distance. Without modReLU
    (`activation="identity"`) it keeps the norm. A smaller `block_size` makes the generator block
    diagonal, and its exponential cheap; only the inputs then mix the blocks.

    **Fields:**

    - `upper`: generators (blocks, size, size), of which the strictly upper triangles are used.
    - `weight_ih` (hidden, input), `bias` (hidden): of modReLU.

    **Raises:**

    - `ValueError` for sizes that do not fit, and where `dt` is given: modReLU is no flow.

    Source: M. Lezcano-Casado and D. Martinez-Rubio, arXiv 1901.08428 (2019), sections 3 and 5;
    angles drawn uniformly from $[0, \pi]$: M. Henaff, A. Szlam, Y. LeCun (2016).

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.ExpRNN(2, 6, activation="identity", key=jax.random.key(0))
    h = cell(jnp.arange(6.0), jnp.zeros(2))
    assert jnp.allclose(h @ h, 55.0)
    ```
    """

    upper: Float[Array, "blocks size size"]
    weight_ih: Float[Array, "hidden input"]
    bias: Float[Array, " hidden"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    block_size: int | None = eqx.field(static=True)
    activation: Literal["modrelu", "identity"] = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        block_size: int | None = None,
        activation: Literal["modrelu", "identity"] = "modrelu",
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw a rotation of each pair of units, and the inputs' weights normally."""
        self.upper, self.weight_ih, self.bias = _draw(
            input_size, hidden_size, block_size, math.pi, dtype, key
        )
        check_choice("activation", activation, ("modrelu", "identity"))
        self.input_size, self.hidden_size = input_size, hidden_size
        self.block_size, self.activation = block_size, activation

    def prepare(self) -> Float[Array, "blocks size size"]:
        """Return the orthogonal transition."""
        return exponential(self.upper)

    def equation(self) -> CellEquation:
        """Return the rotation of which the cell is the exact flow."""
        return dataclasses.replace(
            _record(
                "ExpRNN",
                "exact flow over one sample, then modReLU (Lie splitting)",
                self.activation,
            ),
            odernn=embed(self),
        )


@cites("helfrich2018")
class CayleyRNN(AbstractTurningRNN):
    r"""Scaled Cayley orthogonal network (scoRNN).

    $$h \leftarrow \mathrm{modReLU}_b(Q D h + V x), \qquad
      Q = (I - A/2)^{-1}(I + A/2), \quad A^\top = -A$$

    $Q$ is the implicit midpoint rule for $h' = Ah$, and orthogonal; the signs $D$, of which
    `negative` are $-1$, reach the rotations by nearly $\pi$ that would need an infinite $A$.
    The paper writes $(I + A)^{-1}(I - A)$: its generator is $-A/2$ here.

    **Fields:**

    - `upper`: generators (blocks, size, size), of which the strictly upper triangles are used.
    - `weight_ih` (hidden, input), `bias` (hidden): of modReLU.

    **Raises:**

    - `ValueError` for sizes that do not fit, and where `dt` is given: modReLU is no flow.

    Source: K. Helfrich, D. Willmott, Q. Ye, arXiv 1707.09520 (2018), equations (3) and (4), with
    the angles of section 4.1, uniform in $[0, \pi/2]$.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.CayleyRNN(2, 6, negative=3, key=jax.random.key(0))
    Q = cell.prepare()[0]
    assert jnp.allclose(Q.T @ Q, jnp.eye(6), atol=1e-6)
    ```
    """

    upper: Float[Array, "blocks size size"]
    weight_ih: Float[Array, "hidden input"]
    bias: Float[Array, " hidden"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    negative: int = eqx.field(static=True)
    block_size: int | None = eqx.field(static=True)
    activation: Literal["modrelu", "identity"] = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        negative: int | None = None,
        block_size: int | None = None,
        activation: Literal["modrelu", "identity"] = "modrelu",
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw a rotation of each pair of units; half of the signs are negative by default."""
        angles, self.weight_ih, self.bias = _draw(
            input_size, hidden_size, block_size, math.pi / 2, dtype, key
        )
        self.upper = 2 * jnp.tan(angles / 2)
        check_choice("activation", activation, ("modrelu", "identity"))
        self.negative = _check_negative(hidden_size, negative)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.block_size, self.activation = block_size, activation

    def prepare(self) -> Float[Array, "blocks size size"]:
        """Return the orthogonal transition, signs included."""
        Q = cayley(self.upper)
        signs = jnp.where(jnp.arange(self.hidden_size) < self.negative, -1, 1).astype(Q.dtype)
        return Q * signs.reshape(len(Q), 1, -1)

    def equation(self) -> CellEquation:
        """Return the rotation of which the cell is an implicit midpoint step."""
        return dataclasses.replace(
            _record("CayleyRNN", "implicit midpoint, then signs and modReLU", self.activation),
            odernn=embed(self),
        )


def _draw(
    input_size: int,
    hidden_size: int,
    size: int | None,
    largest: float,
    dtype: Any,
    key: PRNGKeyArray,
) -> tuple[Array, Array, Array]:
    check_sizes(input_size, hidden_size)
    turn, weigh = jax.random.split(key)
    size = block_size(hidden_size, size)
    upper = from_planes(draw_planes(turn, hidden_size, size, largest, dtype), size)
    weight = normal(weigh, (hidden_size, input_size), max(input_size, 4), dtype)
    return upper, weight, jnp.zeros(hidden_size, weight.dtype)


def _check_negative(hidden_size: int, negative: int | None) -> int:
    count = hidden_size // 2 if negative is None else negative
    check(0 <= count <= hidden_size, "negative", f"be between 0 and {hidden_size}", count)
    return count


def _record(name: str, integrator: str, activation: str) -> CellEquation:
    return CellEquation(
        name=name,
        ode="h' = A h with A^T = -A, and an impulse V x at each sample",
        state="R^H",
        field="linear dense, then pointwise" if activation == "modrelu" else "linear dense",
        structure="skew generator",
        integrator=integrator if activation == "modrelu" else integrator.split(",")[0],
        step=None,
        step_from="nothing",
        stages=1,
        lags=1,
        derivative_order=1,
        coefficients="constant",
        linear=activation == "identity",
    )
