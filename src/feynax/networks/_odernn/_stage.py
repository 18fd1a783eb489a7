"""One stage of a step: its coefficients, and what they may depend on."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Int

from ._activation import identity
from ._coefficient import Coefficient, apply


class Moment(NamedTuple):
    r"""What the coefficients of a stage may depend on.

    **Fields:**

    - `step`: number of this sample; 1 at the first.
    - `x`: the input.
    - `history`: past states, newest first.
    - `stages`: the stages before this one, $K_1, \dots, K_{q-1}$; before the output stage, all.
    """

    step: Int[Array, ""]
    x: Array
    history: Array
    stages: tuple[Array, ...]


class Stage(eqx.Module):
    r"""Coefficients of one stage, or of the output stage.

    $$K_q = \gamma K_{q-1} + \kappa\,\sigma\Big(W Y + V x + b + h \sum_k \alpha_k K_k\Big)$$

    A number stands for that multiple of the identity, a vector for a diagonal matrix, a matrix for
    itself; `None` leaves its term out. Arrays are trained; Python numbers are not. In the output
    stage $\alpha$ is what the document calls $\beta$, and $\gamma$ acts on the old state.
    In the inner form the argument of $\sigma$ is $W(d\,Y + h\sum_k \alpha_k K_k) + V x + b$.

    A stage is its own function of a [`feynax.networks.Moment`][], a constant one.

    **Fields:**

    - `W` (m, state), `V` (m, input), `b` (m), `gamma` (stage, stage before).
    - `alpha`: (m, stage k) by the number k of the stage, which starts at 1.
    - `kappa` (stage, m), the identity by default.
    - `sigma`: a pointwise function, or [`feynax.networks.Blockwise`][].
    - `d`: of the inner form only.

    Source: n-t-ODERNN document, (2)-(4) and (10). Printed with all matrices of one size, which
    forces the state to have the size of a stage; `test_stages_have_sizes_of_their_own`.
    """

    W: Coefficient = None
    V: Coefficient = None
    b: Coefficient = None
    alpha: Mapping[int, Coefficient] = eqx.field(default_factory=dict)
    gamma: Coefficient = None
    kappa: Coefficient = 1.0
    sigma: Callable[[Array], Array] = identity
    d: Coefficient = 1.0

    def __call__(self, moment: Moment) -> "Stage":
        """Return the stage itself, whatever the moment."""
        return self


def argument(stage: Stage, past: Array, x: Array, stages: Any, h: float, inner: bool) -> Any:
    """Return what the activation is applied to; `None` where nothing is."""
    used = [(c, stages[k - 1]) for k, c in stage.alpha.items() if c is not None]
    pushes = [h * apply(c, K) for c, K in used]
    if inner:
        z = sum(pushes, apply(stage.d, past))
        pushes = [] if stage.W is None else [apply(stage.W, z)]
    elif stage.W is not None:
        pushes.append(apply(stage.W, past))
    if stage.V is not None:
        pushes.append(apply(stage.V, x.astype(past.dtype)))
    if stage.b is not None:
        shape = pushes[0].shape if pushes else jnp.shape(stage.b)
        pushes.append(jnp.broadcast_to(jnp.asarray(stage.b).astype(past.dtype), shape))
    return sum(pushes[1:], pushes[0]) if pushes else None


def value(stage: Stage, v: Array | None, before: Array | None) -> Array | None:
    """Return the stage from its argument and from the stage before it."""
    terms: list[Array] = []
    if v is not None and stage.kappa is not None:
        terms.append(apply(stage.kappa, stage.sigma(v)))
    if stage.gamma is not None and before is not None:
        terms.append(apply(stage.gamma, before))
    return sum(terms[1:], terms[0]) if terms else None


def rows(stage: Stage, state: int, sizes: tuple[int, ...]) -> int | None:
    """Return m, the number of components that the activation sees; `None` where it sees none."""
    for c in (stage.W, stage.V, *stage.alpha.values()):
        if c is not None and jnp.ndim(c) == 2:
            return jnp.shape(c)[0]
    if stage.W is not None:
        return state
    if stage.b is not None and jnp.ndim(stage.b) == 1:
        return jnp.shape(stage.b)[0]
    if not sizes:
        return state
    return next((sizes[k - 1] for k, c in stage.alpha.items() if c is not None), None)


def whole(new: Array | None, size: int, dtype: Any) -> Array:
    """A stage that reads nothing but an absent stage before it is zero."""
    return jnp.zeros(size, dtype) if new is None else new.astype(dtype)
