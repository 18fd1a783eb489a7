r"""Hamiltonian Monte Carlo that turns the Gaussian part exactly and integrates only the rest.

In whitened modes q with momenta p ~ N(0, 1) the energy is $q^2/2 + p^2/2 + U(q)$, where U is the
residual action. One step of size h kicks p by half of $-h\,\nabla U$, turns (q, p) by the angle h,
and kicks again. The stiffness of the kinetic term never meets the integrator, so the number of
steps does not grow with the number of slices, and a quadratic action is drawn exactly.

Source: A. Beskos, F. J. Pinski, J. M. Sanz-Serna, A. M. Stuart, "Hybrid Monte Carlo on Hilbert
spaces" (2011).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from ._abstract import AbstractEnsemble, AbstractReference


class ChainState(eqx.Module):
    """Where one chain is, with everything a next step would otherwise compute again.

    - `modes`: whitened modes q; `x`: their configuration.
    - `residual`: U, without unit; `force`: its gradient with respect to q.
    """

    modes: Float[Array, "..."]
    x: Float[Array, "..."]
    residual: Float[Array, ""]
    force: Float[Array, "..."]


class Move(eqx.Module):
    r"""What a proposal met: its probability, whether it was taken, and its energy error.

    - `energy_change`: of the whole Hamiltonian in units of hbar; $\langle e^{-dH}\rangle = 1$.
    - `gradients`: how many gradients of the action it took.
    """

    acceptance: Float[Array, ""]
    accepted: Bool[Array, ""]
    energy_change: Float[Array, ""]
    gradients: Int[Array, ""] | int = 0


def settle(
    ensemble: AbstractEnsemble, reference: AbstractReference, modes: Float[Array, "..."]
) -> ChainState:
    """Return the state of a chain at whitened modes: one gradient, one pair of transforms."""

    def rest(modes):
        x = reference.synthesis(modes)
        return ensemble.residual(reference, x), x

    (residual, x), force = jax.value_and_grad(rest, has_aux=True)(modes)
    return ChainState(modes, x, residual, force)


def settle_at(
    ensemble: AbstractEnsemble, reference: AbstractReference, x: Float[Array, "..."]
) -> ChainState:
    """Return the state of a chain at a configuration: `settle` without building it again."""
    modes = reference.analysis(x)
    residual, slope = jax.value_and_grad(lambda x: ensemble.residual(reference, x))(x)
    (force,) = jax.vjp(reference.synthesis, modes)[1](slope)  # affine: only its transpose runs
    return ChainState(modes, x, residual, force)


def rotate(
    ensemble: AbstractEnsemble,
    reference: AbstractReference,
    state: ChainState,
    key: PRNGKeyArray,
    *,
    angle: Float[Array, ""],
    steps: Int[Array, ""],
) -> tuple[ChainState, Move]:
    """Propose the end of a trajectory and take it or stay; leaves the ensemble invariant.

    **Arguments:**

    - `state`: of one chain; chains are a `jax.vmap` with the same `angle` and `steps`.
    - `key`: random key of this chain and this trajectory.
    - `angle`: length of the trajectory in radians, drawn without looking at the state.
    - `steps`: how many steps it is divided into, as many gradients.
    """
    kick, choice = jax.random.split(key)
    momenta = jax.random.normal(kick, state.modes.shape, state.modes.dtype)
    end, turned = _trajectory(ensemble, reference, state, momenta, angle, steps)
    change = _energy(end, turned) - _energy(state, momenta)
    change = jnp.where(jnp.isfinite(change), change, jnp.inf)
    acceptance = jnp.minimum(1, jnp.exp(-change))
    accepted = jax.random.uniform(choice, dtype=change.dtype) < acceptance
    chosen = jax.tree.map(lambda new, old: jnp.where(accepted, new, old), end, state)
    return chosen, Move(acceptance, accepted, change, steps)


def _trajectory(ensemble, reference, state, momenta, angle, steps):
    dtype = state.modes.dtype
    h = jnp.asarray(angle, dtype) / jnp.asarray(steps, dtype)
    cos, sin = jnp.cos(h), jnp.sin(h)

    def step(_, carry):
        now, p = carry
        p = p - h / 2 * now.force
        q, p = cos * now.modes + sin * p, cos * p - sin * now.modes
        now = settle(ensemble, reference, q)
        return now, p - h / 2 * now.force

    return jax.lax.fori_loop(0, steps, step, (state, momenta))


def _energy(state: ChainState, momenta: Float[Array, "..."]) -> Float[Array, ""]:
    return state.residual + (jnp.sum(state.modes**2) + jnp.sum(momenta**2)) / 2
