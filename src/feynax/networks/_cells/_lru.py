"""LRU: damped rotations in the complex plane, exactly integrated."""

import math
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float, PRNGKeyArray, PyTree

from ..._checks import check, check_count, check_positive
from ..._citation import cites
from ...equations import ExactStep
from ._cell import AbstractLinearCell
from ._draw import check_sizes, normal
from ._embed import embed
from ._equation import CellEquation
from ._member import AbstractMember


@cites("orvieto2023")
class LRU(AbstractMember, AbstractLinearCell):
    r"""Linear recurrent unit: a diagonal complex recurrence that cannot grow.

    $$s \leftarrow \lambda \odot s + \gamma \odot B x, \qquad
      \lambda = e^{-e^{\nu} + i e^{\theta}}, \quad \gamma = \sqrt{1 - |\lambda|^2}, \qquad
      y = \mathrm{Re}(C s)$$

    Every $|\lambda| < 1$ by construction; with white input of unit variance $\gamma$ keeps the
    variance of $s$ at that of $Bx$. The cell is the exact flow of $s' = \Lambda s + \beta x$,
    $\Lambda = \log\lambda$, with the input held, so that `dt` scales the time of that flow. The
    paper's feed-through $D x$ is the skip of the stack around the cell.

    **Fields:**

    - `nu`, `theta`: logarithms of decay and frequency a sample, (modes).
    - `gain`: $\log\gamma$ (modes), drawn at the value above and trained, as in the paper.
    - `input_real`, `input_imag`: $B$ (modes, input); `output_real`, `output_imag`: $C$
      (hidden, modes).

    Source: A. Orvieto et al., arXiv 2303.06349 (2023), equations (5) to (8); moduli drawn
    uniformly on the ring between `radii` (Lemma 3.2), phases up to `largest_phase` (section 3.4:
    small ones for long series). The stationary variance is tested by
    `test_lru_keeps_the_variance_of_white_noise`.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.LRU(2, 4, state_size=6, key=jax.random.key(0))
    outputs, state = fx.networks.run(cell, jnp.ones((5, 2)))
    assert outputs.shape == (5, 4) and state.shape == (6,) and jnp.iscomplexobj(state)
    ```
    """

    time_invariant: ClassVar[bool] = True

    nu: Float[Array, " modes"]
    theta: Float[Array, " modes"]
    gain: Float[Array, " modes"]
    input_real: Float[Array, "modes input"]
    input_imag: Float[Array, "modes input"]
    output_real: Float[Array, "hidden modes"]
    output_imag: Float[Array, "hidden modes"]
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    state_size: int = eqx.field(static=True)
    radii: tuple[float, float] = eqx.field(static=True)
    largest_phase: float = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        state_size: int | None = None,
        radii: tuple[float, float] = (0.9, 0.999),
        largest_phase: float = math.pi / 10,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        """Draw the eigenvalues uniformly on a ring, the matrices normally."""
        check_sizes(input_size, hidden_size)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.state_size = hidden_size if state_size is None else state_size
        check_count("state_size", self.state_size)
        self.radii, self.largest_phase = _ring(*radii), largest_phase
        check_positive("largest_phase", largest_phase)
        keys = jax.random.split(key, 6)
        self.nu, self.theta = _draw_modes(keys[0], keys[1], self, dtype)
        self.gain = jnp.log(-jnp.expm1(-2 * jnp.exp(self.nu))) / 2
        into, out = (self.state_size, input_size), (hidden_size, self.state_size)
        self.input_real, self.input_imag = (
            normal(k, into, 2 * input_size, dtype) for k in keys[2:4]
        )
        self.output_real, self.output_imag = (
            normal(k, out, self.state_size, dtype) for k in keys[4:]
        )

    def initial_state(self) -> Complex[Array, " modes"]:
        """Return the state of zeros."""
        return jax.lax.complex(self.zeros(self.state_size), self.zeros(self.state_size))

    def prepare(self) -> tuple[Complex[Array, " modes"], Complex[Array, " modes"]]:
        r"""Return $\Lambda$ and $\lambda$."""
        rate = jax.lax.complex(-jnp.exp(self.nu), jnp.exp(self.theta))
        return rate, jnp.exp(rate)

    def drive(self, x: Float[Array, " input"]) -> Complex[Array, " modes"]:
        r"""Return $\gamma \odot Bx$."""
        gain = jnp.exp(self.gain)
        return jax.lax.complex(gain * (x @ self.input_real.T), gain * (x @ self.input_imag.T))

    def coefficients(
        self, ready: PyTree, drive: PyTree, dt: Float[Array, ""] | None = None
    ) -> tuple[Complex[Array, " modes"], Complex[Array, " modes"]]:
        r"""Return $\lambda^{dt}$, and the drive's share of that time."""
        rate, once = ready
        if dt is None:
            return once, drive
        stays = jnp.exp(jax.lax.complex(rate.real * dt, rate.imag * dt))
        return stays, (1 - stays) / (1 - once) * drive

    def output(self, state: Complex[Array, " modes"]) -> Float[Array, " hidden"]:
        r"""Return $\mathrm{Re}(Cs)$."""
        return state.real @ self.output_real.T - state.imag @ self.output_imag.T

    def equation(self) -> CellEquation:
        """Return the damped rotations of which the cell is the exact flow."""
        return CellEquation(
            name="LRU",
            ode="s' = L s + (L / (e^L - 1)) gamma B x, L = -e^nu + i e^theta; y = Re(C s)",
            state="C^N",
            field="linear diagonal",
            structure="diagonal, Re < 0",
            integrator="exact flow",
            step=ExactStep(),
            step_from="nothing",
            stages=1,
            lags=1,
            derivative_order=1,
            coefficients="constant",
            linear=True,
            vector_field=self._field,
            odernn=embed(self),
        )

    def _field(self, state: PyTree, x: PyTree) -> PyTree:
        rate, once = self.prepare()
        return rate * (state + self.drive(x) / (once - 1))


def _ring(smallest: float, largest: float) -> tuple[float, float]:
    must = "be two moduli with 0 <= smallest < largest < 1"
    check(0 <= smallest < largest < 1, "radii", must, (smallest, largest))
    return float(smallest), float(largest)


def _draw_modes(
    ring: PRNGKeyArray, turn: PRNGKeyArray, cell: LRU, dtype: Any
) -> tuple[Float[Array, " modes"], Float[Array, " modes"]]:
    (low, high), shape = cell.radii, (cell.state_size,)
    squares = jax.random.uniform(ring, shape, dtype, low**2, high**2)
    # Neither modulus nor phase may be 0: their logarithms are the parameters.
    decay = -jnp.log(jnp.maximum(squares, 1e-12)) / 2
    phase = cell.largest_phase * jax.random.uniform(turn, shape, dtype, 1e-4)
    return jnp.log(decay), jnp.log(phase)
