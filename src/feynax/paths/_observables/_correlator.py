"""Correlations of operators between the slices of a path."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..._checks import check, check_count
from .._ensemble import PathEnsemble
from ._density import coordinate
from ._sites import displacement, inner_sites


class Correlator(eqx.Module):
    r"""The correlator $C_{ij}(k) = \langle A_i(x_n)\, A_j(x_{n+k}) \rangle$, averaged over n.

    All products are taken at once, by a fast Fourier transform. For Takahashi-Imada both
    positions are moved as the continuum asks, $x + \frac{dt^2}{12}M^{-1}\nabla V$; open paths are
    read in the third around the middle, without wrapping.

    **Arguments:**

    - `operators`: one function of places (dof, time) that returns (time,), or several for the
      generalised eigenvalue problem; the first degree of freedom by default.
    - `lags`: the largest k, in steps of `lag_time`; all that there are by default (half of a
      closed path).
    - `corrected`: set False for the sites themselves, also for Takahashi-Imada.

    **Returns** (when called with an ensemble and one path): shape (lags + 1,) for one operator,
    (lags + 1, operators, operators) and symmetric for several.

    **Raises:**

    - `ValueError` where a path is shorter than `lags`.

    ```python
    import jax.numpy as jnp, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    pair = fx.paths.Correlator([lambda x: x[0], lambda x: x[0] ** 3], lags=4)
    assert pair(paths, jnp.full((1, 16), 2.0))[3, 0, 1] == 16.0
    ```
    """

    operators: tuple[Callable[[Any], Any], ...] = eqx.field(static=True)
    lags: int | None = eqx.field(static=True)
    corrected: bool = eqx.field(static=True)

    def __init__(
        self,
        operators: Callable[[Any], Any] | Sequence[Callable[[Any], Any]] = coordinate,
        lags: int | None = None,
        *,
        corrected: bool = True,
    ):
        if lags is not None:
            check_count("lags", lags)
        self.operators = (operators,) if callable(operators) else tuple(operators)
        self.lags, self.corrected = lags, corrected

    def lag_time(self, ensemble: PathEnsemble) -> float:
        """Return the Euclidean time between two lags: a slice, or a step of Chin's action."""
        return ensemble.dt * (inner_sites(ensemble).step or 1)

    def __call__(self, ensemble: PathEnsemble, x: Float[Array, "dof sites"]) -> Float[Array, "..."]:
        inner = x[:, inner_sites(ensemble)]
        there = inner + displacement(ensemble, inner) if self.corrected else inner
        series = jnp.stack([operator(there) for operator in self.operators])
        count = series.shape[-1]
        most = count // 2 if ensemble.closed else count - 1
        lags = most if self.lags is None else self.lags
        check(lags <= most, "lags", f"be at most {most}", lags)
        whole = count if ensemble.closed else 2 * count
        spectrum = jnp.fft.rfft(series, whole)
        product = spectrum.conj()[:, None] * spectrum[None]
        sums = jnp.moveaxis(jnp.fft.irfft(product, whole)[..., : lags + 1], -1, 0)
        pairs = jnp.full(lags + 1, count) if ensemble.closed else count - jnp.arange(lags + 1)
        both = (sums + sums.mT) / 2 / pairs.astype(sums.dtype)[:, None, None]
        return both[:, 0, 0] if len(self.operators) == 1 else both
