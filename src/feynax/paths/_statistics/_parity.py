r"""Tunnelling splittings from one number a path: how much the path weighs with one kink more.

For $V(Rx) = V(x)$, with R a mirror (or the inversion $x \to -x$), the side on which each site of a
closed path lies is an Ising ring with couplings $J_n$ in the rest of the path. Summed over all
sides, a ring weighs $\prod 2\cosh J (1 + \prod\tanh J)$ with its ends joined and
$\prod 2\cosh J (1 - \prod\tanh J)$ with one bond turned over. The first is $tr\,e^{-\beta H}$, the
second $tr\,R e^{-\beta H}$, so that

$$ \frac{Z_-}{Z_+} = \frac{tr\,R\,e^{-\beta H}}{tr\,e^{-\beta H}}
   = \left\langle\frac{1 - \prod\tanh J_n}{1 + \prod\tanh J_n}\right\rangle $$

exactly on the lattice. It is $\tanh(\beta\Delta/2)$ where only the lowest doublet is populated, and
needs no long correlator: $\beta\Delta$ may be far below one.
"""

import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._checks import check, check_positive
from ..._errors import NoSplittingError
from ..._estimate import Estimate
from .._abstract import AbstractEnsemble, AbstractReference
from .._ensemble import PathEnsemble
from .._kernel import AbstractKernel, Rotation
from .._moves._default import default_kernel
from .._moves._mirror import neighbour_couplings
from .._moves._move import AbstractMove, Composed
from ._derived import derived

Path = Float[Array, "dof sites"]
_CROSSED = 0.1  # parity ratio of a path that has been on both sides
_SMALLEST = 1e-30  # coupling below which a bond is open anyway; keeps the gradient finite


class ParityRatio(eqx.Module):
    r"""The observable whose mean is $tr\,R\,e^{-\beta H} / tr\,e^{-\beta H}$, between 0 and 1.

    Of one path it is $(1 - \prod\tanh J)/(1 + \prod\tanh J)$, summed over all signs; see
    [`feynax.paths.tunnelling_splitting`][] for what it is good for.

    **Arguments:**

    - `mirror`: the reflection R of shape (dof, dof); the inversion of all by default.

    ```python
    import jax.numpy as jnp, feynax as fx
    wells = fx.paths.PathEnsemble(lambda x: (x**2 - 4) ** 2, beta=4.0, slices=16)
    inside = fx.paths.ParityRatio()(wells, jnp.full((1, 16), 2.0))
    assert 0 <= inside < 1e-5
    ```
    """

    mirror: Float[Array | np.ndarray, "dof dof"] | None = None

    def __call__(self, ensemble: "PathEnsemble | ParityMixture", x: Path) -> Float[Array, ""]:
        paths = ensemble.paths if isinstance(ensemble, ParityMixture) else ensemble
        check(paths.closed, "ensemble", "have closed paths, for a trace", paths.ends)
        turned = -x if self.mirror is None else jnp.asarray(self.mirror, x.dtype) @ x
        couplings = neighbour_couplings(paths, x, turned)
        size = jnp.maximum(jnp.abs(couplings), _SMALLEST)
        # artanh of the product: a sum of small terms, which does not cancel at large couplings
        depth = jnp.sum(jnp.log1p(jnp.exp(-2 * size)) - jnp.log(-jnp.expm1(-2 * size))) / 2
        ratio = jnp.tanh(depth)
        odd = jnp.sum(couplings < 0) % 2 == 1
        return jnp.where(odd, 1 / jnp.maximum(ratio, _SMALLEST), ratio)


