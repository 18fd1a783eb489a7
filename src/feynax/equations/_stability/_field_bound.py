"""What is known of a stage field: how fast it pulls two states together, and how steep it is."""

import dataclasses
import math

import numpy as np
from jaxtyping import Float

from ..._checks import check, check_finite, check_shape


@dataclasses.dataclass(frozen=True)
class FieldBound:
    r"""Proven constants of a field $f$, in one inner product.

    **Fields:**

    - `nu`: one-sided Lipschitz constant, $\langle\delta f, \delta y\rangle \le \nu|\delta y|^2$;
      the field is monotone where $\nu \le 0$.
    - `lipschitz`: $L$ with $|\delta f| \le L|\delta y|$; may be infinite.
    - `cocoercivity`: $\mu$ with $\langle\delta f, \delta y\rangle \le -|\delta f|^2/\mu$; infinite
      where there is none.
    - `metric`: $P$ of the inner product $x^T P y$; `None` for the Euclidean one.
    - `because`: which argument gives them.

    ```python
    import feynax as fx
    relax = fx.equations.FieldBound(nu=-1.0, lipschitz=1.0, because="y' = -y")
    assert relax.cocoercivity == 1.0
    ```
    """

    nu: float
    lipschitz: float = math.inf
    cocoercivity: float | None = None
    metric: np.ndarray | None = None
    because: str = "these constants were given"

    def __post_init__(self):
        given = self.cocoercivity
        if given is None:  # <df, dy> <= nu |dy|^2 <= nu |df|^2 / L^2
            given = self.lipschitz**2 / -self.nu if self.nu < 0 else math.inf
            object.__setattr__(self, "cocoercivity", given)
        check(self.lipschitz >= -self.nu, "lipschitz", "be at least -nu", self.lipschitz)

    @property
    def is_monotone(self) -> bool:
        """Whether two states are never pulled apart."""
        return self.nu <= 0


def gradient_field(
    weight: Float[np.ndarray, "hidden state"],
    *,
    slopes: tuple[float, float] = (0.0, 1.0),
    antisymmetric: Float[np.ndarray, "state state"] | None = None,
    damping: float = 0.0,
) -> FieldBound:
    r"""Bound $f(y) = A y - \gamma y - W^T\sigma(Wy + b) + u(t)$ with $A$ antisymmetric.

    Monotone for every $b$ and $u$: $\nu = -\gamma - m\,\sigma_{\min}(W)^2$.

    **Arguments:**

    - `weight`: $W$.
    - `slopes`: $(m, M)$ between which the slopes of $\sigma$ lie.
    - `antisymmetric`: $A$.
    - `damping`: $\gamma \ge 0$.

    ```python
    import numpy as np, feynax as fx
    assert fx.equations.gradient_field(2 * np.eye(3)).cocoercivity == 4.0
    ```

    Source: n-t-ODERNN document, Theorem 1, with the sign that is needed.
    """
    least, most = _slopes(slopes)
    check(damping >= 0, "damping", "be at least 0", damping)
    W = _matrix("weight", weight)
    sizes = np.linalg.svd(W, compute_uv=False)
    smallest = float(sizes[-1]) if W.shape[0] >= W.shape[1] else 0.0
    nu = -damping - least * smallest**2
    steep = most * float(sizes[0]) ** 2
    if antisymmetric is None:
        because = "minus the gradient of a convex function"
        return FieldBound(nu, damping + steep, damping + steep, None, because)
    A = _antisymmetric(antisymmetric)
    lipschitz = math.hypot(float(np.linalg.norm(A, 2)), damping) + steep
    return FieldBound(nu, lipschitz, None, None, "an antisymmetric part and a convex gradient")


def hopfield_field(
    gains: Float[np.ndarray, " state"],
    coupling: Float[np.ndarray, "state state"],
    *,
    slopes: tuple[float, float] = (0.0, 1.0),
) -> FieldBound:
    r"""Bound $f(y) = \sigma(-CPy + b)$, $C \ge 0$ diagonal and $P$ positive definite.

    Monotone in the inner product $x^TPy$, although not in the Euclidean one.

    **Arguments:**

    - `gains`: the diagonal of $C$.
    - `coupling`: $P$.
    - `slopes`: $(m, M)$ between which the slopes of $\sigma$ lie.

    **Raises:**

    - `ValueError` unless `gains` are not negative and `coupling` is symmetric and positive.

    ```python
    import numpy as np, feynax as fx
    field = fx.equations.hopfield_field(np.ones(2), np.array([[2.0, 1.0], [1.0, 2.0]]))
    assert field.is_monotone and field.lipschitz == 3.0
    ```

    Source: symmetric Hopfield networks in the conditions of the n-t-ODERNN document's Theorem 1,
    which as printed asks for no inner product.
    """
    least, most = _slopes(slopes)
    C, P = np.asarray(gains, np.float64), _matrix("coupling", coupling)
    check(bool((C >= 0).all()), "gains", "not be negative", float(C.min()))
    symmetric = P.shape[0] == P.shape[1] and np.allclose(P, P.T, rtol=1e-12)
    check(symmetric, "coupling", "be symmetric", "another matrix")
    values = np.linalg.eigvalsh(P)
    check(values[0] > 0, "coupling", "be positive definite", f"the eigenvalue {values[0]:.3g}")
    steep = most * float(C.max()) * float(values[-1])
    nu = -least * float(C.min()) * float(values[0])
    return FieldBound(nu, steep, steep, P, "W = -C P, monotone in the inner product of P")


