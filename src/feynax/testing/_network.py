"""Whether a network keeps the conventions that the rest of feynax relies on."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..maps import as_paths, certify


def check_network(net: Any, x: Float[Array, "..."]) -> None:
    """Check a network of yours (or ours) on one example.

    What is checked, in this order: the output is finite and does not change between calls; the
    `batch` entry, if there is one, agrees with `vmap`; `config()`, if there is one, builds a
    network of the same structure; the path sum is complete; no pair of inputs breaks the
    certified bound. The last two are passed over for classes without a rule of `as_paths` or
    `certify`.

    **Arguments:**

    - `net`: callable on one example; an Equinox module.
    - `x`: one example, an array.

    **Raises:**

    - `AssertionError` with one sentence that names what failed.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    net = fx.networks.PDENet((1, 8, 8), 3, channels=(2,), key=jax.random.key(0))
    fx.testing.check_network(net, jnp.ones((1, 8, 8), jnp.float32))
    ```
    """
    call = eqx.filter_jit(lambda network, example: network(example))
    out = call(net, x)
    _demand(bool(jnp.isfinite(out).all()), "the output must be finite")
    _demand(bool(jnp.array_equal(out, call(net, x))), "two calls must give the same output")
    if hasattr(net, "batch"):
        pair = jnp.stack([x, 0.5 * x])
        _demand(_close(net.batch(pair), jax.vmap(net)(pair)), "`batch` must agree with vmap")
    if hasattr(net, "config"):
        again = type(net)(**net.config(), key=jax.random.key(0))
        same = jax.tree.structure(again) == jax.tree.structure(net)
        _demand(same, "`config()` must build a network of the same structure")
    _check_paths(net, x)
    _check_bound(net, x)


def _check_paths(net: Any, x: Array) -> None:
    try:
        complete = as_paths(net, x, 0).completeness
    except TypeError:  # no rule for this class
        return
    _demand(complete <= 1e-10, f"the path sum must be complete, but is {complete:.1e} off")


def _check_bound(net: Any, x: Array) -> None:
    try:
        cert = certify(net, x=np.asarray(x))
    except TypeError:
        return
    assert cert.bounds is not None
    lower, upper = cert.bounds
    _demand(lower <= upper * (1 + 1e-6), f"two inputs break the bound {upper:.4g}: {lower:.4g}")


def _close(one: Array, other: Array) -> bool:
    scale = float(jnp.abs(other).max())
    eps = float(jnp.finfo(one.dtype).eps)
    return bool(jnp.abs(one - other).max() <= 1e3 * eps * max(scale, 1.0))


def _demand(holds: bool, sentence: str) -> None:
    if not holds:
        raise AssertionError(f"{sentence}.")
