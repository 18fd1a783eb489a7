"""Weights that follow the path slice by slice: accelerations of ReLU units, velocities of steps."""

import abc
import math

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._checks import check, check_shape
from ..._citation import cites
from .._ends import AbstractEnds, FixedEnds, FreeEnds, HalfLine, Periodic
from .._ensemble import PathEnsemble
from ._abstract import AbstractWeights, Path, Weights, parts, place

_CONSISTENT = 1e-9


class AbstractSlopes(AbstractWeights):
    r"""Weights of N units, one a slice; where the end is held, the last one follows.

    | ends | free weights | all weights |
    |---|---|---|
    | fixed | $w_1 .. w_{N-1}$ | $w_1 .. w_N$ |
    | start fixed | $w_1 .. w_N$ | the same |
    | both free | $x_0, w_1 .. w_N$ | the same |
    | periodic | $x_0, w_1 .. w_{N-1}$ | $x_0, w_1 .. w_N$ |
    """

    @abc.abstractmethod
    def _velocities(self, w: Weights) -> Weights:
        """Velocities W of the slices from the weights of their units."""

    @abc.abstractmethod
    def _units(self, W: Weights) -> Weights:
        """Weights of the units from the velocities W of the slices."""

    @property
    def shape(self) -> tuple[int, int]:
        led = isinstance(self.ends, Periodic | FreeEnds)
        return self.dof, self.slices - self._derived + led

    @property
    def log_jacobian(self) -> float:
        return self.dof * (self.slices - self._derived) * math.log(self.dt)

    def to_path(self, weights: Weights) -> Path:
        check_shape("weights", weights, self.shape)
        start, w = self._split(weights)
        dt = jnp.asarray(self.dt, w.dtype)
        later = start + dt * jnp.cumsum(self._velocities(w), -1)
        x = jnp.concatenate([start, later], -1)
        if isinstance(self.ends, FixedEnds):
            return jnp.concatenate([x, place(self.ends.stop, x.dtype)], -1)
        return x

    def from_path(self, x: Path) -> Weights:
        check_shape("x", x, (self.dof, self.ends.sites(self.slices)))
        w = self._units((x[:, 1:] - x[:, :-1]) / jnp.asarray(self.dt, x.dtype))
        if isinstance(self.ends, FixedEnds):
            return w[:, :-1]
        return w if isinstance(self.ends, HalfLine) else jnp.concatenate([x[:, :1], w], -1)

    def whole(self, weights: Weights) -> Float[Array, "dof units"]:
        r"""Return the weights of all units: the last one by (3.8) or (4.3), so that the end is met.

        $$ W_N = \frac{x_{fin} - x_{ini}}{dt} - \sum_{k=1}^{N-1} W_k, \qquad
        w_N = \frac{x_{fin} - x_{ini}}{dt} - \sum_{k=2}^N k\,w_{N-k+1} $$

        **Arguments:**

        - `weights`: the free ones, of shape `shape`.
        """
        check_shape("weights", weights, self.shape)
        if not self._derived:
            return weights
        start, w = self._split(weights)
        W = self._velocities(w)
        rise = self._stop(start) - start
        last = rise / jnp.asarray(self.dt, W.dtype) - jnp.sum(W, -1, keepdims=True)
        lead = start if isinstance(self.ends, Periodic) else W[:, :0]
        return jnp.concatenate([lead, self._units(jnp.concatenate([W, last], -1))], -1)

    def free(self, whole: Float[Array, "dof units"]) -> Weights:
        """Return the free ones of all weights, for weights that are not traced.

        **Arguments:**

        - `whole`: weights of all units, as `whole` gives them.

        **Raises:**

        - `ValueError` where the last weight does not lead to the end, beyond 1e-9 relative.
        """
        given = jnp.asarray(whole)
        check_shape("whole", given, (self.dof, self.shape[1] + self._derived))
        if not self._derived:
            return given
        weights = given[:, :-1]
        wanted, last = np.asarray(self.whole(weights)[:, -1]), np.asarray(given[:, -1])
        size = np.abs(np.asarray(given)).max()
        off = float(np.abs(wanted - last).max())
        slack = max(_CONSISTENT, 4 * self.slices * float(jnp.finfo(given.dtype).eps))
        must = f"end with {wanted} so that the path meets its end"
        check(off <= slack * max(size, 1e-300), "whole", must, last)
        return weights

    @property
    def _derived(self) -> int:
        return int(isinstance(self.ends, FixedEnds | Periodic))

    def _split(self, weights: Weights) -> tuple[Float[Array, "dof 1"], Weights]:
        if isinstance(self.ends, FixedEnds | HalfLine):
            start = place(self.ends.start, weights.dtype)
            return jnp.broadcast_to(start, (self.dof, 1)), weights
        return weights[:, :1], weights[:, 1:]

    def _stop(self, start: Float[Array, "dof 1"]) -> Float[Array, "dof 1"]:
        if isinstance(self.ends, FixedEnds):
            return place(self.ends.stop, start.dtype)
        return start


