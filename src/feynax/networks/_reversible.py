"""A scan over an invertible step, whose gradient keeps no states: it walks them back."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from .._checks import check, check_count, check_positive
from .._citation import cites
from ._reversible_walk import Walk, identity, undone_by, unseen, walked

Step = Callable[[Any, Any, Any], Any]


@cites("gomez2017")
def reversible_scan(
    forward: Step,
    inverse: Step,
    params: PyTree,
    state: PyTree[Array],
    xs: PyTree[Array] | None = None,
    *,
    length: int | None = None,
    check_every: int | None = None,
    recovery_limit: float | None = None,
) -> PyTree[Array]:
    r"""Take an invertible step many times; the gradient recomputes the states by inversion.

    $$s_{n+1} = F(\theta, s_n, x_n), \qquad
    \bar s_n = \bar s_{n+1}\,\partial_s F(\theta, s_n, x_n), \quad
    s_n = F^{-1}(\theta, s_{n+1}, x_n)$$

    A plain `scan` keeps every state and every intermediate value for its gradient; this keeps the
    last state alone, at the price of one inverse and one more forward step each. The gradient is
    that of the plain scan up to the rounding error of the inversion, which a step that contracts
    strongly amplifies: `round_trip` measures it. Forward-mode derivatives do not exist.

    **Arguments:**

    - `forward`: `forward(params, state, x)` returns the next state, of the same shapes.
    - `inverse`: `inverse(params, state, x)` undoes it. Neither may close over traced values.
    - `params`: any tree; its floating-point arrays get gradients.
    - `state`: tree of floating-point arrays.
    - `xs`: tree of arrays whose first axis is the step, or `None`.
    - `length`: number of steps; needed where `xs` is `None`.
    - `check_every`: store every so many states, and walk on from each: the rounding error then
      grows over that many steps only, and memory is that of the stored states.
    - `recovery_limit`: largest error of a recovered state, of the largest entry, against the
      stored ones (the first state always is); a gradient beyond it is an error. `None` lets
      every gradient pass.

    **Returns:**

    The last state.

    **Raises:**

    - `ValueError` where neither `xs` nor `length` says how many steps there are, and for
      `check_every` below 1.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    forward = lambda w, s, x: (s[0] + jnp.sin(w * s[1]), s[1])
    inverse = lambda w, s, x: (s[0] - jnp.sin(w * s[1]), s[1])
    last = lambda w: fx.networks.reversible_scan(
        forward, inverse, w, (jnp.ones(()), jnp.ones(())), length=3)[0]
    assert jnp.allclose(jax.grad(last)(jnp.ones(())), 3 * jnp.cos(1.0))
    ```

    Source: A. N. Gomez, M. Ren, R. Urtasun, R. B. Grosse, "The Reversible Residual Network" (2017).
    """
    check_walk(check_every, recovery_limit)
    if length is None:
        check(bool(jax.tree.leaves(xs)), "length", "be given where `xs` has no steps", None)
    steps = jax.tree.leaves(xs)[0].shape[0] if length is None else length
    walk = Walk(
        step=forward,
        back=undone_by(forward, inverse),
        seen=unseen,
        encode=identity,
        decode=identity,
        finish=identity,
        length=steps,
        axis=0,
        check_every=check_every,
        limit=recovery_limit,
    )
    return walked(walk, params, state, xs)[0]


def round_trip(
    forward: Step,
    inverse: Step,
    params: PyTree,
    state: PyTree[Array],
    xs: PyTree[Array] | None = None,
    *,
    length: int | None = None,
) -> Float[Array, ""]:
    r"""Walk forward and back: $\max|s_\mathrm{back} - s| / \max|s|$.

    The gradient of `reversible_scan` is as good as the states that it walks back through; this is
    the error of the last of them. Arguments as there.

    **Returns:**

    The relative error, a number; rounding error for a harmless step.

    ```python
    import jax.numpy as jnp, feynax as fx
    halve, double = (lambda p, s, x: s / 2), (lambda p, s, x: s * 2)
    assert fx.networks.round_trip(halve, double, None, jnp.ones(3), length=9) == 0
    ```
    """
    last, _ = jax.lax.scan(lambda s, x: (forward(params, s, x), None), state, xs, length)
    back, _ = jax.lax.scan(
        lambda s, x: (inverse(params, s, x), None), last, xs, length, reverse=True
    )
    return relative_distance(back, state)


def check_walk(check_every: int | None, recovery_limit: float | None) -> None:
    """Refuse check states that are no whole number of steps apart, and limits that are none."""
    if check_every is not None:
        check_count("check_every", check_every)
    if recovery_limit is not None:
        check_positive("recovery_limit", recovery_limit)


def relative_distance(found: PyTree[Array], wanted: PyTree[Array]) -> Float[Array, ""]:
    """Largest difference of two trees, over the largest entry of the second."""
    pairs = zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True)
    gaps = [(jnp.max(jnp.abs(f - w)), jnp.max(jnp.abs(w))) for f, w in pairs]
    largest = jnp.stack([size for _, size in gaps]).max()
    tiny = jnp.finfo(largest.dtype).tiny  # a state of zeros is compared absolutely
    return jnp.stack([gap for gap, _ in gaps]).max() / jnp.maximum(largest, tiny)
