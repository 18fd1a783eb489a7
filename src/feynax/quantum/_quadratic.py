"""Quadratic Hamiltonians: what a linear flow that keeps a Poisson matrix is, quantised."""

import dataclasses
import functools

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

from .._checks import check, check_count, check_finite, check_positive, check_shape
from .._citation import cites
from .._errors import ContinuousSpectrumError, InfiniteDegeneracyError, NotHamiltonianError
from ..equations import AffineField, Region
from ._one_mode import Kind, OneMode, SpectralSet, one_mode

_CANONICAL = np.array([[0.0, 1.0], [-1.0, 0.0]])


@cites("kohli2020")
@dataclasses.dataclass(frozen=True, eq=False)
class QuadraticHamiltonian:
    r"""$H = z^T Q z / 2 + l^T z$ with $[z_i, z_j] = i \hbar J_{ij}$, Weyl-ordered.

    Its classical flow is $z' = J \nabla H = A z + b$ with $A = JQ$, $b = Jl$; quantum means follow
    it exactly. For two neurons $y_1$ is the coordinate and $y_2$ the momentum.

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
        form = np.linalg.solve(j, field.matrix)
        defect, size = np.linalg.norm(form - form.T), np.linalg.norm(form)
        if defect > tol * size:
            trace = float(np.trace(field.matrix))
            raise NotHamiltonianError(
                f"The field has no Hamiltonian for this Poisson matrix: the trace of its matrix is "
                f"{trace:.6g}, and J^-1 A is {defect / size:.2g} of its norm away from symmetric. "
                "`feynax.quantum.Doubled` keeps the classical statistics of any field, and "
                "`feynax.quantum.Lindblad` reads the loss as that of an open system.",
                trace=trace,
            )
        slope = np.linalg.solve(j, field.offset)
        return cls((form + form.T) / 2, slope, j, hbar, field.region)

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

    @property
    def modes(self) -> int:
        """Degrees of freedom: half the number of components."""
        return len(self.slope) // 2

    @functools.cached_property
    def field(self) -> AffineField:
        """The classical flow's field $A z + b$."""
        return AffineField(self.poisson @ self.form, self.poisson @ self.slope, self.region)

    @functools.cached_property
    def one(self) -> OneMode:
        """Coefficients and class of one degree of freedom, in canonical variables."""
        check(self.modes == 1, "self", "have one degree of freedom", self.modes)
        (q11, q12), (_, q22) = self.form.tolist()
        l1, l2 = self.slope.tolist()
        # {y1, y2} = j: the pair (y1, y2/j) is canonical
        j = float(self.poisson[0, 1])
        return one_mode(-l1, -q11 / 2, l2 * j, q22 / 2 * j * j, q12 * j)

    @property
    def kind(self) -> Kind:
        """The class: "elliptic", "hyperbolic", "free", "force", "linear", "zero"."""
        return self.one.kind

    @property
    def spectrum(self) -> SpectralSet:
        """The set of energies."""
        return self.one.spectrum

    def levels(self, count: int) -> Float[np.ndarray, " count"]:
        r"""Return the levels that are nearest to the centre's energy, in their order.

        $E_n = H^* + \sigma \hbar \omega (n + 1/2)$. Where $\sigma = -1$ they go down, and the
        first is the top one.

        **Raises:**

        - [`feynax.ContinuousSpectrumError`][] for every class but "elliptic".
        - [`feynax.InfiniteDegeneracyError`][] for the zero Hamiltonian.
        """
        check_count("count", count, 0)
        self.need_levels()
        one = self.one
        first = one.centre_energy()
        return first + one.sign * self.hbar * one.rate * (np.arange(count) + 0.5)

    def need_levels(self) -> None:
        """Raise the error of the class unless it has levels."""
        if self.kind == "zero":
            raise InfiniteDegeneracyError(
                "The Hamiltonian is zero: its only level 0 belongs to every state."
            )
        if self.kind != "elliptic":
            delta = self.one.discriminant
            raise ContinuousSpectrumError(
                f"A Hamiltonian of class {self.kind} (discriminant {delta:.6g}) has no levels: its "
                f"spectrum is {self.spectrum}.",
                kind=self.kind,
                discriminant=delta,
                spectrum=self.spectrum,
            )


def check_poisson(poisson: Float[ArrayLike, "n n"], size: int) -> Float[np.ndarray, "n n"]:
    """Return an antisymmetric, invertible matrix of this size as float64."""
    j = np.asarray(poisson, np.float64)
    check(size % 2 == 0, "poisson", "have an even number of rows", size)
    check_shape("poisson", j, (size, size))
    check_finite("poisson", j)
    largest = np.max(np.abs(j), initial=0.0)
    antisymmetric = bool(np.all(np.abs(j + j.T) <= 1e-12 * largest))
    check(antisymmetric, "poisson", "be antisymmetric", "another transpose")
    invertible = bool(largest > 0 and np.linalg.cond(j) < 1e12)
    check(invertible, "poisson", "be invertible", f"determinant {np.linalg.det(j):.3g}")
    return j
