"""Adaptive solutions by Diffrax, with the tolerance meant for every entry of the state."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from ._runge_kutta import Rate

_KEPT = 16
SOLVERS = ("bosh3", "dopri5", "dopri8", "kvaerno5", "tsit5")


def adaptive_solve(
    rate: Rate,
    y0: Any,
    t0: Array,
    t1: Array,
    *,
    solver: str,
    tolerance: float,
    max_steps: int,
    checkpoint: bool,
) -> Any:
    """Solve to `tolerance`, relative and absolute, and refuse a solution that did not finish."""
    import diffrax  # slow to import, and only adaptive solutions need it

    # Sixteen states kept are enough for short solutions and cost longer ones little more work;
    # Diffrax's own choice grows with max_steps, and so does what each step copies.
    kept = diffrax.RecursiveCheckpointAdjoint(checkpoints=_KEPT)
    adjoint = kept if checkpoint else diffrax.DirectAdjoint()
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, y, field: field(t, y)),  # pyright: ignore[reportArgumentType]
        getattr(diffrax, solver.capitalize())(),
        t0,
        t1,
        None,
        y0,
        rate,
        stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance, norm=_largest),
        adjoint=adjoint,
        max_steps=max_steps,
        throw=False,
    )
    last = jax.tree.map(lambda ys: ys[0], solution.ys)
    failed = solution.result != diffrax.RESULTS.successful
    dtype = jnp.result_type(*jax.tree.leaves(y0))
    return eqx.error_if(
        last,
        failed,
        f"The {solver} solution in {dtype} with tolerance {tolerance:g} did not finish within "
        f"{max_steps} steps: loosen the tolerance, raise max_steps, use float64, or, for a stiff "
        'field, solver="kvaerno5".',
    )


def _largest(errors: Any) -> Array:
    # A root mean square over a batch would hide the one example that is wrong.
    return jnp.stack([jnp.max(jnp.abs(e)) for e in jax.tree.leaves(errors)]).max()
