"""The walk behind reversible scans: forward without storing, back by undoing each step."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

Pull = Callable[[Any], tuple[Any, Any, Any]]


class Walk(NamedTuple):
    """What a walk is made of; functions of `(params, carried, x)`, where `params` is whole again.

    **Fields:**

    - `step`: the next carried state.
    - `back`: of `(learned, given, carried, moving, still)`: the carried state before, and the
      pull of a cotangent through the step to (learned, state, moving).
    - `seen`: of `(params, state)`: the output of a step, or `None`.
    - `encode`, `decode`: between the state, of floats, and what is carried.
    - `finish`: decodes what is carried last, and raises where it stands for no state.
    - `length`, `axis`: number of steps, and the axis of `xs` along which they lie.
    - `check_every`: steps between stored states, or `None`.
    - `limit`: largest relative error of a recovered state against a stored one, or `None`.
    """

    step: Callable[[Any, Any, Any], Any]
    back: Callable[[Any, Any, Any, Any, Any], tuple[Any, Pull]]
    seen: Callable[[Any, Any], Any]
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    finish: Callable[[Any], Any]
    length: int
    axis: int
    check_every: int | None
    limit: float | None


def identity(state: Any) -> Any:
    """Return the state: what is carried where nothing is encoded."""
    return state


def unseen(params: Any, state: Any) -> None:
    """Return no output."""


def walked(walk: Walk, params: PyTree, state: PyTree, xs: PyTree) -> tuple[PyTree, PyTree]:
    """Return the last state and the outputs; differentiable in all floating-point arrays."""
    learned, given = eqx.partition(params, eqx.is_inexact_array)
    moving, still = eqx.partition(xs, eqx.is_inexact_array)
    return _walk((learned, state, moving), walk, given, still)


def undone_by(forward: Callable[..., Any], inverse: Callable[..., Any]) -> Callable[..., Any]:
    """Return the `back` of a step and its inverse: undo, then differentiate the step there."""

    def back(learned: Any, given: Any, new: Any, moving: Any, still: Any) -> tuple[Any, Pull]:
        old = inverse(eqx.combine(learned, given), new, eqx.combine(moving, still))
        return old, pull_of(forward, learned, given, old, moving, still)

    return back


def pull_of(
    forward: Callable[..., Any], learned: Any, given: Any, state: Any, moving: Any, still: Any
) -> Pull:
    """Return the pull of a cotangent through one step to (learned, state, moving)."""

    def step(p: Any, s: Any, m: Any) -> Any:
        return forward(eqx.combine(p, given), s, eqx.combine(m, still))

    return jax.vjp(step, learned, state, moving)[1]


def add(tree: PyTree, other: PyTree) -> PyTree:
    """Add two trees leaf by leaf."""
    return jax.tree.map(jnp.add, tree, other)


def at_step(tree: PyTree, t: Array, axis: int = 0) -> PyTree:
    """Return what arrays hold at one step."""
    return jax.tree.map(lambda a: jax.lax.dynamic_index_in_dim(a, t, axis, keepdims=False), tree)


def largest(tree: PyTree) -> Float[Array, ""]:
    """Largest absolute entry of a tree."""
    return jnp.stack([jnp.max(jnp.abs(leaf)) for leaf in jax.tree.leaves(tree)]).max()


def _forward(walk: Walk, params: Any, state: Any, xs: Any, kept: Any) -> tuple[Any, Any, Any]:
    """Walk; `kept` is filled with the states at every check."""

    # The step's number is carried: an array of all of them would be memory that grows.
    def body(carry: Any, _: None) -> tuple[Any, Any]:
        carried, kept, t = carry
        kept = _keep(walk, kept, carried, t)
        carried = walk.step(params, carried, at_step(xs, t, walk.axis))
        return (carried, kept, t + 1), walk.seen(params, walk.decode(carried))

    start = (walk.encode(state), kept, jnp.int32(0))
    (last, kept, _), outputs = jax.lax.scan(body, start, None, walk.length)
    return last, kept, jax.tree.map(lambda a: jnp.moveaxis(a, 0, walk.axis), outputs)


def _keep(walk: Walk, kept: Any, carried: Any, t: Array) -> Any:
    if kept is None or walk.check_every is None:
        return None
    place, now = t // walk.check_every, t % walk.check_every == 0

    def write(buffer: Array, value: Array) -> Array:
        return buffer.at[place].set(jnp.where(now, value, buffer[place]))

    return jax.tree.map(write, kept, carried)


@eqx.filter_custom_vjp
def _walk(vjp_arg: Any, walk: Walk, given: Any, still: Any) -> tuple[Any, Any]:
    learned, state, moving = vjp_arg
    params, xs = eqx.combine(learned, given), eqx.combine(moving, still)
    last, _, outputs = _forward(walk, params, state, xs, None)
    return walk.finish(last), outputs


@_walk.def_fwd
def _(perturbed, vjp_arg, walk, given, still):
    learned, state, moving = vjp_arg
    params, xs = eqx.combine(learned, given), eqx.combine(moving, still)
    kept = None
    if walk.check_every is not None:
        count = -(-walk.length // walk.check_every)
        empty = lambda a: jnp.zeros((count, *a.shape), a.dtype)
        kept = jax.tree.map(empty, walk.encode(state))
    last, kept, outputs = _forward(walk, params, state, xs, kept)
    return (walk.finish(last), outputs), (last, kept)


@_walk.def_bwd
def _(residuals, cotangents, perturbed, vjp_arg, walk, given, still):
    last, kept = residuals
    learned, state, moving = vjp_arg
    ct_last, ct_outputs = cotangents
    if kept is None and walk.limit is not None:  # the start is known without being stored
        kept = jax.tree.map(lambda a: a[None], walk.encode(state))
    scale, wants_xs = largest(walk.decode(last)), any(jax.tree.leaves(perturbed[2]))

    def body(carry: Any, _: None) -> tuple[Any, Any]:
        carried, ct, total, worst, t = carry
        if jax.tree.leaves(ct_outputs):
            ct_seen = at_step(ct_outputs, t, walk.axis)
            ct, total = _through_output(walk, learned, given, carried, ct, total, ct_seen)
        x = at_step(moving, t, walk.axis), at_step(still, t, walk.axis)
        carried, pull = walk.back(learned, given, carried, *x)
        ct_learned, ct, ct_x = pull(ct)
        if kept is not None:
            carried, worst = _check(walk, kept, carried, worst, scale, t)
        return (carried, ct, add(total, ct_learned), worst, t - 1), ct_x if wants_xs else None

    zeros = jax.tree.map(jnp.zeros_like, (state, learned))
    begin = jax.tree.map(lambda z, c: z if c is None else c, zeros[0], ct_last)
    start = (last, begin, zeros[1], jnp.zeros_like(scale), jnp.int32(walk.length - 1))
    (_, ct_state, ct_learned, worst, _), ct_xs = jax.lax.scan(
        body, start, None, walk.length, reverse=True
    )
    ct_xs = jax.tree.map(lambda a: jnp.moveaxis(a, 0, walk.axis), ct_xs)
    found = (ct_learned, ct_state, ct_xs if wants_xs else jax.tree.map(lambda _: None, moving))
    if walk.limit is None:
        return found
    return eqx.error_if(found, ~(worst <= walk.limit), _LOST.format(walk.limit))  # also NaN


_LOST = (
    "Walking the states back missed a stored one by more than recovery_limit = {:g} of the largest "
    "entry: recovery is lost and this gradient would be wrong. Store states more often "
    "(check_every), take smaller steps, or carry fixed-point states (exact)."
)


def _through_output(
    walk: Walk, learned: Any, given: Any, carried: Any, ct: Any, total: Any, ct_seen: Any
) -> tuple[Any, Any]:
    """Add what the loss wants of a step's output to the cotangents of state and parameters."""
    seen = lambda p, s: walk.seen(eqx.combine(p, given), s)
    _, pull = jax.vjp(seen, learned, walk.decode(carried))
    ct_learned, ct_state = pull(ct_seen)
    return add(ct, ct_state), add(total, ct_learned)


def _check(
    walk: Walk, kept: Any, carried: Any, worst: Array, scale: Array, t: Array
) -> tuple[Any, Array]:
    """Where a state is stored, take it, and remember how far off the recovered one was."""
    every = walk.length if walk.check_every is None else walk.check_every
    now, stored = t % every == 0, at_step(kept, t // every)
    true, found = walk.decode(stored), walk.decode(carried)
    gap = largest(jax.tree.map(jnp.subtract, found, true))
    size = jnp.maximum(jnp.maximum(scale, largest(true)), jnp.finfo(scale.dtype).tiny)
    worse = jnp.where(gap / size > worst, gap / size, worst)
    worst = jnp.where(now, jnp.where(jnp.isnan(gap), jnp.nan, worse), worst)
    return jax.tree.map(lambda s, c: jnp.where(now, s, c), stored, carried), worst
