"""Liquid time constants: a relaxation whose rate and target the input sets, and its closed form."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check_count, check_positive
from ..._citation import cites
from ...equations import FusedStep
from ._draw import check_sizes, uniform
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractVectorMember


@cites("hasani2021")
class LTC(AbstractVectorMember):
    r"""Liquid time-constant network, by the fused solver.

    $$y' = -(1/\tau + f)\,y + f A, \quad f = \sigma(W y + V x + b), \qquad
      y \leftarrow \frac{y + h f A}{1 + h\,(1/\tau + f)}$$

    The step is semi-implicit Euler, of order 1; `substeps` of them share one sample of
    `step_size` units of time, `dt` times that where it is given. Each moves $y$ by a share below 1
    toward a target between 0 and $A$, so that $y$ stays there.

    **Fields:**

    - `weight_ih` (hidden, input), `weight_hh` (hidden, hidden), `bias` (hidden): $V$, $W$, $b$.
    - `log_tau`, `target` (hidden): $\log\tau$ and $A$.

    Source: R. Hasani et al., arXiv 2006.04439 (2021), equations (1) and (3), Algorithm 1; weights
    drawn within $1/\sqrt{\mathrm{hidden}}$, $\tau = 1$ and $A$ in [-1, 1].

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.LTC(3, 5, key=jax.random.key(0))
    y = cell(cell.initial_state(), jnp.ones(3))
    assert jnp.all(jnp.abs(y) <= jnp.abs(cell.target))
    ```
    """

    weight_ih: Float[Array, "hidden input"]
    weight_hh: Float[Array, "hidden hidden"]
    bias: Float[Array, " hidden"]
    log_tau: Float[Array, " hidden"]
    target: Float[Array, " hidden"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    step_size: float = eqx.field(static=True)
    substeps: int = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        step_size: float = 1.0,
        substeps: int = 6,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw weights and targets; all time constants start at 1."""
        check_sizes(input_size, hidden_size)
        check_positive("step_size", step_size)
        check_count("substeps", substeps)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.step_size, self.substeps = step_size, substeps
        n = hidden_size
        *keys, aim = jax.random.split(key, 4)
        self.weight_ih, self.weight_hh, self.bias = (
            uniform(k, shape, n, dtype)
            for k, shape in zip(keys, ((n, input_size), (n, n), (n,)), strict=True)
        )
        self.target = jax.random.uniform(aim, (n,), dtype, -1.0, 1.0)
        self.log_tau = jnp.zeros_like(self.bias)

    def prepare(self) -> Float[Array, " hidden"]:
        r"""Return the leaks $1/\tau$."""
        return jnp.exp(-self.log_tau)

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " hidden"]:
        """Return the argument without the part of the state."""
        return x @ self.weight_ih.T + self.bias

    def step(
        self,
        ready: Float[Array, " hidden"],
        state: Float[Array, " hidden"],
        drive: Float[Array, " hidden"],
        dt: Float[Array, ""] | None = None,
    ) -> Float[Array, " hidden"]:
        """Take all sub-steps of one sample from what `prepare` and `drive` gave."""
        h = self.step_size / self.substeps
        h = h if dt is None else h * dt
        for _ in range(self.substeps):
            f = jax.nn.sigmoid(drive + state @ self.weight_hh.T)
            state = (state + h * f * self.target) / (1 + h * (ready + f))
        return state

    def equation(self) -> CellEquation:
        """Return the relaxation of which the cell takes semi-implicit steps."""
        return CellEquation(
            name="LTC",
            ode="y' = h (-(1/tau + f(y, x)) y + f(y, x) A)",
            state="R^H",
            field="gated relaxation",
            structure="diagonal, Re < 0, rates from state and input",
            integrator="semi-implicit (fused) Euler",
            step=FusedStep(self.step_size / self.substeps),
            step_from="state and input",
            stages=self.substeps,
            lags=1,
            derivative_order=1,
            coefficients="dynamical",
            vector_field=self._field,
            note=f"{self.substeps} sub-steps a sample",
            odernn=embed(self),
        )

    def _field(self, state: PyTree, x: PyTree) -> PyTree:
        f = jax.nn.sigmoid(self.drive(x) + state @ self.weight_hh.T)
        return self.step_size * (f * self.target - (self.prepare() + f) * state)


@cites("hasani2022")
class CfC(AbstractVectorMember):
    r"""Closed-form continuous-time network: the gate is a function of elapsed time.

    $$h \leftarrow \sigma(-f t) \odot g + (1 - \sigma(-f t)) \odot k, \qquad
      f, g, k \text{ of } b = 1.7159 \tanh(\tfrac23(W h + V x + c))$$

    with $g, k$ after tanh, and $t$ one sample, or `dt` of them. It approximates the solution of an
    LTC equation between samples; at $t \to 0$ it tends to $(g + k)/2$ and not to $h$, so it is no
    step of an equation, and sampling it twice as often is not the same network.

    **Fields:**

    - `weight_ih` (backbone, input), `weight_hh` (backbone, hidden), `bias` (backbone): $V, W, c$.
    - `heads` (3 hidden, backbone), `heads_bias`: of $f$, $g$ and $k$.

    Source: R. Hasani et al., arXiv 2106.13898 (2022), equation (10), with one layer as the
    shared backbone; weights drawn within $1/\sqrt{\mathrm{fan in}}$.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.CfC(3, 5, key=jax.random.key(0))
    late = cell(cell.initial_state(), jnp.ones(3), jnp.array(2.5))
    assert late.shape == (5,)
    ```
    """

    weight_ih: Float[Array, "backbone input"]
    weight_hh: Float[Array, "backbone hidden"]
    bias: Float[Array, " backbone"]
    heads: Float[Array, "threehidden backbone"]
    heads_bias: Float[Array, " threehidden"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    backbone_size: int = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        backbone_size: int | None = None,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw all weights uniformly; the backbone is as wide as the state by default."""
        check_sizes(input_size, hidden_size)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.backbone_size = hidden_size if backbone_size is None else backbone_size
        check_count("backbone_size", self.backbone_size)
        wide, fan = self.backbone_size, input_size + hidden_size
        keys = jax.random.split(key, 5)
        self.weight_ih = uniform(keys[0], (wide, input_size), fan, dtype)
        self.weight_hh = uniform(keys[1], (wide, hidden_size), fan, dtype)
        self.bias = uniform(keys[2], (wide,), fan, dtype)
        self.heads = uniform(keys[3], (3 * hidden_size, wide), wide, dtype)
        self.heads_bias = uniform(keys[4], (3 * hidden_size,), wide, dtype)

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " backbone"]:
        """Return the backbone's argument without the part of the state."""
        return x @ self.weight_ih.T + self.bias

    def step(
        self,
        ready: PyTree,
        state: Float[Array, " hidden"],
        drive: Float[Array, " backbone"],
        dt: Float[Array, ""] | None = None,
    ) -> Float[Array, " hidden"]:
        """Take one step from what `prepare` and `drive` gave."""
        backbone = 1.7159 * jnp.tanh((drive + state @ self.weight_hh.T) * (2 / 3))
        f, g, k = jnp.split(backbone @ self.heads.T + self.heads_bias, 3)
        late = jax.nn.sigmoid(f if dt is None else f * dt)
        return jnp.tanh(g) + late * (jnp.tanh(k) - jnp.tanh(g))

    def equation(self) -> CellEquation:
        """Return the equation whose solution the cell approximates."""
        return CellEquation(
            name="CfC",
            ode="y' = -(1/tau + f(y, x)) y + f(y, x) A, approximated in closed form",
            state="R^H",
            field="gated mixture",
            structure="free",
            integrator="closed form in the elapsed time",
            step=None,
            step_from="state and input",
            stages=2,
            lags=1,
            derivative_order=1,
            coefficients="dynamical",
            note="tends to (g + k)/2 and not to h as the time between samples tends to 0",
            odernn=embed(self),
        )
