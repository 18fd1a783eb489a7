"""The jackknife over blocks: errors of anything that is computed from mean arrays."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from ..._checks import check, check_count, check_finite
from ..._errors import ChainTooShortError
from ..._estimate import Estimate

_CORRELATED = 0.15  # of neighbouring blocks: twice what blocks of ten correlation times show


@dataclasses.dataclass(frozen=True)
class Resampled:
    """A computed array with its value for every left-out block.

    **Fields:**

    - `value`: of all blocks together, any shape.
    - `replicas`: without one block each, shape (blocks, *shape of value).
    """

    value: Float[np.ndarray, "*shape"]
    replicas: Float[np.ndarray, "blocks *shape"]

    @property
    def error(self) -> Float[np.ndarray, "*shape"]:
        """One standard error of every number."""
        away = self.replicas - self.replicas.mean(0)
        count = len(self.replicas)
        return np.sqrt((count - 1) / count * np.sum(away**2, 0))

    @property
    def covariance(self) -> Float[np.ndarray, "size size"]:
        """Covariance of all numbers, flattened."""
        count = len(self.replicas)
        away = (self.replicas - self.replicas.mean(0)).reshape(count, -1)
        return (count - 1) / count * away.T @ away

    def at(self, *index: int) -> Estimate:
        """Return one of the numbers as an estimate."""
        return Estimate(float(self.value[index]), float(self.error[index]))


def jackknife(
    function: Callable[..., np.ndarray | float],
    *blocks: Float[np.ndarray, "chains blocks *shape"],
    most: int = 256,
) -> Resampled:
    r"""Compute a function of mean arrays, and what it is without each block in turn.

    $$ \sigma^2 = \frac{B-1}{B} \sum_b (f_b - \bar f)^2 $$

    with $f_b$ from the mean of all but block b. Blocks must be longer than about ten correlation
    times; neighbours that still correlate are found and refused.

    **Arguments:**

    - `function`: of one mean array for each of `blocks`; returns a number or an array.
    - `blocks`: block means of shape (chains, blocks, ...), all of the same draws.
    - `most`: evaluations to make; blocks of a chain are merged down to it.

    **Returns:**

    A [`feynax.paths.Resampled`][] with errors and covariance.

    **Raises:**

    - `ValueError` where there are fewer than four blocks, or shapes do not fit.
    - `ChainTooShortError` where neighbouring blocks correlate by more than 0.15.

    ```python
    import numpy as np, feynax as fx
    noise = np.random.default_rng(0).normal(size=(4, 20, 2))
    ratio = fx.paths.jackknife(lambda m: m[0] / m[1], 5 + noise).at()
    assert abs(ratio.value - 1) < 4 * ratio.error
    ```
    """
    check(bool(blocks), "blocks", "hold at least one array", "none")
    check_count("most", most, 4)
    parts = [_merged(np.asarray(one, np.float64), most) for one in blocks]
    sizes = {part.shape[:2] for part in parts}
    check(len(sizes) == 1, "blocks", "all have the same chains and blocks", sizes)
    chains, kept = sizes.pop()
    count = chains * kept
    check(count >= 4, "blocks", "have at least four blocks in all", count)
    flat = [part.reshape(count, *part.shape[2:]) for part in parts]
    totals = [part.mean(0) for part in flat]
    value = np.asarray(function(*totals), np.float64)
    without = lambda b: [
        (count * t - f[b]) / (count - 1) for t, f in zip(totals, flat, strict=True)
    ]
    replicas = np.stack([np.asarray(function(*without(b)), np.float64) for b in range(count)])
    _check_independent(replicas.reshape(chains, kept, -1))
    return Resampled(value, replicas)


def _merged(blocks: np.ndarray, most: int) -> np.ndarray:
    """Neighbouring blocks of every chain averaged, so that few enough are left."""
    check(blocks.ndim >= 2, "blocks", "have shape (chains, blocks, ...)", blocks.shape)
    check_finite("blocks", blocks)
    chains, count = blocks.shape[:2]
    together = min(count, math.ceil(chains * count / most))
    whole = count - count % together  # what does not fill a block is left off at the start
    kept = blocks[:, count - whole :]
    return kept.reshape(chains, whole // together, together, *blocks.shape[2:]).mean(2)


def _check_independent(replicas: np.ndarray) -> None:
    chains, kept, _ = replicas.shape
    if kept < 4:
        return
    away = replicas - replicas.mean((0, 1))
    square = np.sum(away**2, (0, 1)) / (chains * kept)
    product = np.sum(away[:, 1:] * away[:, :-1], (0, 1)) / (chains * (kept - 1))
    known = np.isfinite(square) & (square > 0)
    correlation = float(np.median(product[known] / square[known])) if known.any() else 0.0
    if correlation > _CORRELATED + 3 / math.sqrt(chains * (kept - 1)):
        raise ChainTooShortError(
            "Argument `blocks` must be longer than ten correlation times, but has neighbours "
            f"that correlate by {correlation:.2f}.",
            estimate=None,
            needed=4 * kept,
        )
