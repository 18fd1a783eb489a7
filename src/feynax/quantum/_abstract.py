"""What every quadratic Hamiltonian knows of itself: its class, its modes, and its levels."""

import functools
import math
from collections.abc import Sequence

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float, Int

from .._checks import check, check_count
from .._errors import ContinuousSpectrumError, InfiniteDegeneracyError, UnorderedLevelsError
from ..equations import AffineField, Region
from ._canonical import canonical_basis
from ._one_mode import Kind, OneMode, SpectralSet, one_mode
from ._spectrum._krein import krein_normal_form
from ._spectrum._levels import (
    LevelList,
    lowest_occupations,
    occupations_below,
    read_occupation,
)
from ._spectrum._normal_form import NormalForm, definite_normal_form, one_normal_form


class AbstractQuadratic:
    r"""$H = z^T Q z / 2 + l^T z$ with $[z_i, z_j] = i \hbar J_{ij}$: its class, modes and levels.

    All of it follows from the fields, which [`feynax.quantum.QuadraticHamiltonian`][] fills.

    **Fields:**

    - `form` (2m, 2m), `slope` (2m), `poisson` (2m, 2m), `hbar`: $Q$, $l$, $J$, $\hbar$.
    - `region`: where a network is this linear, if it comes from one.

    Source: P. Kohli and A. Haslam (2020), (18)-(20); several degrees of freedom by their normal
    form ([`feynax.quantum.williamson`][] and Krein's signs).

    ```python
    import feynax as fx
    saddle = fx.quantum.QuadraticHamiltonian.from_coefficients(0.1, 0.3, -0.1, 0.3, 0.2)
    assert isinstance(saddle, fx.quantum.AbstractQuadratic) and saddle.spectrum.multiplicity == 2
    ```
    """

    form: Float[np.ndarray, "n n"]
    slope: Float[np.ndarray, " n"]
    poisson: Float[np.ndarray, "n n"]
    hbar: float
    region: Region | None

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
        """The class.

        One degree of freedom: "elliptic", "hyperbolic", "free", "force", "linear" or "zero".
        Several: "elliptic" where all modes oscillate, "zero", or "mixed".
        """
        if self.modes == 1:
            return self.one.kind
        if self._modes is not None:
            return "elliptic"
        return "mixed" if np.any(self.form) or np.any(self.slope) else "zero"

    @property
    def spectrum(self) -> SpectralSet:
        """The set of energies."""
        if self.modes == 1:
            return self.one.spectrum
        if self._modes is not None:
            ordered = abs(int(np.sum(self._modes.signs))) == self.modes
            return SpectralSet("discrete", None, int(self._modes.signs[0]) if ordered else 0)
        if self.kind == "zero":
            return SpectralSet("zero", 0.0, multiplicity=math.inf)
        return SpectralSet("unknown")

    @functools.cached_property
    def _modes(self) -> NormalForm | None:
        if self.modes == 1:
            elliptic = self.one.kind == "elliptic"
            return one_normal_form(self.one, canonical_basis(self.poisson)) if elliptic else None
        normal = definite_normal_form(self.form, self.poisson)
        return krein_normal_form(self.form, self.poisson) if normal is None else normal

    @property
    def normal_form(self) -> NormalForm:
        r"""Frequencies, Krein signs, and the basis in which the modes are apart.

        **Raises:** as `levels`, but not where signs are mixed.
        """
        self.need_levels()
        assert self._modes is not None
        return self._modes

    @property
    def frequencies(self) -> Float[np.ndarray, " modes"]:
        r"""$\omega_k$ of the modes, ascending; the eigenvalues of $A$ are $\pm i\omega_k$."""
        return self.normal_form.frequencies

    @property
    def signs(self) -> Int[np.ndarray, " modes"]:
        """Krein signs of the modes: +1 where quanta add energy, -1 where they take it."""
        return self.normal_form.signs

    @functools.cached_property
    def centre(self) -> Float[np.ndarray, " n"]:
        r"""$z^* = -Q^{-1} l$ of a Hamiltonian with levels: where the flow rests."""
        if self.modes == 1:
            self.need_levels()
            return canonical_basis(self.poisson) @ self.one.centre()
        normal = self.normal_form
        weights = np.tile(normal.signs * normal.frequencies, 2)
        return -normal.basis @ (normal.basis.T @ self.slope / weights)

    @functools.cached_property
    def centre_energy(self) -> float:
        r"""$H^* = l^T z^* / 2$, the energy of the classical state at rest."""
        if self.modes == 1:
            self.need_levels()
            return self.one.centre_energy()
        return float(self.slope @ self.centre / 2)

    @functools.cached_property
    def _ladder(self) -> tuple[float, float] | None:
        """Signed spacing and centre of the levels of one degree of freedom, if it has levels."""
        if self.modes != 1 or self.kind != "elliptic":
            return None
        return self.one.sign * self.hbar * self.one.rate, self.one.centre_energy()

    def levels(self, count: int) -> Float[np.ndarray, " count"]:
        r"""Return the levels that are nearest to the centre's energy, in their order.

        $E_n = H^* + \hbar \sum_k \sigma_k \omega_k (n_k + 1/2)$, each as often as there are
        states. Where all $\sigma_k = -1$ they go down, and the first is the top one.

        **Raises:**

        - [`feynax.ContinuousSpectrumError`][] for every class but "elliptic"; with several degrees
          of freedom it carries the eigenvalues of $A$.
        - [`feynax.InfiniteDegeneracyError`][] for the zero Hamiltonian.
        - [`feynax.UnorderedLevelsError`][] where signs are mixed: see `levels_between`.
        """
        check_count("count", count, 0)
        if self._ladder is not None:
            spacing, centre = self._ladder
            levels = np.arange(0.5, count)
            levels *= spacing
            levels += centre
            return levels
        self.need_levels()
        sign = self.spectrum.direction
        if not sign:
            raise UnorderedLevelsError(
                f"The modes have signs {self.signs.tolist()}: levels go up and down without end "
                "and none is the first. `levels_between` lists those of a window."
            )
        return sign * np.sort(sign * self.energies(lowest_occupations(self.frequencies, count)))

    def level(self, occupation: int | Sequence[int] | Int[ArrayLike, " modes"]) -> float:
        r"""Return the energy of the state with $n_k$ quanta in each mode, of any signs.

        **Arguments:**

        - `occupation`: one whole number for each mode, in the order of `frequencies`.
        """
        return float(self.energies(read_occupation(occupation, self.modes)[None])[0])

    def energies(self, states: Int[np.ndarray, "count modes"]) -> Float[np.ndarray, " count"]:
        """Return those of states given by their quanta in each mode."""
        normal = self.normal_form
        return self.centre_energy + self.hbar * (states + 0.5) @ (normal.signs * normal.frequencies)

    def levels_between(
        self, low: float, high: float, *, excitation: float | None = None
    ) -> LevelList:
        r"""Return all levels of a window, with their states.

        Where signs are mixed, a window holds no level or infinitely many, of ever larger
        excitation $\hbar \sum_k \omega_k n_k$; say how far to look.

        **Arguments:**

        - `low`, `high`: ends of the window, both included.
        - `excitation`: the largest that is listed, in units of energy; to be given where signs are
          mixed. At most 10^6 states are looked at.

        ```python
        import numpy as np, feynax as fx
        rest, j = np.zeros(4), np.kron([[0.0, 1.0], [-1.0, 0.0]], np.eye(2))
        ham = fx.quantum.QuadraticHamiltonian(np.diag([1.0, -3.0, 1.0, -3.0]), rest, j)
        found = ham.levels_between(-1.5, -0.5, excitation=8.0)
        assert np.allclose(found.energies, -1) and found.occupations.tolist() == [[0, 0], [3, 1]]
        ```

        **Raises:** as `levels`, but lists levels of mixed signs too.
        """
        check(low <= high, "high", f"be at least {low}", high)
        direction = self.spectrum.direction if self.kind == "elliptic" else 0
        frequencies, signs = self.frequencies, self.signs
        given = direction != 0 or excitation is not None
        check(given, "excitation", f"be given for modes of signs {signs.tolist()}", excitation)
        bound = np.inf if excitation is None else excitation
        if direction:
            ground = self.level(np.zeros(self.modes, int))
            bound = min(bound, high - ground if direction > 0 else ground - low)
        states = occupations_below(frequencies, bound / self.hbar)
        energies = self.energies(states)
        order = np.argsort(energies, kind="stable")
        inside = order[(energies[order] >= low) & (energies[order] <= high)]
        return LevelList(energies[inside], states[inside])

    def covariance(
        self, occupation: int | Sequence[int] | Int[ArrayLike, " modes"] = 0
    ) -> Float[np.ndarray, "n n"]:
        r"""Return that of the state with $n_k$ quanta: $\hbar T \mathrm{diag}(n + 1/2) T^T$.

        **Arguments:**

        - `occupation`: as for `level`; 0 is the ground state (the top one, where levels go down).
        """
        quanta = read_occupation(occupation, self.modes) + 0.5
        basis = self.normal_form.basis
        return self.hbar * (basis * np.tile(quanta, 2)) @ basis.T

    def need_levels(self) -> None:
        """Raise the error of the class unless it has levels."""
        if self.kind != "elliptic":
            raise self._no_levels()

    def _no_levels(self) -> Exception:
        if self.kind == "zero":
            return InfiniteDegeneracyError(
                "The Hamiltonian is zero: its only level 0 belongs to every state."
            )
        delta = values = None
        if self.modes == 1:
            delta = self.one.discriminant
            text = f"A Hamiltonian of class {self.kind} (discriminant {delta:.6g})"
        else:
            values = np.linalg.eigvals(self.field.matrix)
            text = f"A Hamiltonian not all of whose modes oscillate (eigenvalues {values})"
        return ContinuousSpectrumError(
            f"{text} has no levels: its spectrum is {self.spectrum}.",
            kind=self.kind,
            discriminant=delta,
            spectrum=self.spectrum,
            eigenvalues=values,
        )
