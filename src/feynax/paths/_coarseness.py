"""How much a potential turns a path within one slice."""

import numpy as np

from ._ensemble import PathEnsemble
from ._reference import PathReference


def coarseness(ensemble: PathEnsemble, reference: PathReference | None = None) -> float:
    r"""Return $dt\,\omega$ of the stiffest mode of the mean curvature.

    $\omega^2$ is the largest eigenvalue of $M^{-1} \langle V'' \rangle$.
    Above 0.5 the slices are coarse: the lattice is far from the continuum, and the orders of the
    actions are not yet seen.

    **Arguments:**

    - `ensemble`: paths.
    - `reference`: one matched to them, whose stiffness is the mean curvature; the ensemble's
      first one by default.

    ```python
    import feynax as fx
    paths = fx.paths.PathEnsemble("x**2/2", beta=4.0, slices=16)
    assert abs(fx.paths.coarseness(paths) - 0.25) < 1e-3
    ```
    """
    reference = ensemble.reference() if reference is None else reference
    inverse = np.linalg.inv(np.linalg.cholesky(np.asarray(ensemble.mass)))
    squares = np.linalg.eigvalsh(inverse @ np.asarray(reference.stiffness) @ inverse.T)
    return float(ensemble.dt) * float(np.sqrt(max(squares.max(), 0.0)))
