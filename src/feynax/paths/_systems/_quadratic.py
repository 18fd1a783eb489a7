"""Springs: potentials of second order, for which everything is exact."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._checks import check, check_count, check_finite, check_positive, check_shape
from .._potential import AbstractPotential, Energies, Places


class QuadraticPotential(AbstractPotential):
    r"""$V = \frac12 (x - c)^T K (x - c)$: a path in it is drawn exactly.

    **Arguments:**

    - `stiffness`: K, symmetric, shape (dof, dof), or one number; energy over length squared.
    - `centre`: c, shape (dof,), zero by default.

    ```python
    import jax.numpy as jnp, feynax as fx
    V = fx.paths.QuadraticPotential([[2.0, 0.5], [0.5, 1.0]])
    assert V(jnp.ones((2, 3))).shape == (3,)
    ```
    """

    stiffness: Float[Array | np.ndarray, "dof dof"]
    centre: Float[Array | np.ndarray, " dof"]
    dof: int = eqx.field(static=True)

    def __init__(self, stiffness: Any, centre: Any = None):
        K = np.atleast_2d(np.asarray(stiffness, np.float64))
        check_finite("stiffness", K)
        check_shape("stiffness", K, (len(K), len(K)))
        check(np.allclose(K, K.T), "stiffness", "be symmetric", "other entries across")
        c = np.zeros(len(K)) if centre is None else np.atleast_1d(np.asarray(centre, np.float64))
        check_shape("centre", c, (len(K),))
        check_finite("centre", c)
        self.stiffness, self.centre, self.dof = K, c, len(K)

    def __call__(self, x: Places) -> Energies:
        away = x - jnp.asarray(self.centre, x.dtype).reshape(-1, *[1] * (x.ndim - 1))
        K = jnp.asarray(self.stiffness, x.dtype)
        if self.dof == 1:
            return K[0, 0] / 2 * away[0] ** 2
        return jnp.sum(away * jnp.tensordot(K, away, 1), 0) / 2


def harmonic(frequency: Any = 1.0, *, mass: Any = 1.0, centre: Any = 0.0) -> QuadraticPotential:
    r"""Oscillators $V = \frac12 \sum_i m_i \omega_i^2 (x_i - c_i)^2$, one a frequency.

    **Arguments:**

    - `frequency`: one number, or one a degree of freedom; one over time.
    - `mass`: of the ensemble, so that the frequency is what it says; as many or one.
    - `centre`: c, as many or one.

    ```python
    import feynax as fx
    paths = fx.paths.PathEnsemble(fx.paths.harmonic(2.0), beta=2.0, slices=8)
    assert paths.dof == 1
    ```
    """
    rates = np.atleast_1d(np.asarray(frequency, np.float64))
    for rate in rates:
        check_positive("frequency", float(rate))
    masses = np.broadcast_to(np.asarray(mass, np.float64), rates.shape)
    for one in masses:
        check_positive("mass", float(one))
    return QuadraticPotential(np.diag(masses * rates**2), np.broadcast_to(centre, rates.shape))


def coupled_oscillators(
    particles: int, dimensions: int = 1, *, trap: float = 1.0, coupling: float = 0.1
) -> QuadraticPotential:
    r"""Particles in a trap, each bound to each by a spring.

    $$ V = \frac{k}2 \sum_i |x_i|^2 + \frac{\kappa}2 \sum_{i<j} |x_i - x_j|^2 $$

    With equal masses the centre of mass oscillates with $\sqrt{k/m}$, and all other modes with
    $\sqrt{(k + P\kappa)/m}$ (P particles): see `normal_frequencies`.

    **Arguments:**

    - `particles`: P; degrees of freedom are particles times dimensions, particle by particle.
    - `dimensions`: of space.
    - `trap`, `coupling`: spring constants, energy over length squared.

    Particles are distinguishable: no statistics of bosons or fermions.

    ```python
    import feynax as fx
    assert fx.paths.coupled_oscillators(4, 3).dof == 12
    ```
    """
    check_count("particles", particles)
    check_count("dimensions", dimensions)
    check(np.isfinite(trap) and np.isfinite(coupling), "coupling", "be finite", coupling)
    between = particles * np.eye(particles) - np.ones((particles, particles))
    stiffness = trap * np.eye(particles) + coupling * between
    return QuadraticPotential(np.kron(stiffness, np.eye(dimensions)))


def normal_frequencies(potential: QuadraticPotential, mass: Any = 1.0) -> np.ndarray:
    r"""Return the frequencies of the normal modes, lowest first; the levels follow from them.

    $E = \sum_j \hbar\omega_j (n_j + \frac12)$, with $K v = \omega^2 M v$.

    **Arguments:**

    - `potential`: springs.
    - `mass`: one number, one a degree of freedom, or a positive definite matrix.

    **Returns:** an array (dof,); `nan` for a mode that is not bound.

    ```python
    import numpy as np, feynax as fx
    rates = fx.paths.normal_frequencies(fx.paths.coupled_oscillators(2, trap=1.0, coupling=1.5))
    assert np.allclose(rates, [1.0, 2.0])
    ```
    """
    values = np.asarray(mass, np.float64)
    square = values if values.ndim == 2 else np.diag(np.broadcast_to(values, potential.dof))
    inverse = np.linalg.inv(np.linalg.cholesky(square))
    squares = np.linalg.eigvalsh(inverse @ np.asarray(potential.stiffness) @ inverse.T)
    return np.where(squares < 0, np.nan, np.sqrt(np.abs(squares)))
