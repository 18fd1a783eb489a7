"""Operators that multiply plane waves: functions of momentum on periodic grids."""

import math

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Inexact, Num

from ..._checks import check, check_shape
from ._algebra import AbstractOperator
from ._held import hold, meet, shown


class FourierOperator(AbstractOperator):
    r"""$\mathcal F^{-1} f(k) \mathcal F$ on a periodic grid of one to three dimensions.

    **Arguments:**

    - `symbol`, of the grid's shape: $f$ at the wave numbers in the order of `numpy.fft.fftfreq`.
      Real for a Hermitian operator; where $f(-k) = \overline{f(k)}$ real states stay real, and
      only half of the waves are computed.

    ```python
    import jax.numpy as jnp
    import numpy as np
    import feynax as fx
    shift = fx.quantum.FourierOperator(np.exp(-2j * np.pi * np.fft.fftfreq(4)))
    assert np.allclose(shift.mv(jnp.arange(4.0)).real, [3, 0, 1, 2], atol=1e-6)
    ```
    """

    symbol: Num[Array | np.ndarray, "..."]
    real: bool = eqx.field(static=True)
    size: int = eqx.field(static=True)
    hermitian: bool = eqx.field(static=True)
    positive: bool = eqx.field(static=True)

    def __init__(self, symbol: ArrayLike):
        self.symbol = hold("symbol", symbol)
        few = 1 <= self.symbol.ndim <= 3
        check(few, "symbol", "have one to three dimensions", f"shape {self.symbol.shape}")
        self.size = math.prod(self.symbol.shape)
        self.hermitian, self.positive, self.real = not jnp.iscomplexobj(self.symbol), False, False
        if isinstance(self.symbol, np.ndarray):
            self.positive = self.hermitian and bool(np.all(self.symbol >= 0))
            self.real = _keeps_real(self.symbol)

    @property
    def dtype(self) -> np.dtype:
        """Type of the matrix elements."""
        return shown(np.zeros((), np.float64 if self.real else np.complex128))

    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Transform, multiply, and transform back."""
        check_shape("psi", psi, (self.size,))
        grid = jnp.reshape(psi, self.symbol.shape)
        if self.real and not jnp.iscomplexobj(psi):
            symbol = self.symbol[..., : self.symbol.shape[-1] // 2 + 1]
            symbol, waves = meet(symbol, jnp.fft.rfftn(grid))
            image = jnp.fft.irfftn(symbol * waves, self.symbol.shape)
        else:
            symbol, waves = meet(self.symbol, jnp.fft.fftn(grid))
            image = jnp.fft.ifftn(symbol * waves)
        return jnp.reshape(image, (-1,))

    def adjoint(self) -> "FourierOperator":
        """Return the Hermitian conjugate."""
        return self if self.hermitian else FourierOperator(self.symbol.conj())


def _keeps_real(symbol: np.ndarray) -> bool:
    """Whether the symbol at minus k is the conjugate of that at k."""
    turned = np.roll(np.flip(symbol), 1, axis=tuple(range(symbol.ndim)))
    return bool(np.max(np.abs(turned.conj() - symbol)) <= 1e-12 * np.max(np.abs(symbol)))
