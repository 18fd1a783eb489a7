"""Recurrent networks whose state is a wave function."""

import dataclasses
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float, Inexact, Int, PyTree

from .._checks import check, check_shape
from ..networks import AbstractCell, CellEquation
from ..quantum import AbstractPropagator

_ODE = "i hbar psi' = H psi, psi = P + iC: P' = (Re H C + Im H P) / hbar, C' = (Im H C - Re H P)"


class PropagatorCell(AbstractCell):
    r"""A propagator as a linear recurrent cell: its state is $(P, C)$ and the count of steps.

    For propagators that no member of the family computes: grids, Lanczos vectors, series.

    **Fields:**

    - `propagator`: any of `feynax.quantum`.

    ```python
    import numpy as np, jax.numpy as jnp, feynax as fx
    flip = fx.quantum.Krylov(np.array([[0.0, 1.0], [1.0, 0.0]]), np.pi / 2)
    cell = fx.maps.PropagatorCell(flip)
    state = cell(cell.initial_state(), jnp.zeros(1))
    assert state[1] == 1 and cell.hidden_size == 4
    ```
    """

    propagator: AbstractPropagator
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)

    def __init__(self, propagator: AbstractPropagator):
        self.propagator, self.input_size = propagator, 1
        self.hidden_size = 2 * propagator.shape[0]

    def initial_state(self) -> tuple[Float[Array, " hidden"], Int[Array, ""]]:
        """Return the state of zeros."""
        real = jnp.finfo(self.propagator.dtype).dtype
        return jnp.zeros(self.hidden_size, real), jnp.zeros((), jnp.int32)

    def drive(self, x: Float[Array, " input"]) -> Float[Array, " input"]:
        """Return the input, which a closed system does not listen to."""
        return x

    def step(
        self, ready: PyTree, state: PyTree, drive: PyTree, dt: Float[Array, ""] | None = None
    ) -> PyTree:
        """Take one step of the propagator."""
        check(dt is None, "dt", "be left out: the propagator has a step of its own", "a time")
        (row, count), own = state, self.propagator
        time = own.time_step * count.astype(row.dtype)
        psi = jax.lax.complex(*jnp.split(row, 2))
        psi = own.show(own.advance(own.begin(psi), time))
        return jnp.concatenate([psi.real, psi.imag]), count + 1

    def output(self, state: PyTree) -> Float[Array, " hidden"]:
        """Return (P, C)."""
        return state[0]

    def equation(self) -> CellEquation:
        """Return Schrödinger's equation."""
        return CellEquation(
            name="PropagatorCell",
            ode=_ODE,
            state=f"R^{self.hidden_size}: (P, C)",
            field="linear",
            structure="skew generator",
            integrator=f"{type(self.propagator).__name__}, order {self.propagator.order}",
            step=None,
            step_from="nothing",
            stages=1,
            lags=1,
            derivative_order=1,
            coefficients="constant",
            linear=True,
        )


class WaveNetwork(AbstractCell):
    r"""A recurrent network whose steps are those of a propagator, and whose outputs are waves.

    The state is that of `cell`, a member of the family; the outputs are rows $(P, C)$ of the wave
    function $\psi = P + iC$. It has one input, which nothing listens to: the system is closed.

    **Fields:**

    - `cell`: the network itself.
    - `start`: its state before the first step.
    - `layout`: how a state holds a wave: "row" $(P, C)$; "counted", the same and a count of
      steps; or "pair" $(C, -P)$.

    ```python
    import numpy as np, jax.numpy as jnp, feynax as fx
    step = fx.quantum.Verlet(np.array([[0.0, 1.0], [1.0, 0.0]]), 0.1)
    net = fx.as_network(step, [1.0, 0.0])
    outputs, last = fx.networks.run(net, jnp.zeros((10, 1)))
    assert jnp.allclose(net.wave(outputs[-1]), step.run([1.0, 0.0], 10).last, atol=1e-5)
    ```
    """

    cell: AbstractCell
    start: PyTree
    layout: Literal["row", "counted", "pair"] = eqx.field(static=True)

    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)

    def __init__(
        self, cell: AbstractCell, start: PyTree, layout: Literal["row", "counted", "pair"]
    ):
        self.cell, self.start, self.layout = cell, start, layout
        self.input_size = cell.input_size
        self.hidden_size = sum(part.size for part in self._waves(start))

    @classmethod
    def holding(
        cls,
        cell: AbstractCell,
        layout: Literal["row", "counted", "pair"],
        psi: Inexact[ArrayLike, " d"] | None,
    ) -> "WaveNetwork":
        """Return a network that starts from a wave function, or from zero.

        **Arguments:**

        - `cell`, `layout`: as the fields.
        - `psi`: the wave function, if any.
        """
        net = cls(cell, cell.initial_state(), layout)
        return net if psi is None else cls(cell, net.state(psi), layout)

    def initial_state(self) -> PyTree:
        """Return the state before the first step."""
        return self.start

    def state(self, psi: Inexact[ArrayLike, " d"]) -> PyTree:
        """Return the state that holds a wave function.

        **Arguments:**

        - `psi`: of d components.

        **Raises:**

        - `ValueError` where the shape does not fit.
        """
        check_shape("psi", psi, (self.hidden_size // 2,))
        real = jax.tree.leaves(self.start)[0].dtype
        wave = jnp.asarray(psi)
        P, C = wave.real.astype(real), wave.imag.astype(real)
        if self.layout == "pair":
            return C, -P
        row = jnp.concatenate([P, C])
        return row if self.layout == "row" else (row, jnp.zeros((), jnp.int32))

    def wave(self, outputs: Float[Array, "*many hidden"]) -> Complex[Array, "*many d"]:
        """Return the wave functions of outputs.

        **Arguments:**

        - `outputs`: rows (P, C).
        """
        return jax.lax.complex(*jnp.split(outputs, 2, axis=-1))

    def prepare(self) -> PyTree:
        """Return what all steps of a sequence share."""
        return self.cell.prepare()

    def drive(self, x: Float[Array, " input"]) -> PyTree:
        """Return what the cell makes of its input."""
        return self.cell.drive(x)

    def step(
        self, ready: PyTree, state: PyTree, drive: PyTree, dt: Float[Array, ""] | None = None
    ) -> PyTree:
        """Take one step of the cell."""
        return self.cell.step(ready, state, drive, dt)

    def output(self, state: PyTree) -> Float[Array, " hidden"]:
        """Return (P, C)."""
        return jnp.concatenate(self._waves(state))

    def equation(self) -> CellEquation:
        """Return Schrödinger's equation, and the integrator that the cell is."""
        return dataclasses.replace(
            self.cell.equation(), ode=_ODE, structure="skew generator", linear=True
        )

    def _waves(self, state: PyTree) -> tuple[Any, ...]:
        if self.layout == "pair":
            return -state[1], state[0]
        return (state,) if self.layout == "row" else (state[0],)
