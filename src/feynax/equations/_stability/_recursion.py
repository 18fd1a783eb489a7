"""A Lipschitz bound for any ODERNN step from the norms of its coefficients (S5)."""

import dataclasses
import math

import numpy as np
from jaxtyping import Float, Int

from ..._certificate import Certificate, Verdict
from ..._checks import check, check_positive, check_shape
from ..._citation import cites


@dataclasses.dataclass(frozen=True)
class StepNorms:
    r"""Norms of the fixed coefficients of an n-t-ODERNN step, in one operator norm.

    **Fields:** with n stages, the output counting as stage n + 1,

    - `weight`: $\lVert W_q\rVert$, (n + 1).
    - `kappa`: $\lVert\kappa_q\rVert$, (n + 1).
    - `gamma`: $\lVert\gamma_q\rVert$, (n + 1); the first is unused, the last multiplies $Y_l$.
    - `alpha`: $\lVert\alpha_{qk}\rVert$, (n, n); entries with $k \ge q$ make the step implicit.
    - `beta`: $\lVert\beta_k\rVert$, (n).
    - `slopes`: Lipschitz constants of the activations, (n + 1).
    - `lags`: how many states back each stage reads, (n + 1); none by default.

    ```python
    import numpy as np, feynax as fx
    one, none = np.ones(2), np.zeros(2)
    norms = fx.equations.StepNorms(
        weight=np.array([0.5, 0.0]), kappa=one, gamma=none, alpha=np.zeros((1, 1)),
        beta=np.ones(1), slopes=one,
    )
    assert fx.equations.lipschitz_certificate(norms, h=1.0, limit=1.0)
    ```
    """

    weight: Float[np.ndarray, " outputs"]
    kappa: Float[np.ndarray, " outputs"]
    gamma: Float[np.ndarray, " outputs"]
    alpha: Float[np.ndarray, "stages stages"]
    beta: Float[np.ndarray, " stages"]
    slopes: Float[np.ndarray, " outputs"]
    lags: Int[np.ndarray, " outputs"] | None = None

    def __post_init__(self):
        n = len(self.beta)
        check_shape("alpha", self.alpha, (n, n))
        for name in ("weight", "kappa", "gamma", "slopes"):
            check_shape(name, getattr(self, name), (n + 1,))
            check(bool((getattr(self, name) >= 0).all()), name, "hold norms", "negative ones")
        if self.lags is None:
            object.__setattr__(self, "lags", np.zeros(n + 1, int))
        check_shape("lags", self.lags, (n + 1,))

    def coupling(self, h: float) -> Float[np.ndarray, "stages stages"]:
        r"""Return how strongly each stage depends on the others.

        $N_{qk} = h\lVert\kappa_q\rVert s_q\lVert\alpha_{qk}\rVert$, plus $\lVert\gamma_q\rVert$ at
        $(q, q-1)$. An implicit step has exactly one solution, and fixed-point iteration
        finds it, where $\rho(N) < 1$: sufficient, not necessary.
        """
        n = len(self.beta)
        direct = h * (self.kappa[:n] * self.slopes[:n])[:, None] * self.alpha
        return direct + np.diag(self.gamma[1:n], -1)


def lipschitz_recursion(norms: StepNorms, h: float) -> Float[np.ndarray, " lags"]:
    r"""Return $\ell_\tau$ with $|\delta Y_{l+1}| \le \sum_\tau \ell_\tau |\delta Y_{l-\tau}|$.

    Solves $\ell(K_q) = \lVert\gamma_q\rVert\ell(K_{q-1}) + \lVert\kappa_q\rVert s_q(\lVert
    W_q\rVert + h\sum_k\lVert\alpha_{qk}\rVert\ell(K_k))$ for every lag.

    **Arguments:**

    - `norms`: of the coefficients, which must not depend on state.
    - `h`: the step.

    **Returns:**

    One factor a lag, the newest state first; infinite where the stages are implicit and
    $\rho(N) \ge 1$.

    ```python
    import numpy as np, feynax as fx
    one = np.ones(2)
    norms = fx.equations.StepNorms(one, one, one, np.zeros((1, 1)), np.ones(1), one)
    assert fx.equations.lipschitz_recursion(norms, 0.5).tolist() == [2.5]
    ```

    Source: n-t-ODERNN document, Definition 1, read with norms; (S5).
    """
    check_positive("h", h)
    n, lags = len(norms.beta), norms.lags
    assert lags is not None
    N = norms.coupling(h)
    if n and max(abs(np.linalg.eigvals(N))) >= 1:
        return np.full(int(lags.max()) + 1, math.inf)
    own = norms.kappa * norms.slopes * norms.weight
    reads = np.eye(int(lags.max()) + 1)[lags] * own[:, None]
    stages = np.linalg.solve(np.eye(n) - N, reads[:n])
    out = reads[n] + norms.kappa[n] * norms.slopes[n] * h * norms.beta @ stages
    out[0] += norms.gamma[n]
    return out


@cites("hairer1996")
def lipschitz_certificate(norms: StepNorms, h: float, *, limit: float | None = None) -> Certificate:
    r"""Certify the factor of one ODERNN step from norms alone: condition (S5).

    Over a window of states the largest distance grows at most by $\max(1, \sum\ell_\tau)$ a step;
    the rate is the largest root of $z^{m+1} = \sum_\tau\ell_\tau z^{m-\tau}$, which is below 1
    exactly where $\sum\ell_\tau < 1$. Holds for fixed coefficients only: gates multiply the state
    by functions of the state, which adds terms.

    **Arguments:**

    - `norms`: of the coefficients.
    - `h`: the step.
    - `limit`: the rate claimed; the one found, by default.

    **Returns:**

    Certified with the margin to `limit`, or undecided with the proven rate.

    ```python
    import numpy as np, feynax as fx
    half = np.full(2, 0.5)
    norms = fx.equations.StepNorms(half, half, half, np.zeros((1, 1)), np.ones(1), np.ones(2))
    assert fx.equations.lipschitz_certificate(norms, 0.5).rate == 0.8125
    ```

    Source: n-t-ODERNN document, Definition 1; the certificate is (S5).
    """
    factors = lipschitz_recursion(norms, h)
    rate = _largest_root(factors)
    goal = rate if limit is None else float(limit)
    claim = f"distances between histories of states shrink to {goal:.6g} a step"
    because = f"the Lipschitz recursion gives {np.array2string(factors, precision=4)} for the lags"
    domain = "every state and input, for coefficients that depend on neither"
    if rate <= goal and math.isfinite(rate):
        return Certificate(claim, Verdict.CERTIFIED, because, domain, goal - rate, rate)
    return Certificate(claim, Verdict.UNDECIDED, because, domain, None, rate, (0.0, rate))


def _largest_root(factors: np.ndarray) -> float:
    if not np.isfinite(factors).all():
        return math.inf
    if len(factors) == 1:
        return float(factors[0])
    return float(np.roots(np.concatenate([[1.0], -factors])).real.max())
