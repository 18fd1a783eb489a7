"""1-2-ARNN: a coupled pair by symplectic Euler or Verlet, and the pair as printed."""

from typing import Any, Literal

import equinox as eqx
import jax.numpy as jnp
from jax import random
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check_choice
from ..._citation import cites
from ...equations import EulerStep
from ._arnn_fields import ArnnActivation, activate, check_arnn, scaled
from ._draw import uniform
from ._embed import embed
from ._equation import CellEquation
from ._invertible import AbstractShearCell, Shear
from ._member import AbstractPairMember

Pair = tuple[Float[Array, " hidden"], Float[Array, " hidden"]]

_ODES = {
    "transpose": "y' = W2^T s(W2 z + V2 x + b2), z' = -W1^T s(W1 y + V1 x + b1)",
    "printed": "y' = s(W z + V2 x + b2), z' = -s(W^T y + V1 x + b1)",
}
_STRUCTURE = {"transpose": "Hamiltonian", "printed": "antisymmetric where linear"}


@cites("haber2017")
class SymplecticRNN(AbstractShearCell, AbstractPairMember):
    r"""Anti-Hermitian network of a coupled pair (1-2-ARNN), by symplectic Euler or Verlet.

    $$z \leftarrow z - h\,W_1^T \sigma(W_1 y + V_1 x + b_1), \qquad
      y \leftarrow y + h\,W_2^T \sigma(W_2 z + V_2 x + b_2)$$

    Each half is the gradient of a function of the other half, so the map is symplectic. The pair
    of the document, `outer="printed"`, has $W^T$ only inside one $\sigma$ and nothing outside:
    $z \leftarrow z - h\,\sigma(W^T y + \cdot)$, $y \leftarrow y + h\,\sigma(W z + \cdot)$. It
    preserves volume but is **not** symplectic. Print also lacks the second $h$.

    Both are invertible at any step. At constant weights and slopes they are stable for
    $h\,|\lambda| < 2$ (print: 1, sufficient but not sharp); where weights or slopes change from
    step to step, resonance can break the bound, so "stable regardless of $W_l$" does not hold.
    The "2" of 1-2 counts the coupled variables; no step reads a delayed state.

    **Fields:**

    - `weights` (2, hidden, hidden): $W_1$, $W_2$; (1, hidden, hidden) for the printed pair.
    - `weight_ih` (2 hidden, input), `bias` (2 hidden): of $z$'s argument, then of $y$'s.
    - `step_size`: $h$. `scheme`: "symplectic_euler" or "verlet" (half a push of $z$, all of $y$,
      half of $z$). `outer`: "transpose" or "printed". `activation`: "tanh" or "identity".

    The state is $(y, z)$, and $y$ is what the next layer sees.

    Source: n-t-ODERNN document, (1) and Theorems 2 and 3, corrected
    (`test_the_transposed_pair_is_symplectic_and_the_printed_one_is_not`,
    `test_symplectic_limit_is_two`, `test_changing_weights_resonate`); E. Haber, L. Ruthotto (2017).

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.SymplecticRNN(2, 4, key=jax.random.key(0))
    ready, drive, start = cell.prepare(), cell.drive(jnp.ones(2)), cell.initial_state()
    after = cell.step(ready, start, drive)
    back = cell.invert(ready, after, drive)
    assert jnp.allclose(back[0], start[0], atol=1e-6)
    ```
    """

    weights: Float[Array, "sets hidden hidden"]
    weight_ih: Float[Array, "both input"]
    bias: Float[Array, " both"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    step_size: float = eqx.field(static=True)
    scheme: Literal["symplectic_euler", "verlet"] = eqx.field(static=True)
    outer: Literal["transpose", "printed"] = eqx.field(static=True)
    activation: ArnnActivation = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        step_size: float = 0.1,
        scheme: Literal["symplectic_euler", "verlet"] = "symplectic_euler",
        outer: Literal["transpose", "printed"] = "transpose",
        activation: ArnnActivation = "tanh",
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        r"""Draw all weights uniformly within $1/\sqrt{\mathrm{hidden}}$; biases start at 0."""
        check_arnn(input_size, hidden_size, step_size, activation)
        check_choice("scheme", scheme, ("symplectic_euler", "verlet"))
        check_choice("outer", outer, ("transpose", "printed"))
        kw, kv = random.split(key)
        sets = 2 if outer == "transpose" else 1
        self.weights = uniform(kw, (sets, hidden_size, hidden_size), hidden_size, dtype)
        self.weight_ih = uniform(kv, (2 * hidden_size, input_size), hidden_size, dtype)
        self.bias = jnp.zeros(2 * hidden_size, self.weights.dtype)
        self.input_size, self.hidden_size, self.step_size = input_size, hidden_size, step_size
        self.scheme, self.outer, self.activation = scheme, outer, activation

    def drive(self, x: Float[Array, " input"]) -> Pair:
        """Return the arguments of $z$'s and of $y$'s push without the parts of the state."""
        force, drift = jnp.split(x @ self.weight_ih.T + self.bias, 2)
        return force, drift

    def shears(
        self, ready: PyTree, drive: Pair, dt: Float[Array, ""] | None = None
    ) -> tuple[Shear, ...]:
        """Return the pushes of one step in their order."""
        h = scaled(self.step_size, dt)
        force = lambda state: self._force(state[0], drive[0])
        move_y = Shear(0, lambda state: h * self._drift(state[1], drive[1]))
        if self.scheme == "symplectic_euler":
            return Shear(1, lambda state: -h * force(state)), move_y
        half = Shear(1, lambda state: -(h / 2) * force(state))
        return half, move_y, half

    def step_limit(self) -> Float[Array, ""]:
        r"""Return the largest stable $h$ at constant weights: $2/\|W_2 W_1^T\|$, $2/\|W\|$ printed.

        It holds for all constant slopes of $\sigma$ between 0 and 1, and is sharp where they are 1.
        """
        first, last = self.weights[0], self.weights[-1]
        stiffness = last @ first.T if self.outer == "transpose" else first
        return 2 / jnp.linalg.norm(stiffness, 2)

    def equation(self) -> CellEquation:
        """Return the coupled pair of which the cell is a step."""
        verlet = self.scheme == "verlet"
        return CellEquation(
            name="SymplecticRNN",
            ode=_ODES[self.outer],
            state="R^2H: (y, z)",
            field="nonlinear dense" if self.activation == "tanh" else "linear dense",
            structure=_STRUCTURE[self.outer],
            integrator="Verlet" if verlet else "symplectic Euler",
            step=EulerStep(self.step_size),
            step_from="nothing",
            stages=3 if verlet else 2,
            lags=1,
            derivative_order=2,
            coefficients="constant",
            vector_field=self._rate,
            odernn=embed(self),
        )

    def _force(self, y: Float[Array, " hidden"], shift: Float[Array, " hidden"]) -> Array:
        inner = self.weights[0] if self.outer == "transpose" else self.weights[0].T
        return self._outer(inner, activate(self.activation, y @ inner.T + shift))

    def _drift(self, z: Float[Array, " hidden"], shift: Float[Array, " hidden"]) -> Array:
        inner = self.weights[-1]
        return self._outer(inner, activate(self.activation, z @ inner.T + shift))

    def _outer(self, inner: Array, fired: Array) -> Array:
        return fired @ inner if self.outer == "transpose" else fired

    def _rate(self, state: Pair, x: Float[Array, " input"]) -> Pair:
        force, drift = self.drive(x)
        h = self.step_size
        return h * self._drift(state[1], drift), -h * self._force(state[0], force)
