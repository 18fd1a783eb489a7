"""What every analysis asks of a map or a vector field, in double precision."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from ..._checks import check, check_choice, check_finite

Kind = Literal["map", "field"]
Dynamics = Callable[..., Float[Array, " n"]]


@contextlib.contextmanager
def double() -> Iterator[None]:
    """Compute in float64 inside, whatever the caller's precision is.

    A function may hold weights in single precision; inside they meet states in double precision,
    so the standard promotion rules hold there.
    """
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
        yield


def in_double(tree: Any) -> Any:
    """Return a callable or a tree of arrays with its numbers in float64 or complex128."""
    return jax.tree.map(_widen, tree)


def _widen(leaf: Any) -> Any:
    if not eqx.is_inexact_array(leaf):
        return leaf
    return leaf.astype(jnp.complex128 if jnp.iscomplexobj(leaf) else jnp.float64)


def check_kind(kind: str) -> None:
    """Refuse anything that is neither a map nor a field."""
    check_choice("kind", kind, ("map", "field"))


def read_points(name: str, points: ArrayLike, size: int | None = None) -> np.ndarray:
    """Return finite float64 points, one a row; a single point becomes one row."""
    array = np.asarray(points)
    check(not np.iscomplexobj(array), name, "be real (split complex states in two)", array.dtype)
    array = np.atleast_2d(array.astype(np.float64))
    fits = array.ndim == 2 and array.size > 0 and size in (None, array.shape[1])
    want = "n" if size is None else str(size)
    check(fits, name, f"have shape (points, {want}) or ({want},)", f"shape {np.shape(points)}")
    check_finite(name, array)
    return array


def check_returns(f: Dynamics, *arguments: Any) -> None:
    """Refuse a function that does not give back a vector as long as its first argument."""
    out = eqx.filter_eval_shape(f, *arguments)
    shape = getattr(out, "shape", None)
    size = np.shape(arguments[0])[-1]
    check(shape == (size,), "f", f"return shape ({size},) for a state of that shape", shape)


def motion(f: Dynamics, kind: Kind, y: Array, *arguments: Any) -> Array:
    """How a state moves: the field, or one step of a map less where it started."""
    moved = jnp.asarray(f(y, *arguments), y.dtype)
    return moved - y if kind == "map" else moved


@eqx.filter_jit
def jacobians(f: Dynamics, points: Float[Array, "m n"], *inputs: Array) -> Float[Array, "m n n"]:
    """Jacobian of `f` in the state at each point, each with its own input where there is one."""
    return jax.vmap(jax.jacfwd(lambda y, *x: jnp.asarray(f(y, *x), y.dtype)))(points, *inputs)


def rates(eigenvalues: np.ndarray, kind: Kind) -> np.ndarray:
    """How fast each direction grows per sample (map) or unit of time (field)."""
    if kind == "field":
        return np.real(eigenvalues)
    size = np.abs(eigenvalues)
    return np.log(size, where=size > 0, out=np.full(size.shape, -np.inf))


def stability(eigenvalues: np.ndarray, kind: Kind, slack: float = 1e-9) -> str:
    """Name what a spectrum says of a resting point: stable, saddle, unstable or marginal."""
    growth = rates(eigenvalues, kind)
    if np.any(np.abs(growth) <= slack) and not np.any(growth > slack):
        return "marginal"
    growing = int(np.sum(growth > slack))
    return "stable" if growing == 0 else "unstable" if growing == growth.size else "saddle"
