"""Activations of a stage: one function, or one for each block of components."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Inexact

from ..._checks import check


def identity(v: Array) -> Array:
    """Return `v`."""
    return v


class Blockwise(eqx.Module):
    """Pointwise functions, each on its own block of components.

    **Arguments:**

    - `functions`: one a block.
    - `sizes`: how many components each block has.

    **Raises:**

    - `ValueError` where there are not as many sizes as functions.

    Source: n-t-ODERNN document, (3), where one function serves all components; LSTM needs two.

    ```python
    import jax.numpy as jnp, feynax as fx
    act = fx.networks.Blockwise((jnp.tanh, jnp.negative), (2, 1))
    assert act(jnp.array([0.0, 0.0, 3.0])).tolist() == [0.0, 0.0, -3.0]
    ```
    """

    functions: tuple[Callable[[Array], Array], ...]
    sizes: tuple[int, ...] = eqx.field(static=True)

    def __check_init__(self):
        must = f"hold {len(self.functions)} sizes, one for each function"
        check(len(self.sizes) == len(self.functions), "sizes", must, len(self.sizes))

    def __call__(self, v: Inexact[Array, " m"]) -> Inexact[Array, " m"]:
        """Apply each function to its block."""
        must = f"have {sum(self.sizes)} components, the sum of the block sizes"
        check(v.size == sum(self.sizes), "v", must, v.size)
        places = [sum(self.sizes[:i]) for i in range(1, len(self.sizes))]
        parts = zip(self.functions, jnp.split(v, places), strict=True)
        return jnp.concatenate([f(part) for f, part in parts])


_STEEPEST: dict[Any, float] = {
    identity: 1.0,
    jnp.tanh: 1.0,
    jnp.sin: 1.0,
    jnp.arctan: 1.0,
    jax.nn.relu: 1.0,
    jax.nn.sigmoid: 0.25,
    jax.nn.softplus: 1.0,
}


def steepest(act: Any) -> float | None:
    """Return a Lipschitz constant of an activation; `None` where none is known."""
    if isinstance(act, Blockwise):
        each = [steepest(f) for f in act.functions]
        return None if None in each else max(e for e in each if e is not None)
    return _STEEPEST.get(act) if act.__hash__ else None
