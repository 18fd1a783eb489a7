"""Whether a cell forgets: how far one step can drive two states apart that are fed the same."""

import dataclasses
import math
from typing import Any

import jax
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float, PRNGKeyArray

from .._certificate import Certificate, Verdict, Witness
from .._checks import check, check_finite
from .._citation import cites
from ..networks import AbstractCell
from ._local_attack import flat_state, search
from ._local_interval import Interval
from ._step_bound import StepBound, step_bound

# Where nothing bounds states or inputs, the search stays this far from the start and from 0.
_REACH = 3.0


@dataclasses.dataclass(frozen=True)
class CellCertificate(Certificate):
    r"""What is known of a cell: $|D\,\delta s_{l+1}| \le \rho\,|D\,\delta s_l|$ for equal inputs.

    The fields of [`feynax.Certificate`][], `rate` being $\rho$ and `bounds` the factors attained
    and proven, and

    - `metric`: $D$, of the state as a row of real numbers.
    - `states`, `inputs`: ends `(low, high)` of the boxes meant; `None` for every value. The box of
      states holds the initial state and all that can follow it.
    - `interval_rate`: what plain interval arithmetic proves, in a weighted max norm.

    Its witness is replayed with [`feynax.maps.one_step`][].

    ```python
    import jax, feynax as fx
    cell = fx.networks.LRU(2, 4, key=jax.random.key(0))
    cert = fx.certify(cell, limit=1.0)
    assert cert and cert.growth(1000) < 1
    ```
    """

    metric: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 0)))
    states: tuple[np.ndarray, np.ndarray] | None = None
    inputs: tuple[np.ndarray, np.ndarray] | None = None
    interval_rate: float | None = None

    def growth(self, steps: int) -> float:
        r"""Return the proven growth of plain 2-norms over steps: $\mathrm{cond}(D)\,\rho^T$."""
        assert self.rate is not None
        return float(np.linalg.cond(self.metric)) * self.rate**steps


@cites("fazlyab2019")
def certify_cell(
    cell: AbstractCell,
    *,
    limit: float | None,
    box: tuple[ArrayLike, ArrayLike] | None,
    inputs: Float[ArrayLike, "*many input"] | None,
    key: PRNGKeyArray | None,
) -> CellCertificate:
    """Bound a cell from above by its rule, and from below by a search; then decide."""
    within = _input_box(cell, box, inputs)
    bound = step_bound(cell, within)
    witness = _attack(cell, bound, within, jax.random.key(0) if key is None else key)
    goal = bound.rate if limit is None else float(limit)
    lower = witness.stretch
    claim = f"a step brings states that are fed the same at most {goal:.6g} times as far apart"
    verdict, margin = _decide(bound.rate, lower, goal)
    return CellCertificate(
        claim=f"{claim}, in the norm of `metric`",
        verdict=verdict,
        because=f"{bound.because}; a search attained {lower:.4g}",
        domain=bound.domain,
        margin=margin,
        rate=bound.rate,
        bounds=(lower, bound.rate),
        witness=witness if verdict is Verdict.REFUTED else None,
        parts=bound.parts,
        metric=bound.metric,
        states=bound.states,
        inputs=within,
        interval_rate=bound.interval_rate,
    )


def _decide(rate: float, attained: float, goal: float) -> tuple[Verdict, float | None]:
    if rate <= goal * (1 + 1e-12) and math.isfinite(rate):
        return Verdict.CERTIFIED, max(goal - rate, 0.0)
    if attained > goal * (1 + 1e-12):
        return Verdict.REFUTED, None
    return Verdict.UNDECIDED, None


def _attack(
    cell: AbstractCell,
    bound: StepBound,
    within: tuple[np.ndarray, np.ndarray] | None,
    key: PRNGKeyArray,
) -> Witness:
    start = flat_state(cell)
    reach = np.full(cell.input_size, _REACH)
    low, high = bound.states or (start - np.inf, start + np.inf)
    states = Interval(
        np.where(np.isfinite(low), low, start - _REACH),
        np.where(np.isfinite(high), high, start + _REACH),
    )
    return search(cell, bound.metric, states, Interval(*(within or (-reach, reach))), key)


def _input_box(cell: AbstractCell, box: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Ends of the box of inputs, from itself or from data."""
    check(box is None or inputs is None, "box", "be left out where `inputs` is given", "both")
    if box is None and inputs is None:
        return None
    if inputs is not None:
        data = np.asarray(inputs, np.float64)
        fits = data.ndim > 0 and data.size > 0 and data.shape[-1] == cell.input_size
        check(fits, "inputs", f"end with an axis of {cell.input_size}", f"shape {data.shape}")
        check_finite("inputs", data)
        flat = data.reshape(-1, cell.input_size)
        return flat.min(0), flat.max(0)
    assert box is not None
    check(len(box) == 2, "box", "be a pair (low, high)", f"{len(box)} entries")
    low, high = (np.broadcast_to(np.asarray(x, np.float64), (cell.input_size,)) for x in box)
    check_finite("box", np.stack([low, high]))
    check(bool((low <= high).all()), "box", "have low <= high", "an empty side")
    return low, high
