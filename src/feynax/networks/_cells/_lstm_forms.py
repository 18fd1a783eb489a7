"""The other ODERNNs of an LSTM: with fewer stages, without its memory, and without moving gates."""

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from ..._checks import check_choice
from .._odernn._activation import Blockwise, identity
from .._odernn._odernn import ODERNN
from .._odernn._stage import Moment, Stage
from ._embed import Readout, embed
from ._embed_gated import candidate, lstm_gates
from ._lstm import LSTM

Form = Literal["stages", "minimal", "output", "constant"]


def lstm_odernn(cell: LSTM, form: Form = "stages") -> ODERNN:
    r"""Return an ODERNN that computes the same map as an LSTM.

    | form | state | n | t | coefficients |
    |---|---|---|---|---|
    | "stages" | (c, h) | 2 | 1 | dynamical: gates; 2L stages in L layers |
    | "minimal" | (c, h) | 1 | 1 | dynamical: gates; 2L - 1 stages in L layers |
    | "output" | h | 2 | 2 | dynamical; the input is $(x_l, x_{l-1})$ |
    | "constant" | (c, h) | 4 | 1 | constant: $ab = ((a + b)^2 - (a - b)^2)/4$ |

    The form "output" finds the memory as $c_{l-1} = \mathrm{artanh}(h_{l-1}/o_{l-1})$, which loses
    digits where $|h/o|$ comes near 1.

    **Arguments:**

    - `cell`: the LSTM.
    - `form`: which of them.

    Source: n-t-ODERNN document, Claim 1, corrected: gamma_3 = 0, kappa_3 = D[o], and U_c in W_2;
    the document's "2-L" and "L-2" are none of these. Tested by `test_lstm_forms`.

    ```python
    import jax, feynax as fx
    cell = fx.networks.LSTM(2, 3, key=jax.random.key(0))
    net = fx.networks.lstm_odernn(cell, "constant")
    assert len(net.stages) == 4 and net.coefficients == "constant"
    ```
    """
    check_choice("form", form, ("stages", "minimal", "output", "constant"))
    if form == "stages":
        net = embed(cell)
        assert net is not None
        return net
    return {"minimal": _minimal, "output": _output, "constant": _constant}[form](cell)


class Memory(eqx.Module):
    r"""$K_1 = D[f] c + D[i] \tanh(\cdot)$."""

    cell: LSTM

    def __call__(self, moment: Moment) -> Stage:
        """Return the only stage of the minimal form."""
        i, f, _, _ = lstm_gates(self.cell, moment)
        U, V, b = candidate(self.cell)
        n, eye = len(U), jnp.eye(len(U), dtype=U.dtype)
        none = jnp.zeros_like(U)
        return Stage(
            W=jnp.block([[eye, none], [none, U]]),
            V=jnp.concatenate([jnp.zeros_like(V), V]),
            b=jnp.concatenate([jnp.zeros_like(b), b]),
            kappa=jnp.concatenate([jnp.diag(f), jnp.diag(i)], axis=1),
            sigma=Blockwise((identity, jnp.tanh), (n, n)),
        )


class Both(eqx.Module):
    r"""$(K_1, D[o] \tanh K_1)$."""

    cell: LSTM

    def __call__(self, moment: Moment) -> Stage:
        """Return the output stage of the minimal form."""
        o = lstm_gates(self.cell, moment)[3]
        eye = jnp.eye(len(o), dtype=o.dtype)
        return Stage(
            alpha={1: jnp.concatenate([eye, eye])},
            kappa=jnp.concatenate([jnp.ones_like(o), o]),
            sigma=Blockwise((identity, jnp.tanh), (len(o), len(o))),
        )


def _minimal(cell: LSTM) -> ODERNN:
    n = cell.hidden_size
    return ODERNN.from_stages(
        (Memory(cell),),
        Both(cell),
        input_size=cell.input_size,
        state_size=2 * n,
        stage_size=n,
        readout=Readout(cell),
        dtype=cell.weight_hh.dtype,
    )


class Recovered(eqx.Module):
    """One of three stages that see h alone: the old memory, the new one, and what is seen of it."""

    cell: LSTM
    number: int = eqx.field(static=True)

    def __call__(self, moment: Moment) -> Stage:
        """Return the stage."""
        x, before = jnp.split(moment.x, 2)
        i, f, g, o = self._gates(moment.history[0], x)
        if self.number == 1:
            old = self._gates(moment.history[1], before)[3]
            return Stage(W=1 / old, sigma=jnp.arctanh)
        if self.number == 2:
            return Stage(b=g, gamma=f, kappa=i, sigma=jnp.tanh)
        return Stage(alpha={2: 1.0}, kappa=o, sigma=jnp.tanh)

    def _gates(self, h: Array, x: Array) -> tuple[Array, Array, Array, Array]:
        i, f, g, o = jnp.split(self.cell.drive(x) + self.cell.weight_hh @ h, 4)
        return jax.nn.sigmoid(i), jax.nn.sigmoid(f), g, jax.nn.sigmoid(o)


def _output(cell: LSTM) -> ODERNN:
    return ODERNN.from_stages(
        (Recovered(cell, 1), Recovered(cell, 2)),
        Recovered(cell, 3),
        input_size=2 * cell.input_size,
        state_size=cell.hidden_size,
        lags=2,
        dtype=cell.weight_hh.dtype,
    )


def _constant(cell: LSTM) -> ODERNN:
    """Four stages: gates; squares that give the memory; memory; squares that give the output."""
    n, dtype = cell.hidden_size, cell.weight_hh.dtype
    rows = lambda entries: jnp.kron(jnp.array(entries, dtype), jnp.eye(n, dtype=dtype))
    gates = Stage(
        W=jnp.block([[jnp.zeros((4 * n, n), dtype), cell.weight_hh], [rows([[1, 0]])]]),
        V=jnp.pad(cell.weight_ih, ((0, n), (0, 0))),
        b=jnp.pad(cell.bias_ih + cell.bias_hh, (0, n)),
        sigma=Blockwise(
            (jax.nn.sigmoid, jnp.tanh, jax.nn.sigmoid, identity), (2 * n, n, n, n)
        ),
    )  # fmt: skip
    # (i, f, g, o, c) to the squares of f + c, f - c, i + g, i - g, and o
    pairs = [[0, 1, 0, 0, 1], [0, 1, 0, 0, -1], [1, 0, 1, 0, 0], [1, 0, -1, 0, 0], [0, 0, 0, 1, 0]]
    squares = Stage(
        alpha={1: rows(pairs)}, sigma=Blockwise((jnp.square, identity), (4 * n, n))
    )  # fmt: skip
    sums = [[0.25, -0.25, 0.25, -0.25, 0]] * 2 + [[0, 0, 0, 0, 1]]
    memory = Stage(
        alpha={2: rows(sums)}, sigma=Blockwise((identity, jnp.tanh, identity), (n, n, n))
    )  # fmt: skip
    shown = Stage(
        alpha={3: rows([[1, 0, 0], [0, 1, 1], [0, -1, 1]])},
        sigma=Blockwise((identity, jnp.square), (n, 2 * n)),
    )
    return ODERNN.from_stages(
        (gates, squares, memory, shown),
        Stage(alpha={4: rows([[1, 0, 0], [0, 0.25, -0.25]])}),
        input_size=cell.input_size,
        state_size=2 * n,
        stage_size=(5 * n, 5 * n, 3 * n, 3 * n),
        readout=Readout(cell),
        dtype=dtype,
    )
