"""Gaussian states by their moments, and what can be read off these: purity, entropy, Wigner."""

import dataclasses
import functools
import warnings

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

from ..._checks import check, check_finite, check_positive, check_shape
from ..._errors import ConditionWarning
from .._canonical import check_poisson

_SLACK = 1e-9  # of the largest variance: how far rounding may carry a state outside
_ILL = 1e-8  # relative error of a symplectic eigenvalue from which a warning is given


@dataclasses.dataclass(frozen=True, eq=False)
class GaussianMoments:
    r"""Means and covariances of Gaussian states, pure or mixed, at one time or at many.

    $\Sigma_{ij} = \langle \delta_i \delta_j + \delta_j \delta_i \rangle / 2$ with
    $\delta = z - \langle z \rangle$ and $[z_i, z_j] = i \hbar J_{ij}$. A covariance belongs to a
    quantum state iff $\Sigma + i \hbar J / 2 \ge 0$, the uncertainty relation.

    **Fields:**

    - `mean` (*times, 2m), `covariance` (*times, 2m, 2m): in units of the components.
    - `poisson` (2m, 2m): $J$.
    - `hbar`: positive.

    **Raises:**

    - `ValueError` for shapes that do not fit, for numbers that are not finite, and for
      covariances that no quantum state has.

    ```python
    import numpy as np, feynax as fx
    vacuum = fx.quantum.GaussianMoments(np.zeros(2), np.eye(2) / 2, [[0, 1], [-1, 0]])
    assert np.isclose(vacuum.purity, 1) and np.isclose(vacuum.wigner([0.0, 0.0]), 1 / np.pi)
    ```
    """

    mean: Float[np.ndarray, "*times n"]
    covariance: Float[np.ndarray, "*times n n"]
    poisson: Float[np.ndarray, "n n"]
    hbar: float = 1.0

    def __post_init__(self):
        check_positive("hbar", self.hbar)
        mean, cov = np.asarray(self.mean, np.float64), np.asarray(self.covariance, np.float64)
        check(mean.ndim > 0, "mean", "be a vector, or one for each time", "one number")
        check_shape("covariance", cov, (*mean.shape, mean.shape[-1]))
        for name, array in (("mean", mean), ("covariance", cov)):
            check_finite(name, array)
        poisson = check_poisson(self.poisson, mean.shape[-1])
        largest = np.max(np.abs(cov), axis=(-2, -1), initial=0.0)
        turned = np.swapaxes(cov, -1, -2)
        skew = np.max(np.abs(cov - turned), axis=(-2, -1), initial=0.0)
        check(bool(np.all(skew <= _SLACK * largest)), "covariance", "be symmetric", "another")
        cov = (cov + turned) / 2
        lowest = np.linalg.eigvalsh(cov + 0.5j * self.hbar * poisson)[..., 0]
        check(
            bool(np.all(lowest >= -_SLACK * largest)),
            "covariance",
            "obey the uncertainty relation (no negative eigenvalue of covariance + i hbar J/2)",
            f"one of {np.min(lowest):.3g}",
        )
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "covariance", cov)
        object.__setattr__(self, "poisson", poisson)
        object.__setattr__(self, "hbar", float(self.hbar))

    @functools.cached_property
    def symplectic(self) -> Float[np.ndarray, "*times m"]:
        r"""Symplectic eigenvalues $\nu_k \ge \hbar/2$, ascending.

        $\pm i\nu_k$ are the eigenvalues of $J^{-1}\Sigma$.

        **Warns:**

        - [`feynax.quantum.ConditionWarning`][] where a state is squeezed so far that float64
          holds fewer than eight digits of them.
        """
        lengths, axes = np.linalg.eigh(self.covariance)
        worst = float(np.max(lengths[..., -1] / np.maximum(lengths[..., 0], 1e-300), initial=1.0))
        if worst * 2.0**-52 > _ILL:
            warnings.warn(
                f"The covariance is squeezed by {worst:.2g}: its symplectic eigenvalues, purity "
                f"and entropy are right to about {worst * 2.0**-52:.1g} of their size.",
                ConditionWarning,
                stacklevel=2,
            )
        scaled = axes * np.sqrt(np.maximum(lengths, 0))[..., None, :]
        bracket = np.swapaxes(scaled, -1, -2) @ np.linalg.inv(self.poisson) @ scaled
        return np.linalg.eigvalsh(1j * bracket)[..., len(self.poisson) // 2 :]

    @property
    def purity(self) -> Float[np.ndarray, "*times"]:
        r"""$\mathrm{tr} \rho^2 = \prod_k \hbar / 2\nu_k$: 1 for pure states."""
        return np.prod(self.hbar / (2 * self.symplectic), axis=-1)

    @property
    def entropy(self) -> Float[np.ndarray, "*times"]:
        r"""Von Neumann entropy in nats.

        $\sum_k (x_k + \tfrac12)\ln(x_k + \tfrac12) - (x_k - \tfrac12)\ln(x_k - \tfrac12)$ with
        $x_k = \nu_k/\hbar$: zero for pure states.
        """
        above = self.symplectic / self.hbar + 0.5
        below = np.maximum(above - 1, 0)  # rounding may lead below a pure state
        lost = below * np.log(np.where(below > 0, below, 1))
        return np.sum(above * np.log(above) - lost, axis=-1)

    def wigner(self, points: Float[ArrayLike, "*points n"]) -> Float[np.ndarray, "*points"]:
        """Return the Wigner function of one state, a density that is nowhere negative.

        **Arguments:**

        - `points`: $z$, one a row.

        **Raises:**

        - `ValueError` where these are the states of many times.
        """
        z = np.asarray(points, np.float64)
        check(self.mean.ndim == 1, "self", "be one state", f"shape {self.mean.shape[:-1]} of them")
        check(z.shape[-1:] == self.mean.shape, "points", "end in n columns", f"shape {z.shape}")
        root = np.linalg.cholesky(self.covariance)
        away = np.linalg.solve(root, (z - self.mean)[..., None])[..., 0]
        height = np.prod(np.diag(root)) * (2 * np.pi) ** (len(root) / 2)
        return np.exp(-np.sum(away**2, axis=-1) / 2) / height
