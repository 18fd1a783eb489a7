"""A sampled mean that never travels without its error."""

import dataclasses
import math

import numpy as np

from ._checks import check, check_finite
from ._errors import ChainTooShortError
from ._html import html_table

_LEAST_TAUS = 50  # emcee's rule: below this the correlation time itself is not known


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A mean with its standard error and the reliability of that error.

    There is no arithmetic of estimates: two of them from one run are correlated, and an error that
    forgets this is wrong. Ratios, powers and differences are made of the draws themselves
    ([`feynax.paths.derived`][], [`feynax.paths.jackknife`][]).

    **Fields:**

    - `value`, `error`: the mean and one standard error, in the units of the samples.
    - `tau`: integrated autocorrelation time in draws (1 for independent samples).
    - `ess`: effective number of independent samples.
    - `r_hat`: split R-hat of the chains; `nan` where there was nothing to compare.
    """

    value: float
    error: float
    tau: float = 1.0
    ess: float = math.inf
    r_hat: float = math.nan

    @classmethod
    def from_chains(cls, samples: np.ndarray) -> "Estimate":
        r"""Estimate the mean of correlated draws.

        The autocorrelation time $\tau = 1 + 2 \sum_t \rho(t)$ is summed up to the first window
        $w \ge 6 \tau(w)$ (Sokal; Wolff 2004), with one mean for all chains.

        **Arguments:**

        - `samples`: real draws of shape (chains, draws), or (draws,) for a single chain.

        **Raises:**

        - `ChainTooShortError` when a chain has fewer than 50 correlation times; the estimate is
          kept in the exception, with the length that would do.

        ```python
        import numpy as np, feynax as fx
        draws = np.random.default_rng(0).normal(size=(4, 1000))
        mean = fx.Estimate.from_chains(draws)
        assert abs(mean.value) < 4 * mean.error and mean.r_hat < 1.02
        ```
        """
        x = np.atleast_2d(np.asarray(samples, np.float64))
        check(
            x.ndim == 2 and x.shape[1] >= 4, "samples", "have shape (chains, draws >= 4)", x.shape
        )
        check_finite("samples", x)
        draws = x.shape[1]
        tau, _, closed = correlation_time(x)
        ess = x.size / tau
        error = math.sqrt(float(np.var(x)) / ess)
        found = cls(float(x.mean()), error, tau, ess, _split_r_hat(x))
        if not closed or draws < _LEAST_TAUS * tau:
            needed = math.ceil(_LEAST_TAUS * tau)
            raise ChainTooShortError(
                f"Argument `samples` must have at least {_LEAST_TAUS} correlation times a chain "
                f"(about {needed} draws), but has {draws} draws with tau = {tau:.1f}.",
                estimate=found,
                needed=needed,
            )
        return found

    def short(self) -> str:
        """Return the value with its error in brackets, in units of the last digit.

        The error has one digit, or two where it begins with a one.

        ```python
        import feynax as fx
        assert fx.Estimate(0.66791, 0.00034).short() == "0.6679(3)"
        assert fx.Estimate(-1234.5, 16.0).short() == "-1234(16)"
        ```
        """
        if not (math.isfinite(self.error) and math.isfinite(self.value) and self.error > 0):
            return f"{self.value:.6g}({self.error:.1g})"
        places = -math.floor(math.log10(self.error))
        if round(self.error * 10**places, 1) < 2:
            places += 1
        if places > 12 or places < -12:
            return f"{self.value:.13g}({self.error:.1g})"
        if places <= 0:  # whole digits stay, so that the value reads as a number
            return f"{round(self.value, places):.0f}({round(self.error, places):.0f})"
        return f"{self.value:.{places}f}({self.error * 10**places:.0f})"

    def __str__(self) -> str:
        text = f"{self.value:.6g} +- {self.error:.2g}"
        if math.isfinite(self.ess):
            text += f" (tau {self.tau:.3g}, ess {self.ess:.4g}, r_hat {self.r_hat:.4f})"
        return text

    def _repr_html_(self) -> str:
        rows = {"error": f"{self.error:.2g}"}
        if math.isfinite(self.ess):
            rows |= {"tau": f"{self.tau:.3g}", "ess": f"{self.ess:.4g}"}
        if math.isfinite(self.r_hat):
            rows["R-hat"] = f"{self.r_hat:.4f}"
        return html_table(self.short(), rows)


def correlation_time(x: np.ndarray) -> tuple[float, int, bool]:
    """Integrated autocorrelation time of (chains, draws), its window, whether that closed."""
    draws = x.shape[1]
    centred = x - x.mean()
    spectrum = np.fft.rfft(centred, 2 * draws, axis=1)
    raw = np.fft.irfft(spectrum * spectrum.conj(), axis=1)[:, :draws].mean(0)
    covariance = raw / np.arange(draws, 0, -1)
    if covariance[0] == 0:  # a constant has no error and needs no window
        return 1.0, 1, True
    running = 1 + 2 * np.cumsum(covariance[1:] / covariance[0])
    closes = np.arange(1, draws) >= 6 * running
    last = int(np.argmax(closes)) if closes.any() else draws - 2
    return max(float(running[last]), 1.0 / draws), last + 1, bool(closes.any())


def _split_r_hat(x: np.ndarray) -> float:
    """Gelman-Rubin ratio of halved chains: 1 when they all tell the same story."""
    half = x.shape[1] // 2
    parts = np.concatenate([x[:, :half], x[:, -half:]])
    within = parts.var(1, ddof=1).mean()
    if within == 0:
        return math.nan
    between = parts.mean(1).var(ddof=1)
    return math.sqrt((half - 1) / half + between / within)
