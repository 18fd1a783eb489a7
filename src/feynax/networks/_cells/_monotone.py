"""A recurrent network that contracts for every weight: implicit steps of a monotone field."""

import math
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check_choice, check_count, check_positive
from ...equations import EulerStep
from ._arnn_solve import solve_stage
from ._contracting import AbstractContractingCell, Contraction
from ._draw import check_sizes, normal, uniform
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractVectorMember

_SHARE = {"euler": 1.0, "midpoint": 0.5}


class MonotoneRNN(AbstractVectorMember, AbstractContractingCell):
    r"""Contracting recurrent network by implicit Euler or the implicit midpoint rule.

    $$y' = (A - \gamma I)\,y - W^\top \tanh(W y + b) + V x, \qquad A = M - M^\top$$

    The field falls along every difference, $\langle \Delta y', \Delta y\rangle \le
    -\gamma |\Delta y|^2$, for every $M$, $W$, $b$ and input. One sample is a step $h$; with `dt`
    it is $h\,dt$. Implicit Euler then contracts by $1/(1 + h\gamma)$, the midpoint rule by

    $$\rho^2 = \frac{1 - h\gamma + h^2L^2/4}{1 + h\gamma + h^2L^2/4}, \qquad
      L = \|A - \gamma I\| + \|W\|^2,$$

    both in the Euclidean norm. The stage is solved by damped Newton steps, or, cheaper where
    $\theta h \|W\|^2 \ll 1$ ($\theta = 1$ or $\frac12$), by `solver="fixed_point"`; a stage that
    is not solved is an error.

    **Fields:**

    - `turn` (hidden, hidden): $M$; `inner` (features, hidden), `bias` (features): $W$, $b$.
    - `weight_ih` (hidden, input): $V$.

    Source: n-t-ODERNN document, (10), with corrected conditions: E. Hairer and G. Wanner, Solving
    ODEs II, IV.12. Tested by `test_monotone_contracts_at_its_rate_for_any_weights`.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.MonotoneRNN(2, 4, damping=0.5, key=jax.random.key(0))
    near, far = cell(jnp.zeros(4), jnp.ones(2)), cell(jnp.ones(4), jnp.ones(2))
    assert jnp.linalg.norm(far - near) <= 2 * cell.certificate_data().rate
    ```
    """

    turn: Float[Array, "hidden hidden"]
    inner: Float[Array, "features hidden"]
    bias: Float[Array, " features"]
    weight_ih: Float[Array, "hidden input"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    features: int = eqx.field(static=True)
    integrator: Literal["euler", "midpoint"] = eqx.field(static=True)
    step_size: float = eqx.field(static=True)
    damping: float = eqx.field(static=True)
    solver: Literal["newton", "fixed_point"] = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        features: int | None = None,
        integrator: Literal["euler", "midpoint"] = "euler",
        step_size: float = 1.0,
        damping: float = 0.05,
        solver: Literal["newton", "fixed_point"] = "newton",
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw all weights; there are as many features as units by default."""
        check_sizes(input_size, hidden_size)
        check_choice("integrator", integrator, _SHARE)
        check_choice("solver", solver, ("newton", "fixed_point"))
        check_positive("step_size", step_size)
        check_positive("damping", damping)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.features = hidden_size if features is None else features
        check_count("features", self.features)
        self.integrator, self.solver = integrator, solver
        self.step_size, self.damping = step_size, damping
        keys, n = jax.random.split(key, 4), hidden_size
        self.turn = normal(keys[0], (n, n), n, dtype)
        self.inner = normal(keys[1], (self.features, n), n, dtype) / 2
        self.bias = uniform(keys[2], (self.features,), n, dtype)
        self.weight_ih = uniform(keys[3], (n, input_size), input_size, dtype)

    def prepare(self) -> tuple[Float[Array, "hidden hidden"], Float[Array, "hidden hidden"]]:
        r"""Return $A - \gamma I$, and the inverse of the linear part of a stage of one sample."""
        linear = self._linear()
        return linear, _resolvent(linear, self._reach())

    def _linear(self) -> Float[Array, "hidden hidden"]:
        identity = jnp.eye(self.hidden_size, dtype=self.turn.dtype)
        return self.turn - self.turn.T - self.damping * identity

    def _reach(self) -> float:
        return _SHARE[self.integrator] * self.step_size

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " hidden"]:
        """Return what the input adds to the rate."""
        return x @ self.weight_ih.T

    def step(
        self,
        ready: tuple[Float[Array, "hidden hidden"], Float[Array, "hidden hidden"]],
        state: Float[Array, " hidden"],
        drive: Float[Array, " hidden"],
        dt: Float[Array, ""] | None = None,
    ) -> Float[Array, " hidden"]:
        """Take one implicit step from what `prepare` and `drive` gave."""
        # The linear part is inverted, so that only the squashed part is left to be iterated.
        linear, resolvent = ready
        reach = self._reach() if dt is None else self._reach() * dt
        if dt is not None:
            resolvent = _resolvent(linear, reach)
        pull = lambda u: -reach * (resolvent @ (jnp.tanh(self.inner @ u + self.bias) @ self.inner))
        stage = solve_stage(pull, resolvent @ (state + reach * drive), self.solver)
        return stage if self.integrator == "euler" else 2 * stage - state

    def certificate_data(self) -> Contraction:
        """Return the Euclidean metric and the rate of the weights as they are now."""
        h, decay = self.step_size, self.damping
        if self.integrator == "euler":
            return Contraction(np.eye(self.hidden_size), 1 / (1 + h * decay))
        M, W = np.asarray(self.turn, np.float64), np.asarray(self.inner, np.float64)
        # A - gamma I is normal: its norm is that of its eigenvalues.
        linear = math.hypot(float(np.linalg.norm(M - M.T, 2)), decay)
        stiff = (h * (linear + float(np.linalg.norm(W, 2)) ** 2)) ** 2 / 4
        rate = math.sqrt((1 - h * decay + stiff) / (1 + h * decay + stiff))
        return Contraction(np.eye(self.hidden_size), rate)

    def equation(self) -> CellEquation:
        """Return the monotone flow of which the cell is an implicit step."""
        return CellEquation(
            name="monotone RNN",
            ode="y' = h ((A - gamma I) y - W^T tanh(W y + b) + V x), A^T = -A",
            state="R^H",
            field="monotone",
            structure="antisymmetric - gamma I, and a gradient",
            integrator="implicit Euler" if self.integrator == "euler" else "implicit midpoint",
            step=EulerStep(self.step_size),
            step_from="nothing",
            stages=1,
            lags=1,
            derivative_order=1,
            coefficients="constant",
            vector_field=self._field,
            odernn=embed(self),
        )

    def _field(self, state: PyTree, x: PyTree) -> PyTree:
        pull = jnp.tanh(self.inner @ state + self.bias) @ self.inner
        return self.step_size * (self._linear() @ state - pull + self.drive(x))


def _resolvent(linear: Array, reach: Any) -> Array:
    return jnp.linalg.inv(jnp.eye(len(linear), dtype=linear.dtype) - reach * linear)
