"""Quadratic Hamiltonians: what a linear flow that keeps a Poisson matrix is, quantised."""

import dataclasses
from collections.abc import Sequence
from typing import Literal, overload

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Complex, Float

from .._checks import check, check_finite, check_positive, check_shape
from .._citation import cites
from .._html import html_table
from ..equations import AffineField, Region
from ._abstract import AbstractQuadratic
from ._canonical import check_poisson, form_of
from ._packets._evolve import evolve
from ._packets._gaussian import GaussianState
from ._packets._kernel import Kernel, kernel
from ._packets._propagate import propagate
from ._spectrum._continuous import ContinuousEigenfunction, continuous_eigenfunction
from ._spectrum._eigenfunctions import Eigenfunction, eigenfunction

_CANONICAL = np.array([[0.0, 1.0], [-1.0, 0.0]])


@cites("kohli2020")
@dataclasses.dataclass(frozen=True, eq=False)
class QuadraticHamiltonian(AbstractQuadratic):
    r"""$H = z^T Q z / 2 + l^T z$ with $[z_i, z_j] = i \hbar J_{ij}$, Weyl-ordered.

    Its classical flow is $z' = J \nabla H = A z + b$ with $A = JQ$, $b = Jl$; quantum means follow
    it exactly. For two neurons $y_1$ is the coordinate and $y_2$ the momentum. Its class, modes
    and levels are those of every [`feynax.quantum.AbstractQuadratic`][].

    **Fields:**

    - `form` (2m, 2m), `slope` (2m): $Q$ (symmetric) and $l$.
    - `poisson` (2m, 2m): $J$, antisymmetric and invertible.
    - `hbar`: positive, in units of the product of two components.
    - `region`: where a network is this linear, if it comes from one.

    **Raises:**

    - `ValueError` for shapes that do not fit, numbers that are not finite, a form that is not
      symmetric, a Poisson matrix that is not antisymmetric or is singular.

    Source: P. Kohli and A. Haslam (2020), (18)-(20). Their (21) has the sign of $y_1$ reversed
    for the bracket of (11), and their (22)-(23) are not the quantisation of (18):
    [`feynax.quantum.PrintedOperator`][] is what they wrote.

    ```python
    import feynax as fx
    turn = fx.equations.AffineField([[0.0, 1.0], [-4.0, 0.0]], [0.0, 0.0])
    ham = fx.quantum.QuadraticHamiltonian.from_field(turn, hbar=0.5)
    assert ham.kind == "elliptic" and ham.levels(3).tolist() == [0.5, 1.5, 2.5]
    ```
    """

    form: Float[np.ndarray, "n n"]
    slope: Float[np.ndarray, " n"]
    poisson: Float[np.ndarray, "n n"]
    hbar: float = 1.0
    region: Region | None = None

    def __post_init__(self):
        check_positive("hbar", self.hbar)
        form, slope = np.asarray(self.form, np.float64), np.asarray(self.slope, np.float64)
        check(form.ndim == 2, "form", "be a square matrix", f"shape {form.shape}")
        n = len(form)
        check(n > 0 and n % 2 == 0, "form", "have an even number of rows", n)
        check_shape("form", form, (n, n))
        check_shape("slope", slope, (n,))
        for name, array in (("form", form), ("slope", slope)):
            check_finite(name, array)
        largest = np.max(np.abs(form))
        symmetric = bool(np.all(np.abs(form - form.T) <= 1e-10 * largest))
        check(symmetric, "form", "be symmetric", "another transpose")
        object.__setattr__(self, "form", (form + form.T) / 2)
        object.__setattr__(self, "slope", slope)
        object.__setattr__(self, "poisson", check_poisson(self.poisson, n))
        object.__setattr__(self, "hbar", float(self.hbar))

    @classmethod
    def from_field(
        cls,
        field: AffineField,
        *,
        poisson: Float[ArrayLike, "n n"] | None = None,
        hbar: float = 1.0,
        tol: float = 1e-10,
    ) -> "QuadraticHamiltonian":
        r"""Find the Hamiltonian of $y' = Ay + b$, which exists where $J^{-1}A$ is symmetric.

        For two components that is $\mathrm{tr} A = 0$, the document's (13).

        **Arguments:**

        - `field`: $A$, $b$.
        - `poisson`: $J$; by default [[0, 1], [-1, 0]] for two components. For more there is no
          default: [`feynax.quantum.positive_poisson`][] finds the one with all signs positive.
        - `hbar`: Planck's constant.
        - `tol`: how far $J^{-1}A$ may be from symmetric, as a share of its norm.

        **Raises:**

        - [`feynax.NotHamiltonianError`][] with the trace of $A$, and what can be done instead.
        - `ValueError` for an odd number of components.
        """
        n = field.size
        check(n % 2 == 0, "field", "have an even number of components", n)
        if poisson is None:
            check(n == 2, "poisson", f"be given for {n} components", poisson)
            poisson = _CANONICAL
        j = check_poisson(poisson, n)
        form = form_of(field.matrix, j, tol)
        slope = np.linalg.solve(j, field.offset)
        return cls(form, slope, j, hbar, field.region)

    @classmethod
    def from_coefficients(
        cls, c1: float, c2: float, d1: float, d2: float, e2: float, *, hbar: float = 1.0
    ) -> "QuadraticHamiltonian":
        r"""Take the document's coefficients.

        $H = -C_1 y_1 - C_2 y_1^2 + D_1 y_2 + D_2 y_2^2 + E_2 (y_1 y_2 + y_2 y_1)/2$.

        ```python
        import feynax as fx
        ham = fx.quantum.QuadraticHamiltonian.from_coefficients(0.1, 0.3, -0.1, 0.3, 0.2)
        assert ham.kind == "hyperbolic"
        ```
        """
        return cls(np.array([[-2 * c2, e2], [e2, 2 * d2]]), np.array([-c1, d1]), _CANONICAL, hbar)

    def __str__(self) -> str:
        return f"{self.kind} Hamiltonian in {2 * self.modes} variables, hbar = {self.hbar:g}"

    def _repr_html_(self) -> str:
        known = {"form": self.form, "slope": self.slope, "poisson": self.poisson}
        rows = {name: np.array_str(array, precision=6) for name, array in known.items()}
        return html_table(str(self), rows)

    @overload
    def evolve(
        self, state: GaussianState, t: float, *, threshold: float | None = 1e-3
    ) -> GaussianState: ...
    @overload
    def evolve(
        self,
        state: GaussianState,
        t: Float[np.ndarray, " times"] | Sequence[float],
        *,
        threshold: float | None = 1e-3,
    ) -> list[GaussianState]: ...
    def evolve(
        self,
        state: GaussianState,
        t: Float[ArrayLike, "*times"] | Sequence[float],
        *,
        threshold: float | None = 1e-3,
    ) -> GaussianState | list[GaussianState]:
        r"""Propagate a Gaussian packet exactly, for any class and through every caustic.

        Means follow the classical flow, $Q$ and $P$ its matrix, the phase the action and the
        continuous root of $\det Q$. Nothing is stepped: relative errors of the phase are those of
        rounding $\omega t$ and $\int H dt/\hbar$ once, and grow no faster than these.

        **Arguments:**

        - `state`: a [`feynax.quantum.GaussianState`][] with this Poisson matrix and `hbar`.
        - `t`: one time or a vector of times, of either sign.
        - `threshold`: a probability of being in another regime of the network, anywhere between
          time 0 and `t`, from which a warning is given; `None` for no warning.

        **Returns:**

        The state at `t`; a list of states for a vector of times.

        **Warns:**

        - [`feynax.quantum.LeakageWarning`][] where the packet leaves the region.

        ```python
        import numpy as np, feynax as fx
        ham = fx.quantum.QuadraticHamiltonian.from_coefficients(0, -0.5, 0, 0.5, 0)
        packet = fx.quantum.GaussianState.coherent(ham, [1.0, 0.0])
        turned = ham.evolve(packet, 2 * np.pi)
        assert np.isclose(packet.overlap(turned), -1)  # one period: the Maslov phase
        ```
        """
        return evolve(self, state, t, threshold)

    def kernel(self, t: float, *, tol: float = 1e-10) -> Kernel:
        r"""Return the propagator $K(q, q')$ in the "y1" representation, Maslov phase included.

        $\psi(q, t) = \int K(q, q') \psi(q', 0) dq'$ with
        $K = (2\pi\hbar)^{-m/2} |\det F_{12}|^{-1/2} e^{-i\pi(m/2 + \mu)/2} e^{iW(q, q')/\hbar}$,
        for every class, either sign of $t$, and several degrees of freedom.

        **Arguments:**

        - `t`: a time.
        - `tol`: $F_{12}$ counts as singular where its smallest singular value is below `tol`
          times its size, or times $|t| \|\partial^2 H/\partial p^2\|$ where that is larger.

        **Raises:**

        - [`feynax.CausticError`][] where it is singular: the propagator is a delta function
          there, at every time where momenta enter linearly ($D_2 = 0$). `evolve` and
          `propagate` have no such times.

        ```python
        import numpy as np, feynax as fx
        ham = fx.quantum.QuadraticHamiltonian.from_coefficients(0, 0, 0, 0.5, 0)
        free = ham.kernel(2.0)
        assert np.isclose(free(1.0, 0.0), np.exp(0.25j - 0.25j * np.pi) / np.sqrt(4 * np.pi))
        ```
        """
        return kernel(self, t, tol)

    def propagate(
        self,
        psi: Complex[ArrayLike, " points"],
        grid: Float[ArrayLike, " points"],
        t: float,
    ) -> Complex[np.ndarray, " points"]:
        r"""Carry any wave function of one degree of freedom, in the "y1" representation.

        By the propagator, summed over the grid; in two steps, of which one may go backwards,
        where there is a caustic or the grid does not resolve one step. The work grows with the
        square of the number of points.

        **Arguments:**

        - `psi`: values on the grid, negligible at its ends and in its highest waves.
        - `grid`: evenly spaced positions.
        - `t`: a time of either sign.

        **Returns:**

        Values on the grid at time `t`.

        **Raises:**

        - `ValueError` where the grid cannot hold the wave function at `t` or on the way: the
          norm changes, or the mean does not follow the classical flow, by more than 10^-6.

        ```python
        import numpy as np, feynax as fx
        ham = fx.quantum.QuadraticHamiltonian.from_coefficients(0, -0.5, 0, 0.5, 0)
        q = np.linspace(-8, 8, 161)
        psi = (q + 1j) * np.exp(-((q - 1) ** 2) / 2)
        assert np.allclose(ham.propagate(psi, q, 2 * np.pi), -psi)  # through two caustics
        ```
        """
        return propagate(self, psi, grid, t)

    def eigenfunction(self, n: int, representation: Literal["y1", "y2"] = "y2") -> Eigenfunction:
        r"""Return the wave function of level `n`, as a function of one of the two variables.

        **Arguments:**

        - `n`: 0 for the level nearest to the centre's energy, where $\sigma = -1$ the top one.
        - `representation`: "y1", where $y_2 = -i \hbar j\, d/dy_1$ with $j = \{y_1, y_2\}$, or
          "y2", where $y_1 = i \hbar j\, d/dy_2$.

        **Returns:**

        A [`feynax.quantum.Eigenfunction`][].

        **Raises:**

        - `ValueError` for more than one degree of freedom, and what `levels` raises.
        """
        return eigenfunction(self, n, representation)

    def continuous_eigenfunction(self, energy: float, branch: int = 0) -> ContinuousEigenfunction:
        r"""Return a wave function of the continuous spectrum, normalised to $\delta(E - E')$.

        **Arguments:**

        - `energy`: $E$, inside the spectrum.
        - `branch`: 0 or 1 where each energy belongs to two states, else 0.

        **Returns:**

        A [`feynax.quantum.ContinuousEigenfunction`][], a function of $y_2$.

        **Raises:**

        - `ValueError` where there are levels instead, for energies outside the spectrum or more
          than 200 `hbar` rates from a saddle's energy, and for more than one degree of freedom.
        - [`feynax.quantum.DeltaFunctionError`][] where the state has a definite $y_2$.
        - [`feynax.InfiniteDegeneracyError`][] for the zero Hamiltonian.
        """
        return continuous_eigenfunction(self, energy, branch)
