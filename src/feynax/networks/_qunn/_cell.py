"""QUNN as a cell: its state is the ring of its last inputs, its output a network built of them."""

from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import random
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check, check_count
from .._cells._cell import refuse_dt
from .._cells._draw import check_sizes, uniform
from .._cells._equation import CellEquation
from .._cells._member import AbstractMember
from ._layer import (
    Memory,
    Ring,
    Shares,
    exchange,
    exchange_norm,
    generate,
    generator_norm,
    remembered,
)
from ._options import check_options
from ._rotation import rotation

_ACTIVATIONS = {
    "tanh": (jnp.tanh, 1.0),
    "sigmoid": (jax.nn.sigmoid, 0.25),
    "relu": (jax.nn.relu, 1.0),
    "identity": (lambda v: v, 1.0),
}


class QUNNState(NamedTuple):
    """What QUNN keeps between samples.

    **Fields:**

    - `ring`: the last inputs, newest first; zeros before the first.
    - `clock`: $l - 1$, in 0, ..., N - 1.
    - `memory`: $W^0$ of the sample as the antisymmetric $w$, where it is carried; else `None`.
    """

    ring: Float[Array, "block hidden"]
    clock: Float[Array, ""]
    memory: Float[Array, "*layers block block"] | None


class QUNN(AbstractMember):
    r"""Quantum-inspired universal network: layers whose weights are made of the last inputs.

    With $u_m = Y_m \otimes c_m$, the input at clock position $m$ of a ring of $N$:

    $$K^0 = \sigma(u_l), \qquad K^k = S_k K^{k-1} + \sigma(D^k W^k K^{k-1}), \quad k = 1 \dots L$$

    $$W^k = (1 - p_2) W^{k-1} + p_2 (u_{l-k} u_l^T - u_l u_{l-k}^T), \quad
      D^k = (1 - p_1) + p_1 (c_{l-k} c_l^T - c_l c_{l-k}^T), \quad Y_{l+1} = \sigma(K^L r)$$

    No matrix is formed: $W^k$ has rank two, and a layer costs O(d N). The weights of layers come
    from data alone, so with given inputs all samples are independent (`teacher_forced`).

    $D W$ is **not** antisymmetric, so its eigenvalues are not imaginary and nothing is stable by
    construction; `layer_bounds` gives what holds. With `flow="exponential"` or "cayley" a layer is
    the flow of $W$ itself, $K^k = e^{W^k} K^{k-1}$ in closed form: then $|K|$ is kept exactly. It
    has neither $D$ nor $S_k$.

    **Arguments:**

    - `input_size`, `hidden_size`: of $x$, and $d$ of $Y$. Between them stands a linear encoder;
      `encoder=False` feeds $x$ itself, and needs equal sizes.
    - `block`: $N$ ([`feynax.networks.block_length`][] estimates it). `layers`: $L$, $N$ by default.
    - `clock`: where $l - k < 1$, "cyclic" reads the ring on, and "skip" drops the term.
    - `readout`: "learned", $r$ over lags, so that one serves every $l$; or "printed", the column
      $l + 1$, lag $N - 1$.
    - `carry`: $W^0$ is $W^L$ of the last sample of the same block, instead of 0.
    - `mixing`: $S_k$ as "scalar" or as "dense" matrix $(dN)^2$ on clock columns.
    - `variant`: "later", or the "earlier" document's, which as printed needs the next input: here
      shifted by one, $l \to l - 1$. Its pairs stand the other way round, and each layer carries a
      $W$ of its own through the block.
    - `activation`: of all layers: "tanh", "sigmoid", "relu" or "identity".
    - `p1`, `p2`: start of the shares, inside (0, 1); each is trained as N logits, one for each $l$.

    **Raises:**

    - `ValueError` for the printed read-out where nothing ever reaches its column: "skip", or
      "cyclic" with $L < N - 1$, unless $S_k$ is dense; for a memory carried on the cyclic clock,
      where the inputs it was built of are overwritten; and for the flows with a carried memory
      (its rank is not two) or dense mixing (they have none).

    Source: n-t-ODERNN document, (32)-(36); earlier document, (15)-(22); both corrected
    (`test_the_printed_readout_is_dead`, `test_dw_is_not_antisymmetric`).

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.QUNN(3, 4, block=5, key=jax.random.key(0))
    xs = jnp.sin(jnp.arange(24.0)).reshape(8, 3)
    outputs, last = fx.networks.run(cell, xs)
    assert outputs.shape == (8, 4) and last.ring.shape == (5, 4)
    ```
    """

    weight_ih: Float[Array, "hidden input"] | None
    bias: Float[Array, " hidden"] | None
    exchange_logits: Float[Array, " block"] | None
    memory_logits: Float[Array, " block"]
    scale: Float[Array, "layers *dense"] | None
    clock_readout: Float[Array, " block"] | None
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    block: int = eqx.field(static=True)
    layers: int = eqx.field(static=True)
    clock: Literal["cyclic", "skip"] = eqx.field(static=True)
    readout: Literal["learned", "printed"] = eqx.field(static=True)
    flow: Literal["printed", "exponential", "cayley"] = eqx.field(static=True)
    mixing: Literal["scalar", "dense"] = eqx.field(static=True)
    variant: Literal["later", "earlier"] = eqx.field(static=True)
    activation: Literal["tanh", "sigmoid", "relu", "identity"] = eqx.field(static=True)
    carry: bool = eqx.field(static=True)
    encoder: bool = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        block: int = 8,
        layers: int | None = None,
        clock: Literal["cyclic", "skip"] = "cyclic",
        readout: Literal["learned", "printed"] = "learned",
        flow: Literal["printed", "exponential", "cayley"] = "printed",
        mixing: Literal["scalar", "dense"] = "scalar",
        variant: Literal["later", "earlier"] = "later",
        activation: Literal["tanh", "sigmoid", "relu", "identity"] = "tanh",
        carry: bool = False,
        encoder: bool = True,
        p1: float = 0.5,
        p2: float = 0.5,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        r"""Draw encoder and read-out within $1/\sqrt{\mathrm{fan}}$; $S_k$ starts at 1."""
        check_sizes(input_size, hidden_size)
        check_count("block", block)
        self.input_size, self.hidden_size, self.block = input_size, hidden_size, block
        self.layers = block if layers is None else layers
        self.clock, self.readout, self.flow, self.mixing = clock, readout, flow, mixing
        self.variant, self.activation, self.carry, self.encoder = (
            variant,
            activation,
            carry,
            encoder,
        )
        check_options(self)
        kv, kr, ks = random.split(key, 3)
        self.weight_ih = uniform(kv, (hidden_size, input_size), input_size, dtype)
        dtype = self.weight_ih.dtype
        self.bias = jnp.zeros(hidden_size, dtype)
        if not encoder:
            self.weight_ih = self.bias = None
        plain = flow == "printed"
        self.exchange_logits = _logits("p1", p1, block, dtype) if plain else None
        self.memory_logits = _logits("p2", p2, block, dtype)
        self.scale = self._start_scale(ks, dtype) if plain else None
        self.clock_readout = uniform(kr, (block,), block, dtype) if readout == "learned" else None

    def initial_state(self) -> QUNNState:
        """Return an empty ring, before the first position of the clock."""
        n = self.block
        ring, clock = self.zeros(n, self.hidden_size), self.zeros() + (n - 1)
        if self.variant == "earlier":
            return QUNNState(ring, clock, self.zeros(self.layers, n, n))
        return QUNNState(ring, clock, self.zeros(n, n) if self.carry else None)

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " hidden"]:
        """Return $Y$: the encoded input."""
        if self.weight_ih is None or self.bias is None:
            return x
        return x @ self.weight_ih.T + self.bias

    def step(
        self,
        ready: PyTree,
        state: QUNNState,
        drive: Float[Array, " hidden"],
        dt: Float[Array, ""] | None = None,
    ) -> QUNNState:
        """Put the input into the ring and the clock forward."""
        refuse_dt(self, dt)
        ring = jnp.concatenate([drive[None], state.ring[:-1]])
        clock = (state.clock + 1) % self.block
        return QUNNState(ring, clock, self._carried(state, clock))

    def output(self, state: QUNNState) -> Float[Array, " hidden"]:
        r"""Return $Y_{l+1} = \sigma(K^L r)$."""
        k = self.columns(state)
        seen = k[-1] if self.clock_readout is None else self.clock_readout @ k
        return _ACTIVATIONS[self.activation][0](seen)

    def columns(self, state: QUNNState) -> Float[Array, "block hidden"]:
        """Return $K^L$ with the clock's columns as rows, that of the newest input first."""
        act = _ACTIVATIONS[self.activation][0]
        lags, shares, memories = self._layers(state)

        def layer(k: Ring, given: Any) -> tuple[Ring, None]:
            lag, shares, memory, scale = given
            push = generate(memory, state.ring, k)
            if self.flow != "printed":
                return self._turned(k, push, memory, state.ring), None
            return self._mixed(scale, k, state.clock) + act(exchange(push, lag, shares)), None

        start = act(jnp.zeros_like(state.ring).at[0].set(state.ring[0]))
        return jax.lax.scan(layer, start, (lags, shares, memories, self.scale))[0]

    def layer_bounds(self, state: QUNNState) -> Float[Array, " layers"]:
        r"""Return how far each layer may part two $K$ at most, at the inputs that `state` holds.

        $|S_k| + \mathrm{Lip}(\sigma)\,\|D^k\|\,\|W^k\|$, with $\|D\| = \sqrt{(1-p_1)^2 + p_1^2}$
        and $\|W\| = |Y_l||v_k|$. It is quadratic in the data, so keep $|Y|$ near 1. The flows are
        rotations: 1.
        """
        if self.scale is None:
            return jnp.ones(self.layers, state.ring.dtype)
        _, shares, memories = self._layers(state)
        norms = jax.vmap(generator_norm, (0, None))(memories, state.ring)
        flat = self.scale.reshape(self.layers, round(self.scale[0].size ** 0.5), -1)
        sizes = jnp.linalg.norm(flat, 2, (1, 2))
        return sizes + _ACTIVATIONS[self.activation][1] * exchange_norm(shares) * norms

    def teacher_forced(self, xs: Float[Array, "time input"]) -> Float[Array, "time hidden"]:
        """Return the outputs of all steps, all at once: no output reads another one.

        It equals [`feynax.networks.run`][] and holds `layers` times as many rings as steps.

        ```python
        import jax, jax.numpy as jnp, feynax as fx
        cell = fx.networks.QUNN(1, 2, block=3, key=jax.random.key(0))
        xs = jnp.sin(jnp.arange(7.0))[:, None]
        assert jnp.allclose(cell.teacher_forced(xs), fx.networks.run(cell, xs).outputs, atol=1e-6)
        ```
        """

        def body(state: QUNNState, drive: Array) -> tuple[QUNNState, QUNNState]:
            new = self.step(None, state, drive)
            return new, new

        states = jax.lax.scan(body, self.initial_state(), jax.vmap(self.drive)(xs))[1]
        return jax.vmap(self.output)(states)

    def equation(self) -> CellEquation:
        """Return what the cell integrates: a fast weight, and a field made of it."""
        plain = self.flow == "printed"
        return CellEquation(
            name="QUNN",
            ode="W' = -W + U, K' = "
            + ("K (S - 1) + s(D W K)" if plain else "W K")
            + ", U = u_(l-k) u_l^T - u_l u_(l-k)^T",
            state=f"R^({self.block} x {self.hidden_size}): the last inputs",
            field="data-made weights of rank two",
            structure="antisymmetric fast weight"
            if not plain
            else "free: D W is not antisymmetric",
            integrator={"printed": "forward Euler", "exponential": "exact flow"}.get(
                self.flow, "implicit midpoint"
            ),
            step=None,
            step_from="clock",
            stages=self.layers,
            lags=self.block,
            derivative_order=1,
            coefficients="dynamical",
            note="the layers run in depth at every sample anew; through time only the ring is kept",
        )

    def _layers(self, state: QUNNState) -> tuple[Array, Shares, Memory]:
        """Return the one-hot lags, the shares and the generators of all layers."""
        k = jnp.arange(1, self.layers + 1)
        lags = jax.nn.one_hot(k % self.block, self.block, dtype=state.ring.dtype)
        live = k % self.block != 0  # a pair of the newest input with itself cancels
        if self.clock == "skip":
            live = live & (k <= state.clock.astype(k.dtype))
        sign = -1.0 if self.variant == "earlier" else 1.0
        live = jnp.where(live, sign, 0.0).astype(state.ring.dtype)
        p1, p2 = self._share(self.exchange_logits, state), self._share(self.memory_logits, state)
        shares = Shares(jnp.full_like(live, p1), jnp.full_like(live, p2), live)
        return lags, shares, self._memories(state, lags, shares)

    def _share(self, logits: Array | None, state: QUNNState) -> Array:
        place = state.clock.astype(jnp.int32)
        return jnp.zeros((), state.ring.dtype) if logits is None else jax.nn.sigmoid(logits[place])

    def _memories(self, state: QUNNState, lags: Array, shares: Shares) -> Memory:
        start = jnp.zeros(self.block, lags.dtype) if state.memory is None else state.memory
        if self.variant == "earlier":
            return jax.vmap(remembered)(start, lags, shares)

        def grow(memory: Memory, given: Any) -> tuple[Memory, Memory]:
            memory = remembered(memory, *given)
            return memory, memory

        return jax.lax.scan(grow, start, (lags, shares))[1]

    def _carried(self, state: QUNNState, clock: Array) -> Array | None:
        """Return the memory for the next sample: one lag further back, empty in a new block."""
        if state.memory is None:
            return None
        memories = self._layers(state)[2]
        last = memories if self.variant == "earlier" else memories[-1]
        older = jnp.zeros_like(last).at[..., 1:, 1:].set(last[..., :-1, :-1])
        return jnp.where(clock == 0, jnp.zeros_like(older), older)

    def _turned(self, k: Ring, push: Ring, memory: Memory, ring: Ring) -> Ring:
        p, q = rotation(self.flow, jnp.sum(ring[0] ** 2) * jnp.sum((memory[:, None] * ring) ** 2))
        return k + p * push + q * generate(memory, ring, push)

    def _mixed(self, scale: Array, k: Ring, clock: Array) -> Ring:
        if self.mixing == "scalar":
            return scale * k
        # Dense mixing acts on positions of the clock; the same index goes there and back.
        lags = jnp.arange(self.block)
        place = (clock.astype(lags.dtype) - lags) % self.block
        return jnp.einsum("mdne,ne->md", scale, k[place])[place]

    def _start_scale(self, key: PRNGKeyArray, dtype: Any) -> Array:
        if self.mixing == "scalar":
            return jnp.ones(self.layers, dtype)
        size = self.block * self.hidden_size
        noise = uniform(key, (self.layers, size, size), size, dtype) / size
        shape = (self.layers, *2 * (self.block, self.hidden_size))
        return (jnp.eye(size, dtype=dtype)[None] + noise).reshape(shape)


def _logits(name: str, share: float, block: int, dtype: Any) -> Float[Array, " block"]:
    check(0 < share < 1, name, "lie inside (0, 1)", share)
    return jnp.full(block, jnp.log(share / (1 - share)), dtype)
