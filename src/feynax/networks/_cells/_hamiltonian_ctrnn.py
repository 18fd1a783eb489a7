"""Continuous-time networks of ReLUs that are Hamiltonian while all units are on."""

import dataclasses
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check, check_positive
from ..._citation import cites
from ._cell import AbstractCell
from ._ctrnn import CTRNN, Method
from ._equation import CellEquation


@cites("kohli2020")
class HamiltonianCTRNN(AbstractCell):
    r"""Continuous-time network of ReLUs that is Hamiltonian while all units are on.

    $$\tau_i y_i' = -y_i + \sum_j w_{ij}\,\mathrm{relu}(y_j + \theta_j) + I_i + (Vx)_i, \qquad
      w = 1 + \mathrm{diag}(\tau) J Q$$

    Its field is then $JQy + b$, which keeps the brackets $J$ and the energy
    $y^T Q y/2 + \dots$ whatever the free numbers are: no training step leaves the set of such
    networks. $J = [[0, 1], [-1, 0]]$ in blocks: the first half of the units are coordinates, the
    second half their momenta. With `levels` the form $Q = LL^T + \epsilon$ is positive, so that
    every mode oscillates and its quantum system has levels; else it is any symmetric one.

    [`feynax.quantize`][] reads it from its free numbers in double precision, so that the condition
    holds to rounding for networks trained in single precision too.

    **Fields:**

    - `factor` (hidden, hidden): $L$, or any matrix of which $Q$ is the symmetric part.
    - `base`: the rest, a [`feynax.networks.CTRNN`][] that lacks its weights and gains.
    - `levels`, `least`: whether the form is positive, and $\epsilon$.

    Source of the condition: P. Kohli and A. Haslam (2020), (12)-(13), for two units.

    ```python
    import jax, feynax as fx
    cell = fx.networks.HamiltonianCTRNN(3, 4, key=jax.random.key(0))
    assert fx.quantize(cell).signs.tolist() == [1, 1]
    ```
    """

    factor: Float[Array, "hidden hidden"]
    base: CTRNN
    levels: bool = eqx.field(static=True)
    least: float = eqx.field(static=True)
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        levels: bool = True,
        least: float = 1e-2,
        method: Method = "rk4",
        step_size: float = 0.5,
        learn_initial: bool = False,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        r"""Draw the factor normally with deviation $1/\sqrt{\text{hidden}}$, the rest as CTRNN."""
        even = hidden_size % 2 == 0
        check(even, "hidden_size", "be even: coordinates and momenta", hidden_size)
        check_positive("least", least)
        base = CTRNN(
            input_size,
            hidden_size,
            activation="relu",
            method=method,
            step_size=step_size,
            learn_initial=learn_initial,
            dtype=dtype,
            key=key,
        )
        self.factor = base.strengths
        self.base = _replaced(base, None, None)
        self.levels, self.least = bool(levels), float(least)
        self.input_size, self.hidden_size = input_size, hidden_size

    @property
    def form(self) -> Float[Array, "hidden hidden"]:
        r"""The symmetric $Q$."""
        f = self.factor
        if self.levels:
            return f @ f.T + self.least * jnp.eye(self.hidden_size, dtype=f.dtype)
        return (f + f.T) / 2

    @property
    def weights(self) -> Float[Array, "hidden hidden"]:
        r"""Weights $1 + \mathrm{diag}(\tau) J Q$, to the row's unit from the column's."""
        top, bottom = jnp.split(self.form, 2)
        turned = jnp.concatenate([bottom, -top])
        identity = jnp.eye(self.hidden_size, dtype=turned.dtype)
        return identity + jnp.exp(self.base.log_tau)[:, None] * turned

    @property
    def poisson(self) -> Float[np.ndarray, "hidden hidden"]:
        """The matrix of brackets, coordinates before momenta."""
        return np.kron([[0.0, 1.0], [-1.0, 0.0]], np.eye(self.hidden_size // 2))

    def plain(self) -> CTRNN:
        """Return the same network as an ordinary one, which further training would change."""
        return _replaced(self.base, self.weights, jnp.ones_like(self.base.bias))

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain values."""
        names = ("input_size", "hidden_size", "levels", "least")
        plain = {name: getattr(self, name) for name in names}
        return plain | {n: getattr(self.base, n) for n in ("method", "step_size", "learn_initial")}

    def initial_state(self) -> Float[Array, " hidden"]:
        """Return the first state, which gradients reach where it is to be learned."""
        return self.base.initial_state()

    def prepare(self) -> tuple[Float[Array, "hidden hidden"], Float[Array, " hidden"]]:
        r"""Return the weights, and the rates $1/\tau$."""
        return self.weights, jnp.exp(-self.base.log_tau)

    def drive(self, x: Float[Array, " input"]) -> PyTree:
        """Return the input's current."""
        return self.base.drive(x)

    def step(
        self,
        ready: PyTree,
        state: Float[Array, " hidden"],
        drive: PyTree,
        dt: Float[Array, ""] | None = None,
    ) -> Float[Array, " hidden"]:
        """Take one step from what `prepare` and `drive` gave."""
        return self._shell.step(ready, state, drive, dt)

    def output(self, state: Float[Array, " hidden"]) -> Float[Array, " hidden"]:
        """Return the rates."""
        return self._shell.output(state)

    def equation(self) -> CellEquation:
        """Return the equation with its integrator."""
        return dataclasses.replace(
            self.plain().equation(),
            name="HamiltonianCTRNN",
            structure="Hamiltonian where all units are on",
        )

    @property
    def _shell(self) -> CTRNN:
        return _replaced(self.base, None, jnp.ones_like(self.base.bias))


def _replaced(base: CTRNN, weights: Array | None, gain: Array | None) -> CTRNN:
    """Fill in, or take out, weights and gains; a gain of ReLUs is one with the weights."""
    return eqx.tree_at(
        lambda c: (c.strengths, c.gain), base, (weights, gain), is_leaf=lambda x: x is None
    )
