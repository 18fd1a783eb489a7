"""A recurrent cell of your own: a low-rank network, with its equation and its certificate.

Run it with `python examples/own_cell.py`.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

import feynax as fx


class LowRankRNN(fx.networks.AbstractCell):
    r"""$h' = -h + U \tanh(V h + W x)$, one Euler step a sample."""

    U: Float[Array, "hidden rank"]
    V: Float[Array, "rank hidden"]
    W: Float[Array, "rank input"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    rank: int = eqx.field(static=True)
    step_size: float = eqx.field(static=True)

    def __init__(self, input_size, hidden_size, *, rank=2, step_size=0.5, key):
        u, v, w = jax.random.split(key, 3)
        self.U = jax.random.normal(u, (hidden_size, rank)) / hidden_size
        self.V = jax.random.normal(v, (rank, hidden_size))
        self.W = jax.random.normal(w, (rank, input_size))
        self.input_size, self.hidden_size = input_size, hidden_size
        self.rank, self.step_size = rank, step_size

    def initial_state(self):
        return jnp.zeros(self.hidden_size, self.U.dtype)

    def drive(self, x):
        return self.W @ x

    def step(self, ready, state, drive, dt=None):
        change = self.step_size * self.rate(state, drive)
        return state + (change if dt is None else dt * change)

    def output(self, state):
        return state

    def rate(self, state, drive):
        return self.U @ jnp.tanh(self.V @ state + drive) - state

    def config(self):
        names = ("input_size", "hidden_size", "rank", "step_size")
        return {name: getattr(self, name) for name in names}

    def equation(self):
        return fx.networks.CellEquation(
            name="LowRankRNN",
            ode="h' = -h + U tanh(V h + W x)",
            state="R^H",
            field="nonlinear low-rank",
            structure="free",
            integrator="forward Euler",
            step=fx.equations.EulerStep(self.step_size),
            step_from="nothing",
            stages=1,
            lags=1,
            derivative_order=1,
            coefficients="constant",
            vector_field=lambda h, x: self.step_size * self.rate(h, self.drive(x)),
        )


@fx.maps.step_bound.register
def _(cell: LowRankRNN, inputs):
    """The step is a convex combination of the state and a function of slope |U| |V|."""
    U, V = (np.linalg.norm(np.asarray(m, np.float64), 2) for m in (cell.U, cell.V))
    rate = abs(1 - cell.step_size) + cell.step_size * U * V
    because = "tanh is 1-Lipschitz: |1 - h| + h |U| |V|"
    return fx.maps.StepBound(rate, np.eye(cell.hidden_size), because, "every state and input")


if __name__ == "__main__":
    cell = LowRankRNN(3, 8, key=jax.random.key(0))
    fx.testing.check_cell(cell)
    print(fx.as_equation(cell))
    print(fx.certify(cell))
