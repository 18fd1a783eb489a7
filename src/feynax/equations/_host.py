"""Host float64 for readings, JAX for what is traced: one switch for both."""

from types import ModuleType
from typing import Any

import jax
import jax.core
import jax.numpy as jnp
import numpy as np

from .._checks import check_finite


def is_traced(*values: Any) -> bool:
    """Whether any of the values is known only when a transformed function runs."""
    return any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(values))


def to_numbers(name: str, value: Any) -> tuple[ModuleType, Any]:
    """Return numpy with a finite float64 (complex128) array, or jax.numpy with a traced one.

    Stencils are read with weights as large as 1e4, so single precision is left behind as soon
    as the numbers are known.
    """
    if is_traced(value):
        return jnp, value
    array = np.asarray(value)
    array = array.astype(np.complex128 if np.iscomplexobj(array) else np.float64)
    check_finite(name, array)
    return np, array


def precision(*values: Any) -> float:
    """Tolerance of a verdict: 1e-5 where a value is held in single precision, else 1e-12."""
    kinds = [np.dtype(leaf.dtype) for leaf in jax.tree.leaves(values) if hasattr(leaf, "dtype")]
    single = any(kind.kind in "fc" and np.finfo(kind).eps > 1e-8 for kind in kinds)
    return 1e-5 if single else 1e-12
