"""Unitary recurrent network: a complex rotation, then modReLU."""

import math
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float, PRNGKeyArray, PyTree

from ..._checks import check, check_choice
from ..._citation import cites
from ._cell import refuse_dt
from ._draw import check_sizes
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractMember
from ._modrelu import modrelu
from ._unitary import FullUnitary, SimpleUnitary

_FORMS = {"simple": SimpleUnitary, "full": FullUnitary}


@cites("arjovsky2016")
class URNN(AbstractMember):
    r"""Unitary recurrent network on complex units.

    $$s \leftarrow \mathrm{modReLU}_b(U s + V x), \qquad U^* U = 1, \qquad
      y = (\mathrm{Re}\,s, \mathrm{Im}\,s)$$

    `hidden_size` counts what is seen: two for each complex unit. $U$ is a product of simple
    unitaries ("simple": linear cost in parameters, not every unitary), or the exponential of a
    skew-Hermitian matrix ("full": every unitary). Where all $b \le 0$ the step expands no
    distance.

    **Fields:**

    - `unitary`: the matrix's parameters.
    - `input_real`, `input_imag` (units, input): $V$; `bias` (units): of modReLU.

    **Raises:**

    - `ValueError` for an odd `hidden_size`, and where `dt` is given: modReLU is no flow.

    Source: n-t-ODERNN documents, Claim 3, of which (28) has no step in time; the earlier
    document's (11) is the recurrence. M. Arjovsky, A. Shah, Y. Bengio, arXiv 1511.06464 (2016),
    equations (6) to (8); its section 4.4 for the drawn weights. modReLU(0) = 0 here.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.URNN(2, 8, key=jax.random.key(0))
    U = cell.prepare()
    assert jnp.allclose(U.conj().T @ U, jnp.eye(4, dtype=U.dtype), atol=1e-5)
    ```
    """

    unitary: SimpleUnitary | FullUnitary
    input_real: Float[Array, "units input"]
    input_imag: Float[Array, "units input"]
    bias: Float[Array, " units"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    form: Literal["simple", "full"] = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        form: Literal["simple", "full"] = "simple",
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw the unitary, and the inputs' weights uniformly (Glorot)."""
        check_sizes(input_size, hidden_size)
        check(hidden_size % 2 == 0, "hidden_size", "be even: two for each unit", hidden_size)
        check_choice("form", form, _FORMS)
        self.input_size, self.hidden_size, self.form = input_size, hidden_size, form
        units = hidden_size // 2
        turn, *keys = jax.random.split(key, 3)
        self.unitary = _FORMS[form](units, dtype=dtype, key=turn)
        bound = math.sqrt(6 / (input_size + units))
        self.input_real, self.input_imag = (
            jax.random.uniform(k, (units, input_size), dtype, -bound, bound) for k in keys
        )
        self.bias = jnp.zeros(units, self.input_real.dtype)

    def initial_state(self) -> Complex[Array, " units"]:
        """Return the state of zeros."""
        zero = jnp.zeros_like(self.bias)
        return jax.lax.complex(zero, zero)

    def prepare(self) -> Complex[Array, "units units"]:
        """Return the unitary."""
        return self.unitary.matrix()

    def drive(self, x: Float[Array, " input"]) -> Complex[Array, " units"]:
        """Return what the input adds."""
        return jax.lax.complex(x @ self.input_real.T, x @ self.input_imag.T)

    def step(
        self,
        ready: Complex[Array, "units units"],
        state: Complex[Array, " units"],
        drive: Complex[Array, " units"],
        dt: Float[Array, ""] | None = None,
    ) -> Complex[Array, " units"]:
        """Take one step from what `prepare` and `drive` gave."""
        refuse_dt(self, dt)
        return modrelu(state @ ready.T + drive, self.bias)

    def output(self, state: PyTree) -> Float[Array, " hidden"]:
        """Return real parts, then imaginary parts."""
        return jnp.concatenate([state.real, state.imag])

    def equation(self) -> CellEquation:
        """Return the rotation of which the cell is a flow."""
        return CellEquation(
            name="URNN",
            ode="s' = K s with K* = -K, and an impulse V x at each sample",
            state="C^(H/2)",
            field="linear dense, then pointwise",
            structure="unitary flow",
            integrator="exact flow over one sample, then modReLU (Lie splitting)",
            step=None,
            step_from="nothing",
            stages=1,
            lags=1,
            derivative_order=1,
            coefficients="constant",
            note="one layer is (1, 1): no second derivative and no delayed state",
            odernn=embed(self),
        )
