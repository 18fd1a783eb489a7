"""A scan over an invertible step, whose gradient keeps no states: it walks them back."""

from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from .._citation import cites

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

    **Returns:**

    The last state.

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
    learned, fixed = eqx.partition(params, eqx.is_inexact_array)
    given, constant = eqx.partition(fixed, eqx.is_array)
    both = tuple(partial(_with_static, step, constant) for step in (forward, inverse))
    return _scan(both, length, learned, given, state, xs)


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


def relative_distance(found: PyTree[Array], wanted: PyTree[Array]) -> Float[Array, ""]:
    """Largest difference of two trees, over the largest entry of the second."""
    pairs = zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True)
    gaps = [(jnp.max(jnp.abs(f - w)), jnp.max(jnp.abs(w))) for f, w in pairs]
    largest = jnp.stack([size for _, size in gaps]).max()
    tiny = jnp.finfo(largest.dtype).tiny  # a state of zeros is compared absolutely
    return jnp.stack([gap for gap, _ in gaps]).max() / jnp.maximum(largest, tiny)


def _with_static(step: Step, constant: Any, params: Any, state: Any, x: Any) -> Any:
    return step(eqx.combine(*params, constant), state, x)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _scan(steps: Any, length: int | None, learned: Any, given: Any, state: Any, xs: Any) -> Any:
    forward, _ = steps
    body = lambda s, x: (forward((learned, given), s, x), None)
    return jax.lax.scan(body, state, xs, length)[0]


def _scan_forward(
    steps: Any, length: int | None, learned: Any, given: Any, state: Any, xs: Any
) -> tuple[Any, Any]:
    last = _scan(steps, length, learned, given, state, xs)
    return last, (learned, given, last, xs)


def _scan_backward(steps: Any, length: int | None, kept: Any, cotangent: Any) -> tuple[Any, ...]:
    forward, inverse = steps
    learned, given, last, xs = kept
    moving, still = eqx.partition(xs, eqx.is_inexact_array)

    def body(carry, x):
        state, ct, total = carry
        state = inverse((learned, given), state, eqx.combine(*x))
        step = lambda p, s, m: forward((p, given), s, eqx.combine(m, x[1]))
        _, pull = jax.vjp(step, learned, state, x[0])
        ct_params, ct, ct_x = pull(ct)
        return (state, ct, jax.tree.map(jnp.add, total, ct_params)), ct_x

    start = (last, cotangent, jax.tree.map(jnp.zeros_like, learned))
    (_, ct_state, ct_params), ct_moving = jax.lax.scan(
        body, start, (moving, still), length, reverse=True
    )
    nothing = jax.tree.map(lambda _: None, given)
    return ct_params, nothing, ct_state, ct_moving


_scan.defvjp(_scan_forward, _scan_backward)
