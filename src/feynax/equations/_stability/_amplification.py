"""What a method does to linear equations: growth, and the discs on which there is none."""

import math

import numpy as np
from jaxtyping import Complex

from ..._checks import check, check_choice, check_positive
from ..._citation import cites
from ._tableau import Tableau
from ._tensor import burrage_butcher, least_eigenvalue


def stability_matrix(
    tableau: Tableau, z: Complex[np.ndarray, "*many stages"]
) -> Complex[np.ndarray, "*many"]:
    r"""Return $K(Z) = 1 + b^T Z (I - AZ)^{-1}\mathbf 1$ with $Z = \mathrm{diag}(z)$.

    One step of $y' = \lambda(t)\,y$ multiplies $y$ by $K$ with $z_i = h\lambda(t_i)$: the linear
    equation whose coefficient may differ from stage to stage.

    **Arguments:**

    - `tableau`: of the method.
    - `z`: a value for each stage, in the last axis.

    ```python
    import numpy as np, feynax as fx
    assert fx.equations.stability_matrix(fx.equations.tableau("euler"), np.array([-2.0])) == -1
    ```

    Source: K. Burrage and J. Butcher (1979); E. Hairer and G. Wanner, Solving ODEs II, IV.12.
    """
    z = np.asarray(z, np.complex128)
    has = z.shape[-1:] or "none"
    check(has == (tableau.stages,), "z", f"end with an axis of {tableau.stages}", has)
    stages = np.eye(tableau.stages) - tableau.matrix * z[..., None, :]
    slopes = np.linalg.solve(stages, np.ones((tableau.stages, 1)))[..., 0]
    return 1 + np.sum(tableau.weights * z * slopes, -1)


def stability_function(
    tableau: Tableau, z: Complex[np.ndarray, "*many"]
) -> Complex[np.ndarray, "*many"]:
    r"""Return the factor of one step of $y' = \lambda y$, with $z = h\lambda$.

    $R(z) = 1 + z\,b^T(I - zA)^{-1}\mathbf 1$.

    **Arguments:**

    - `tableau`: of the method.
    - `z`: any array.

    ```python
    import numpy as np, feynax as fx
    midpoint = fx.equations.tableau("implicit_midpoint")
    assert np.allclose(abs(fx.equations.stability_function(midpoint, np.array(3j))), 1)
    ```

    Source: E. Hairer and G. Wanner, Solving ODEs II, IV.3.
    """
    z = np.asarray(z, np.complex128)
    return stability_matrix(tableau, np.repeat(z[..., None], tableau.stages, -1))


@cites("dahlquist1979")
def circle_radius(tableau: Tableau) -> float:
    r"""Return the largest $r$ with $M + \mathrm{diag}(b)/r$ positive semidefinite.

    Then $|K(Z)| \le 1$ while every $z_i$ lies in the disc $|z + r| \le r$, and steps with
    $h\mu \le 2r$ contract fields with $\langle\delta f, \delta y\rangle \le -|\delta f|^2/\mu$.

    **Arguments:**

    - `tableau`: of the method.

    **Returns:**

    $r$; infinite for algebraically stable methods, 0 where a used stage has no positive weight.

    ```python
    import feynax as fx
    assert abs(fx.equations.circle_radius(fx.equations.tableau("rk4")) - 1) < 1e-12
    ```

    Source: G. Dahlquist and R. Jeltsch (1979).
    """
    tensor, b = burrage_butcher(tableau), tableau.weights
    if (b < 0).any() or np.abs(tensor[b == 0]).max(initial=0) > 1e-14:
        return 0.0
    used = b > 0
    if least_eigenvalue(tensor)[1]:
        return math.inf
    scale = 1 / np.sqrt(b[used])
    scaled = scale[:, None] * tensor[np.ix_(used, used)] * scale
    return -1 / float(np.linalg.eigvalsh(scaled)[0])


@cites("hairer1996")
def solvability(tableau: Tableau) -> float:
    r"""Return the constant $\alpha_0(A^{-1})$ that says for which steps the stages are solvable.

    It is the largest least eigenvalue of the symmetric part of $D^{1/2} A^{-1} D^{-1/2}$ over
    diagonal $D > 0$. The stage equations have exactly one solution for $h\nu < \alpha_0$, with
    $\nu$ the one-sided Lipschitz constant: for every step where $\nu \le 0 < \alpha_0$.

    **Arguments:**

    - `tableau`: of a method with an invertible $A$.

    **Raises:**

    - `ValueError` where $A$ has no inverse.

    ```python
    import feynax as fx
    assert abs(fx.equations.solvability(fx.equations.tableau("gauss_2")) - 3) < 1e-6
    ```

    Source: E. Hairer and G. Wanner, Solving ODEs II, IV.14.
    """
    from scipy.optimize import minimize

    rank = np.linalg.matrix_rank(tableau.matrix)
    check(rank == tableau.stages, "tableau", "have an invertible A", f"rank {rank}")
    inverse = np.linalg.inv(tableau.matrix)

    def loss(logs: np.ndarray) -> float:
        scale = np.exp(np.concatenate([[0.0], logs]))
        turned = scale[:, None] * inverse / scale
        return -float(np.linalg.eigvalsh((turned + turned.T) / 2)[0])

    if tableau.stages == 1:
        return -loss(np.zeros(0))
    options = {"xatol": 1e-12, "fatol": 1e-14, "maxiter": 4000}
    starts = (np.full(tableau.stages - 1, x) for x in (0.0, 0.3, -0.3))
    best = [minimize(loss, x, method="Nelder-Mead", options=options) for x in starts]
    best.append(minimize(loss, min(best, key=lambda r: r.fun).x, method="Nelder-Mead"))
    return -min(float(found.fun) for found in best)


def worst_gain(
    tableau: Tableau, *, region: str = "imaginary", radius: float = 1.0
) -> tuple[float, Complex[np.ndarray, " stages"]]:
    r"""Search for the largest $|K(Z)|$ with every $z_i$ on the imaginary axis, or in a disc.

    **Arguments:**

    - `tableau`: of the method.
    - `region`: "imaginary", up to $|z_i| = 10^4$; or "disc", $|z_i + r| \le r$.
    - `radius`: $r$ of the disc.

    **Returns:**

    The value that was attained, and where. Values above 1000 are where the search stopped.

    ```python
    import feynax as fx
    gain, _ = fx.equations.worst_gain(fx.equations.tableau("implicit_midpoint"))
    assert abs(gain - 1) < 1e-9
    ```

    Source: n-t-ODERNN document, Theorem 1, tested as K. Burrage and J. Butcher (1979) do.
    """
    from scipy.optimize import minimize

    check_choice("region", region, ("imaginary", "disc"))
    check_positive("radius", radius)
    furthest = math.asinh(1e4)

    def place(u: np.ndarray) -> np.ndarray:
        if region == "imaginary":
            return 1j * np.sinh(np.clip(u, -furthest, furthest))
        return -radius + radius * np.exp(1j * u)

    def loss(u: np.ndarray) -> float:
        try:
            return -float(abs(stability_matrix(tableau, place(u))))
        except np.linalg.LinAlgError:
            return 0.0

    draw = np.random.default_rng(0).normal(scale=3, size=(20, tableau.stages))
    found = [minimize(loss, u, method="Nelder-Mead", options={"maxiter": 400}) for u in draw]
    best = min(found, key=lambda r: r.fun)
    return -float(best.fun), place(best.x)
