"""S5 and S4D: stable diagonal state spaces, exactly integrated over steps they learn."""

import dataclasses
import math
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, PRNGKeyArray, PyTree

from ..._checks import check, check_count
from ..._citation import cites
from ...equations import ExactStep
from ._cell import AbstractLinearCell
from ._draw import check_sizes, normal, uniform
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractMember


@cites("smith2023")
class S5(AbstractMember, AbstractLinearCell):
    r"""Simplified state space: $s' = \Lambda s + B x$, $y = 2\,\mathrm{Re}(C s)$, exactly stepped.

    $$s \leftarrow e^{\Lambda\Delta} s + \Lambda^{-1}(e^{\Lambda\Delta} - 1) B x$$

    One state space for all inputs, of which half of each conjugate pair is kept. Real parts
    $-e^{r}$ are negative by construction; steps $\Delta$ are trained, one each mode, and `dt`
    scales them. The paper's feed-through $D x$ is the skip of the stack around the cell.

    **Fields:**

    - `log_decay`, `frequency` (modes): $\Lambda = -e^{r} + i\omega$.
    - `log_step` (modes): $\log\Delta$.
    - `input_real`, `input_imag` (modes, input): $B$; `output_real`, `output_imag`
      (hidden, modes): $C$.

    Source: J. T. H. Smith, A. Warrington, S. W. Linderman, arXiv 2208.04933 (2023), equations (6)
    and (7); $\Lambda$ from the normal part of HiPPO-LegS, $B$ and $C$ in its eigenvectors,
    $\Delta$ log-uniform in `steps`: its section 3.3.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.S5(2, 4, state_size=6, key=jax.random.key(0))
    outputs, state = fx.networks.run(cell, jnp.ones((5, 2)))
    assert outputs.shape == (5, 4) and state.shape == (6,)
    ```
    """

    time_invariant: ClassVar[bool] = True

    log_decay: Float[Array, " modes"]
    frequency: Float[Array, " modes"]
    log_step: Float[Array, " modes"]
    input_real: Float[Array, "modes input"]
    input_imag: Float[Array, "modes input"]
    output_real: Float[Array, "hidden modes"]
    output_imag: Float[Array, "hidden modes"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    state_size: int = eqx.field(static=True)
    steps: tuple[float, float] = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        state_size: int | None = None,
        steps: tuple[float, float] = (0.001, 0.1),
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Take HiPPO's eigenvalues, and draw both matrices in its eigenvectors."""
        check_sizes(input_size, hidden_size)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.state_size = hidden_size if state_size is None else state_size
        check_count("state_size", self.state_size)
        self.steps = _check_steps(steps)
        pace, into, out = jax.random.split(key, 3)
        frequency, vectors = _hippo_normal(self.state_size)
        self.log_step = _draw_log_steps(pace, (self.state_size,), self.steps, dtype)
        precision = self.log_step.dtype
        self.frequency = jnp.asarray(frequency, precision)
        self.log_decay = jnp.full_like(self.frequency, math.log(0.5))
        real, imag = (jnp.asarray(part(vectors), precision) for part in (np.real, np.imag))
        B = normal(into, (2 * self.state_size, input_size), input_size, dtype)
        C = normal(out, (hidden_size, 2 * self.state_size), 2 * self.state_size, dtype)
        self.input_real, self.input_imag = real.T @ B, -imag.T @ B
        self.output_real, self.output_imag = C @ real, C @ imag

    def initial_state(self) -> Complex[Array, " modes"]:
        """Return the state of zeros."""
        return jax.lax.complex(self.zeros(self.state_size), self.zeros(self.state_size))

    def prepare(self) -> tuple[Complex[Array, " modes"], Float[Array, " modes"]]:
        r"""Return $\Lambda$ and $\Delta$."""
        return _rates(self.log_decay, self.frequency), jnp.exp(self.log_step)

    def drive(self, x: Float[Array, " input"]) -> Complex[Array, " modes"]:
        """Return $Bx$."""
        return jax.lax.complex(x @ self.input_real.T, x @ self.input_imag.T)

    def coefficients(
        self, ready: PyTree, drive: PyTree, dt: Float[Array, ""] | None = None
    ) -> tuple[Complex[Array, " modes"], Complex[Array, " modes"]]:
        """Return what stays, and what the input adds while it is held."""
        rate, step = ready
        return _hold(rate, step, drive, dt)

    def output(self, state: Complex[Array, " modes"]) -> Float[Array, " hidden"]:
        r"""Return $2\,\mathrm{Re}(Cs)$."""
        return 2 * (state.real @ self.output_real.T - state.imag @ self.output_imag.T)

    def equation(self) -> CellEquation:
        """Return the state space of which the cell is the exact flow."""
        return dataclasses.replace(
            _record("S5", "s' = D (L s + B x), y = 2 Re(C s)", "C^N", self._field),
            odernn=embed(self),
        )

    def _field(self, state: PyTree, x: PyTree) -> PyTree:
        rate, step = self.prepare()
        return jax.lax.complex(step, jnp.zeros_like(step)) * (rate * state + self.drive(x))


@cites("gu2022s4d")
class S4D(AbstractMember, AbstractLinearCell):
    r"""Diagonal state space of each channel: $s' = \Lambda s + u$, $y = 2\,\mathrm{Re}\sum C s$.

    $$s \leftarrow e^{\Lambda\Delta} s + \Lambda^{-1}(e^{\Lambda\Delta} - 1)\,u, \qquad u = V x$$

    Each of the `hidden_size` channels has `state_size` modes of its own, of which half of each
    conjugate pair is kept, and a step $\Delta$, which `dt` scales. In the paper the channels are
    the inputs, $V = 1$; here $V$ starts as the identity where the sizes agree.

    **Fields:**

    - `log_decay`, `frequency` (hidden, modes): $\Lambda = -e^{r} + i\omega$.
    - `log_step` (hidden): $\log\Delta$.
    - `weight_ih` (hidden, input): $V$; `output_real`, `output_imag` (hidden, modes): $C$.

    Source: A. Gu et al., arXiv 2206.11893 (2022), section 4: S4D-Lin,
    $\Lambda_n = -\frac12 + i\pi n$, with $B = 1$ and zero-order hold; $\Delta$ log-uniform.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.S4D(2, 4, state_size=6, key=jax.random.key(0))
    outputs, state = fx.networks.run(cell, jnp.ones((5, 2)))
    assert outputs.shape == (5, 4) and state.shape == (4, 6)
    ```
    """

    time_invariant: ClassVar[bool] = True

    log_decay: Float[Array, "hidden modes"]
    frequency: Float[Array, "hidden modes"]
    log_step: Float[Array, " hidden"]
    weight_ih: Float[Array, "hidden input"]
    output_real: Float[Array, "hidden modes"]
    output_imag: Float[Array, "hidden modes"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    state_size: int = eqx.field(static=True)
    steps: tuple[float, float] = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        state_size: int = 32,
        steps: tuple[float, float] = (0.001, 0.1),
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Take the frequencies of S4D-Lin, and draw what is seen of the modes."""
        check_sizes(input_size, hidden_size)
        check_count("state_size", state_size)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.state_size, self.steps = state_size, _check_steps(steps)
        pace, weigh, see = jax.random.split(key, 3)
        self.log_step = _draw_log_steps(pace, (hidden_size,), self.steps, dtype)
        shape, precision = (hidden_size, state_size), self.log_step.dtype
        line = jnp.pi * jnp.arange(state_size, dtype=precision)
        self.frequency = jnp.broadcast_to(line, shape)
        self.log_decay = jnp.full(shape, math.log(0.5), precision)
        seen = jax.random.normal(see, (2, *shape), dtype) / math.sqrt(2)
        self.output_real, self.output_imag = seen
        same = input_size == hidden_size
        self.weight_ih = (
            jnp.eye(hidden_size, dtype=precision)
            if same
            else uniform(weigh, (hidden_size, input_size), input_size, dtype)
        )

    def initial_state(self) -> Complex[Array, "hidden modes"]:
        """Return the state of zeros."""
        zero = self.zeros(self.hidden_size, self.state_size)
        return jax.lax.complex(zero, zero)

    def prepare(self) -> tuple[Complex[Array, "hidden modes"], Float[Array, "hidden 1"]]:
        r"""Return $\Lambda$ and $\Delta$."""
        return _rates(self.log_decay, self.frequency), jnp.exp(self.log_step)[:, None]

    def drive(self, x: Float[Array, " input"]) -> Complex[Array, "hidden 1"]:
        """Return each channel's input."""
        u = x @ self.weight_ih.T
        return jax.lax.complex(u, jnp.zeros_like(u))[:, None]

    def coefficients(
        self, ready: PyTree, drive: PyTree, dt: Float[Array, ""] | None = None
    ) -> tuple[Complex[Array, "hidden modes"], Complex[Array, "hidden modes"]]:
        """Return what stays, and what the input adds while it is held."""
        rate, step = ready
        return _hold(rate, step, drive, dt)

    def output(self, state: Complex[Array, "hidden modes"]) -> Float[Array, " hidden"]:
        r"""Return $2\,\mathrm{Re}\sum_n C_n s_n$ of each channel."""
        seen = state.real * self.output_real - state.imag * self.output_imag
        return 2 * seen.sum(-1)

    def equation(self) -> CellEquation:
        """Return the state spaces of which the cell is the exact flow."""
        ode = "s' = D (L s + u), u = V x, y = 2 Re sum(C s), a state space each channel"
        return dataclasses.replace(
            _record("S4D", ode, "C^(H x N)", self._field), odernn=embed(self)
        )

    def _field(self, state: PyTree, x: PyTree) -> PyTree:
        rate, step = self.prepare()
        return jax.lax.complex(step, jnp.zeros_like(step)) * (rate * state + self.drive(x))


def _rates(log_decay: Array, frequency: Array) -> Array:
    return jax.lax.complex(-jnp.exp(log_decay), frequency)


def _hold(rate: Array, step: Array, drive: Array, dt: Array | None) -> tuple[Array, Array]:
    """What stays after a step, and the integral of an input that is held through it."""
    step = step if dt is None else step * dt
    stays = jnp.exp(jax.lax.complex(step * rate.real, step * rate.imag))
    return stays, (stays - 1) / rate * drive


def _check_steps(steps: tuple[float, float]) -> tuple[float, float]:
    low, high = steps
    check(0 < low <= high < math.inf, "steps", "be 0 < shortest <= longest", (low, high))
    return float(low), float(high)


def _draw_log_steps(
    key: PRNGKeyArray, shape: tuple[int, ...], steps: tuple[float, float], dtype: Any
) -> Array:
    low, high = (math.log(step) for step in steps)
    return low + (high - low) * jax.random.uniform(key, shape, dtype)


def _hippo_normal(modes: int) -> tuple[np.ndarray, np.ndarray]:
    """Positive frequencies and eigenvectors of the normal part of HiPPO-LegS of size 2 modes."""
    root = np.sqrt(np.arange(2 * modes) + 0.5)
    skew = np.tril(np.outer(root, root), -1)
    values, vectors = np.linalg.eigh(1j * (skew.T - skew))
    return -values[:modes][::-1], vectors[:, :modes][:, ::-1]


def _record(name: str, ode: str, state: str, field: Any) -> CellEquation:
    return CellEquation(
        name=name,
        ode=ode,
        state=state,
        field="linear diagonal",
        structure="HiPPO, diagonal, Re < 0",
        integrator="exact flow (zero-order hold)",
        step=ExactStep(),
        step_from="nothing",
        stages=1,
        lags=1,
        derivative_order=1,
        coefficients="constant",
        linear=True,
        vector_field=field,
    )
