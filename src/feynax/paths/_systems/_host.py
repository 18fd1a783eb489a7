"""A potential looked at on the host, in double precision, without compiling a program for it."""

from typing import Any

import equinox as eqx
import jax
import jax.core
import jax.numpy as jnp
import numpy as np

from ..._checks import check
from .._potential import AbstractPotential
from ._text import Potential

_CHUNK = 8192  # one shape for all: each operation of a function compiles once in a process


def energies(potential: AbstractPotential, x: Any) -> np.ndarray:
    """Return V at places (dof, places); where it overflows it is infinite."""
    if isinstance(potential, Potential):
        with np.errstate(all="ignore"):
            return np.asarray(potential(x))
    return _in_chunks(lambda piece: _plain(potential, piece), x)


def forces(potential: AbstractPotential, x: np.ndarray) -> np.ndarray:
    """Return the gradient of V at places (dof, places), of the same shape."""
    return _in_chunks(lambda piece: potential.gradient(jnp.asarray(piece)), x)


def is_traced(potential: AbstractPotential) -> bool:
    """Return whether V depends on numbers that are not known yet."""
    leaves = jax.tree.leaves(eqx.filter(potential, eqx.is_array))
    return any(isinstance(leaf, jax.core.Tracer) for leaf in leaves)


def _plain(potential: AbstractPotential, piece: Any) -> Any:
    """Functions made of operators run on the host, where nothing has to be compiled."""
    try:
        with np.errstate(all="ignore"):
            return potential(piece)
    except (AttributeError, TypeError):
        return potential(jnp.asarray(piece))


def _in_chunks(function: Any, x: np.ndarray) -> np.ndarray:
    count = x.shape[1]
    padded = np.pad(x, ((0, 0), (0, -count % _CHUNK)), "edge")
    pieces = np.split(padded, padded.shape[1] // _CHUNK, 1)
    with jax.enable_x64(True), jax.ensure_compile_time_eval():
        found = [_checked(function(piece)) for piece in pieces]
    return np.concatenate(found, -1)[..., :count]


def _checked(values: Any) -> np.ndarray:
    must = "return one energy for each time"
    check(np.shape(values)[-1:] == (_CHUNK,), "potential", must, f"shape {np.shape(values)}")
    return np.asarray(values, np.float64)
