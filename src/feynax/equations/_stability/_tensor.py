"""The stability tensor of an integrator, corrected and as printed, and its energy identity."""

import numpy as np
from jaxtyping import Float

from ..._citation import cites
from ._tableau import BlockTableau, Tableau


@cites("burrage1979")
def burrage_butcher(tableau: Tableau | BlockTableau) -> Float[np.ndarray, "n n"]:
    r"""Return the stability tensor $M$ of the energy identity.

    With $M_{ij} = \beta_i^T\alpha_{ij} + \alpha_{ji}^T\beta_j - \beta_i^T\beta_j$,

    $$|\delta_1|^2 = |\delta_0|^2 + 2h\sum_i \langle\beta_i^T\delta z_i, \delta k_i\rangle
      - h^2 \sum_{ij} \delta k_i^T M_{ij}\,\delta k_j.$$

    **Arguments:**

    - `tableau`: scalar coefficients, then $M_{ij} = b_i a_{ij} + b_j a_{ji} - b_i b_j$ is computed
      exactly and rounded once; or dense blocks.

    **Returns:**

    A symmetric matrix: (stages, stages), or (stages * slope) in both axes for blocks.

    ```python
    import feynax as fx
    assert (fx.equations.burrage_butcher(fx.equations.tableau("gauss_3")) == 0).all()
    ```

    Source: K. Burrage and J. Butcher (1979). The n-t-ODERNN document's eq (5) differs for dense
    blocks and then misses the identity (`test_energy_identity`).
    """
    if isinstance(tableau, Tableau):
        return _exact_tensor(tableau)
    alpha, beta = (np.asarray(x, np.float64) for x in (tableau.alpha, tableau.beta))
    half = np.einsum("isp,ijsq->ipjq", beta, alpha)
    outer = np.einsum("isp,jsq->ipjq", beta, beta)
    return _flat(half + half.transpose(2, 3, 0, 1) - outer)


def printed_tensor(tableau: Tableau | BlockTableau) -> Float[np.ndarray, "n n"]:
    r"""Return the tensor as the document prints it, for comparison only.

    $Q_{ij} = \beta_i\alpha_{ij} + \beta_j\alpha_{ji} - \beta_i\beta_j^T$ equals
    [`feynax.equations.burrage_butcher`][] for scalar and commuting symmetric blocks. For
    dense ones it is not even symmetric and decides nothing.

    **Arguments:**

    - `tableau`: scalar coefficients, or square dense blocks.

    ```python
    import feynax as fx
    assert fx.equations.printed_tensor(fx.equations.tableau("euler")) == -1
    ```

    Source: n-t-ODERNN document, eq (5); wrong for dense blocks (`test_energy_identity`).
    """
    if isinstance(tableau, Tableau):
        return _exact_tensor(tableau)
    alpha, beta = (np.asarray(x, np.float64) for x in (tableau.alpha, tableau.beta))
    half = np.einsum("ips,ijsq->ipjq", beta, alpha)
    mirrored = np.einsum("jps,jisq->ipjq", beta, alpha)
    return _flat(half + mirrored - np.einsum("ips,jqs->ipjq", beta, beta))


def energy_defect(
    tableau: BlockTableau,
    tensor: Float[np.ndarray, "n n"],
    start: Float[np.ndarray, " state"],
    slopes: Float[np.ndarray, "stages slope"],
    h: float,
) -> float:
    r"""Return by how much the energy identity is missed with a given tensor.

    **Arguments:**

    - `tableau`: dense blocks.
    - `tensor`: $M$, or what is tried in its place.
    - `start`: $\delta_0$; `slopes`: $\delta k_i$; both arbitrary.
    - `h`: the step.

    **Returns:**

    $|\delta_1|^2$ minus the right-hand side of the identity.

    ```python
    import numpy as np, feynax as fx
    blocks = fx.equations.BlockTableau(np.eye(2)[None, None] / 2, np.eye(2)[None])
    M = fx.equations.burrage_butcher(blocks)
    assert abs(fx.equations.energy_defect(blocks, M, np.ones(2), np.ones((1, 2)), 0.5)) < 1e-14
    ```

    Source: K. Burrage and J. Butcher (1979), eq (2.3), for matrix weights.
    """
    stages = start + h * np.einsum("ijsp,jp->is", tableau.alpha, slopes)
    end = start + h * np.einsum("isp,ip->s", tableau.beta, slopes)
    work = 2 * h * np.einsum("isp,is,ip->", tableau.beta, stages, slopes)
    flat = slopes.reshape(-1)
    return float(end @ end - (start @ start + work - h * h * flat @ tensor @ flat))


def least_eigenvalue(matrix: Float[np.ndarray, "n n"]) -> tuple[float, bool]:
    """Return the least eigenvalue, and whether it is 0 or more up to rounding (1e-12 of the norm).

    The exact zero matrix of a Gauss method stays one; others are known to about 1e-16.
    """
    values = np.linalg.eigvalsh(matrix)
    return float(values[0]), bool(values[0] >= -1e-12 * max(1.0, float(np.abs(values).max())))


def _exact_tensor(tableau: Tableau) -> np.ndarray:
    a, b = tableau.a, tableau.b
    n = range(tableau.stages)
    return np.array([[float(b[i] * a[i][j] + b[j] * a[j][i] - b[i] * b[j]) for j in n] for i in n])


def _flat(blocks: np.ndarray) -> np.ndarray:
    size = blocks.shape[0] * blocks.shape[1]
    return blocks.reshape(size, size)
