"""Piecewise linear paths and the ReLU networks that draw them, in both directions."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import check, check_finite, check_shape
from .._citation import cites
from ._one_hidden import OneHidden


@cites("paths")
class Zigzag(eqx.Module):
    r"""A piecewise linear path: places at increasing times.

    **Arguments:**

    - `times`: of shape (points,), at least two.
    - `sites`: places at these times, of shape (dof, points).

    Source: paths document (Hashimoto et al.), Fig. 1 and appendix A.

    ```python
    import jax.numpy as jnp, feynax as fx
    path = fx.networks.Zigzag(jnp.array([0.0, 1.0, 3.0]), jnp.array([[1.0, 2.0, 0.0]]))
    assert jnp.allclose(path.network()(2.0), 1.0)
    ```
    """

    times: Float[Array | np.ndarray, " points"]
    sites: Float[Array | np.ndarray, "dof points"]

    def __init__(
        self,
        times: Float[Array | np.ndarray, " points"],
        sites: Float[Array | np.ndarray, "dof points"],
    ):
        check(times.ndim == 1 and times.shape[0] > 1, "times", "have two entries", times.shape)
        check_shape("sites", sites, (None, times.shape[0]))
        self.times, self.sites = times, sites

    def network(self) -> OneHidden:
        r"""Return the ReLU network through all points, in the gauge of (3.5): rates 1.

        Its weights are the changes of slope, $w_n = W_n - W_{n-1}$ with $w_1 = W_1$; before the
        first time it is constant, after the last it goes on straight.
        """
        x = jnp.asarray(self.sites)
        times = jnp.asarray(self.times, x.dtype)
        W = (x[:, 1:] - x[:, :-1]) / jnp.diff(times)[None]
        w = jnp.concatenate([W[:, :1], W[:, 1:] - W[:, :-1]], -1)
        return OneHidden(jnp.ones_like(times[1:]), -times[:-1], w, x[:, 0])


@cites("paths")
def fold(net: OneHidden, start: float, stop: float) -> Zigzag:
    r"""Return the path that any ReLU network with one hidden layer draws on an interval.

    Each unit $c\,\mathrm{ReLU}(at + d)$ has a kink at $t_k = -d/a$, where the slope grows by
    $c|a|$: the gauge $\alpha$ of (A.3) drops out. Units that look to the left,
    $c\,\mathrm{ReLU}(z) = c\,(z + \mathrm{ReLU}(-z))$, leave a straight line; kinks outside the
    interval leave one or nothing; a = 0 is a constant; equal kinks are one. Between the kinks
    the path is straight, so its places there say everything, and `path.network()` is the way
    back, in the gauge of (3.5) but for kinks that are not evenly spaced.

    **Arguments:**

    - `net`: with ReLU, and without a period.
    - `start`, `stop`: the interval.

    **Returns:**

    The path in float64: times are start, the distinct kinks inside, stop.

    **Raises:**

    - `ValueError` for another activation, an empty interval, numbers that are not finite.

    Source: paths document (Hashimoto et al.), appendix A, which runs n = 0..N-1 in (A.1) and (A.4)
    where (3.4) has 1..N, and takes $\tilde w_n > 0$: left-facing units are added here
    (`tests/networks/test_one_hidden.py`).

    ```python
    import jax.numpy as jnp, feynax as fx
    net = fx.networks.OneHidden([-2.0, 1.0, 3.0], [2.0, -1.0, 9.0], [1.0, 2.0, -1.0])
    path = fx.networks.fold(net, 0.0, 4.0)
    assert jnp.allclose(path.times, jnp.array([0.0, 1.0, 4.0]))
    assert jnp.allclose(path.sites[0], jnp.array([-7.0, -12.0, -15.0]))
    ```
    """
    check(net.activation == "relu" and net.period is None, "net", "be ReLU, not periodic", net)
    check(start < stop, "stop", f"be later than {start}", stop)
    parts = (net.rates, net.shifts, net.weights, net.bias, net.drift)
    a, d, c, b, s = (np.asarray(part, np.float64) for part in parts)
    for name, part in zip(("rates", "shifts", "weights", "bias"), (a, d, c, b), strict=True):
        check_finite(name, part)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        kinks = -d / a
    inside = np.unique(kinks[(kinks > start) & (kinks < stop)])
    times = np.concatenate([[start], inside, [stop]])
    z = np.maximum(np.multiply.outer(a, times) + d[:, None], 0)
    return Zigzag(times, b[:, None] + np.multiply.outer(s, times) + c @ z)
