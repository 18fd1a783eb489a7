"""Functions of the coordinates, applied by going to their nodes and back."""

import math

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Inexact

from ..._checks import check, check_shape
from ._algebra import AbstractOperator
from ._held import hold, meet, shown


class CollocatedOperator(AbstractOperator):
    r"""$T^\dagger\, \mathrm{diag}(v)\, T$ with $T = T_1 \otimes T_2 \otimes \dots$, never formed.

    **Arguments:**

    - `values`: $v$ at the nodes, an axis for each coordinate.
    - `transforms`: real matrices $T_k$ of shape (nodes, functions).

    ```python
    import numpy as np
    import feynax as fx
    half = np.asarray([[1.0], [1.0]]) / np.sqrt(2)
    mean = fx.quantum.CollocatedOperator(np.asarray([1.0, 3.0]), (half,))
    assert abs(mean.as_matrix()[0, 0] - 2) < 1e-6
    ```
    """

    values: Inexact[Array | np.ndarray, "..."]
    transforms: tuple[Float[np.ndarray, "nodes functions"], ...]
    size: int = eqx.field(static=True)
    hermitian: bool = eqx.field(static=True)
    positive: bool = eqx.field(static=True)

    def __init__(
        self,
        values: Inexact[Array | np.ndarray, "..."],
        transforms: tuple[Float[np.ndarray, "nodes functions"], ...],
    ):
        self.values = hold("values", values)
        self.transforms = tuple(hold("transforms", t) for t in transforms)
        for t in self.transforms:
            check(t.ndim == 2, "transforms", "be matrices", f"shape {t.shape}")
        check_shape("values", self.values, tuple(len(t) for t in self.transforms))
        self.size = math.prod(t.shape[1] for t in self.transforms)
        known = isinstance(self.values, np.ndarray)
        self.hermitian = not jnp.iscomplexobj(self.values)
        self.positive = self.hermitian and known and bool(np.all(self.values >= 0))

    @property
    def dtype(self) -> np.dtype:
        """Type of the matrix elements."""
        return shown(self.values)

    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Go to the nodes, multiply, and return."""
        check_shape("psi", psi, (self.size,))
        state = jnp.reshape(psi, tuple(t.shape[1] for t in self.transforms))
        for axis, t in enumerate(self.transforms):
            state = _apply(t, state, axis)
        values, state = meet(self.values, state)
        state = values * state
        for axis, t in enumerate(self.transforms):
            state = _apply(t.T, state, axis)
        return jnp.reshape(state, (-1,))

    def adjoint(self) -> "CollocatedOperator":
        """Return the Hermitian conjugate."""
        return self if self.hermitian else CollocatedOperator(self.values.conj(), self.transforms)


def _apply(matrix: np.ndarray, state: Inexact[Array, "..."], axis: int) -> Inexact[Array, "..."]:
    matrix, state = meet(matrix, state)  # pyright: ignore
    return jnp.moveaxis(jnp.tensordot(matrix, state, (1, axis)), 0, axis)
