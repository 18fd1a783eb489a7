"""The stage of the implicit midpoint rule: solved to a stated criterion, or an error."""

from collections.abc import Callable
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Push = Callable[[Float[Array, " n"]], Float[Array, " n"]]

_ROUNDS = {"fixed_point": 200, "newton": 50}
_CRITERION = 32  # roundings of the largest entry
_CUTS = 8  # the shortest damped step is 2^-7


def solve_stage(
    push: Push, y: Float[Array, " n"], method: Literal["fixed_point", "newton"]
) -> Float[Array, " n"]:
    r"""Solve $u = y + P(u)$ to $\max|u - y - P(u)| \le 32\,\epsilon\,(1 + \max|y|)$.

    Gradients are those of the implicit function theorem, whatever rounds the solver took.
    """
    residual = lambda u: u - y - push(u)
    limit = _CRITERION * jnp.finfo(y.dtype).eps * (1 + jnp.max(jnp.abs(jax.lax.stop_gradient(y))))
    root = _fixed_point if method == "fixed_point" else _newton
    tangent = _neumann if method == "fixed_point" else _dense
    u = jax.lax.custom_root(residual, y, lambda f, u: root(f, u, limit), tangent)
    missed = ~(jnp.max(jnp.abs(residual(u))) <= limit)  # also NaN
    return eqx.error_if(u, missed, _missed(method))


def _missed(method: str) -> str:
    cure = 'take a smaller step_size or solver="newton"'
    return (
        f"The stage of the implicit midpoint rule did not converge in {_ROUNDS[method]} rounds: "
        f"{cure if method == 'fixed_point' else 'its state or its weights are not finite'}."
    )


def _rounds(method: str, turn: Any, f: Push, u: Array, limit: Array) -> Array:
    """Repeat `turn` until the residual is small enough or the rounds are used up."""

    def goes_on(carry: tuple[Array, Array, Array]) -> Array:
        _, gap, count = carry
        return (jnp.max(jnp.abs(gap)) > limit) & (count < _ROUNDS[method])

    def body(carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        u, gap, count = carry
        u = turn(u, gap)
        return u, f(u), count + 1

    return jax.lax.while_loop(goes_on, body, (u, f(u), jnp.int32(0)))[0]


def _fixed_point(f: Push, u: Array, limit: Array) -> Array:
    return _rounds("fixed_point", lambda u, gap: u - gap, f, u, limit)


def _newton(f: Push, u: Array, limit: Array) -> Array:
    cuts = 0.5 ** jnp.arange(_CUTS, dtype=u.dtype)

    def turn(u: Array, gap: Array) -> Array:
        way = jnp.linalg.solve(jax.jacfwd(f)(u), gap)
        tried = u[None] - jnp.outer(cuts, way)
        return tried[jnp.argmin(jnp.max(jnp.abs(jax.vmap(f)(tried)), 1))]

    return _rounds("newton", turn, f, u, limit)


def _dense(linear: Push, y: Array) -> Array:
    return jnp.linalg.solve(jax.jacobian(linear)(y), y)


def _neumann(linear: Push, y: Array) -> Array:
    solve = lambda f, b: _fixed_point(
        lambda u: f(u) - b, b, _CRITERION * jnp.finfo(b.dtype).eps * jnp.max(jnp.abs(b))
    )
    return jax.lax.custom_linear_solve(linear, y, solve, transpose_solve=solve)