class ParityMixture(AbstractEnsemble):
    r"""Closed paths of both boundary conditions, joined and turned over: $Z_+ + c\,Z_-$.

    A path of joined ends seldom passes through the barrier: its parity ratio t is mostly zero and
    sometimes one. Weighing it by $1 + c\,t$, with c near $Z_+/Z_-$, makes both about equally
    frequent, and the error of a small splitting no larger than that of a large one.

    **Arguments:**

    - `paths`: the ensemble, closed, with a potential that the mirror of `ratio` allows.
    - `weight`: c, positive; a guess of $Z_+/Z_-$ within a factor of ten is good.
    - `ratio`: the observable t.

    ```python
    import jax.numpy as jnp, feynax as fx
    wells = fx.paths.PathEnsemble(lambda x: (x**2 - 4) ** 2, beta=4.0, slices=16)
    both = fx.paths.ParityMixture(wells, weight=50.0)
    flat = jnp.zeros((1, 16))
    assert both.action(flat) < wells.action(flat)
    ```
    """

    paths: PathEnsemble
    weight: float
    ratio: ParityRatio

    def __init__(self, paths: PathEnsemble, *, weight: float, ratio: ParityRatio | None = None):
        check_positive("weight", weight)
        check(paths.closed, "paths", "be closed, for a trace", paths.ends)
        self.paths, self.weight = paths, np.float64(weight)
        self.ratio = ParityRatio() if ratio is None else ratio

    def action(self, x: Path) -> Float[Array, ""]:
        return self.paths.action(x) - self._gain(x)

    def reference(self) -> AbstractReference:
        return self.paths.reference()

    def matched(self, x: Float[Array, "chains dof sites"]) -> AbstractReference:
        return self.paths.matched(x)

    def residual(self, reference: Any, x: Path) -> Float[Array, ""]:
        return self.paths.residual(reference, x) - self._gain(x)

    def kernel(self) -> AbstractKernel:
        """Return a rotation by up to half a turn, with the exact moves that suit the paths.

        Redraws of signs leave t alone. Longer trajectories than elsewhere come through the barrier
        more often: they halve the correlation time of t at the same cost.
        """
        own, long = default_kernel(self.paths), Rotation(shortest=math.pi / 2, longest=math.pi)
        moves = own.moves if isinstance(own, Composed) else ()
        return Composed(long, [_OfPaths(move) for move in moves])

    def _gain(self, x: Path) -> Float[Array, ""]:
        return jnp.log1p(jnp.asarray(self.weight, x.dtype) * self.ratio(self.paths, x))


class _OfPaths(AbstractMove):
    """A move of the paths inside a mixture."""

    move: AbstractMove

    def __call__(self, ensemble: ParityMixture, x: Path, key: Any) -> Path:
        return self.move(ensemble.paths, x, key)


def tunnelling_splitting(run: Any, name: str = "parity_ratio") -> Estimate:
    r"""Return the gap between the lowest even and odd level from the parity ratio of a run.

    $$ \Delta = \frac2\beta\,\mathrm{artanh}\frac{Z_-}{Z_+}, \qquad
       \frac{Z_-}{Z_+} = \frac{\langle t/(1 + ct)\rangle}{\langle 1/(1 + ct)\rangle} $$

    with c = 0 for plain paths. It is the lattice splitting up to $e^{-\beta(E_2 - E_0)}$: take
    $\beta$ several times the inverse gap above the doublet, and no longer.

    **Arguments:**

    - `run`: of a [`feynax.paths.PathEnsemble`][] or a [`feynax.paths.ParityMixture`][] in which a
      [`feynax.paths.ParityRatio`][] was measured.
    - `name`: under which it was.

    **Returns:**

    The splitting, in units of energy.

    **Raises:**

    - `NoSplittingError` where the ratio is less than three errors from 0 or 1, or no path passed
      through the barrier: then what is seen is the foot of a tail, and no bound on the splitting.
    - `NotMixedError`, `ChainTooShortError` where the run refuses an estimate.

    Source: derived here (`tests/paths/test_statistics_parity.py`).
    """
    mixed = isinstance(run.ensemble, ParityMixture)
    paths = run.ensemble.paths if mixed else run.ensemble
    plain = run[name]  # refused where the chains contradict one another
    ratio = _unmixed(run.series[name], float(run.ensemble.weight)) if mixed else plain
    _check_crossed(np.asarray(run.series[name]))
    low, high = ratio.value - 3 * ratio.error, ratio.value + 3 * ratio.error
    if not 0 < low <= high < 1:
        raise NoSplittingError(
            f"The parity ratio is {ratio.short()}, which three errors do not keep between 0 and 1:"
            " take more draws, a `ParityMixture`, or another beta."
        )
    scale = 2 / float(paths.beta)
    error = scale * ratio.error / (1 - ratio.value**2)
    return Estimate(scale * math.atanh(ratio.value), error, ratio.tau, ratio.ess, ratio.r_hat)


def _check_crossed(t: Float[np.ndarray, "chains draws"]) -> None:
    """Refuse a mean that its own tail would dominate, if it had been reached."""
    most, wide = float(t.max()), bool(t.std() > t.mean())
    if wide and most < _CROSSED:
        raise NoSplittingError(
            f"No path passed through the barrier: the parity ratio is {most:.2g} at most. "
            "Take more draws, or a `ParityMixture` with a larger weight."
        )


def _unmixed(t: Float[np.ndarray, "chains draws"], weight: float) -> Estimate:
    """Take the weight of a mixture out of its mean."""
    divide: Callable[[float, float], float] = lambda a, b: a / b
    return derived(divide, t / (1 + weight * t), 1 / (1 + weight * t))
