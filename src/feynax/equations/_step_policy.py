"""A gate is a step: how far a unit relaxes toward its target in one sample."""

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import check_positive


class AbstractStep(eqx.Module):
    r"""How far $y$ goes toward its target $v$ in one sample: $y + z\,(v - y)$.

    The same share $z$ is the forward Euler step of $y' = v - y$ with step $z$, and its exact flow
    over the time $T = -\log(1 - z)$. Scaling $T$ runs a gated cell at another sampling rate:
    after `dt` samples' time the share is $1 - e^{-T\,dt}$.

    Source: n-t-ODERNN document, Claims 1 and 2, where gates are coefficients D[f] and D[z].
    """

    @abc.abstractmethod
    def now(self, a: Float[Array, "*units"]) -> Float[Array, "*units"]:
        """Return the share $z$ of one sample at the gate's argument `a`."""

    @abc.abstractmethod
    def time(self, a: Float[Array, "*units"]) -> Float[Array, "*units"]:
        """Return the time $T$ of the flow that one sample stands for."""

    def share(
        self, a: Float[Array, "*units"], dt: Float[Array, ""] | None = None
    ) -> Float[Array, "*units"]:
        """Return the share $z$ after `dt` samples' time; `None` is one sample, without detours.

        ```python
        import jax.numpy as jnp, feynax as fx
        gate, a = fx.equations.SigmoidStep(), jnp.array(0.3)
        half = gate.share(a, jnp.array(0.5))
        assert jnp.allclose(1 - (1 - half) ** 2, gate.share(a))
        ```
        """
        return self.now(a) if dt is None else self.after(a, dt)

    @abc.abstractmethod
    def after(self, a: Float[Array, "*units"], dt: Float[Array, ""]) -> Float[Array, "*units"]:
        """Return the share $z$ after `dt` samples' time."""


class AbstractFlowStep(AbstractStep):
    r"""A step that is the exact flow over the time $T(a)$: the share of any `dt` follows."""

    def after(self, a: Float[Array, "*units"], dt: Float[Array, ""]) -> Float[Array, "*units"]:
        r"""Return $1 - e^{-T\,dt}$."""
        return -jnp.expm1(-dt * self.time(a))


class SigmoidStep(AbstractFlowStep):
    r"""The gate of GRU, minGRU and LSTM: $z = \sigma(a)$, $T = \mathrm{softplus}(a)$.

    LSTM's forget gate $f = \sigma(a)$ is this step at $-a$, since $1 - \sigma(a) = \sigma(-a)$.
    """

    def now(self, a: Float[Array, "*units"]) -> Float[Array, "*units"]:
        r"""Return $\sigma(a)$."""
        return jax.nn.sigmoid(a)

    def time(self, a: Float[Array, "*units"]) -> Float[Array, "*units"]:
        r"""Return $\log(1 + e^a)$."""
        return jax.nn.softplus(a)


class BoundedSigmoidStep(AbstractFlowStep):
    r"""The gate of LEM: $z = h\,\sigma(a)$ with $0 < h \le 1$, $T = -\log(1 - h\,\sigma(a))$.

    **Fields:**

    - `longest`: $h$, the largest step.
    """

    longest: float = eqx.field(static=True)

    def __check_init__(self):
        check_positive("longest", self.longest)

    def now(self, a: Float[Array, "*units"]) -> Float[Array, "*units"]:
        r"""Return $h\,\sigma(a)$."""
        return self.longest * jax.nn.sigmoid(a)

    def time(self, a: Float[Array, "*units"]) -> Float[Array, "*units"]:
        r"""Return $-\log(1 - h\,\sigma(a))$."""
        return -jnp.log1p(-self.longest * jax.nn.sigmoid(a))


class FusedStep(AbstractFlowStep):
    r"""The semi-implicit step of LTC: $z = hr/(1 + hr)$ for $y' = r(v - y)$, at the rate $r = a$.

    $T = \log(1 + hr)$. With $r = 1/\tau + f$ and $v = fA/r$ this is the fused solver of LTC.

    **Fields:**

    - `size`: $h$, in samples.
    """

    size: float = eqx.field(static=True, default=1.0)

    def __check_init__(self):
        check_positive("size", self.size)

    def now(self, a: Float[Array, "*units"]) -> Float[Array, "*units"]:
        """Return $hr/(1 + hr)$."""
        return self.size * a / (1 + self.size * a)

    def time(self, a: Float[Array, "*units"]) -> Float[Array, "*units"]:
        r"""Return $\log(1 + hr)$."""
        return jnp.log1p(self.size * a)


class EulerStep(AbstractStep):
    r"""Forward Euler of step $h$ at the rate $a$: $z = h a$; another `dt` scales the step itself.

    **Fields:**

    - `size`: $h$, in samples.
    """

    size: float = eqx.field(static=True, default=1.0)

    def __check_init__(self):
        check_positive("size", self.size)

    def now(self, a: Float[Array, "*units"]) -> Float[Array, "*units"]:
        """Return $h a$."""
        return self.size * a

    def time(self, a: Float[Array, "*units"]) -> Float[Array, "*units"]:
        """Return $h a$: the time that the step is meant to advance."""
        return self.size * a

    def after(self, a: Float[Array, "*units"], dt: Float[Array, ""]) -> Float[Array, "*units"]:
        r"""Return $h a\,dt$."""
        return dt * self.now(a)


class ExactStep(AbstractFlowStep):
    r"""The exact flow over one sample at the rate $a$: $z = 1 - e^{-ha}$, $T = h a$.

    **Fields:**

    - `size`: $h$, in samples.
    """

    size: float = eqx.field(static=True, default=1.0)

    def __check_init__(self):
        check_positive("size", self.size)

    def now(self, a: Float[Array, "*units"]) -> Float[Array, "*units"]:
        """Return $1 - e^{-ha}$."""
        return -jnp.expm1(-self.size * a)

    def time(self, a: Float[Array, "*units"]) -> Float[Array, "*units"]:
        """Return $h a$."""
        return self.size * a


class ClockStep(AbstractFlowStep):
    r"""The step of a clockwork network: whole where the clock $a$ is a multiple of the period.

    **Fields:**

    - `periods`: of each unit, in samples.
    """

    periods: tuple[int, ...] = eqx.field(static=True)

    def now(self, a: Float[Array, "*units"]) -> Float[Array, "*units"]:
        r"""Return 1 where $a \bmod T_i = 0$, else 0."""
        return (a % jnp.asarray(self.periods, a.dtype) == 0).astype(a.dtype)

    def time(self, a: Float[Array, "*units"]) -> Float[Array, "*units"]:
        """Return infinity where the unit moves, else 0: a whole step is no finite flow."""
        return jnp.where(self.now(a) > 0, jnp.inf, 0.0).astype(a.dtype)
