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

_CHUNK = 2048  # one shape for all: each operation of a function compiles once in a process


def energies(potential: AbstractPotential, x: Any) -> np.ndarray:
    """Return V at places (dof, places); where it overflows it is infinite."""
    if isinstance(potential, Potential):
        with np.errstate(all="ignore"):
            return np.asarray(potential(x))
    return _in_chunks(potential, x)


def forces(potential: AbstractPotential, x: np.ndarray) -> np.ndarray:
    """Return the gradient of V at places (dof, places), of the same shape."""
    return _in_chunks(potential.gradient, x)


def is_traced(potential: AbstractPotential) -> bool:
    """Return whether V depends on numbers that are not known yet."""
    leaves = jax.tree.leaves(eqx.filter(potential, eqx.is_array))
    return any(isinstance(leaf, jax.core.Tracer) for leaf in leaves)


def _in_chunks(function: Any, x: np.ndarray) -> np.ndarray:
    count = x.shape[1]
    padded = np.pad(x, ((0, 0), (0, -count % _CHUNK)), "edge")
    pieces = np.split(padded, padded.shape[1] // _CHUNK, 1)
    with jax.enable_x64(True):
        found = [_checked(function(jnp.asarray(piece))) for piece in pieces]
    return np.concatenate(found, -1)[..., :count]


def _checked(values: Any) -> np.ndarray:
    must = "return one energy for each time"
    check(np.shape(values)[-1:] == (_CHUNK,), "potential", must, f"shape {np.shape(values)}")
    return np.asarray(values, np.float64)
