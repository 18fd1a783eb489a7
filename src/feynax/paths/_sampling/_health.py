"""Whether chains can be believed: one gate that is always on, and warnings before it shuts."""

import dataclasses
import math
import warnings
from typing import cast

import numpy as np
from jaxtyping import Float

from ..._errors import AcceptanceWarning, ChainTooShortError, CoarseSlicesWarning, MixingWarning
from ..._estimate import Estimate
from .._coarseness import coarseness
from .._ensemble import PathEnsemble
from .._reference import PathReference

_WARN, _REFUSE = 1.01, 1.05  # R-hat
_FEW, _TOO_FEW = 100, 50  # effective draws
_EXPECTED = (0.5, 0.98)  # acceptance
_RELIABLE = 0.8  # acceptance above which exp(-dH) has no heavy tail
_SIGMAS = 6.0
_COARSE = 0.5


@dataclasses.dataclass(frozen=True)
class Health:
    r"""What all chains together say about a run.

    **Fields:**

    - `worst`: the observable with the largest split R-hat, and that `r_hat`.
    - `least`: the observable with the fewest effective draws, and that `ess`.
    - `acceptance`: mean probability of a proposal.
    - `conserved`, `conserved_error`: mean of $e^{-dH}$ over trajectories, which is 1 for every
      exact sampler, and its error from the spread between chains.
    """

    worst: str
    r_hat: float
    least: str
    ess: float
    acceptance: float
    conserved: float
    conserved_error: float

    @classmethod
    def of(
        cls,
        series: dict[str, Float[np.ndarray, "chains draws"]],
        acceptance: Float[np.ndarray, "chains draws"],
        change: Float[np.ndarray, "chains draws"],
    ) -> "Health":
        """Judge the chains of a run."""
        seen = {name: found_in(values) for name, values in series.items()}
        ratios = {name: one.r_hat for name, one in seen.items() if math.isfinite(one.r_hat)}
        worst = max(ratios, key=lambda name: ratios[name], default="")
        least = min(seen, key=lambda name: seen[name].ess, default="")
        weights = np.exp(-change).mean(1)
        return cls(
            worst=worst,
            r_hat=ratios.get(worst, math.nan),
            least=least,
            ess=seen[least].ess if least else math.inf,
            acceptance=float(acceptance.mean()),
            conserved=float(weights.mean()),
            conserved_error=float(weights.std(ddof=1) / math.sqrt(len(weights)))
            if len(weights) > 1
            else math.nan,
        )

    @property
    def broken(self) -> bool:
        """Whether energies drift as no exact sampler lets them."""
        away = abs(self.conserved - 1) > _SIGMAS * self.conserved_error + 1e-9
        return self.acceptance > _RELIABLE and away

    def __str__(self) -> str:
        return (
            f"acceptance {self.acceptance:.3f}, <exp(-dH)> {self.conserved:.4f} "
            f"+- {self.conserved_error:.1g}, R-hat at most {self.r_hat:.4f} ({self.worst}), "
            f"at least {self.ess:.4g} effective draws ({self.least})"
        )


def found_in(series: Float[np.ndarray, "chains draws"]) -> Estimate:
    """Return the estimate of a series, also where its error cannot be known."""
    try:
        return Estimate.from_chains(series)
    except ChainTooShortError as short:
        return cast(Estimate, short.estimate)


def refusal(name: str, found: Estimate, health: Health) -> str:
    """Return why there is no estimate, or nothing."""
    if health.r_hat > _REFUSE:
        return (
            f"Chains contradict one another: R-hat of `{health.worst}` is {health.r_hat:.3f} "
            f"(at most {_REFUSE}). They have not forgotten where they began; no mean of this run "
            "is reported. Take a longer warm-up, or a kernel that moves between the wells."
        )
    if found.ess < _TOO_FEW:
        return (
            f"`{name}` has {found.ess:.1f} effective draws, of at least {_TOO_FEW} for an error "
            f"to mean anything (tau = {found.tau:.1f} draws)."
        )
    if health.broken:
        return (
            f"Trajectories do not conserve their energy as they must: <exp(-dH)> is "
            f"{health.conserved:.4f} +- {health.conserved_error:.1g} and not 1."
        )
    return ""


def warn(health: Health, ensemble: object, reference: object, *, steps: float) -> None:
    """Warn of what does not yet forbid an estimate; `steps` are gradients of a trajectory."""
    say = lambda text, kind: warnings.warn(text, kind, stacklevel=4)
    if health.r_hat > _WARN:
        say(f"R-hat of `{health.worst}` is {health.r_hat:.4f}, above {_WARN}.", MixingWarning)
    if health.ess < _FEW:
        say(f"`{health.least}` has only {health.ess:.0f} effective draws.", MixingWarning)
    least, most = _EXPECTED
    # A trajectory of one or two steps can hardly be cut in fewer: accepting all wastes nothing.
    if health.acceptance < least or (health.acceptance > most and steps > 2.5):
        text = f"Acceptance is {health.acceptance:.3f}, outside {least} to {most}."
        say(text, AcceptanceWarning)
    coarse = 0.0
    if isinstance(ensemble, PathEnsemble) and isinstance(reference, PathReference):
        coarse = coarseness(ensemble, reference)
    if coarse > _COARSE:
        text = (
            f"Slices are coarse: a step of time turns the fastest degree of freedom by {coarse:.2f}"
        )
        say(f"{text} rad (at most {_COARSE}); take more of them.", CoarseSlicesWarning)
