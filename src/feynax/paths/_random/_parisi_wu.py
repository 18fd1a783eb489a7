"""Stochastic quantisation of Parisi and Wu: the whole path moves in a fictitious time."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..._checks import check, check_positive
from ..._citation import cites
from .._kernel import AbstractKernel
from ._langevin import LangevinState, langevin


@cites("parisi1981", "paths")
class ParisiWu(AbstractKernel):
    r"""Langevin equation of a whole path in a fictitious time s.

    $$ dx = -\nabla\frac{S}{\hbar}\,ds + \sqrt2\,dW $$

    Euler's step of length h gives a mode of eigenvalue $\mu$ (of $S/\hbar$) the variance
    $\frac1\mu\,\frac1{1-\mu h/2}$ instead of $1/\mu$, and no variance at all for
    $h \ge 2/\mu_{max}$, about $dt/2m\hbar$ on a path (`tests/paths/test_random_langevin.py`).
    The preconditioner gives every mode of the reference the rate 1 and solves that part exactly:
    then only what the reference does not know is biased, and only a step's size limits it. It is
    the limit of a rotation by a single step.

    **Arguments:**

    - `step_size`: h. Without preconditioner in units of x squared, and $\hbar$ times the
      fictitious time of $dx = -\nabla S\,ds$; with it, without unit.
    - `preconditioned`: moves the whitened modes, of which all rates are 1.
    - `adjusted`: refuses steps so that the weight is exact; warm-up then adapts `step_size`.
    - `target`: acceptance that warm-up aims at, between 0 and 1.

    **Raises:**

    - `ValueError` where an argument is out of range.

    Source: Parisi and Wu (1981); paths document (Hashimoto et al.), section 5.2.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    with jax.enable_x64(True):
        paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
        reference, kernel = paths.reference(), fx.paths.ParisiWu(0.5)
        state = kernel.start(paths, reference, jnp.zeros((1, 16)))
        state, move = kernel.step(paths, reference, state, jax.random.key(0), jax.random.key(1))
        assert move.acceptance > 0.7 and state.x.shape == (1, 16)
    ```
    """

    step_size: Float[Array, ""]
    preconditioned: bool = eqx.field(static=True)
    adjusted: bool = eqx.field(static=True)
    target: float = eqx.field(static=True)

    def __init__(
        self,
        step_size: Float[Array, ""] | float = 0.2,
        *,
        preconditioned: bool = True,
        adjusted: bool = True,
        target: float = 0.574,
    ):
        if isinstance(step_size, int | float):
            check_positive("step_size", step_size)
        check(0 < target < 1, "target", "lie between 0 and 1", target)
        self.step_size = jnp.asarray(step_size)
        self.preconditioned, self.adjusted, self.target = preconditioned, adjusted, target

    def start(self, ensemble, reference, x):
        return self._settle(ensemble, reference, self._coordinates(reference, x))

    def step(self, ensemble, reference, state: LangevinState, key, shared):
        del shared  # every chain has its own noise
        settle = lambda y: self._settle(ensemble, reference, y)
        rate = jnp.asarray(float(self.preconditioned), state.y.dtype)
        return langevin(settle, state, key, step=self.step_size, rate=rate, adjusted=self.adjusted)

    def adapted(self, acceptance, gain):
        if not self.adjusted:
            return self  # a biased step is what was asked for
        change = jnp.asarray(gain * (acceptance - self.target), self.step_size.dtype)
        return eqx.tree_at(lambda k: k.step_size, self, self.step_size * jnp.exp(change))

    def _coordinates(self, reference, x):
        return reference.analysis(x) if self.preconditioned else x

    def _settle(self, ensemble, reference, y: Float[Array, "..."]) -> LangevinState:
        def rest(y):
            if self.preconditioned:
                x = reference.synthesis(y)
                return ensemble.residual(reference, x), x
            # There and back again puts the sites that may not move where they belong.
            x = reference.synthesis(reference.analysis(y))
            return ensemble.action(x), x

        (value, x), force = jax.value_and_grad(rest, has_aux=True)(y)
        return LangevinState(y if self.preconditioned else x, x, value, force)
