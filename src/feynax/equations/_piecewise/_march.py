"""When the ReLUs of a field switch: a march in steps that provably hold no switching."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ._relu_field import ReLUField

_TERMS = 20  # of Taylor's series over a step of 1/|A|: what is left out is below 1/21! = 2e-20
_TAIL = 2.1e-20
_ROUNDING = 8.0  # units of rounding within which a unit counts as at its threshold


class Search(NamedTuple):
    """What a march has found when it stops.

    `times` and `units` hold the `switched` switchings and then infinity and -1; `masks[k]` holds
    after the first k of them. `steps` counts evaluated pieces; `room` is false where a switching
    found no place any more.
    """

    time: Float[Array, ""]
    state: Float[Array, " n"]
    mask: Bool[Array, " units"]
    switched: Int[Array, ""]
    steps: Int[Array, ""]
    room: Bool[Array, ""]
    times: Float[Array, " events"]
    units: Int[Array, " events"]
    masks: Bool[Array, "after units"]


def search(
    field: ReLUField, y0: Float[Array, " n"], end: Float[Array, ""], events: int, steps: int
) -> Search:
    """March from time 0 to `end`, at most `steps` pieces and `events` switchings long."""

    def unfinished(at: Search) -> Array:
        alive = at.room & jnp.all(jnp.isfinite(at.state))
        return (at.time < end) & (at.steps < steps) & alive

    def piece(at: Search) -> Search:
        left = end - at.time
        terms, span, distances = _expand(field, at, left)
        safe, urgency = jax.vmap(_judge)(*distances)
        share = jnp.minimum(jnp.min(safe, initial=1), 1)
        last = (share >= 1) & (span >= left)
        time = jnp.where(last, end, at.time + share * span)
        moved = at._replace(time=time, state=at.state + _horner(terms, share))
        falls = jnp.min(urgency, initial=_TERMS + 1) <= _TERMS
        switched = _switch(at, jnp.argmin(urgency))
        chosen = jax.tree.map(lambda a, b: jnp.where(falls, a, b), switched, moved)
        return chosen._replace(steps=at.steps + 1)

    return jax.lax.while_loop(unfinished, piece, _begin(field, y0, end, events))


def affine(field: ReLUField, mask: Array) -> tuple[Float[Array, "n n"], Float[Array, " n"]]:
    """Matrix and offset of the regime where the units of `mask` are on."""
    acting = jnp.asarray(field.outer) * mask.astype(field.outer.dtype)[None, :]
    matrix = acting @ jnp.asarray(field.inner) - jnp.diag(field.decay)
    return matrix, acting @ jnp.asarray(field.shift) + field.drive


def _begin(field: ReLUField, y0: Array, end: Array, events: int) -> Search:
    mask = jnp.asarray(field.inner) @ y0 + field.shift >= 0
    return Search(
        time=jnp.zeros_like(end),
        state=y0,
        mask=mask,
        switched=jnp.asarray(0),
        steps=jnp.asarray(0),
        room=jnp.asarray(True),
        times=jnp.full(events, jnp.inf, end.dtype),
        units=jnp.full(events, -1),
        masks=jnp.broadcast_to(mask, (events + 1, len(mask))),
    )


def _expand(
    field: ReLUField, at: Search, left: Array
) -> tuple[Float[Array, "terms n"], Float[Array, ""], tuple[Array, ...]]:
    """Taylor terms of the state over the next span, its length, and what `_judge` asks of units."""
    matrix, offset = affine(field, at.mask)
    inner, shift = jnp.asarray(field.inner), jnp.asarray(field.shift)
    velocity = matrix @ at.state + offset
    norm = jnp.max(jnp.sum(jnp.abs(matrix), 1), initial=0)
    span = jnp.minimum(1 / jnp.maximum(norm, jnp.finfo(left.dtype).tiny), left)
    terms = _taylor(matrix, span * velocity, span)
    sign = jnp.where(at.mask, 1, -1).astype(left.dtype)
    rates = (terms @ inner.T) * sign[None, :]
    size = jnp.abs(inner) @ jnp.abs(at.state) + jnp.abs(shift) + jnp.sum(jnp.abs(rates), 0)
    tail = _TAIL * jnp.sum(jnp.abs(inner), 1) * jnp.max(jnp.abs(span * velocity), initial=0)
    # What the series leaves out may exceed a tiny unit's own rounding beside large ones.
    rounding = _ROUNDING * jnp.finfo(left.dtype).eps * size + tail
    return terms, span, (sign * (inner @ at.state + shift), rates.T, tail, rounding)


def _taylor(matrix: Array, first: Array, span: Array) -> Float[Array, "terms n"]:
    r"""Terms of the state's series in $\sigma$, at time $\sigma$ `span`, from the first one."""

    def following(term: Array, k: Array) -> tuple[Array, Array]:
        return span / k * (matrix @ term), term

    orders = jnp.arange(2, _TERMS + 2, dtype=first.dtype)
    return jax.lax.scan(following, first, orders)[1]


