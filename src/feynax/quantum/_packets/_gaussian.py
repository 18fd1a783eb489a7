"""Gaussian wave packets with their exact phase."""

import dataclasses
import functools
import math
from typing import Literal

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Complex, Float

from ..._checks import check, check_choice, check_finite, check_positive, check_shape
from ..._citation import cites
from .._abstract import AbstractQuadratic
from .._canonical import canonical_basis, check_poisson, standard_poisson
from ._packet import fourier_angle, normal_defect, overlap, pure_matrices, wave

Square = Complex[np.ndarray, "modes modes"]


@cites("kohli2020", "hagedorn1998")
@dataclasses.dataclass(frozen=True, eq=False)
class GaussianState:
    r"""A Gaussian wave packet of $m$ degrees of freedom, phase included.

    $\psi(q) = (\pi\hbar)^{-m/4} (\det Q)^{-1/2} \exp\{\frac{i}{\hbar}[\frac12 (q - \bar q)^T
    PQ^{-1}(q - \bar q) + \bar p^T(q - \bar q) + S]\}$ with $Q^TP = P^TQ$ and
    $Q^\dagger P - P^\dagger Q = 2i$, in canonical coordinates of its Poisson matrix: positions
    and momenta are components of the state where each has a bracket with one other only. For
    $J = [[0, j], [-j, 0]]$ they are $y_1$ and $y_2/j$; for the canonical matrix the first and the
    last half of the components ([`feynax.quantum.canonical_basis`][]).

    **Fields:**

    - `mean` (2m): means of the components.
    - `q_matrix`, `p_matrix` (m, m), complex: $Q$, $P$.
    - `poisson` (2m, 2m), `hbar`: the brackets $[z_i, z_j] = i \hbar J_{ij}$.
    - `action`: $S$.
    - `winding`: how many full turns the argument of $\det Q$ has made beyond $(-\pi, \pi]$; it
      decides between the two square roots, and carries the Maslov phase through caustics.

    **Raises:**

    - `ValueError` for shapes that do not fit, numbers that are not finite, and matrices that
      are not those of a normalised packet.

    Source: G. A. Hagedorn, *Raising and lowering operators for semiclassical wave packets*
    (1998); for one degree of freedom P. Kohli and A. Haslam (2020) with
    `tests/quantum/test_gaussian.py`.

    ```python
    import numpy as np, feynax as fx
    packet = fx.quantum.GaussianState.from_width([0.5, 1.0], 0.8, hbar=0.1)
    y = np.linspace(-2.0, 3.0, 401)
    assert np.isclose(np.sum(np.abs(packet(y)) ** 2) * (y[1] - y[0]), 1.0)
    assert np.isclose(packet.overlap(packet), 1.0)
    ```
    """

    mean: Float[np.ndarray, " n"]
    q_matrix: Square
    p_matrix: Square
    poisson: Float[np.ndarray, "n n"]
    hbar: float = 1.0
    action: float = 0.0
    winding: int = 0

    def __post_init__(self):
        check_positive("hbar", self.hbar)
        mean = np.asarray(self.mean, np.float64)
        q, p = (np.asarray(x, np.complex128) for x in (self.q_matrix, self.p_matrix))
        n = mean.size
        check_shape("mean", mean, (n,))
        check_finite("mean", mean)
        poisson = check_poisson(self.poisson, n)
        for name, matrix in (("q_matrix", q), ("p_matrix", p)):
            check_shape(name, matrix, (n // 2, n // 2))
            check_finite(name, matrix)
        defect = normal_defect(q, p)
        must = "fit `q_matrix` so that Q^T P is symmetric and Q^+ P - P^+ Q = 2i"
        check(defect <= 1e-8, "p_matrix", must, f"a defect of {defect:.2g}")
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "q_matrix", q)
        object.__setattr__(self, "p_matrix", p)
        object.__setattr__(self, "poisson", poisson)

    @classmethod
    def coherent(
        cls, ham: AbstractQuadratic, mean: Float[ArrayLike, " n"] | None = None
    ) -> "GaussianState":
        r"""Take the covariance of the network's own ground state: its shape never changes.

        For one degree of freedom $\Sigma = \frac{\hbar}{2\omega} [[2|D_2|, -\sigma E_2],
        [-\sigma E_2, 2|C_2|]]$; a width alone cannot give it where $E_2 \ne 0$.

        **Arguments:**

        - `ham`: a Hamiltonian with levels.
        - `mean` (2m): by default its centre, which makes the state the ground state.

        **Raises:**

        - [`feynax.ContinuousSpectrumError`][], [`feynax.InfiniteDegeneracyError`][] for
          Hamiltonians without levels.
        """
        centre = ham.centre if mean is None else mean
        covariance = ham.covariance()
        return cls.from_covariance(centre, covariance, hbar=ham.hbar, poisson=ham.poisson)

    @classmethod
    def from_width(
        cls,
        mean: Float[ArrayLike, " n"],
        width: Float[ArrayLike, "*modes"],
        *,
        hbar: float = 1.0,
        poisson: Float[ArrayLike, "n n"] | None = None,
    ) -> "GaussianState":
        r"""Take a packet without correlation of position and momentum: $Q = w$, $P = i/w$.

        **Arguments:**

        - `mean` (2m): means of the components.
        - `width`: $w > 0$, one for all positions or one each; position $k$ has the variance
          $\hbar w_k^2/2$.
        - `hbar`, `poisson`: as in [`feynax.quantum.QuadraticHamiltonian`][]; by default the
          canonical matrix, positions first.
        """
        centre = np.asarray(mean, np.float64)
        j = (
            standard_poisson(centre.size // 2)
            if poisson is None
            else np.asarray(poisson, np.float64)
        )
        widths = np.asarray(width, np.float64)
        good = bool(np.all(np.isfinite(widths)) and np.all(widths > 0))
        check(good, "width", "be positive and finite", width)
        check_shape("width", widths, () if widths.ndim == 0 else (centre.size // 2,))
        diagonal = np.diag(np.broadcast_to(widths, (centre.size // 2,)))
        return cls(centre, diagonal, 1j * np.linalg.inv(diagonal), j, hbar)

    @classmethod
    def from_covariance(
        cls,
        mean: Float[ArrayLike, " n"],
        covariance: Float[ArrayLike, "n n"],
        *,
        hbar: float = 1.0,
        poisson: Float[ArrayLike, "n n"] | None = None,
    ) -> "GaussianState":
        r"""Take the pure state of this covariance, real and positive at its mean.

        For one degree of freedom $Q = \sqrt{2\Sigma_{11}/\hbar}$,
        $P = (2\Sigma_{12}/\hbar + i)/Q$.

        **Raises:**

        - `ValueError` for a covariance that is not that of a pure state: $(\Sigma J^{-1})^2 =
          -\hbar^2/4$, for one degree of freedom $\det\Sigma = \hbar^2/4$.
        """
        check_positive("hbar", hbar)
        centre, sigma = np.asarray(mean, np.float64), np.asarray(covariance, np.float64)
        n = centre.size
        check_shape("covariance", sigma, (n, n))
        check_finite("covariance", sigma)
        j = standard_poisson(n // 2) if poisson is None else check_poisson(poisson, n)
        inverse = np.linalg.inv(canonical_basis(j))
        q, p = pure_matrices(2 / hbar * (inverse @ sigma @ inverse.T))
        return cls(centre, q, p, j, hbar)

    @functools.cached_property
    def canonical_mean(self) -> tuple[Float[np.ndarray, " modes"], Float[np.ndarray, " modes"]]:
        """Means of the canonical positions and momenta."""
        position, momentum = np.split(np.linalg.solve(canonical_basis(self.poisson), self.mean), 2)
        return position, momentum

    @functools.cached_property
    def angle(self) -> float:
        r"""The argument of $\det Q$, windings included."""
        return float(np.angle(np.linalg.det(self.q_matrix))) + 2 * math.pi * self.winding

    @property
    def covariance(self) -> Float[np.ndarray, "n n"]:
        r"""$\frac{\hbar}{2}\mathrm{Re} [Q; P][Q; P]^\dagger$, in the components of the state."""
        both = np.concatenate([self.q_matrix, self.p_matrix])
        frame = canonical_basis(self.poisson)
        return self.hbar / 2 * frame @ np.real(both @ both.conj().T) @ frame.T

    @property
    def norm(self) -> float:
        """Square root of the state's product with itself: 1 up to rounding."""
        return math.sqrt(abs(self.overlap(self)))

    def __call__(
        self, y: Float[ArrayLike, "..."], representation: Literal["y1", "y2"] = "y1"
    ) -> Complex[np.ndarray, "..."]:
        r"""Return the wave function at many points.

        **Arguments:**

        - `y`: points; for several degrees of freedom the last axis has length m.
        - `representation`: "y1" over positions, "y2" over momenta, with $\tilde\psi(p) =
          (2\pi\hbar)^{-m/2} \int e^{-ip \cdot q/\hbar} \psi(q) dq$; for one degree of freedom
          over $y_2 = jp$, with unit norm there.

        **Returns:**

        Complex numbers, in the shape of `y` (without its last axis for several degrees of
        freedom).
        """
        check_choice("representation", representation, ("y1", "y2"))
        points = np.asarray(y, np.float64)
        modes = len(self.q_matrix)
        if modes == 1:
            points = points[..., None]
        check(points.shape[-1:] == (modes,), "y", f"have a last axis of {modes}", points.shape)
        (x, k), q, p, angle = self.canonical_mean, self.q_matrix, self.p_matrix, self.angle
        if representation == "y1":
            return wave(points, x, k, q, p, self.action / self.hbar - angle / 2, self.hbar)
        phase = (self.action - float(x @ k)) / self.hbar - fourier_angle(q, p, angle) / 2
        scale = float(self.poisson[0, 1]) if modes == 1 else 1.0
        return wave(points / scale, k, -x, p, -q, phase, self.hbar) / math.sqrt(abs(scale))

    def overlap(self, other: "GaussianState") -> complex:
        r"""Return $\langle\mathrm{self}|\mathrm{other}\rangle$ in closed form.

        With the state at a later time as `other` this is the autocorrelation.

        **Raises:**

        - `ValueError` for states of other brackets or another Planck constant.
        """
        check(same_brackets(self, other), "other", "have the same `poisson` and `hbar`", "others")
        return overlap(self._parts(), other._parts(), self.hbar)

    def _parts(self):
        return (*self.canonical_mean, self.q_matrix, self.p_matrix, self.angle, self.action)


def same_brackets(
    first: GaussianState | AbstractQuadratic, second: GaussianState | AbstractQuadratic
) -> bool:
    """Whether two objects agree on the Poisson matrix and on Planck's constant."""
    alike = first.poisson.shape == second.poisson.shape and first.hbar == second.hbar
    return alike and bool(np.allclose(first.poisson, second.poisson, rtol=1e-12, atol=0))
