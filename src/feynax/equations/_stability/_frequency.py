"""Limits of explicit members on oscillating equations: frequency, resonance, symplecticity."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from ..._certificate import Certificate, Verdict, Witness
from ..._checks import check, check_choice, check_positive, check_shape
from ..._citation import cites

FREQUENCY_LIMITS: dict[str, float] = {
    "symplectic_euler": 2.0,
    "verlet": 2.0,
    "two_step_leapfrog": 1.0,
    "euler": 0.0,
    "implicit_midpoint": math.inf,
}


def amplification(scheme: str, z: float) -> Float[np.ndarray, "2 2"]:
    r"""Return what one step does to an oscillation of frequency $\lambda$, $z = h\lambda$.

    The two coordinates are $(q, p)$ of $q' = \lambda p$, $p' = -\lambda q$; for the two-step
    leapfrog $Y_+ = Y_- + 2hAY$ they are the real amplitudes of $Y_-$ and $Y$, taken a quarter
    turn apart.

    **Arguments:**

    - `scheme`: "symplectic_euler", "verlet", "two_step_leapfrog", "euler" or
      "implicit_midpoint".
    - `z`: $h\lambda$.

    ```python
    import numpy as np, feynax as fx
    turn = fx.equations.amplification("verlet", 1.9)
    assert abs(np.linalg.det(turn) - 1) < 1e-12
    ```

    Source: n-t-ODERNN document, Theorem 2.
    """
    check_choice("scheme", scheme, FREQUENCY_LIMITS)
    kick, drift = np.array([[1.0, 0.0], [-z, 1.0]]), np.array([[1.0, z], [0.0, 1.0]])
    if scheme == "symplectic_euler":
        return drift @ kick
    if scheme == "verlet":
        half = np.array([[1.0, 0.0], [-z / 2, 1.0]])
        return half @ drift @ half
    if scheme == "two_step_leapfrog":  # Y = i^n u: u_+ = -u_- + 2z u
        return np.array([[0.0, 1.0], [-1.0, 2 * z]])
    spin = np.array([[0.0, z], [-z, 0.0]])
    if scheme == "euler":
        return np.eye(2) + spin
    return np.linalg.solve(np.eye(2) - spin / 2, np.eye(2) + spin / 2)


@cites("hairer2006")
def frequency_certificate(
    scheme: str, generator: Float[np.ndarray, "state state"], h: float
) -> Certificate:
    r"""Certify that a scheme keeps $y' = Ay$ bounded, $A$ antisymmetric and the same every step.

    Stable iff $h|\lambda|$ stays below 2 (symplectic Euler, Verlet) or 1 (two-step leapfrog), at
    any step (implicit midpoint), never (explicit Euler).

    **Arguments:**

    - `scheme`: as in [`feynax.equations.amplification`][].
    - `generator`: $A$; for a pair $q' = Wp$, $p' = -W^Tq$ it is the matrix of both.
    - `h`: the step.

    **Returns:**

    Certified with the margin of $h|\lambda|_{\max}$ to the limit; or refuted: the witness is an
    oscillation after so many steps of `amplification` as `because` says.

    ```python
    import numpy as np, feynax as fx
    spin = np.array([[0.0, 1.0], [-1.0, 0.0]])
    assert fx.equations.frequency_certificate("verlet", spin, 1.9)
    assert not fx.equations.frequency_certificate("euler", spin, 0.01)
    ```

    Source: E. Hairer, C. Lubich and G. Wanner (2006), I.5. The n-t-ODERNN document's Theorem 2
    has 1 for symplectic Euler: sufficient, not sharp (`test_frequency_limits`).
    """
    check_positive("h", h)
    z = h * _frequency(generator)
    limit = FREQUENCY_LIMITS.get(scheme, 0.0)
    step = amplification(scheme, z)
    claim = f"{scheme} keeps every oscillation of the network bounded"
    because = f"h |lambda| is {z:.6g} and the limit {limit:g}"
    domain = "the linear part, the same at every step"
    if z < limit or z == 0:
        return Certificate(claim, Verdict.CERTIFIED, because, domain, limit - z, 1.0)
    return _grown(step, claim, because, domain)


def smallest_damping(h: float, frequency: float) -> float:
    r"""Return the least $\gamma$ with which explicit Euler keeps $y' = (A - \gamma I)y$ bounded.

    $\gamma = (1 - \sqrt{1 - h^2\lambda^2})/h$, the smaller root of $\gamma \ge h(\gamma^2 +
    \lambda^2)/2$.

    **Arguments:**

    - `h`: the step.
    - `frequency`: largest $|\lambda|$ of the antisymmetric $A$.

    **Raises:**

    - `ValueError` where $h\lambda > 1$: then no damping is enough.

    ```python
    import feynax as fx
    assert abs(fx.equations.smallest_damping(0.1, 4.53) - 1.0849) < 1e-3
    ```

    Source: B. Chang et al. (2019), whose 0.001 to 0.01 is below this for their steps
    (`test_smallest_damping`).
    """
    check_positive("h", h)
    reach = h * abs(frequency)
    check(reach <= 1, "frequency", "be at most 1/h: beyond it no damping suffices", frequency)
    return (1 - math.sqrt(1 - reach**2)) / h


@cites("hairer2006")
def resonance_certificate(
    weights: Sequence[Float[np.ndarray, "half half"]], h: float
) -> Certificate:
    r"""Certify that symplectic Euler keeps a pair bounded whose weights repeat after some layers.

    $q_+ = q + hW_lp$, $p_+ = p - hW_l^Tq_+$. Frequencies below the limit in every layer are not
    enough: layers in turn can pump an oscillation (parametric resonance). The matrix of one
    period decides: bounded where its eigenvalues lie on the unit circle, no two equal.

    **Arguments:**

    - `weights`: $W_l$ of one period, in order.
    - `h`: the step.

    **Returns:**

    Certified, the smallest distance between two eigenvalues as margin; refuted where one leaves
    the circle, with a pair of states and the number of periods; else undecided.

    ```python
    import numpy as np, feynax as fx
    alternating = [np.array([[0.95]]), np.array([[-0.95]])]
    cert = fx.equations.resonance_certificate(alternating, 1.0)
    assert cert.verdict is fx.Verdict.REFUTED and abs(cert.rate - 2.3974) < 1e-3
    ```

    Source: n-t-ODERNN document, Theorem 2, which claims this for any weights: false
    (`test_resonance`).
    """
    check_positive("h", h)
    check(len(weights) > 0, "weights", "hold at least one layer", "none")
    period = np.linalg.multi_dot(
        [*(_pair(W, h) for W in weights[::-1]), np.eye(2 * len(weights[0]))]
    )
    values = np.linalg.eigvals(period)
    radius = float(np.abs(values).max())
    apart = np.abs(values[:, None] - values) + 10 * np.eye(len(values))
    claim = "a pair with these layers, over and over, stays bounded"
    because = f"the matrix of one period of {len(weights)} layers has spectral radius {radius:.6g}"
    domain = "the linear part, the layers repeated in this order"
    if radius > 1 + 1e-7:
        return _grown(period, claim, because, domain, radius)
    gap = float(apart.min())
    if gap > 1e-6:
        return Certificate(claim, Verdict.CERTIFIED, because, domain, gap, radius)
    bounds = (float(np.linalg.norm(period, 2)), math.inf)
    return Certificate(claim, Verdict.UNDECIDED, because, domain, None, radius, bounds)


def symplectic_defect(jacobian: Float[np.ndarray, "state state"]) -> float:
    r"""Return $\max|J^T\Omega J - \Omega|$: 0 where a map of $(q, p)$ is symplectic.

    **Arguments:**

    - `jacobian`: $J$ of a step, the $q$ first.

    ```python
    import numpy as np, feynax as fx
    assert fx.equations.symplectic_defect(np.diag([2.0, 0.5])) == 0
    ```

    Source: E. Hairer, C. Lubich and G. Wanner (2006), VI.2. The document's pair without the outer
    transpose keeps volume, and is not symplectic (`test_printed_pair_is_not_symplectic`).
    """
    J = np.asarray(jacobian, np.float64)
    check(J.ndim == 2 and len(J) % 2 == 0, "jacobian", "have an even size", f"shape {J.shape}")
    check_shape("jacobian", J, (len(J), len(J)))
    omega = np.kron(np.array([[0.0, 1.0], [-1.0, 0.0]]), np.eye(len(J) // 2))
    return float(np.abs(J.T @ omega @ J - omega).max())


def _pair(weight: np.ndarray, h: float) -> np.ndarray:
    """One layer on (q, p)."""
    W = h * np.asarray(weight, np.float64)
    one, none = np.eye(len(W)), np.zeros((len(W), len(W)))
    return np.block([[one, none], [-W.T, one]]) @ np.block([[one, W], [none, one]])


def _frequency(generator: np.ndarray) -> float:
    A = np.asarray(generator, np.float64)
    check_shape("generator", A, (len(A), len(A)))
    off = float(np.abs(A + A.T).max())
    check(off <= 1e-6 * max(1, np.abs(A).max()), "generator", "be antisymmetric", off)
    return float(np.linalg.norm((A - A.T) / 2, 2))


def _grown(
    step: np.ndarray, claim: str, because: str, domain: str, rate: float | None = None
) -> Certificate:
    """Refute with a state that has grown tenfold, or most after 2^14 steps."""
    power, count = step, 1
    while np.linalg.norm(power, 2) < 10 and count < 2**14:
        power, count = power @ power, 2 * count
    first = np.linalg.svd(power)[2][0]
    second = np.zeros_like(first)
    stretch = Witness(first, second, 0.0).replay(lambda y: power @ y)
    radius = float(np.abs(np.linalg.eigvals(step)).max()) if rate is None else rate
    return Certificate(
        claim,
        Verdict.REFUTED,
        f"{because}; the witness is {stretch:.3g} times as large after {count} steps",
        domain,
        rate=radius,
        witness=Witness(first, second, stretch),
    )
