"""The action of a piecewise linear path whose kinks are anywhere."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..._checks import check, check_choice, check_shape
from ..._citation import cites
from .._ensemble import PathEnsemble


@cites("paths")
def uneven_action(
    ensemble: PathEnsemble, times: Float[Array, " points"], x: Float[Array, "dof points"]
) -> Float[Array, ""]:
    r"""Return $S/\hbar$ of a path with kinks at times of its own.

    $$ \frac S\hbar = \frac1\hbar \sum_{n=1}^N \Big[ \frac{\Delta x_n^T M \Delta x_n}{2\,dt_n}
       + dt_n V_n \Big], \qquad dt_n = t_n - t_{n-1} $$

    with V between the points or the mean of both, by the action of the ensemble. For what
    [`feynax.networks.fold`][] makes of a network whose kinks are not on the lattice.

    **Arguments:**

    - `ensemble`: gives mass, potential, hbar and the rule, `midpoint` or `trapezoid`.
    - `times`: increasing; those of an even grid give `ensemble.action`, for open ends.
    - `x`: places at these times.

    **Raises:**

    - `ValueError` for other actions, and shapes that do not fit.

    Source: paths document (Hashimoto et al.), appendix A, "arbitrary discretization".

    ```python
    import jax.numpy as jnp, feynax as fx
    ens = fx.paths.PathEnsemble(lambda x: x**2, beta=3.0, slices=2)
    S = fx.paths.uneven_action(ens, jnp.array([0.0, 1.0, 3.0]), jnp.ones((1, 3)))
    assert jnp.allclose(S, 3.0)
    ```
    """
    check_choice("ensemble.kind", ensemble.kind, {"midpoint", "trapezoid"})
    check(times.ndim == 1, "times", "have one axis", f"shape {times.shape}")
    check_shape("x", x, (ensemble.dof, times.shape[0]))
    dt, steps = jnp.diff(times).astype(x.dtype), jnp.diff(x)
    kinetic = jnp.sum(steps * (jnp.asarray(ensemble.mass, x.dtype) @ steps), 0) / (2 * dt)
    total = jnp.sum(kinetic + dt * _potential(ensemble, x))
    return total / jnp.asarray(ensemble.hbar, x.dtype)


def _potential(ensemble: PathEnsemble, x: Float[Array, "dof points"]) -> Float[Array, " slices"]:
    if ensemble.rule.midpoint:
        return ensemble.potential((x[:, 1:] + x[:, :-1]) / 2)
    V = ensemble.potential(x)
    return (V[1:] + V[:-1]) / 2
