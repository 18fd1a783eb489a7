"""The thesis' own network: one channel, five coefficients a layer, a head of three maps."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from .._checks import check, check_choice, check_count, check_positive, check_shape
from .._citation import cites
from ..equations import AdvectionDiffusion
from ._pde_step import euler_taps
from ._stencil import SQUARE, stencil

EQUATIONS = ("39", "40", "residual")


@cites("imchitr2020")
class ThesisNet(eqx.Module):
    r"""The PDE network of the thesis, eqs (39) and (40), and its residual control.

    Layer $t$ is $\psi_t = \mathrm{relu}(\psi_{t-1} + h\, D_t \psi_{t-1})$ with
    $D = \frac{\alpha^2}{2} d_{xx} + \beta d_x + \frac{\sigma^2}{2} d_{yy} + \rho d_y + \gamma$,
    then maps to 128, 64 and `classes` values with ReLU between.

    | `equation` | layer |
    |---|---|
    | "39" | as above |
    | "40" | $\beta, \rho$ replaced by $-\beta/8, -\rho/8$ |
    | "residual" | nine free taps in place of $D$ |

    The thesis presents (40) as another equation; it is the same class of functions, with another
    scale for drift at the start and in each step of the optimiser
    (`test_eq_40_is_eq_39_reparametrised`). What its step $h = 1$ costs is growth with depth;
    `step=1/depth` holds the total time fixed. The printed stencil $[1/2, 0, -1/2]$ is *minus*
    $d_x$ in a framework's convolution; $d_x$ here is the derivative.

    **Arguments:**

    - `depth`: number of layers.
    - `equation`: "39", "40" or "residual".
    - `step`: $h$; the thesis has 1.
    - `in_shape`: (1, height, width).
    - `classes`: length of the output.
    - `hidden`: widths of the head.
    - `key`: coefficients start uniform in (0, 1), taps in (-1/3, 1/3): the thesis does not say.

    **Raises:**

    - `ValueError` for unknown equations, counts below 1 and more than one channel.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    net = fx.networks.ThesisNet(5, equation="40", key=jax.random.key(0))
    assert net(jnp.zeros((1, 28, 28), jnp.float32)).shape == (10,)
    ```

    Source: V. Imchitr (2020), section 4.1.
    """

    layers: Float[Array, "depth terms"]
    head_weights: tuple[Float[Array, "out in"], ...]
    head_biases: tuple[Float[Array, " out"], ...]
    equation: str = eqx.field(static=True)
    step: float = eqx.field(static=True)
    in_shape: tuple[int, int, int] = eqx.field(static=True)

    def __init__(
        self,
        depth: int,
        *,
        equation: str = "39",
        step: float = 1.0,
        in_shape: Sequence[int] = (1, 28, 28),
        classes: int = 10,
        hidden: Sequence[int] = (128, 64),
        key: PRNGKeyArray,
    ):
        check_count("depth", depth)
        check_choice("equation", equation, EQUATIONS)
        check_positive("step", step)
        check(
            len(in_shape) == 3 and in_shape[0] == 1, "in_shape", "be (1, height, width)", in_shape
        )
        k_layers, *keys = jax.random.split(key, 2 + len(hidden))
        low, high, terms = (-1 / 3, 1 / 3, 9) if equation == "residual" else (0.0, 1.0, 5)
        self.layers = jax.random.uniform(k_layers, (depth, terms), jnp.float32, low, high)
        widths = (in_shape[1] * in_shape[2], *hidden, classes)
        pairs = [
            _dense(k, wide, narrow)
            for k, wide, narrow in zip(keys, widths, widths[1:], strict=False)
        ]
        self.head_weights = tuple(weight for weight, _ in pairs)
        self.head_biases = tuple(bias for _, bias in pairs)
        self.equation, self.step = equation, float(step)
        self.in_shape = (1, int(in_shape[1]), int(in_shape[2]))

    def __call__(self, x: Float[Array, "1 h w"]) -> Float[Array, " classes"]:
        """Scores of one image."""
        check_shape("x", x, self.in_shape)
        return self.batch(x[None])[0]

    def batch(self, x: Float[Array, "batch 1 h w"]) -> Float[Array, "batch classes"]:
        """Scores of a batch, computed with the batch in the last axis."""
        check_shape("x", x, (None, *self.in_shape))

        def layer(psi, taps):
            return jax.nn.relu(stencil(taps[:, None], psi)), None

        psi = jax.lax.scan(layer, jnp.moveaxis(x, 0, -1), self.taps())[0]
        values = psi.reshape(-1, x.shape[0])
        last = len(self.head_weights) - 1
        for index, (weight, bias) in enumerate(
            zip(self.head_weights, self.head_biases, strict=True)
        ):
            values = weight @ values + bias[:, None]
            values = values if index == last else jax.nn.relu(values)
        return values.T

    def taps(self) -> Float[Array, "depth taps"]:
        """Weights of $1 + h D$ a layer, in the order of the stencil."""
        if self.equation == "residual":
            centre = jnp.array([o == (0, 0) for o in SQUARE], self.layers.dtype)
            return centre[None] + self.step * self.layers
        return jax.vmap(lambda terms: euler_taps(self._named(terms), self.step))(self.layers)

    def coefficients(self) -> AdvectionDiffusion:
        """Equation of each layer (as arrays over depth); the control has none by these names."""
        check(self.equation != "residual", "equation", 'be "39" or "40"', self.equation)
        return self._named(self.layers.T)

    def config(self) -> dict[str, Any]:
        """Arguments of the constructor, without the key."""
        return {
            "depth": self.layers.shape[0],
            "equation": self.equation,
            "step": self.step,
            "in_shape": list(self.in_shape),
            "classes": self.head_biases[-1].shape[0],
            "hidden": [bias.shape[0] for bias in self.head_biases[:-1]],
        }

    def _named(self, terms: Array) -> AdvectionDiffusion:
        alpha, beta, sigma, rho, gamma = terms
        drift = -0.125 if self.equation == "40" else 1.0
        return AdvectionDiffusion(
            a2=alpha**2, beta=drift * beta, sigma2=sigma**2, rho=drift * rho, gamma=gamma
        )


def _dense(key: PRNGKeyArray, wide: int, narrow: int) -> tuple[Array, Array]:
    bound = wide**-0.5
    k_weight, k_bias = jax.random.split(key)
    return (
        jax.random.uniform(k_weight, (narrow, wide), jnp.float32, -bound, bound),
        jax.random.uniform(k_bias, (narrow,), jnp.float32, -bound, bound),
    )
