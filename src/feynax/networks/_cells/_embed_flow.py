"""Cells that integrate between samples as ODERNNs: every evaluation of a network is stages."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from .._odernn._activation import Blockwise, identity
from .._odernn._odernn import ODERNN
from .._odernn._stage import Moment, Stage
from .._runge_kutta import METHODS
from ._embed import Readout, rule
from ._neural_cde import NeuralCDE
from ._odegru import ODEGRU


def _rows(method: str, substeps: int) -> list[dict[int, float]]:
    """Return what each evaluation, and last the result, takes of the slopes before it."""
    tableau, rows = METHODS[method], []
    matrix, weights = tableau.matrix.tolist(), tableau.weights.tolist()
    done: dict[int, float] = {}
    for _ in range(substeps):
        first = len(rows) + 1
        for row in matrix:
            own = {first + j: a / substeps for j, a in enumerate(row) if a}
            rows.append({**done, **own})
        done.update({first + j: b / substeps for j, b in enumerate(weights) if b})
    return [*rows, done]


class Jump(eqx.Module):
    """The GRU step of an ODE-RNN, from where the flow has led."""

    cell: ODEGRU
    row: tuple[tuple[int, float], ...] = eqx.field(static=True)

    def __call__(self, moment: Moment) -> Stage:
        """Return the stage; the flow's result is a sum of stages, so the old value is one too."""
        cell, jump, n = self.cell, self.cell.jump, self.cell.hidden_size
        slopes = [a * (cell.outward @ moment.stages[k - 1]) for k, a in self.row]
        drift = sum(a for _, a in self.row) * cell.outward_bias
        y = sum(slopes, moment.history[0] + drift)
        r, z, _ = jnp.split(jump.drive(moment.x), 3)
        U_r, U_z, U = jnp.split(jump.weight_hh, 3)
        c_r, c_z, c = jnp.split(jump.bias_hh, 3)
        r, z = jax.nn.sigmoid(r + U_r @ y + c_r), jax.nn.sigmoid(z + U_z @ y + c_z)
        V, b = jnp.split(jump.weight_ih, 3)[2], jnp.split(jump.bias_ih, 3)[2] + r * c
        W = jnp.concatenate([r[:, None] * U, jnp.eye(n, dtype=y.dtype)])
        return Stage(
            W=W,
            V=jnp.concatenate([V, jnp.zeros_like(V)]),
            b=jnp.concatenate([b, jnp.zeros_like(b)]) + W @ drift,
            alpha={k: a * (W @ cell.outward) for k, a in self.row},
            kappa=jnp.concatenate([jnp.diag(1 - z), jnp.diag(z)], axis=1),
            sigma=Blockwise((jnp.tanh, identity), (n, n)),
        )


@rule.register
def _(cell: ODEGRU) -> ODERNN | None:
    """Of a fixed method; an adaptive one has no fixed number of stages."""
    if cell.tolerance is not None:
        return None
    *rows, last = _rows(cell.method, cell.substeps)
    through, drift = cell.inward @ cell.outward, cell.inward @ cell.outward_bias
    stages = [
        Stage(
            W=cell.inward,
            b=cell.inward_bias + sum(row.values()) * drift,
            alpha={k: a * through for k, a in row.items()},
            sigma=jnp.tanh,
        )
        for row in rows
    ]
    n = len(stages) + 1
    return ODERNN.from_stages(
        [*stages, Jump(cell, tuple(last.items()))],
        Stage(alpha={n: 1.0}),
        input_size=cell.input_size,
        state_size=cell.hidden_size,
        stage_size=[cell.width] * (n - 1) + [cell.hidden_size],
        readout=Readout(cell),
        dtype=cell.inward.dtype,
    )


class Response(eqx.Module):
    """A slope of a neural CDE: the field's outer layer, times the increment of the path."""

    cell: NeuralCDE
    number: int = eqx.field(static=True)

    def __call__(self, moment: Moment) -> Stage:
        """Return the stage that reads the inner layer."""
        cell = self.cell
        last = moment.history[0][cell.hidden_size : cell.hidden_size + cell.input_size]
        control = jnp.concatenate([jnp.ones_like(last[:1]), moment.x - last])
        eye = jnp.eye(cell.hidden_size, dtype=control.dtype)
        alpha = {self.number - 1: cell.outward}
        kappa = jnp.kron(eye, control[None])
        return Stage(b=cell.outward_bias, alpha=alpha, kappa=kappa, sigma=jnp.tanh)


class Arrival(eqx.Module):
    """The response after the sample, or its start at the first one; and the sample itself."""

    cell: NeuralCDE
    row: tuple[tuple[int, float], ...] = eqx.field(static=True)

    def __call__(self, moment: Moment) -> Stage:
        """Return the output stage."""
        cell, state = self.cell, moment.history[0]
        n, m, total = cell.hidden_size, cell.input_size, state.size
        begun = (state[-1] > 0).astype(state.dtype)
        rest = jnp.zeros(m + 1, state.dtype)
        return Stage(
            V=jnp.concatenate([(1 - begun) * cell.weight_ih, jnp.eye(m + 1, m, dtype=state.dtype)]),
            b=jnp.concatenate([(1 - begun) * cell.bias, rest.at[-1].set(1)]),
            gamma=jnp.concatenate([jnp.full(n, begun), rest]),
            alpha={k: begun * a * jnp.eye(total, n, dtype=state.dtype) for k, a in self.row},
        )


@rule.register
def _(cell: NeuralCDE) -> ODERNN:
    """Two stages for each evaluation of the field: its two layers."""
    *rows, last = _rows(cell.method, 1)
    stages: list = []
    pad = ((0, 0), (0, cell.input_size + 1))
    for q, row in enumerate(rows):
        alpha: dict[int, Array] = {2 * k: a * cell.inward for k, a in row.items()}
        W = jnp.pad(cell.inward, pad)
        stages.append(Stage(W=W, b=cell.inward_bias, alpha=alpha, sigma=jax.nn.relu))
        stages.append(Response(cell, 2 * q + 2))
    return ODERNN.from_stages(
        stages,
        Arrival(cell, tuple((2 * k, a) for k, a in last.items())),
        input_size=cell.input_size,
        state_size=cell.hidden_size + cell.input_size + 1,
        stage_size=[cell.width, cell.hidden_size] * len(rows),
        readout=Readout(cell),
        dtype=cell.inward.dtype,
    )
