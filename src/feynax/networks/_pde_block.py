"""A residual stage that is one reaction-diffusion-advection equation, cut into steps."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from .._checks import check_choice, check_count, check_positive, check_shape
from .._citation import cites
from ..equations import AdvectionDiffusion
from ._pde_step import STEP_NAMES, Reaction, make_step

_SPREAD = np.array([0.3, 1.0, 0.3, 1.0, 0.3], np.float32)
_CENTRE = np.array([0.3, 0.0, 0.3, 0.0, 0.0], np.float32)
_LITTLE_DECAY = -4.0  # softplus(-4) = 0.018: the growth starts near zero, on the stable side


@cites("imchitr2020", "strang1968")
class PDEBlock(eqx.Module):
    r"""Many-channel reaction-diffusion-advection equation over a total time $T$ in $N$ steps.

    $$\psi_t = \tfrac{a_2}{2}\psi_{xx} + \beta\psi_x + \tfrac{\sigma_2}{2}\psi_{yy} + \rho\psi_y
    + m\psi_{xy} + \gamma\psi + K_2\,\mathrm{relu}(K_1\psi + b)$$

    Each channel has its own linear terms; the reaction couples channels at one pixel. Diffusion is
    never negative, growth never positive, and $|m| \le \sqrt{a_2 \sigma_2}$, so the linear part
    alone cannot amplify in continuous time. The step is $h = T/N$: depth is resolution in time and
    not strength, which is what keeps accuracy independent of depth (thesis, tables 4.1 and 4.2,
    lose it because their step is 1 at every depth; `tests/networks/test_thesis.py`).

    **Arguments:**

    - `channels`: number of fields.
    - `total_time`: $T$, in layers of the thesis.
    - `steps`: $N$, the default of the call.
    - `stepper`: "euler" takes all terms in one explicit step; every other name is a linear stepper
      of `feynax.equations` inside a Strang splitting (reaction/2, linear, reaction/2).
    - `shared`: one set of coefficients for all steps, or one a step (then read as piecewise
      constant in time when the call asks for another number of steps).
    - `mixed`: whether the mixed derivative is there.
    - `reaction`: fields of the hidden layer of the reaction; 0 leaves the equation linear.
    - `key`: for the initial coefficients.

    **Raises:**

    - `ValueError` for counts below 1, a time that is not positive, an unknown stepper.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    block = fx.networks.PDEBlock(2, steps=4, stepper="euler", key=jax.random.key(0))
    psi = jnp.ones((2, 8, 8), jnp.float32)
    assert block(psi).shape == (2, 8, 8)
    assert block(psi, steps=64).shape == (2, 8, 8)
    ```

    Source: V. Imchitr (2020), eq (39), with many channels and a reaction of our own.
    """

    linear: Float[Array, "sets terms channels"]
    growth: Float[Array, "sets channels"]
    inward: Float[Array, "sets hidden channels"] | None
    offset: Float[Array, "sets hidden"] | None
    outward: Float[Array, "sets channels hidden"] | None
    channels: int = eqx.field(static=True)
    total_time: float = eqx.field(static=True)
    steps: int = eqx.field(static=True)
    stepper: str = eqx.field(static=True)

    def __init__(
        self,
        channels: int,
        *,
        total_time: float = 1.0,
        steps: int = 3,
        stepper: str = "exact",
        shared: bool = True,
        mixed: bool = False,
        reaction: int | None = None,
        key: PRNGKeyArray,
    ):
        check_count("channels", channels)
        check_count("steps", steps)
        check_positive("total_time", total_time)
        check_choice("stepper", stepper, STEP_NAMES)
        hidden = channels if reaction is None else reaction
        check_count("reaction", hidden, least=0)
        sets, terms = 1 if shared else steps, 5 if mixed else 4
        k_linear, k_in, k_out, k_offset = jax.random.split(key, 4)
        draw = jax.random.normal(k_linear, (sets, terms, channels), jnp.float32)
        self.linear = draw * _SPREAD[None, :terms, None] + _CENTRE[None, :terms, None]
        self.growth = jnp.full((sets, channels), _LITTLE_DECAY, jnp.float32)
        self.inward = self.offset = self.outward = None
        if hidden:
            self.inward = _uniform(k_in, (sets, hidden, channels), channels)
            self.offset = _uniform(k_offset, (sets, hidden), channels)
            self.outward = _uniform(k_out, (sets, channels, hidden), hidden)
        self.channels, self.total_time, self.steps, self.stepper = (
            channels,
            float(total_time),
            steps,
            stepper,
        )

    def __call__(
        self, psi: Float[Array, "channels height width"], *, steps: int | None = None
    ) -> Float[Array, "channels height width"]:
        """Carry one example through the total time in `steps` steps."""
        check_shape("psi", psi, (self.channels, None, None))
        return self.batch_last(psi[..., None], steps=steps)[..., 0]

    def batch_last(
        self, psi: Float[Array, "channels height width batch"], *, steps: int | None = None
    ) -> Float[Array, "channels height width batch"]:
        """Carry a batch, kept in the last axis, through the total time: the fast layout."""
        check_shape("psi", psi, (self.channels, None, None, None))
        count = self.steps if steps is None else steps
        check_count("steps", count)
        h = self.total_time / count
        sets = self.linear.shape[0]
        shape = (psi.shape[0], psi.shape[1], psi.shape[2])
        if sets == 1:
            step = make_step(self.stepper, *self._of_set(0), shape, h)
            return jax.lax.scan(lambda y, _: (step(y), None), psi, None, length=count)[0]
        which = jnp.arange(count) * sets // count
        pieces = jax.tree.map(lambda leaf: leaf[which], eqx.filter(self, eqx.is_array))

        def step_of(y, piece):
            terms = eqx.combine(piece, self)._terms()
            return make_step(self.stepper, *terms, shape, h)(y), None

        return jax.lax.scan(step_of, psi, pieces)[0]

    def coefficients(self, index: int = 0) -> AdvectionDiffusion:
        """Linear terms of set `index`, one number a channel, in pixels and layers."""
        return self._of_set(index)[0]

    def reaction(self, index: int = 0) -> Reaction | None:
        """Weights of the reaction of set `index`, or `None` where the equation is linear."""
        return self._of_set(index)[1]

    @property
    def mixed(self) -> bool:
        """Whether the mixed derivative is there."""
        return self.linear.shape[1] == 5

    def config(self) -> dict[str, Any]:
        """Arguments of the constructor, without the key."""
        return {
            "channels": self.channels,
            "total_time": self.total_time,
            "steps": self.steps,
            "stepper": self.stepper,
            "shared": self.linear.shape[0] == 1,
            "mixed": self.mixed,
            "reaction": 0 if self.inward is None else self.inward.shape[1],
        }

    def _of_set(self, index: int) -> tuple[AdvectionDiffusion, Reaction | None]:
        arrays = eqx.filter(self, eqx.is_array)
        return eqx.combine(jax.tree.map(lambda leaf: leaf[index], arrays), self)._terms()

    def _terms(self) -> tuple[AdvectionDiffusion, Reaction | None]:
        """Bounded coefficients and reaction, of a block whose axis of sets was taken off."""
        raw = self.linear
        a2, sigma2 = jax.nn.softplus(raw[0]), jax.nn.softplus(raw[2])
        mixed = jnp.tanh(raw[4]) * jnp.sqrt(a2 * sigma2) if raw.shape[0] == 5 else None
        linear = AdvectionDiffusion(
            a2=a2,
            beta=raw[1],
            sigma2=sigma2,
            rho=raw[3],
            gamma=-jax.nn.softplus(self.growth),
            mixed=mixed,
        )
        if self.inward is None or self.offset is None or self.outward is None:
            return linear, None
        return linear, Reaction(self.inward, self.offset, self.outward)


def _uniform(key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int) -> Array:
    bound = fan_in**-0.5
    return jax.random.uniform(key, shape, jnp.float32, -bound, bound)
