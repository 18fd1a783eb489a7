"""Arrays that operators hold on the host, shown in the precision of the caller; and their tags."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import core
from jax.typing import ArrayLike
from jaxtyping import Array

from ..._checks import check


def hold(name: str, value: ArrayLike) -> Any:
    """Return a finite array in double precision on the host, or a traced one as it is."""
    if isinstance(value, core.Tracer):
        return value
    array = np.asarray(value)
    array = array.astype(np.complex128 if np.iscomplexobj(array) else np.float64)
    check(bool(np.isfinite(array).all()), name, "be finite", "NaN or infinity")
    return array


def shown(array: Any) -> np.dtype:
    """Type of an array in the precision that is switched on."""
    return np.dtype(jax.dtypes.canonicalize_dtype(array.dtype))


def meet(*arrays: Any) -> list[Array]:
    """Bring arrays to one type, whatever the promotion rules are."""
    kind = jax.dtypes.canonicalize_dtype(np.result_type(*(a.dtype for a in arrays)))
    return [jnp.asarray(a, kind) for a in arrays]


def settle(known: bool, hermitian: bool | None, positive: bool | None) -> tuple[bool, bool]:
    """Settle the two tags: positive implies Hermitian, and a user may know more."""
    contradicted = bool(positive) and hermitian is False
    check(not contradicted, "hermitian", "be true of a positive operator", hermitian)
    return bool(positive) or (known if hermitian is None else hermitian), bool(positive)
