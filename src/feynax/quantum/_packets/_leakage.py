"""How much of a packet is where another regime of the network holds."""

import math
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

from ..._checks import check, check_finite
from ...equations import Region
from .._abstract import AbstractQuadratic
from ._flow import Mechanics
from ._gaussian import GaussianState

_ZOOMS, _SAMPLES, _MOST = 3, 64, 2048

Moments = tuple[Float[ArrayLike, "*batch n"], Float[ArrayLike, "*batch n n"]]


def leakage(state: GaussianState | Moments, region: Region) -> Float[np.ndarray, "*batch units"]:
    r"""Probability that a Gaussian state has each ReLU on the wrong side.

    $\frac12\mathrm{erfc}\frac{c^Tm + d}{\sqrt{2 c^T\Sigma c}}$ for a unit that is on where
    $c^Ty + d \ge 0$; with the sign reversed for one that is off. The probability of being out of
    the region lies between the largest of them and their sum.

    **Arguments:**

    - `state`: a [`feynax.quantum.GaussianState`][], or mean (..., n) and covariance (..., n, n)
      of any Gaussian state.
    - `region`: the regime; `ham.region` of a Hamiltonian that comes from a network.

    ```python
    import feynax as fx
    net = fx.networks.CTRNN.from_arrays([[1.5, -1.0], [1.0, 0.5]], activation="relu")
    ham = fx.quantize(net, regime=(1, 1), hbar=0.01)
    inside = fx.quantum.leakage(fx.quantum.GaussianState.coherent(ham, [1.0, 1.0]), ham.region)
    assert inside.max() < 1e-12
    ```

    Source: P. Kohli and A. Haslam (2020) read as a statement about one regime; the formula is the
    normal distribution's, checked by counting in `tests/quantum/test_leakage.py`.
    """
    return _tail(_depths(*_moments(state, region.inner.shape[-1]), region))


class Leak(NamedTuple):
    """The largest leakage of an orbit, with the time when and the unit where."""

    probability: float
    time: float
    unit: int


def orbit_leakage(ham: AbstractQuadratic, state: GaussianState, t: float) -> Leak:
    r"""Find the largest [`feynax.quantum.leakage`][] between time 0 and `t`.

    The orbit is sampled 64 times a period of its fastest frequency (one period of a centre is
    enough), at 64 to 2048 times, and three times finer around the worst of them.

    **Arguments:**

    - `ham`: a Hamiltonian whose `region` is known.
    - `state`: the packet at time 0.
    - `t`: the other end, of either sign.

    **Returns:**

    The probability, the time, and the number of the unit.

    ```python
    import feynax as fx
    net = fx.networks.CTRNN.from_arrays([[1.5, -1.0], [1.0, 0.5]], activation="relu")
    ham = fx.quantize(net, regime=(1, 1), hbar=0.01)
    leak = fx.quantum.orbit_leakage(ham, fx.quantum.GaussianState.coherent(ham, [0.5, 1.0]), 9.0)
    assert leak.probability > 0.9  # this orbit leaves the quadrant
    ```
    """
    check_finite("t", t)
    region = ham.region
    if region is None:
        raise ValueError("Argument `ham` must have a region, but has none.")
    mechanics = Mechanics(ham)
    speeds = np.abs(np.linalg.eigvals(mechanics.matrix))
    if ham.modes == 1 and ham.kind == "elliptic":
        t = math.copysign(min(abs(t), 2 * math.pi / ham.one.rate), t)
    count = int(min(max(_SAMPLES, _SAMPLES / (2 * math.pi) * np.max(speeds) * abs(t)), _MOST))
    leak, near = _worst(mechanics, state, region, np.linspace(0.0, t, count))
    for _ in range(_ZOOMS):
        leak, near = _worst(mechanics, state, region, np.linspace(*near, _SAMPLES + 1))
    return leak


def _worst(
    mechanics: Mechanics, state: GaussianState, region: Region, times: Float[np.ndarray, " times"]
) -> tuple[Leak, tuple[float, float]]:
    """The largest leakage at some times, and the times between which it may be larger."""
    depths = _depths(*_moved(mechanics, state, times), region)
    when, unit = divmod(int(np.argmin(depths)), depths.shape[1])
    near = float(times[max(when - 1, 0)]), float(times[min(when + 1, len(times) - 1)])
    return Leak(float(_tail(depths[when, unit])), float(times[when]), unit), near


def _moments(state: GaussianState | Moments, n: int):
    if isinstance(state, GaussianState):
        state = state.mean, state.covariance
    mean, covariance = (np.asarray(x, np.float64) for x in state)
    fits = mean.shape[-1:] == (n,) and covariance.shape[-2:] == (n, n)
    shapes = f"shapes {mean.shape} and {covariance.shape}"
    check(fits, "state", f"have a mean of {n} and a covariance of {n} by {n}", shapes)
    check_finite("state", mean)
    check_finite("state", covariance)
    return mean, covariance


def _depths(mean, covariance, region: Region) -> Float[np.ndarray, "*batch units"]:
    """How many deviations (times the square root of 2) a mean is inside of each face."""
    above = mean @ region.inner.T + region.shift
    inside = np.where(region.mask, above, -above)
    variance = np.einsum("ui,...ij,uj->...u", region.inner, covariance, region.inner)
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = inside / np.sqrt(2 * np.maximum(variance, 0.0))
    return np.where(np.isnan(depth), np.inf, depth)  # on a face, without any spread


def _tail(depths):
    from scipy.special import erfc

    return erfc(depths) / 2


def _moved(mechanics: Mechanics, state: GaussianState, times: Float[np.ndarray, " times"]):
    flow = mechanics.flow(times)
    matrix = mechanics.frame @ flow.matrix @ mechanics.inverse
    mean = matrix @ state.mean + flow.shift @ mechanics.frame.T
    return mean, matrix @ state.covariance @ np.swapaxes(matrix, -1, -2)
