"""A sampler of your own: a random walk that knows the Gaussian part of the action.

Run it with `python examples/own_sampler.py`.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import feynax as fx


class CrankNicolson(fx.paths.AbstractKernel):
    r"""Preconditioned Crank-Nicolson: $q' = \sqrt{1 - b^2}\,q + b\,\xi$ in whitened modes.

    The proposal leaves the Gaussian reference invariant, so the residual action alone decides.
    """

    b: Float[Array, ""]

    def __init__(self, b=0.5):
        self.b = jnp.asarray(b)

    def start(self, ensemble, reference, x):
        return fx.paths.settle(ensemble, reference, reference.analysis(x))

    def step(self, ensemble, reference, state, key, shared):
        noise, choice = jax.random.split(key)
        q, b = state.modes, self.b.astype(state.modes.dtype)
        other = jnp.sqrt(1 - b**2) * q + b * jax.random.normal(noise, q.shape, q.dtype)
        new = fx.paths.settle(ensemble, reference, other)
        acceptance = jnp.minimum(1, jnp.exp(state.residual - new.residual))
        accepted = jax.random.uniform(choice, dtype=q.dtype) < acceptance
        chosen = jax.tree.map(lambda new, old: jnp.where(accepted, new, old), new, state)
        return chosen, fx.paths.Move(acceptance, accepted, jnp.zeros((), q.dtype), 1)

    def adapted(self, acceptance, gain):
        b = jnp.clip(self.b * jnp.exp(gain * (acceptance - 0.3)), 0.01, 0.99)
        return eqx.tree_at(lambda kernel: kernel.b, self, b.astype(self.b.dtype))


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    fx.testing.check_sampler(CrankNicolson())
    paths = fx.paths.PathEnsemble("x**2/2 + x**4", beta=4.0, slices=16)
    print(fx.paths.sample(paths, key=jax.random.key(0), kernel=CrankNicolson(), draws=4000))
