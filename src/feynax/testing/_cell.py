"""Whether a recurrent cell keeps the contract of `AbstractCell`."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..maps import certify, step_bound
from ..maps._attack import widen
from ..networks import AbstractCell, CellEquation
from ._demand import demand, distance
from ._equation import check_equation
from ._programs import example_series, moving, row, runs, shifted, slope, step, steps

_NEAR = 1e-10  # of two ways to compute the same, in float64
_AWAY = 0.05  # of the weights given, at which kinks of ReLUs may lie
_TINY, _SLOPES = 1e-5, 1e-5  # step of a finite difference, and how well it finds a derivative


def check_cell(
    cell: Any, xs: Float[Array, "time input"] | None = None, *, attack: bool = True
) -> None:
    r"""Check a recurrent cell of yours (or ours).

    What is checked, in this order:

    1. it is an `AbstractCell`; a step runs under `jit`, gives the same program each time, and
       keeps shapes and dtypes of the state, in the precision of the weights and in float64;
       `output` has the shape (hidden_size,);
    2. [`feynax.networks.run`][] gives what single steps give, under `vmap` too;
    3. masked steps hold the state; a `dt` of one is the default and another one makes a
       difference, for cells that declare an ODE, and the others refuse it;
    4. parameters are real, the gradient of a run is finite, and is the slope that finite
       differences find (an array that gets none at all counts as held on purpose);
    5. its record is right: [`feynax.testing.check_equation`][];
    6. `config()`, if there is one, builds a cell of the same structure;
    7. no pair of states breaks the certified bound, for classes with a rule of
       [`feynax.maps.step_bound`][].

    Numbers are compared in float64, whatever the precision of the weights.

    **Arguments:**

    - `cell`: an instance; small sizes (3 inputs, 4 hidden) are enough and fast.
    - `xs`: one series of inputs; by default three random steps.
    - `attack`: whether point 7 is done, which takes longest.

    **Raises:**

    - `AssertionError` with one sentence that names what failed.

    ```python
    import jax, feynax as fx
    fx.testing.check_cell(fx.networks.RNN(2, 3, key=jax.random.key(0)), attack=False)
    ```
    """
    kind = type(cell).__name__
    demand(isinstance(cell, AbstractCell), f"{kind} must be a subclass of AbstractCell")
    _check_shapes(cell)
    with jax.enable_x64(True):
        wide = widen(cell)
        series = example_series(wide, xs)
        _check_shapes(wide)
        _check_purity(wide, series)
        record = wide.equation()
        demand(isinstance(record, CellEquation), "`equation()` must return a CellEquation")
        _check_runs(wide, series, record)
        _check_gradient(wide, series)
        check_equation(record, wide, series)
    _check_config(cell)
    if attack:
        _check_bound(cell, np.asarray(series))


def _check_shapes(cell: AbstractCell) -> None:
    real = not any(map(jnp.iscomplexobj, jax.tree.leaves(eqx.filter(cell, eqx.is_array))))
    demand(real, "parameters must be real, complex ones as pairs")
    dtype = example_series(cell).dtype
    x = jax.ShapeDtypeStruct((cell.input_size,), dtype)
    try:
        before = eqx.filter_eval_shape(lambda c: c.initial_state(), cell)
        after = eqx.filter_eval_shape(lambda c, x: c(c.initial_state(), x), cell, x)
        seen = eqx.filter_eval_shape(lambda c: c.output(c.initial_state()), cell)
    except jax.errors.JAXTypeError as error:
        raise AssertionError(
            f"a step must run under jit, but: {str(error).split('.')[0]}."
        ) from error
    same = jax.tree.structure(before) == jax.tree.structure(after)
    demand(same, "a step must return a state of the same structure as `initial_state`")
    for old, new in zip(jax.tree.leaves(before), jax.tree.leaves(after), strict=True):
        kept = (old.shape, old.dtype) == (new.shape, new.dtype)
        demand(kept, f"a step must keep the state's shape and dtype, but makes {new} of {old}")
    right = seen.shape == (cell.hidden_size,) and seen.dtype == dtype
    demand(right, f"`output` must have the shape ({cell.hidden_size},) and {dtype}, but has {seen}")


def _check_purity(cell: AbstractCell, xs: Array) -> None:
    arrays, static = eqx.partition(cell, eqx.is_array)
    step = lambda arrays, x: (c := eqx.combine(arrays, static))(c.initial_state(), x)
    first, second = (str(jax.make_jaxpr(lambda a, x: step(a, x))(arrays, xs[0])) for _ in "ab")
    demand(first == second, "a step must be the same program each time that it is traced")


def _check_runs(cell: AbstractCell, xs: Array, record: CellEquation) -> None:
    timed = _takes_time(cell, record)
    pair = np.stack([xs, np.asarray(xs) / 2])
    wanted = [steps(cell, each)[0] for each in pair]
    demand(np.isfinite(wanted[0]).all(), "outputs must be finite")
    there = np.arange(len(xs) + 1) < len(xs)
    padded = np.concatenate([pair, np.full_like(pair[:, :1], 1e3)], 1)
    dts = jnp.asarray(np.ones(len(there))) if timed else None
    held = np.asarray(runs(cell, jnp.asarray(padded), jnp.asarray(there), dts))
    for found, right in zip(held, wanted, strict=True):
        gap = distance(found[:-1], right)
        demand(gap < _NEAR, f"a masked run under vmap must be its steps, but is {gap:.1e} off")
        demand(distance(found[-1], right[-1]) < _NEAR, "a masked step must hold the state")
    if timed:
        state, x, half = steps(cell, xs)[1], xs[0], jnp.asarray(np.full((), 0.5))
        gap = distance(*(row(step(cell, state, x, dt)[0]) for dt in (half, None)))
        demand(gap > _NEAR, "a cell that takes `dt` must use it")


def _takes_time(cell: AbstractCell, record: CellEquation) -> bool:
    """Whether a step takes `dt`, as those that declare an ODE must."""
    x, dt = (jax.ShapeDtypeStruct(shape, np.float64) for shape in ((cell.input_size,), ()))
    try:
        eqx.filter_eval_shape(lambda c, x, dt: c(c.initial_state(), x, dt), cell, x, dt)
    except ValueError:
        declared = record.vector_field is not None
        demand(not declared, "a cell whose record has a vector field must take `dt`")
        return False
    return True


def _check_gradient(cell: AbstractCell, xs: Array) -> None:
    draw = np.random.default_rng(5)
    sizes = [leaf.shape for leaf in jax.tree.leaves(moving(cell))]
    near = shifted(cell, [draw.normal(size=size) for size in sizes], _AWAY)
    outputs, found = slope(near, xs)
    gap = distance(outputs, steps(near, xs)[0])
    demand(gap < _NEAR, f"a run must be its steps, but is {gap:.1e} off")
    for path, leaf in jax.tree.leaves_with_path(found):
        name = jax.tree_util.keystr(path)
        demand(np.isfinite(leaf).all(), f"the gradient at `{name}` must be finite")
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(found)]
    # Arrays that get no gradient at all are held on purpose, such as a first state.
    way = [draw.normal(size=leaf.shape) * (leaf != 0).any() for leaf in leaves]
    up, down = (np.sin(steps(shifted(near, way, by), xs)[0]).sum() for by in (_TINY, -_TINY))
    measured = float(up - down) / (2 * _TINY)
    claimed = sum(float(np.vdot(leaf, w)) for leaf, w in zip(leaves, way, strict=True))
    close = abs(measured - claimed) <= _SLOPES * (1 + abs(measured))
    demand(close, f"the gradient must be the slope {measured:.6g}, but gives {claimed:.6g}")


def _check_config(cell: Any) -> None:
    if hasattr(cell, "config"):
        given = cell.config()
        build = lambda key: type(cell)(**given, key=key)
        again = eqx.filter_eval_shape(build, jax.random.key(0))
        same = jax.tree.structure(again) == jax.tree.structure(cell)
        demand(same, "`config()` must build a cell of the same structure")


def _check_bound(cell: AbstractCell, xs: np.ndarray) -> None:
    if not np.isfinite(step_bound(cell, (xs.min(0), xs.max(0))).rate):
        return
    cert = certify(cell, inputs=xs)
    assert cert.bounds is not None
    lower, upper = cert.bounds
    demand(lower <= upper * (1 + 1e-9), f"two states break the bound {upper:.4g}: {lower:.4g}")
