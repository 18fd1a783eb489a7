"""mLSTM: a matrix that associates values with keys, and forgets as an LSTM does."""

import math
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check, check_count
from ..._citation import cites
from ...equations import SigmoidStep
from ._draw import check_sizes, uniform
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractMember


class Associations(NamedTuple):
    r"""State of an [`feynax.networks.MLSTM`][], one row a head.

    **Fields:**

    - `memory`: $C e^{-m}$; `total`: $n e^{-m}$; `scale`: $m$; `seen`: $h$, all heads.
    """

    memory: Float[Array, "heads size size"]
    total: Float[Array, "heads size"]
    scale: Float[Array, " heads"]
    seen: Float[Array, " hidden"]


@cites("beck2024")
class MLSTM(AbstractMember):
    r"""LSTM with a matrix as memory, each head for itself.

    $$C \leftarrow f C + i\,v k^\top, \quad n \leftarrow f n + i\,k, \quad
      h = o \odot \frac{C q}{\max(|n^\top q|, 1)}, \qquad
      i = e^{\hat\imath}, \quad f = \sigma(\hat f)$$

    All gates, keys, values and queries are of the input alone. $C e^{-m}$ and $n e^{-m}$ are
    stored, $m \leftarrow \max(\log f + m, \hat\imath)$, so that no exponential overflows; $h$ is
    the same. The memory relaxes toward $\frac{i}{1 - f} v k^\top$ by an exact flow over the time
    $-\log f$, which `dt` scales.

    **Fields:**

    - `weight_qkv` (3 hidden, input): queries, keys (divided by the root of a head's size), values.
    - `weight_gates`, `bias_gates` (2 heads): $\hat\imath$ and $\hat f$; `weight_out`, `bias_out`
      (hidden): of $o = \sigma$.

    **Raises:**

    - `ValueError` unless `heads` divides `hidden_size`.

    Source: M. Beck et al., arXiv 2405.04517 (2024), equations (19) to (27) and (15); forget biases
    between 3 and 6: its appendix.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.MLSTM(3, 8, heads=2, key=jax.random.key(0))
    state = cell(cell.initial_state(), jnp.ones(3))
    assert state.memory.shape == (2, 4, 4) and cell.output(state).shape == (8,)
    ```
    """

    weight_qkv: Float[Array, "threehidden input"]
    weight_gates: Float[Array, "twoheads input"]
    bias_gates: Float[Array, " twoheads"]
    weight_out: Float[Array, "hidden input"]
    bias_out: Float[Array, " hidden"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    heads: int = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        heads: int = 1,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw all weights uniformly; forget gates start nearly open."""
        check_sizes(input_size, hidden_size)
        check_count("heads", heads)
        check(hidden_size % heads == 0, "heads", f"divide the {hidden_size} hidden units", heads)
        self.input_size, self.hidden_size, self.heads = input_size, hidden_size, heads
        keys = jax.random.split(key, 3)
        rows = (3 * hidden_size, 2 * heads, hidden_size)
        self.weight_qkv, self.weight_gates, self.weight_out = (
            uniform(k, (count, input_size), input_size, dtype)
            for k, count in zip(keys, rows, strict=True)
        )
        precision = self.weight_qkv.dtype
        forget = jnp.linspace(3.0, 6.0, heads, dtype=precision)
        self.bias_gates = jnp.concatenate([jnp.zeros_like(forget), forget])
        self.bias_out = jnp.zeros(hidden_size, precision)

    def initial_state(self) -> Associations:
        """Return the empty memory."""
        size = self.hidden_size // self.heads
        return Associations(
            self.zeros(self.heads, size, size),
            self.zeros(self.heads, size),
            self.zeros(self.heads),
            self.zeros(self.hidden_size),
        )

    def drive(self, x: Float[Array, " input"]) -> PyTree[Float[Array, "..."]]:
        """Return queries, keys and values (3, heads, size), gates (2, heads), and $o$."""
        qkv = (x @ self.weight_qkv.T).reshape(3, self.heads, -1)
        gates = (x @ self.weight_gates.T + self.bias_gates).reshape(2, -1)
        return qkv, gates, jax.nn.sigmoid(x @ self.weight_out.T + self.bias_out)

    def step(
        self,
        ready: PyTree,
        state: Associations,
        drive: PyTree,
        dt: Float[Array, ""] | None = None,
    ) -> Associations:
        """Take one step from what `prepare` and `drive` gave."""
        (q, k, v), gates, shown = drive
        k = k / math.sqrt(k.shape[-1])
        keep, take = _logarithms(gates, dt)
        scale = jnp.maximum(keep + state.scale, take)
        f, i = jnp.exp(keep + state.scale - scale), jnp.exp(take - scale)
        memory = f[:, None, None] * state.memory + (i[:, None] * v)[:, :, None] * k[:, None, :]
        total = f[:, None] * state.total + i[:, None] * k
        weight = jnp.maximum(jnp.abs(jnp.sum(total * q, -1)), jnp.exp(-scale))
        found = jnp.einsum("hij,hj->hi", memory, q) / weight[:, None]
        return Associations(memory, total, scale, shown * found.reshape(-1))

    def output(self, state: PyTree) -> Float[Array, " hidden"]:
        """Return $h$."""
        return state.seen

    def equation(self) -> CellEquation:
        """Return the relaxation of which the memory is the exact flow."""
        return CellEquation(
            name="mLSTM",
            ode="C' = T(x) ((i/(1-f)) v k^T - C), n' likewise with k; h = o Cq / max(|n q|, 1)",
            state="R^(d x d) x R^d: (C, n) of each head",
            field="linear diagonal",
            structure="fast weights",
            integrator="exact flow over the time -log f, then an output map",
            step=SigmoidStep(),
            step_from="input",
            stages=2,
            lags=1,
            derivative_order=1,
            coefficients="dynamical",
            linear=True,
            note="linear in (C, n); steps here are taken one by one, for the running maximum m",
            odernn=embed(self),
        )


def _logarithms(gates: Array, dt: Array | None) -> tuple[Array, Array]:
    """Logarithms of what stays and of what is taken, over one sample or `dt` of them."""
    take, forget = gates
    time = SigmoidStep().time(-forget)
    if dt is None:
        return -time, take
    return -dt * time, take + jnp.log(jnp.expm1(-dt * time) / jnp.expm1(-time))
