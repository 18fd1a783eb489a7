"""Functions of means: the Gamma method, with every correlation in time and between series."""

import dataclasses
from collections.abc import Callable
from typing import cast

import numpy as np
from jaxtyping import Float

from ..._checks import check, check_finite, check_shape
from ..._citation import cites
from ..._errors import ChainTooShortError
from ..._estimate import Estimate

Series = Float[np.ndarray, "chains draws"]


@cites("wolff2004")
def derived(function: Callable[..., float], *series: Series, unbiased: bool = True) -> Estimate:
    r"""Estimate a function of means, with the error of Wolff's Gamma method.

    To first order $f(\bar a) - f(A)$ is the mean of the projected series
    $\sum_\alpha f_\alpha (a_\alpha - \bar a_\alpha)$, $f_\alpha = \partial f/\partial A_\alpha$:
    its autocorrelation, summed to a self-consistent window, gives the error. So correlations
    between the series count, and ratios of them often come out much sharper than their parts.

    **Arguments:**

    - `function`: of one mean a series, in their order; returns a real number. Its gradient is
      taken by central differences over one naive error, so that it need not be traceable.
    - `series`: draws of shape (chains, draws), or (draws,), all of the same sweeps.
    - `unbiased`: subtract the bias of order one over the number of draws, as it shows between
      chains (Wolff's replica); of one chain nothing is subtracted.

    **Returns:**

    An [`feynax.Estimate`][]; tau, ess and r_hat are those of the projected series.

    **Raises:**

    - `ValueError` where shapes differ or numbers are not finite.
    - `ChainTooShortError` as [`feynax.Estimate.from_chains`][] does.

    Source: U. Wolff, "Monte Carlo Errors with Less Errors", Comput. Phys. Commun. 156 (2004).

    ```python
    import numpy as np, feynax as fx
    x = np.random.default_rng(0).normal(size=(4, 2000))
    binder = fx.paths.derived(lambda m2, m4: 1 - m4 / (3 * m2**2), x**2, x**4)
    assert abs(binder.value) < 4 * binder.error < 0.2
    ```
    """
    check(bool(series), "series", "hold at least one array", "none")
    parts = np.stack([np.atleast_2d(np.asarray(one, np.float64)) for one in _alike(series)])
    check_finite("series", parts)
    means = parts.mean((1, 2))
    value = float(function(*means))
    slopes = _slopes(function, means, parts.std((1, 2)) / parts[0].size ** 0.5)
    projected = np.tensordot(slopes, parts - means[:, None, None], 1)
    shift = value - _bias(function, parts, value) if unbiased else value
    try:
        found = Estimate.from_chains(projected)
    except ChainTooShortError as short:
        kept = dataclasses.replace(cast(Estimate, short.estimate), value=shift)
        raise ChainTooShortError(str(short), estimate=kept, needed=short.needed) from None
    return dataclasses.replace(found, value=shift)


def _alike(series: tuple[Series, ...]) -> tuple[Series, ...]:
    for one in series:
        check_shape("series", one, np.shape(series[0]))
    return series


def _slopes(function: Callable[..., float], means: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Central differences over one naive error each: where the means may well have been."""
    slopes = np.zeros_like(means)
    for i in np.flatnonzero(steps):
        shift = np.where(np.arange(len(means)) == i, steps, 0.0)
        rise = float(function(*(means + shift))) - float(function(*(means - shift)))
        slopes[i] = rise / (2 * steps[i])
    check_finite("function", slopes)
    return slopes


def _bias(function: Callable[..., float], parts: np.ndarray, value: float) -> float:
    """Wolff's (49): chains alone are more biased than all of them together, in a known ratio."""
    chains = parts.shape[1]
    if chains < 2:
        return 0.0
    alone = np.mean([float(function(*means)) for means in parts.mean(2).T])
    return (alone - value) / (chains - 1) if np.isfinite(alone) else 0.0