def _horner(terms: Array, share: Array) -> Array:
    """Value of the series at `share` of the span, smallest terms first."""
    powers = share ** jnp.arange(1, _TERMS + 1, dtype=share.dtype)
    return powers[::-1] @ terms[::-1]


def _judge(
    above: Array, rates: Array, tail: Array, rounding: Array
) -> tuple[Float[Array, ""], Int[Array, ""]]:
    r"""For one unit the share of the span that is safe, and how soon it must switch.

    `above` is $g(0) \ge 0$, the distance from the threshold; `rates` are the coefficients $p_k$
    of its Taylor series in $\sigma \in [0, 1]$, and $g(\sigma) \ge g(0) + p_1\sigma + q\sigma^2$
    with $q = p_2 - \sum_{k>2} \max(0, -p_k)$, since $\sigma^k \le \sigma^2$. There is no root
    before the first one of this parabola. A unit that is at its threshold to rounding follows its
    first coefficient that is large enough to be seen: it switches if that is negative; if it is
    $p_k > 0$, then $g > 0$ until $\sigma = p_k / \sum_{j>k} \max(0, -p_j)$.
    """
    down = jnp.maximum(-rates, 0)
    later = jnp.append(jnp.cumsum(down[:0:-1])[::-1], 0) + tail
    # A slope that would lead below the threshold by less than rounding is none: it grazes.
    seen = jnp.abs(rates) > 4 * jnp.sqrt(rounding * jnp.sum(jnp.abs(rates)))
    order, moves = jnp.argmax(seen), jnp.any(seen)
    touches = above <= rounding
    falls = touches & ((moves & (rates[order] < 0)) | (above < -_ROUNDING * rounding))
    leaves = jnp.where(moves, _ratio(rates[order], later[order]), jnp.inf)
    parabola = _first_root(above, rates[0], rates[1] - later[1])
    urgency = jnp.where(moves, order, _TERMS)
    return jnp.where(touches, leaves, parabola), jnp.where(falls, urgency, _TERMS + 1)


def _first_root(constant: Array, slope: Array, bend: Array) -> Array:
    """First positive root of a parabola that is positive at 0; infinite where there is none."""
    inside = slope**2 - 4 * bend * constant
    root = jnp.sqrt(jnp.maximum(inside, 0))
    down = jnp.where(inside >= 0, _ratio(2 * constant, root - slope), jnp.inf)
    up = jnp.where(bend < 0, _ratio(slope + root, -2 * bend), jnp.inf)
    return jnp.where(slope < 0, down, up)


def _ratio(a: Array, b: Array) -> Array:
    """Quotient of positive numbers, infinite where the divisor is none."""
    return jnp.where(b > 0, a / jnp.where(b > 0, b, 1), jnp.inf)


def _switch(at: Search, unit: Array) -> Search:
    """Switch one unit; at the start that only settles the mask, and is no event."""
    size, events = at.mask.shape[0], at.times.shape[0]
    mask = at.mask ^ (jnp.arange(size) == unit)
    begun, fits = at.time > 0, at.switched < events
    counts = begun & fits
    here = counts & (jnp.arange(events) == at.switched)
    count = at.switched + jnp.where(counts, 1, 0)
    after = jnp.arange(events + 1)[:, None] >= count
    return at._replace(
        mask=mask,
        switched=count,
        room=fits | ~begun,
        times=jnp.where(here, at.time, at.times),
        units=jnp.where(here, unit, at.units),
        masks=jnp.where(after, mask[None, :], at.masks),
    )
