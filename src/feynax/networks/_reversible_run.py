"""An invertible cell along a sequence, whose gradient keeps no states."""

from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PyTree

from .._checks import check, check_shape
from .._citation import cites
from ._cells._invertible import AbstractInvertibleCell, AbstractShearCell, Shear, moved
from ._cells._sequence import Run
from ._fixed_point import from_fixed, last_from_fixed, push_fixed, to_fixed
from ._reversible import check_walk
from ._reversible_walk import Pull, Walk, add, identity, pull_of, undone_by, walked


@cites("gomez2017")
def reversible_run(
    cell: AbstractInvertibleCell,
    xs: Float[Array, "*batch time input"],
    *,
    state: PyTree | None = None,
    dts: Float[Array, "*batch time"] | None = None,
    mask: Bool[Array, "*batch time"] | None = None,
    check_every: int | None = None,
    recovery_limit: float | None = 0.01,
    exact: bool = False,
) -> Run:
    r"""Run an invertible cell; the gradient recomputes the states by undoing the steps.

    The values and gradients are those of [`feynax.networks.run`][], up to the rounding error of
    the inversion. A loss on the last state needs memory for one step, whatever the length, apart
    from `xs` itself; a loss that reads the outputs keeps them and their cotangents, and nothing
    else.

    **Arguments:**

    - `cell`: of this library or your own.
    - `xs`: one sequence, or a batch of them: give the batch here. Under `vmap` each sequence
      would carry a gradient of all weights of its own through all steps.
    - `state`: before the first step, with the batch first; the cell's own by default.
    - `dts`, `mask`: as in `run`.
    - `check_every`: store every so many states, compare, and walk on from them; `None` stores
      none, and compares with the first state only.
    - `recovery_limit`: largest error of a recovered state against a stored one, relative to the
      largest entry; beyond it the gradient is an error. `None` lets every gradient pass.
    - `exact`: carry states as whole numbers of $2^{-40}$ (float64; $2^{-22}$ and |state| < 512 in
      float32), which are undone without any error. For cells made of shears, such as
      `SymplecticRNN`. The gradient passes straight through the rounding.

    **Returns:**

    The outputs of all steps, (*batch, time, hidden), and the last state.

    **Raises:**

    - `ValueError` where shapes do not fit, or where `exact` is asked of a cell without shears.
    - At run time where a gradient's states were not recovered, or left the exact range.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    cell = fx.networks.SymplecticRNN(1, 4, key=jax.random.key(0))
    xs = jnp.ones((3, 20, 1))
    loss = lambda run: lambda cell: jnp.sum(run(cell).state[0] ** 2)
    ours = jax.grad(loss(lambda cell: fx.networks.reversible_run(cell, xs)))(cell)
    plain = jax.grad(loss(lambda cell: jax.vmap(lambda x: fx.networks.run(cell, x))(xs)))(cell)
    assert jnp.allclose(ours.weights, plain.weights, rtol=1e-3, atol=1e-5)
    ```

    Source: A. N. Gomez, M. Ren, R. Urtasun, R. B. Grosse (2017), for a sequence.
    """
    check_walk(check_every, recovery_limit)
    batch = _check_batch(cell, xs, dts, mask)
    if state is None:
        state = _spread(cell.initial_state(), batch)
    walk = cell_walk(cell, state, bool(batch), exact)._replace(
        length=xs.shape[-2],
        check_every=check_every,
        limit=0.0 if exact and recovery_limit is not None else recovery_limit,
    )
    last, outputs = walked(walk, (cell, cell.prepare()), state, (xs, dts, mask))
    return Run(outputs, last)


def cell_walk(cell: AbstractInvertibleCell, state: PyTree, batched: bool, exact: bool) -> Walk:
    """Return the walk of a cell over `params = (cell, prepare())` and `x = (x, dt, mask)`."""
    name = type(cell).__name__
    check(
        isinstance(cell, AbstractInvertibleCell),
        "cell",
        "be an AbstractInvertibleCell",
        f"a {name}",
    )
    forward, inverse = _over(batched, _step), _over(batched, _unstep)
    shears = isinstance(cell, AbstractShearCell)
    walk = Walk(
        step=forward,
        back=partial(_undo_shears, batched) if shears else undone_by(forward, inverse),
        seen=lambda params, s: (jax.vmap if batched else identity)(params[0].output)(s),
        encode=identity,
        decode=identity,
        finish=identity,
        length=0,
        axis=int(batched),
        check_every=None,
        limit=None,
    )
    if not exact:
        return walk
    check(shears, "exact", f"be false for {name}, which is not made of shears", exact)
    dtype = jax.tree.leaves(state)[0].dtype
    return walk._replace(
        step=partial(_exact_step, batched, dtype),
        back=partial(_exact_back, batched, dtype, forward),
        encode=to_fixed,
        decode=lambda carried: from_fixed(carried, dtype),
        finish=lambda carried: last_from_fixed(carried, dtype),
    )


