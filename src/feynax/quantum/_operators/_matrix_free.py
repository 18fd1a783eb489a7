"""Operators of which nothing is stored: a function of the state."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Inexact
from numpy.typing import DTypeLike

from ..._checks import check_count, check_shape
from ._algebra import AbstractOperator
from ._held import settle, shown


class MatrixFreeOperator(AbstractOperator):
    """A linear function of the state.

    **Arguments:**

    - `function`: state (size,) to state (size,), linear; written with `jax.numpy`.
    - `size`: number of components of a state.
    - `dtype`: type of the matrix elements: complex if the function makes real states complex.
    - `hermitian`, `positive`: trusted, since the function cannot be seen through;
      [`feynax.quantum.levels`][] probes the first with one random pair of states.

    ```python
    import jax.numpy as jnp
    import feynax as fx
    turn = fx.quantum.MatrixFreeOperator(lambda psi: jnp.roll(psi, 1), size=3)
    assert turn.adjoint().mv(jnp.arange(3.0)).tolist() == [1, 2, 0]
    ```
    """

    function: Callable[[Inexact[Array, " size"]], Inexact[Array, " size"]]
    size: int = eqx.field(static=True)
    kind: str = eqx.field(static=True)
    hermitian: bool = eqx.field(static=True)
    positive: bool = eqx.field(static=True)

    def __init__(
        self,
        function: Callable[[Inexact[Array, " size"]], Inexact[Array, " size"]],
        size: int,
        *,
        dtype: DTypeLike = np.float64,
        hermitian: bool | None = None,
        positive: bool = False,
    ):
        check_count("size", size)
        self.function, self.size = function, size
        self.kind = (
            "complex128" if np.issubdtype(np.dtype(dtype), np.complexfloating) else "float64"
        )  # pyright: ignore
        self.hermitian, self.positive = settle(False, hermitian, positive)

    @property
    def dtype(self) -> np.dtype:
        """Type of the matrix elements."""
        return shown(np.zeros((), self.kind))

    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Apply the function."""
        check_shape("psi", psi, (self.size,))
        image = self.function(psi)
        check_shape("function", image, (self.size,))
        return image

    def adjoint(self) -> "MatrixFreeOperator":
        """Transpose the function, which must be linear."""
        if self.hermitian:
            return self
        turned = _Adjoint(self.function, self.kind)
        return MatrixFreeOperator(turned, self.size, dtype=self.kind)


class _Adjoint(eqx.Module):
    """The conjugate transpose of a linear function."""

    function: Callable[[Inexact[Array, " size"]], Inexact[Array, " size"]]
    kind: str = eqx.field(static=True)

    def __call__(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        kind = jax.dtypes.canonicalize_dtype(np.result_type(psi.dtype, self.kind))
        example = jax.ShapeDtypeStruct(psi.shape, kind)
        (image,) = jax.linear_transpose(self.function, example)(jnp.asarray(psi, kind).conj())
        return image.conj()
