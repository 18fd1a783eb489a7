"""Stages that read one another: solved to a stated residual, or said to be unsolved."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Inexact, Int

from ._activation import steepest
from ._coefficient import norm, product
from ._stage import Stage

Sweep = Callable[[Array], Array]

_FIXED, _NEWTON, _HALVINGS = 200, 50, 10


class StageSolution(NamedTuple):
    r"""Stages of one step, and how well they solve $K = G(K)$.

    **Fields:**

    - `stages`: $K_1, \dots, K_n$.
    - `residual`: $\max|K - G(K)| / (1 + \max|K|)$.
    - `rho`: spectral radius of N, below 1 only where the stages are certified to be unique; NaN
      where it does not apply: dynamical coefficients, or activations of unknown slope.
    - `iterations`: of the fixed point and of Newton's method together; 0 for explicit steps.
    - `converged`: whether the residual is at most eps^(2/3).
    """

    stages: tuple[Inexact[Array, " stage"], ...]
    residual: Float[Array, ""]
    rho: Float[Array, ""]
    iterations: Int[Array, ""]
    converged: Bool[Array, ""]


def coupling(stages: tuple[Any, ...], h: float, inner: bool, real: Any) -> Array | None:
    r"""Return N: $h\|\kappa_q\|\,\mathrm{Lip}(\sigma_q)\,\|\alpha_{qk}\|$, and $\|\gamma_q\|$."""
    if not all(isinstance(stage, Stage) for stage in stages):
        return None
    slopes = [s for stage in stages if (s := steepest(stage.sigma)) is not None]
    if len(slopes) < len(stages):
        return None
    N = jnp.zeros((len(stages), len(stages)), real)
    for q, (stage, slope) in enumerate(zip(stages, slopes, strict=True)):
        gain = abs(h) * slope * (0.0 if stage.kappa is None else norm(stage.kappa))
        for k, c in stage.alpha.items():
            if c is not None:
                reach = norm(product(stage.W, c) if inner else c)
                N = N.at[q, k - 1].add((gain * reach).astype(real))
        if q and stage.gamma is not None:
            N = N.at[q, q - 1].add(norm(stage.gamma).astype(real))
    return jax.lax.stop_gradient(N)


def radius(N: Array) -> Array:
    """Spectral radius of a nonnegative matrix, from above, by squaring it thirty times."""

    def square(i: Array, carry: tuple[Array, Array]) -> tuple[Array, Array]:
        M, log = carry
        size = jnp.max(jnp.sum(M, axis=1))
        scale = jnp.where(size > 0, size, 1)
        return (M / scale) @ (M / scale), log + jnp.log(size) * 0.5 ** i.astype(M.dtype)

    return jnp.exp(jax.lax.fori_loop(0, 31, square, (N, jnp.zeros((), N.dtype)))[1])


def pack(dtype: Any, sizes: tuple[int, ...]) -> tuple[Callable[..., Array], Callable[..., Any]]:
    """Return the maps from stages to one real vector, and back."""
    is_complex = bool(jnp.issubdtype(dtype, jnp.complexfloating))
    places = [int(p) for p in np.cumsum(sizes)[:-1]]

    def join(stages: Any) -> Array:
        k = jnp.concatenate(stages)
        return jnp.concatenate([k.real, k.imag]) if is_complex else k

    def split(k: Array) -> tuple[Array, ...]:
        whole = jax.lax.complex(*jnp.split(k, 2)) if is_complex else k
        return tuple(jnp.split(whole, places))

    return join, split


def solve(sweep: Sweep, start: Array, rho: Array | None) -> tuple[Array, Array]:
    r"""Return K = G(K) and the iterations it took, with derivatives by the implicit function.

    Where rho(N) < 1 the fixed point is iterated first; damped Newton does the rest.
    """
    start = jax.lax.stop_gradient(start)

    def search(f: Sweep, k: Array) -> tuple[Array, Array]:
        k, used = (k, jnp.zeros((), jnp.int32)) if rho is None else _fixed_point(f, k, rho)
        k, used = _newton(f, k, used)
        return k, used.astype(k.dtype)  # a count has no tangent of its own kind

    def tangent(linear: Any, y: Array) -> Array:
        return jnp.linalg.solve(jax.jacfwd(linear)(jnp.zeros_like(y)), y)

    k, used = jax.lax.custom_root(lambda k: k - sweep(k), start, search, tangent, has_aux=True)
    return k, jax.lax.stop_gradient(used).astype(jnp.int32)


def size_of(f: Array, k: Array) -> Array:
    """Return the residual relative to 1 + max |K|."""
    return jnp.max(jnp.abs(f)) / (1 + jnp.max(jnp.abs(k)))


def tolerance(dtype: Any) -> float:
    """Return the residual up to which stages count as solved: eps^(2/3)."""
    return float(jnp.finfo(dtype).eps) ** (2 / 3)


def _fixed_point(f: Sweep, k: Array, rho: Array) -> tuple[Array, Array]:
    tight = 4 * float(jnp.finfo(k.dtype).eps)

    def again(carry: Any) -> Array:
        k, r, count = carry
        return (size_of(r, k) > tight) & (count < _FIXED) & (rho < 1)

    def turn(carry: Any) -> Any:
        k, r, count = carry
        return k - r, f(k - r), count + 1

    k, _, count = jax.lax.while_loop(again, turn, (k, f(k), jnp.zeros((), jnp.int32)))
    return k, count


def _newton(f: Sweep, k: Array, used: Array) -> tuple[Array, Array]:
    tight, enough = 4 * float(jnp.finfo(k.dtype).eps), tolerance(k.dtype)

    def again(carry: Any) -> Array:
        k, r, count, stalled = carry
        return (size_of(r, k) > tight) & (count < used + _NEWTON) & ~stalled

    def turn(carry: Any) -> Any:
        k, r, count, _ = carry
        way = -jnp.linalg.solve(jax.jacfwd(f)(k), r)
        new, left = _damped(f, k, r, way)
        better = jnp.linalg.norm(left) < jnp.linalg.norm(r)
        # Below the tolerance only round-off is left once a step no longer halves the residual.
        slow = jnp.linalg.norm(left) > 0.5 * jnp.linalg.norm(r)
        stalled = ~better | (slow & (size_of(r, k) <= enough))
        return jnp.where(better, new, k), jnp.where(better, left, r), count + 1, stalled

    stop = jnp.zeros((), bool)
    k, _, count, _ = jax.lax.while_loop(again, turn, (k, f(k), used, stop))
    return k, count


def _damped(f: Sweep, k: Array, r: Array, way: Array) -> tuple[Array, Array]:
    """Halve the step until the residual falls as fast as a quarter of the step promises."""

    def again(carry: Any) -> Array:
        share, left, halvings = carry
        falls = jnp.linalg.norm(left) <= (1 - share / 4) * jnp.linalg.norm(r)
        return ~falls & (halvings < _HALVINGS)

    def halve(carry: Any) -> Any:
        share, _, halvings = carry
        return share / 2, f(k + share / 2 * way), halvings + 1

    one = jnp.ones((), k.dtype)
    share, left, _ = jax.lax.while_loop(again, halve, (one, f(k + way), 0))
    return k + share * way, left


def insist(k: Array, solution: StageSolution, h: float) -> Array:
    """Return `k` where it is solved; else NaN, and an error where run-time errors are on."""
    bad = ~solution.converged
    poisoned = jnp.where(bad, jnp.full_like(k, jnp.nan), k)
    index, words = _words(solution, h)
    return eqx.branched_error_if(poisoned, bad, index, words)


_DECADES = np.logspace(-11, 6, 18)
_RHO = np.array([1.0, 2.0, 5.0, 10.0, 100.0])


def _words(solution: StageSolution, h: float) -> tuple[Any, list[str]]:
    """Choose among sentences: what is traced can be told by its decade only."""
    residual, rho = solution.residual, solution.rho
    if not _traced(residual) and not _traced(rho):
        about = "is not defined" if np.isnan(rho) else f"is {float(rho):.3g}"
        return jnp.zeros((), int), [_sentence(f"{float(residual):.3g}", about, h)]
    sizes = [*(f"below {d:.0e}" for d in _DECADES), "above 1e+06 or NaN"]
    radii = ["is below 1", *(f"is {r:g} or more" for r in _RHO), "is not defined"]
    i = jnp.searchsorted(jnp.asarray(_DECADES, residual.dtype), residual)
    j = jnp.searchsorted(jnp.asarray(_RHO, rho.dtype), rho, side="right")
    j = jnp.where(jnp.isnan(rho), len(_RHO) + 1, j)
    return i * len(radii) + j, [_sentence(size, about, h) for size in sizes for about in radii]


def _traced(array: Array) -> bool:
    return isinstance(array, jax.core.Tracer)  # pyright: ignore[reportAttributeAccessIssue]


def _sentence(residual: str, rho: str, h: float) -> str:
    return (
        f"The implicit stages are not solved: at the step h = {h:g} the residual is "
        f"{residual} (relative to 1 + max |K|) and rho(N) {rho}; stages are certified to exist "
        "only below 1. Take a smaller step h or smaller alpha."
    )