def _over(batched: bool, function: Callable[..., Any]) -> Callable[..., Any]:
    """Map a function of (params, state, x) over the batch of the last two."""
    if not batched:
        return function
    return lambda params, state, x: jax.vmap(lambda s, x: function(params, s, x))(state, x)


def _step(params: Any, state: Any, x: Any) -> Any:
    return _held(params, state, x, params[0].step)


def _unstep(params: Any, state: Any, x: Any) -> Any:
    return _held(params, state, x, params[0].invert)


def _held(params: Any, state: Any, x: Any, move: Callable[..., Any]) -> Any:
    """Move the state where the step exists."""
    (cell, ready), (given, dt, there) = params, x
    new = move(ready, state, cell.drive(given), dt)
    if there is None:
        return new
    return jax.tree.map(lambda n, s: jnp.where(there, n, s), new, state)


def _shears(params: Any, x: Any) -> tuple[Shear, ...]:
    (cell, ready), (given, dt, there) = params, x
    shears = cell.shears(ready, cell.drive(given), dt)
    if there is None:
        return shears
    still = lambda push: lambda s: jnp.where(there, push(s), 0)
    return tuple(Shear(part, still(push)) for part, push in shears)


def _parts(batched: bool, params: Any, x: Any) -> tuple[int, ...]:
    """Return which part each shear moves, read off the first of a batch."""
    first = jax.tree.map(lambda a: a[0], x) if batched else x
    return tuple(shear.part for shear in _shears(params, first))


def _push(batched: bool, index: int) -> Callable[..., Array]:
    return _over(batched, lambda params, s, x: _shears(params, x)[index].push(s))


def _undo_shears(
    batched: bool, learned: Any, given: Any, state: Any, moving: Any, still: Any
) -> tuple[Any, Pull]:
    """Undo shear by shear: one evaluation of each push serves its inverse and its gradient."""
    whole = lambda p, m: (eqx.combine(p, given), eqx.combine(m, still))
    pulls = []
    for index, part in reversed(list(enumerate(_parts(batched, *whole(learned, moving))))):
        push = _push(batched, index)

        def moves(p: Any, s: Any, m: Any, push: Callable[..., Array] = push) -> Array:
            params, x = whole(p, m)
            return push(params, s, x)

        by, pull = jax.vjp(moves, learned, state, moving)
        state = moved(state, part, state[part] - by)
        pulls.append((part, pull))

    def pull_all(ct: Any) -> tuple[Any, Any, Any]:
        total = jax.tree.map(jnp.zeros_like, (learned, moving))
        for part, pull in pulls:
            ct_learned, ct_state, ct_x = pull(ct[part])
            ct, total = add(ct, ct_state), add(total, (ct_learned, ct_x))
        return total[0], ct, total[1]

    return state, pull_all


def _shear(part: Any, push: Callable[..., Any], params: Any, x: Any) -> Shear:
    return Shear(part, lambda state: push(params, state, x))


def _exact_step(batched: bool, dtype: Any, params: Any, carried: Any, x: Any) -> Any:
    for index, part in enumerate(_parts(batched, params, x)):
        push = _push(batched, index)
        carried = push_fixed(_shear(part, push, params, x), carried, dtype, 1)
    return carried


def _exact_back(
    batched: bool,
    dtype: Any,
    forward: Callable[..., Any],
    learned: Any,
    given: Any,
    carried: Any,
    moving: Any,
    still: Any,
) -> tuple[Any, Pull]:
    params, x = eqx.combine(learned, given), eqx.combine(moving, still)
    for index, part in reversed(list(enumerate(_parts(batched, params, x)))):
        push = _push(batched, index)
        carried = push_fixed(_shear(part, push, params, x), carried, dtype, -1)
    old = from_fixed(carried, dtype)
    return carried, pull_of(forward, learned, given, old, moving, still)


def _check_batch(cell: AbstractInvertibleCell, xs: Array, dts: Any, mask: Any) -> tuple[int, ...]:
    """Return the shape of the batch: none, or one number."""
    check(xs.ndim in (2, 3), "xs", "have the shape (time, input) or (batch, time, input)", xs.shape)
    must = f"have {cell.input_size} columns, the cell's inputs"
    check(xs.shape[-1] == cell.input_size, "xs", must, xs.shape[-1])
    check(xs.shape[-2] > 0, "xs", "have at least one step", "none")
    for name, array in (("dts", dts), ("mask", mask)):
        if array is not None:
            check_shape(name, array, xs.shape[:-1])
    return xs.shape[:-2]


def _spread(state: PyTree, batch: tuple[int, ...]) -> PyTree:
    return jax.tree.map(lambda a: jnp.broadcast_to(a, (*batch, *a.shape)), state)
