"""ODE-RNN: a learned flow between samples, and a gated jump at each."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..._checks import check_choice, check_count, check_positive
from ..._citation import cites
from .._adaptive import adaptive_solve
from .._runge_kutta import METHODS, increment
from ._draw import check_sizes, uniform
from ._embed import embed
from ._equation import CellEquation
from ._gru import GRU
from ._member import AbstractMember

_MOST_STEPS = 4096


@cites("rubanova2019")
class ODEGRU(AbstractMember):
    r"""ODE-RNN: $h' = f(h)$ since the last sample, then a GRU step at this one.

    $$f(h) = W_2 \tanh(W_1 h + b_1) + b_2$$

    The flow lasts one unit of time a sample, `dt` units where it is given: this cell is made for
    irregular samples. Equal steps of a Runge-Kutta `method` by default; with `tolerance` Diffrax
    chooses them (Tsit5).

    **Fields:**

    - `jump`: the [`feynax.networks.GRU`][] at samples.
    - `inward` (width, hidden), `inward_bias`, `outward` (hidden, width), `outward_bias`: of $f$.

    **Raises:**

    - An error at run time where an adaptive solution does not finish.

    Source: Y. Rubanova, R. T. Q. Chen, D. Duvenaud, arXiv 1907.03907 (2019), Algorithm 1.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.ODEGRU(3, 5, key=jax.random.key(0))
    run = fx.networks.run(cell, jnp.ones((2, 3)), dts=jnp.array([0.3, 1.7]))
    assert run.outputs.shape == (2, 5)
    ```
    """

    jump: GRU
    inward: Float[Array, "width hidden"]
    inward_bias: Float[Array, " width"]
    outward: Float[Array, "hidden width"]
    outward_bias: Float[Array, " hidden"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    width: int = eqx.field(static=True)
    method: str = eqx.field(static=True)
    substeps: int = eqx.field(static=True)
    tolerance: float | None = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        width: int | None = None,
        method: str = "midpoint",
        substeps: int = 1,
        tolerance: float | None = None,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw all weights uniformly; the field is as wide as the state by default."""
        check_sizes(input_size, hidden_size)
        check_choice("method", method, METHODS)
        check_count("substeps", substeps)
        if tolerance is not None:
            check_positive("tolerance", tolerance)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.width = hidden_size if width is None else width
        check_count("width", self.width)
        self.method, self.substeps, self.tolerance = method, substeps, tolerance
        gate, *keys = jax.random.split(key, 5)
        self.jump = GRU(input_size, hidden_size, dtype=dtype, key=gate)
        self.inward = uniform(keys[0], (self.width, hidden_size), hidden_size, dtype)
        self.inward_bias = uniform(keys[1], (self.width,), hidden_size, dtype)
        self.outward = uniform(keys[2], (hidden_size, self.width), self.width, dtype)
        self.outward_bias = uniform(keys[3], (hidden_size,), self.width, dtype)

    def initial_state(self) -> Float[Array, " hidden"]:
        """Return the state of zeros."""
        return self.zeros(self.hidden_size)

    def drive(self, x: Float[Array, " input"]) -> PyTree[Float[Array, "..."]]:
        """Return what the GRU needs of the input."""
        return self.jump.drive(x)

    def step(
        self,
        ready: PyTree,
        state: Float[Array, " hidden"],
        drive: PyTree,
        dt: Float[Array, ""] | None = None,
    ) -> Float[Array, " hidden"]:
        """Flow since the last sample, then jump."""
        time = jnp.ones((), state.dtype) if dt is None else dt
        return self.jump.step(None, self.flow(state, time), drive)

    def flow(self, state: Float[Array, " hidden"], time: Float[Array, ""]) -> Array:
        """Return the state after `time` without samples."""
        start = jnp.zeros_like(time)
        if self.tolerance is not None:
            return adaptive_solve(
                self._rate,
                state,
                start,
                time,
                solver="tsit5",
                tolerance=self.tolerance,
                max_steps=_MOST_STEPS,
                checkpoint=True,
            )
        for _ in range(self.substeps):
            h = time / self.substeps
            state = state + increment(METHODS[self.method], self._rate, start, state, h)
        return state

    def _rate(self, t: Any, h: Float[Array, " hidden"]) -> Float[Array, " hidden"]:
        inner = jnp.tanh(h @ self.inward.T + self.inward_bias)
        return inner @ self.outward.T + self.outward_bias

    def output(self, state: PyTree) -> Float[Array, " hidden"]:
        """Return the state."""
        return state

    def equation(self) -> CellEquation:
        """Return the flow and the jumps."""
        fixed = f"{self.substeps} steps of {self.method}"
        adaptive = f"adaptive Tsit5 to {self.tolerance}"
        return CellEquation(
            name="ODE-RNN",
            ode="h' = W2 tanh(W1 h + b1) + b2 between samples; a GRU step at each",
            state="R^H",
            field="nonlinear dense, with jumps",
            structure="free",
            integrator=fixed if self.tolerance is None else adaptive,
            step=None,
            step_from="state and input",
            stages=METHODS[self.method].stages * self.substeps + 1,
            lags=1,
            derivative_order=1,
            coefficients="dynamical",
            note="jumps at samples: more samples are more jumps, and not a finer step",
            odernn=embed(self),
        )
