"""From several numbers of slices to none: the continuum limit, by the action's own power."""

import dataclasses
import warnings
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from ..._checks import check, check_count, check_finite, check_positive
from ..._errors import BadFitWarning
from ..._estimate import Estimate

_LEAST_SIZES = 3
_DOUBTFUL = 0.01


@dataclasses.dataclass(frozen=True)
class Extrapolation:
    r"""A fit $a + b\,h^p + \dots$ to estimates at several steps h.

    **Fields:**

    - `estimate`: a, the value at h = 0.
    - `coefficients`: a, b, ..., and their `covariance`; `powers`: 0, p, ...
    - `chi2`, `freedom`, `p_value`: quality of the fit.
    """

    estimate: Estimate
    coefficients: Float[np.ndarray, " terms"]
    covariance: Float[np.ndarray, "terms terms"]
    powers: tuple[int, ...]
    chi2: float
    freedom: int
    p_value: float

    def __call__(self, h: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        """Return the fitted curve at steps h."""
        return np.power.outer(np.asarray(h, np.float64), self.powers) @ self.coefficients

    def __str__(self) -> str:
        fit = f"chi2/dof {self.chi2:.2f}/{self.freedom}, p {self.p_value:.2g}"
        return f"{self.estimate.short()} ({fit})"


def extrapolate(
    estimates: Sequence[Estimate],
    steps: Sequence[float] | Float[np.ndarray, " sizes"],
    *,
    power: int,
    terms: int = 1,
) -> Extrapolation:
    r"""Fit estimates at several time steps and return the value at none.

    Weighted least squares of $a + b\,h^p + c\,h^{p'} + \dots$. The leading power p is 1 for the
    midpoint action, 2 for the trapezoid, 4 for lnZ, energies, levels and corrected observables of
    the fourth-order ones. Powers go on by one after 1, and by two after even ones.

    **Arguments:**

    - `estimates`: one for each step, of independent runs.
    - `steps`: Euclidean time steps h (any fixed multiple will do, such as 1/N).
    - `power`: the leading power.
    - `terms`: powers to fit, one fewer than leaves a degree of freedom at most.

    **Returns:**

    An [`feynax.paths.Extrapolation`][].

    **Raises:**

    - `ValueError` where there are fewer than three different steps, or fewer than `terms` + 2:
      two points fit every line and cannot speak against a power.

    **Warns:**

    - `BadFitWarning` where chi squared is improbable (p < 0.01): the steps are too coarse for
      the powers, or the errors too small.

    ```python
    import feynax as fx
    seen = [fx.Estimate(1 + 0.3 * h**2, 1e-3) for h in (0.1, 0.2, 0.4)]
    limit = fx.paths.extrapolate(seen, (0.1, 0.2, 0.4), power=2)
    assert abs(limit.estimate.value - 1) < 1e-9 and limit.p_value > 0.99
    ```
    """
    from scipy.special import gammaincc

    check_count("power", power)
    check_count("terms", terms)
    h = np.asarray(steps, np.float64)
    least = max(_LEAST_SIZES, terms + 2)
    check(
        len(set(h.tolist())) >= least,
        "steps",
        f"have at least {least} different values: fewer cannot test the power",
        len(set(h.tolist())),
    )
    check(len(estimates) == len(h), "estimates", f"be {len(h)}, one a step", len(estimates))
    check_positive("steps", float(h.min()))
    values = np.array([one.value for one in estimates])
    errors = np.array([one.error for one in estimates])
    check_finite("estimates", values)
    check_positive("estimates' errors", float(errors.min()))
    powers = (0, *(power + n * (1 if power == 1 else 2) for n in range(terms)))
    # Steps in units of the largest keep the normal equations well scaled.
    unit = float(h.max())
    design = np.power.outer(h / unit, powers) / errors[:, None]
    fitted, *_ = np.linalg.lstsq(design, values / errors)
    back = unit ** -np.asarray(powers, np.float64)
    covariance = np.linalg.inv(design.T @ design) * np.outer(back, back)
    chi2 = float(np.sum((values / errors - design @ fitted) ** 2))
    freedom = len(h) - len(powers)
    p_value = float(gammaincc(freedom / 2, chi2 / 2))
    if p_value < _DOUBTFUL:
        warnings.warn(
            f"The fit in powers {powers[1:]} of the step has chi2 = {chi2:.1f} for {freedom} "
            f"degrees of freedom (p = {p_value:.1g}): take finer steps or more terms.",
            BadFitWarning,
            stacklevel=2,
        )
    found = Estimate(float(fitted[0]), float(np.sqrt(covariance[0, 0])))
    return Extrapolation(found, fitted * back, covariance, powers, chi2, freedom, p_value)