def layer_field(
    weight: Float[np.ndarray, "state state"], *, slopes: tuple[float, float] = (0.0, 1.0)
) -> FieldBound:
    r"""Bound $f(y) = \sigma(Wy + b)$ for every $b$, in the Euclidean inner product.

    Monotone for every nondecreasing $\sigma$ iff $W$ is diagonal and not positive. Else
    $\nu \le \bar s\,\lambda_{\max}(\mathrm{sym}\,W) + \frac{M-m}{2}\lVert W\rVert$ with the mean
    slope $\bar s$: for $W = A - \gamma I$, $A$ antisymmetric, at most
    $\frac12(\lVert W\rVert - \gamma)$.

    **Arguments:**

    - `weight`: $W$.
    - `slopes`: $(m, M)$ between which the slopes of $\sigma$ lie.

    ```python
    import numpy as np, feynax as fx
    spin = np.array([[0.0, 2.0], [-2.0, 0.0]])
    assert fx.equations.layer_field(spin).nu == 1.0
    assert fx.equations.layer_field(-np.eye(2)).is_monotone
    ```

    Source: n-t-ODERNN document, Theorem 1, which claims it of tanh and ReLU for every $W$: false
    (`test_printed_theorem_has_the_wrong_sign`).
    """
    least, most = _slopes(slopes)
    W = _matrix("weight", weight)
    check_shape("weight", W, (len(W), len(W)))
    diagonal = np.diag(W)
    norm = float(np.linalg.norm(W, 2))
    if (np.diag(diagonal) == W).all() and (diagonal <= 0).all():
        nu = least * float(diagonal.max())
        return FieldBound(nu, most * norm, most * norm, None, "W is diagonal and not positive")
    top = float(np.linalg.eigvalsh((W + W.T) / 2)[-1])
    nu = (least + most) / 2 * top + (most - least) / 2 * norm
    return FieldBound(nu, most * norm, None, None, "the mean slope plus the spread of slopes")


def max_norm_rate(
    weight: Float[np.ndarray, "state state"],
    h: float,
    *,
    method: str = "euler",
    slopes: tuple[float, float] = (0.0, 1.0),
) -> float:
    r"""Return the factor of one step of $y' = \sigma(Wy + b)$ in the max norm, for every $b$.

    Explicit Euler: $\max_i \max_s |1 + hsw_{ii}| + hs\sum_{j\ne i}|w_{ij}|$; at most 1 where
    $w_{ii} + \sum_{j \ne i}|w_{ij}| \le 0$ and $hM\max|w_{ii}| \le 1$. Implicit Euler:
    $1/(1 - h\nu)$ with $\nu = \max_i \max_s s(w_{ii} + \sum_{j\ne i}|w_{ij}|)$, for $h\nu < 1$.

    **Arguments:**

    - `weight`: $W$.
    - `h`: the step.
    - `method`: "euler" or "implicit_euler".
    - `slopes`: $(m, M)$ between which the slopes of $\sigma$ lie.

    **Returns:**

    The factor; infinite where the implicit stage has no certified solution.

    ```python
    import numpy as np, feynax as fx
    W = np.array([[-2.0, 1.0], [1.0, -2.0]])
    assert fx.equations.max_norm_rate(W, 0.5) == 1.0
    ```

    Source: logarithmic norms, E. Hairer and G. Wanner, Solving ODEs II, IV.11; inner-product
    theory (the document's Theorem 1) does not apply to this norm.
    """
    W = _matrix("weight", weight)
    own, rest = np.diag(W), np.abs(W).sum(1) - np.abs(np.diag(W))
    ends = np.array(_slopes(slopes))[:, None]
    if method == "euler":
        return float(np.max(np.abs(1 + h * ends * own) + h * ends * rest))
    check(method == "implicit_euler", "method", "be euler or implicit_euler", repr(method))
    nu = float(np.max(ends * (own + rest)))
    return 1 / (1 - h * nu) if h * nu < 1 else math.inf


def _slopes(slopes: tuple[float, float]) -> tuple[float, float]:
    least, most = slopes
    check(0 <= least <= most, "slopes", "be ordered and not negative", slopes)
    return least, most


def _matrix(name: str, matrix: np.ndarray) -> np.ndarray:
    found = np.asarray(matrix, np.float64)
    check_shape(name, found, (None, None))
    check_finite(name, found)
    return found


def _antisymmetric(matrix: np.ndarray) -> np.ndarray:
    A = _matrix("antisymmetric", matrix)
    off = float(np.abs(A + A.T).max())
    check(off <= 1e-12 * max(1, np.abs(A).max()), "antisymmetric", "be antisymmetric", off)
    return A