@cites("paths")
class StepWeights(AbstractSlopes):
    r"""Velocities $W_n = (x_n - x_{n-1})/dt$: weights of step units, at the times $t_{n-1/2}$.

    $$ x(t) = x_{ini} + dt \sum_{n=1}^N W_n\,\theta(t - t_{n-1} - dt/2),
       \qquad x_n = x_{ini} + dt \sum_{k=1}^n W_k $$

    with $\theta(0) = 1$. The Jacobian is $dt$ a free weight. A free particle's weights have the
    action (3.17), with the mean $(x_{fin} - x_{ini})/T$ and the covariance
    $\frac{\hbar}{m\,dt}(1 - 11^T/N)$ between fixed ends.

    **Arguments:**

    - `ensemble`: the [`feynax.paths.PathEnsemble`][] of the paths.

    Source: paths document (Hashimoto et al.), equations (3.15) to (3.17) and (4.1) to (4.4).
    Corrected: (4.1) prints the shift 1/2 in place of dt/2, with which $x(t_n) = x_n$ fails for
    every dt below 1/2; (3.19) and (3.20) leave out the potential of the last slice; Table 1 puts
    $W_n$ at $t_n$ (`tests/paths/test_weights.py`, `tests/maps/test_path_network.py`).

    ```python
    import jax.numpy as jnp, feynax as fx
    ends = fx.paths.FixedEnds(0.0, 1.0)
    ens = fx.paths.PathEnsemble(lambda x: x**2, beta=2.0, slices=4, ends=ends)
    basis = fx.paths.StepWeights(ens)
    W = basis.from_path(jnp.array([[0.0, 0.5, 0.5, 2.0, 1.0]]))
    assert jnp.allclose(W, jnp.array([[1.0, 0.0, 3.0]]))
    assert jnp.allclose(basis.whole(W)[0, -1], -2.0)
    ```
    """

    ends: AbstractEnds
    dt: float
    slices: int = eqx.field(static=True)
    dof: int = eqx.field(static=True)

    def __init__(self, ensemble: PathEnsemble):
        self.ends, self.slices, self.dt, self.dof = parts(ensemble)

    def _velocities(self, w: Weights) -> Weights:
        return w

    def _units(self, W: Weights) -> Weights:
        return W


@cites("paths")
class ReLUWeights(AbstractSlopes):
    r"""Changes of velocity: weights of ReLU units, dt times the acceleration at $t_{n-1}$.

    $$ x(t) = x_{ini} + \sum_{n=1}^N w_n\,\mathrm{ReLU}(t - t_{n-1}),
       \qquad x_n = x_{ini} + dt \sum_{k=1}^n k\,w_{n-k+1} $$

    $w_1$ is the first velocity; $w_n = (x_n - 2x_{n-1} + x_{n-2})/dt$ for $n \ge 2$. The
    Jacobian is $dt$ a free weight.

    Two running sums lead to the path: in single precision some $N^{3/2}$ roundings, where
    [`feynax.paths.StepWeights`][] has $N^{1/2}$, and its condition number as coordinates of a
    sampler grows like $N^3$ (fixed ends). So keep paths and read weights off them.

    **Arguments:**

    - `ensemble`: the [`feynax.paths.PathEnsemble`][] of the paths.

    Source: paths document (Hashimoto et al.), equations (3.4) to (3.12). Corrected: the sum of
    (3.7), also in (3.24) and (5.5), starts from k = 1 (its k = 0 names a weight $w_{n+1}$ that is
    not there for n = N); below (4.5) and in Table 1 the acceleration is put at $t_n$
    (`tests/paths/test_weights.py`).

    ```python
    import jax.numpy as jnp, feynax as fx
    ends = fx.paths.HalfLine(1.0)
    ens = fx.paths.PathEnsemble(lambda x: x**2, beta=2.0, slices=4, ends=ends)
    basis = fx.paths.ReLUWeights(ens)
    x = jnp.array([[1.0, 0.5, 0.5, 2.0, 1.0]])
    assert jnp.allclose(basis.from_path(x), jnp.array([[-1.0, 1.0, 3.0, -5.0]]))
    assert jnp.allclose(basis.to_path(basis.from_path(x)), x)
    ```
    """

    ends: AbstractEnds
    dt: float
    slices: int = eqx.field(static=True)
    dof: int = eqx.field(static=True)

    def __init__(self, ensemble: PathEnsemble):
        self.ends, self.slices, self.dt, self.dof = parts(ensemble)

    def _velocities(self, w: Weights) -> Weights:
        return jnp.cumsum(w, -1)

    def _units(self, W: Weights) -> Weights:
        return jnp.concatenate([W[:, :1], W[:, 1:] - W[:, :-1]], -1)
