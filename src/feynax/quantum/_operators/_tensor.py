"""Tensor products, applied axis by axis."""

import functools
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Inexact

from ..._checks import check, check_shape
from ._algebra import AbstractOperator
from ._held import meet
from ._stored import IdentityOperator


class TensorOperator(AbstractOperator):
    r"""$A_1 \otimes A_2 \otimes \dots$, never formed.

    The state's index runs through the last factor first, as in `numpy.kron`; it is positive
    where all factors are, Hermitian where all are.

    **Arguments:**

    - `factors`: operators of any sizes, one for each subsystem.

    ```python
    import jax.numpy as jnp
    import feynax as fx
    number = fx.quantum.DiagonalOperator([0.0, 1.0])
    both = fx.quantum.TensorOperator(number, number)
    assert both.mv(jnp.ones(4)).tolist() == [0, 0, 0, 1]
    ```
    """

    factors: tuple[AbstractOperator, ...]
    size: int = eqx.field(static=True)
    hermitian: bool = eqx.field(static=True)
    positive: bool = eqx.field(static=True)

    def __init__(self, *factors: AbstractOperator):
        good = bool(factors) and all(isinstance(f, AbstractOperator) for f in factors)
        check(good, "factors", "be operators", factors)
        self.factors, self.size = factors, math.prod(f.size for f in factors)
        self.hermitian = all(f.hermitian for f in factors)
        self.positive = all(f.positive for f in factors)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sizes of the subsystems."""
        return tuple(f.size for f in self.factors)

    @property
    def dtype(self) -> np.dtype:
        """Type of the matrix elements."""
        return np.result_type(*(f.dtype for f in self.factors))

    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Apply every factor along its own axis."""
        check_shape("psi", psi, (self.size,))
        for axis, factor in enumerate(self.factors):
            if not isinstance(factor, IdentityOperator):
                psi = _along(factor, psi, math.prod(self.sizes[:axis]))
        return psi

    def as_matrix(self) -> Inexact[Array, "size size"]:
        """Form the product."""
        return functools.reduce(jnp.kron, meet(*(f.as_matrix() for f in self.factors)))

    def adjoint(self) -> "TensorOperator":
        """Return the Hermitian conjugate."""
        return self if self.hermitian else TensorOperator(*(f.adjoint() for f in self.factors))


def _along(
    factor: AbstractOperator, psi: Inexact[Array, " size"], before: int
) -> Inexact[Array, " size"]:
    blocks = jnp.reshape(psi, (before, factor.size, -1))
    lines = jax.vmap(factor.mv, in_axes=1, out_axes=1)
    return jnp.reshape(jax.vmap(lines)(blocks), (-1,))


def on_axis(operator: AbstractOperator, axis: int, sizes: tuple[int, ...]) -> TensorOperator:
    """Let an operator act on one of several subsystems.

    **Arguments:**

    - `operator`: of size `sizes[axis]`.
    - `axis`: which subsystem, counted from 0.
    - `sizes`: sizes of all subsystems.

    ```python
    import feynax as fx
    number = fx.quantum.DiagonalOperator([0.0, 1.0])
    second = fx.quantum.on_axis(number, 1, (2, 2))
    assert second.as_matrix().diagonal().tolist() == [0, 1, 0, 1]
    ```
    """
    check(0 <= axis < len(sizes), "axis", f"be from 0 to {len(sizes) - 1}", axis)
    check(operator.size == sizes[axis], "operator", f"have size {sizes[axis]}", operator.size)
    others = [IdentityOperator(size) for size in sizes]
    return TensorOperator(*others[:axis], operator, *others[axis + 1 :])
