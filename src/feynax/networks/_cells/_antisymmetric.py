"""AntisymmetricRNN: forward Euler of a field that neither grows nor decays, at first order."""

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check, check_positive
from ..._citation import cites
from ...equations import EulerStep
from ._draw import check_sizes, normal
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractVectorMember


@cites("chang2019")
class AntisymmetricRNN(AbstractVectorMember):
    r"""AntisymmetricRNN, plain or gated.

    $$h \leftarrow h + \epsilon\, z \odot \tanh((W - W^\top - \gamma I) h + V x + b)$$

    with $z = 1$, or the gate $z = \sigma((W - W^\top - \gamma I) h + V_z x + b_z)$ of the same
    matrix (`gated=True`). With `dt` the step is $\epsilon\,dt$.

    The eigenvalues $\pm i\omega$ of $W - W^\top$ do not grow under the flow; forward Euler makes
    them $|1 \pm i\epsilon\omega|^2 = 1 + \epsilon^2\omega^2$. `smallest_damping` is the $\gamma$
    that prevents it; usual choices of $\gamma$ are smaller, and `is_linearly_stable` says so.

    **Fields:**

    - `weight_hh` (hidden, hidden): $W$.
    - `weight_ih` (hidden or 2 hidden, input), `bias`: $V, b$, then those of the gate.

    Source: B. Chang et al., arXiv 1902.09689 (2019), equations (9), (12) and (13); $W$ drawn with
    standard deviation $1/\sqrt{\mathrm{hidden}}$, $V$ with $1/\sqrt{\mathrm{input}}$.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.AntisymmetricRNN(3, 6, damping=0.0, key=jax.random.key(0))
    assert not cell.is_linearly_stable() and cell.smallest_damping() > 0
    ```
    """

    weight_ih: Float[Array, "gates input"]
    weight_hh: Float[Array, "hidden hidden"]
    bias: Float[Array, " gates"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    step_size: float = eqx.field(static=True)
    damping: float = eqx.field(static=True)
    gated: bool = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        step_size: float = 0.1,
        damping: float = 0.01,
        gated: bool = False,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw both matrices normally; `step_size` and `damping` are epsilon and gamma."""
        check_sizes(input_size, hidden_size)
        check_positive("step_size", step_size)
        check(0 <= damping < math.inf, "damping", "be 0 or more, and finite", damping)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.step_size, self.damping, self.gated = step_size, damping, gated
        weigh, recur = jax.random.split(key)
        rows = (2 if gated else 1) * hidden_size
        self.weight_ih = normal(weigh, (rows, input_size), input_size, dtype)
        self.weight_hh = normal(recur, (hidden_size, hidden_size), hidden_size, dtype)
        self.bias = jnp.zeros(rows, self.weight_ih.dtype)

    def prepare(self) -> Float[Array, "hidden hidden"]:
        r"""Return $W - W^\top - \gamma I$."""
        identity = jnp.eye(self.hidden_size, dtype=self.weight_hh.dtype)
        return self.weight_hh - self.weight_hh.T - self.damping * identity

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " gates"]:
        """Return the arguments without the part of the state."""
        return x @ self.weight_ih.T + self.bias

    def step(
        self,
        ready: Float[Array, "hidden hidden"],
        state: Float[Array, " hidden"],
        drive: Float[Array, " gates"],
        dt: Float[Array, ""] | None = None,
    ) -> Float[Array, " hidden"]:
        """Take one step from what `prepare` and `drive` gave."""
        return state + EulerStep(self.step_size).share(_speed(ready, state, drive), dt)

    def smallest_damping(self) -> float:
        r"""Return the least $\gamma$ for which no mode of the linearised step grows.

        $(1 - \sqrt{1 - \epsilon^2\omega^2})/\epsilon$ with $\omega$ the largest frequency of
        $W - W^\top$; infinite where $\epsilon\omega > 1$: then no damping suffices.
        """
        turn = self.step_size * self._frequency()
        return math.inf if turn > 1 else (1 - math.sqrt(1 - turn**2)) / self.step_size

    def is_linearly_stable(self) -> bool:
        r"""Whether $(1 - \epsilon\gamma)^2 + \epsilon^2\omega^2 \le 1$ for all modes."""
        shrink, turn = 1 - self.step_size * self.damping, self.step_size * self._frequency()
        return shrink**2 + turn**2 <= 1

    def _frequency(self) -> float:
        W = np.asarray(self.weight_hh, np.float64)
        return float(np.linalg.norm(W - W.T, 2))

    def equation(self) -> CellEquation:
        """Return the flow of which the cell is an Euler step."""
        gate = "z(h, x) * " if self.gated else ""
        return CellEquation(
            name="AntisymmetricRNN",
            ode=f"h' = eps {gate}tanh((W - W^T - gamma I) h + V x + b)",
            state="R^H",
            field="nonlinear dense",
            structure="antisymmetric - gamma I",
            integrator="forward Euler",
            step=EulerStep(self.step_size),
            step_from="state and input" if self.gated else "nothing",
            stages=1,
            lags=1,
            derivative_order=1,
            coefficients="dynamical" if self.gated else "constant",
            vector_field=self._field,
            note="forward Euler makes undamped modes grow: see smallest_damping()",
            odernn=embed(self),
        )

    def _field(self, state: PyTree, x: PyTree) -> PyTree:
        return self.step_size * _speed(self.prepare(), state, self.drive(x))


def _speed(matrix: Array, state: Array, drive: Array) -> Array:
    inner = state @ matrix.T
    speed = jnp.tanh(inner + drive[: len(state)])
    return (
        speed if len(drive) == len(state) else jax.nn.sigmoid(inner + drive[len(state) :]) * speed
    )
