"""Certificates that a method contracts whole classes of fields: (S1) and (S2)."""

import math

import numpy as np

from ..._certificate import Certificate, Verdict, Witness
from ..._checks import check_positive
from ..._citation import cites
from ._amplification import circle_radius, solvability, stability_matrix
from ._field_bound import FieldBound
from ._tableau import Tableau
from ._tensor import burrage_butcher, least_eigenvalue


@cites("burrage1979", "crouzeix1979")
def algebraic_certificate(tableau: Tableau, field: FieldBound | None = None) -> Certificate:
    r"""Certify that a method with $b \ge 0$ and $M \ge 0$ contracts monotone fields, at any step.

    Condition (S1). Stage fields may differ, from stage to stage and in time; all must be monotone
    in one inner product. The step adds to the state itself, without further factors, output
    functions or lags: with them the claim fails (`test_printed_theorem_with_dissipation`).

    **Arguments:**

    - `tableau`: of the method, with scalar weights.
    - `field`: what is known of the field; without it every monotone field is meant.

    **Returns:**

    Certified, with the smaller of $\min b$ and $\lambda_{\min}(M)$ as margin. Refuted where the
    method is not algebraically stable: the witness is a step of $y' = \lambda(t) y$ with
    $\mathrm{Re}\,\lambda \le 0$, replayed by [`feynax.equations.scalar_step`][] with the values
    of $h\lambda$ that `because` names. Undecided where the field is not monotone.

    ```python
    import feynax as fx
    assert fx.equations.algebraic_certificate(fx.equations.tableau("radau_iia_3"))
    assert not fx.equations.algebraic_certificate(fx.equations.tableau("rk4"))
    ```

    Source: K. Burrage and J. Butcher (1979), M. Crouzeix (1979). The n-t-ODERNN document's
    Theorem 1 claims more, and is false (`test_printed_theorem_*`).
    """
    tensor = burrage_butcher(tableau)
    least, positive = least_eigenvalue(tensor)
    weight = float(tableau.weights.min())
    claim = f"a step of {tableau.name} brings two states no further apart"
    domain = f"every monotone field, {_steps(tableau)}"
    if not positive or weight < 0:
        return _refuted(tableau, tensor, claim, domain)
    because = f"b >= {weight:.4g} and the least eigenvalue of M is {least:.4g}"
    if field is None or field.is_monotone:
        because += "" if field is None else f"; the field is monotone: {field.because}"
        return Certificate(claim, Verdict.CERTIFIED, because, domain, max(min(weight, least), 0), 1)
    because += f", but the field is only known to have nu <= {field.nu:.4g}"
    return Certificate(claim, Verdict.UNDECIDED, because, domain, bounds=(0.0, math.inf))


@cites("dahlquist1979")
def circle_certificate(tableau: Tableau, field: FieldBound, h: float) -> Certificate:
    r"""Certify that a method contracts a cocoercive field while $h\mu \le 2r$.

    Condition (S2), the one for explicit methods; $r$ is
    [`feynax.equations.circle_radius`][].

    **Arguments:**

    - `tableau`: of the method.
    - `field`: with a finite `cocoercivity` $\mu$.
    - `h`: the step.

    **Returns:**

    Certified with the margin $2r/\mu - h$. Otherwise undecided: a proven factor is
    $1 + hL\sum|b_i|$ and more for methods with several stages, which
    [`feynax.equations.rate_certificate`][] computes.

    ```python
    import numpy as np, feynax as fx
    field = fx.equations.gradient_field(np.eye(2))
    assert fx.equations.circle_certificate(fx.equations.tableau("rk4"), field, 2.0)
    ```

    Source: G. Dahlquist and R. Jeltsch (1979).
    """
    check_positive("h", h)
    radius, mu = circle_radius(tableau), field.cocoercivity
    assert mu is not None
    claim = f"a step of {tableau.name} with h = {h:.4g} brings two states no further apart"
    because = f"its circle has r = {radius:.6g}, and h mu = {h * mu:.6g}"
    domain = f"fields with mu <= {mu:.4g} ({field.because}), h up to {_limit(radius, mu):.4g}"
    if h <= _limit(radius, mu):
        margin = _limit(radius, mu) - h
        return Certificate(claim, Verdict.CERTIFIED, because, domain, margin, 1.0)
    return Certificate(claim, Verdict.UNDECIDED, because, domain, bounds=(0.0, math.inf))


def scalar_step(tableau: Tableau, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    r"""Take one step of $y' = \lambda(t)y$ with the values $z_i = h\lambda_i$ at the stages.

    **Arguments:**

    - `tableau`: of the method.
    - `z`: complex, one a stage.
    - `y`: real and imaginary part of the state.

    ```python
    import numpy as np, feynax as fx
    euler = fx.equations.tableau("euler")
    y = fx.equations.scalar_step(euler, np.array([1j]), np.array([1.0, 0.0]))
    assert (y == [1, 1]).all()
    ```

    Source: K. Burrage and J. Butcher (1979).
    """
    out = complex(stability_matrix(tableau, z)) * complex(*np.asarray(y, np.float64))
    return np.array([out.real, out.imag])


def _limit(radius: float, mu: float) -> float:
    return math.inf if mu == 0 else 2 * radius / mu if radius > 0 else 0.0


def _steps(tableau: Tableau) -> str:
    invertible = np.linalg.matrix_rank(tableau.matrix) == tableau.stages
    if tableau.is_explicit or (invertible and solvability(tableau) > 1e-9):
        return "every step h > 0"
    return "every step h > 0 for which the stages have a solution"


def _refuted(tableau: Tableau, tensor: np.ndarray, claim: str, domain: str) -> Certificate:
    """Find stage values of a monotone linear equation that grow: |K|^2 = 1 - y^T M y + O(y^4)."""
    worst = int(np.argmin(tableau.weights))
    if tableau.weights[worst] < 0:
        direction = -np.eye(tableau.stages)[worst] + 0j
    else:
        direction = 1j * np.linalg.eigh(tensor)[1][:, 0]
    tried = [size * direction for size in np.geomspace(1e-3, 1e3, 61)]
    z = max(tried, key=lambda z: float(abs(stability_matrix(tableau, z))))
    first, second = np.array([1.0, 0.0]), np.zeros(2)
    witness = Witness(first, second, 0.0)
    stretch = witness.replay(lambda y: scalar_step(tableau, z, y))
    because = f"its factor is {stretch:.4g} where h lambda at the stages is {z.tolist()}"
    return Certificate(
        claim, Verdict.REFUTED, because, domain, witness=Witness(first, second, stretch)
    )
