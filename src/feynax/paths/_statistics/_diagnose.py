"""Whether chains tell the same story: rank-normalised R-hat, effective sizes, errors."""

import dataclasses
import math

import numpy as np
from jaxtyping import Float

from ..._checks import check, check_finite
from ..._citation import cites
from ..._estimate import correlation_time


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """What several chains say about each other.

    **Fields:**

    - `r_hat`: rank-normalised split R-hat, the larger of bulk and folded; above 1.01 distrust.
    - `ess_bulk`, `ess_tail`: effective draws for the bulk, and for the 5 % and 95 % quantiles.
    - `ess_mean`: effective draws for the mean; `mcse`: its standard error.
    - `tau`, `tau_error`: integrated autocorrelation time 1 + 2 sum rho, in draws, and its error.
    """

    r_hat: float
    ess_bulk: float
    ess_tail: float
    ess_mean: float
    mcse: float
    tau: float
    tau_error: float


@cites("vehtari2021", "wolff2004")
def diagnose(series: Float[np.ndarray, "chains draws"]) -> Diagnosis:
    r"""Return R-hat, effective sample sizes and errors of a set of chains.

    Ranks replace values, so that heavy tails do not hide a disagreement, and the folded series
    $|x - \mathrm{median}|$ shows chains that differ in width. Chains are halved first. Effective
    sizes sum the autocorrelation in pairs while these fall (Geyer).

    **Arguments:**

    - `series`: draws of shape (chains, draws), or (draws,); at least eight draws a chain.

    **Returns:**

    A [`feynax.paths.Diagnosis`][]; of a constant everything but the error is nan.

    **Raises:**

    - `ValueError` where a number is not finite or chains are shorter.

    Source: Vehtari, Gelman, Simpson, Carpenter, Buerkner, "Rank-Normalization, Folding, and
    Localization: An Improved R-hat", Bayesian Analysis 16 (2021); error of tau: Wolff (2004),
    equation (42).

    ```python
    import numpy as np, feynax as fx
    chains = np.random.default_rng(0).normal(size=(4, 500))
    assert fx.paths.diagnose(chains).r_hat < 1.01
    assert fx.paths.diagnose(chains + np.arange(4)[:, None]).r_hat > 1.5
    ```
    """
    x = np.atleast_2d(np.asarray(series, np.float64))
    check(x.ndim == 2 and x.shape[1] >= 8, "series", "have shape (chains, draws >= 8)", x.shape)
    check_finite("series", x)
    halves = _halves(x)
    if np.ptp(x) == 0:
        nan = math.nan
        return Diagnosis(nan, nan, nan, nan, 0.0, nan, nan)
    ranked, folded = _ranked(halves), _ranked(np.abs(halves - np.median(halves)))
    tails = [_ess((halves <= np.quantile(halves, share)).astype(float)) for share in (0.05, 0.95)]
    mean = _ess(halves)
    tau, window, _ = correlation_time(x)
    spread = 4 / x.size * (window + 0.5 - tau / 2)
    return Diagnosis(
        r_hat=max(_r_hat(ranked), _r_hat(folded)),
        ess_bulk=_ess(ranked),
        ess_tail=min(tails),
        ess_mean=mean,
        mcse=float(x.std(ddof=1)) / math.sqrt(mean),
        tau=tau,
        tau_error=tau * math.sqrt(max(spread, 0.0)),
    )


def _halves(x: np.ndarray) -> np.ndarray:
    half = x.shape[1] // 2
    return np.concatenate([x[:, :half], x[:, -half:]])


def _ranked(x: np.ndarray) -> np.ndarray:
    """Normal scores of the ranks among all chains (Blom's fractions)."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    ranks = rankdata(x, method="average").reshape(x.shape)
    return ndtri((ranks - 0.375) / (x.size + 0.25))


def _r_hat(x: np.ndarray) -> float:
    draws = x.shape[1]
    within = x.var(1, ddof=1).mean()
    if within == 0:
        return math.nan
    between = x.mean(1).var(ddof=1)
    return math.sqrt((draws - 1) / draws + between / within)


def _ess(x: np.ndarray) -> float:
    """Effective draws: Geyer's initial monotone sequence over all chains."""
    chains, draws = x.shape
    spectrum = np.fft.rfft(x - x.mean(1, keepdims=True), 2 * draws, axis=1)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :draws].mean(0) / draws
    within = covariance[0] * draws / (draws - 1)
    total = covariance[0] + (x.mean(1).var(ddof=1) if chains > 1 else 0.0)
    if total == 0:
        return float(x.size)
    rho = 1 - (within - covariance) / total
    rho[0] = 1.0
    even = draws - draws % 2
    pairs = rho[:even:2] + rho[1:even:2]
    stop = int(np.argmax(pairs < 0)) if (pairs < 0).any() else len(pairs)
    falling = np.minimum.accumulate(pairs[:stop])
    tail = max(float(rho[2 * stop]), 0.0) if 2 * stop < draws else 0.0
    tau = -1 + 2 * float(falling.sum()) + tail
    return float(x.size) / max(tau, 1 / math.log10(x.size))
