"""How many samples a series remembers: the block length that QUNN asks for."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..._checks import check, check_finite

_BAND = 1.96  # 95 % of a normal deviation
_QUIET = 3  # lags in a row inside the band
_WINDOW = 5  # integrated times that the window must hold


class BlockLength(NamedTuple):
    """Two estimates of the memory of a series.

    **Fields:**

    - `cutoff`: the last lag, at least 1, before three in a row inside the Bartlett band: for
      block lengths.
    - `integrated`: integrated autocorrelation time, in samples; `nan` where the series is too
      short for its window to close.
    """

    cutoff: int
    integrated: float


def block_length(series: Float[np.ndarray, "time *channels"]) -> BlockLength:
    r"""Estimate the temporal correlation length $N$ from the autocorrelation $r_m$.

    The cut-off is the smallest $m \ge 1$ with $|r_{m+i}| < 1.96\sqrt{(1 + 2\sum_{j<m+i} r_j^2)/T}$
    for $i = 1, 2, 3$ (Bartlett). The integrated time is $\tau = 1 + 2\sum_{j \le m} r_j$ with the
    first window $m \ge 5\tau$. The document asks for $N$ and gives no way to it.

    **Arguments:**

    - `series`: equally spaced samples; the autocorrelations of channels are averaged with their
      variances as weights.

    **Returns:**

    Both estimates.

    **Raises:**

    - `ValueError` for fewer than 8 samples, a constant series, NaN or infinities.

    ```python
    import numpy as np, feynax as fx
    noise = np.random.default_rng(0).normal(size=5004)
    summed = sum(noise[k : k + 5000] for k in range(5))  # four lags are left
    assert 3 <= fx.networks.block_length(summed).cutoff <= 6
    ```
    """
    x = np.asarray(series, np.float64)
    x = x.reshape(len(x), -1) if x.ndim else x
    check(x.ndim == 2 and len(x) >= 8, "series", "have at least 8 samples", x.shape)
    check_finite("series", x)
    r = _autocorrelation(x)
    return BlockLength(_cutoff(r), _integrated(r))


def _autocorrelation(x: np.ndarray) -> np.ndarray:
    centred = x - x.mean(0)
    spectrum = np.fft.rfft(centred, 2 * len(x), axis=0)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2, axis=0)[: len(x)].sum(1)
    check(covariance[0] > 0, "series", "not be constant", "variance 0")
    return covariance / covariance[0]


def _cutoff(r: np.ndarray) -> int:
    before = np.concatenate([[0.0], np.cumsum(r[1:-1] ** 2)])  # of the lags before 1, 2, ...
    quiet = np.abs(r[1:]) < _BAND * np.sqrt((1 + 2 * before) / len(r))
    runs = np.convolve(quiet, np.ones(_QUIET), "valid") == _QUIET
    return max(1, int(np.argmax(runs))) if runs.any() else len(r) - 1


def _integrated(r: np.ndarray) -> float:
    tau = 1 + 2 * np.cumsum(r[1:])
    closed = np.arange(1, len(r)) >= _WINDOW * tau
    return float(tau[np.argmax(closed)]) if closed.any() else float("nan")
