"""Euclidean paths of a quantum system, weighted by their action: one ensemble, any potential."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import check, check_choice, check_count, check_finite, check_positive
from .._citation import cites
from ._abstract import AbstractEnsemble
from ._ends import AbstractEnds, Periodic
from ._fit import fitted, mean_curvature, middle, self_consistent
from ._memory import AbstractMemory, least_square, memory_action
from ._potential import AbstractPotential, FunctionPotential
from ._reference import PathReference
from ._rule import RULES, Rule
from ._systems import as_potential, check_normalisable

Path = Float[Array, "dof sites"]
_LEAST_TURN = 1e-2  # least omega beta hbar of a reference whose zero mode nothing else holds


@cites("paths")
class PathEnsemble(AbstractEnsemble):
    r"""Paths $x(\tau)$ of N slices with weight $e^{-S/\hbar}$, $\beta\hbar = N\,dt$.

    $$ S = \sum_n \frac{(x_n - x_{n-1})^T M (x_n - x_{n-1})}{2\,dt} + dt \sum_n V(x)_n $$

    where the action says how a slice evaluates V (see the table). A closed path is the trace of
    $e^{-\beta H}$, $H = p^T M^{-1} p/2 + V$; other ends give the kernel and the wave function.

    | action | error in dt |
    |---|---|
    | `trapezoid` (default) | 2 |
    | `midpoint`, as the document has it | 1, not 2: (3.3) of the document |
    | `takahashi_imada` | 4 for lnZ, energies and levels; other observables are corrected |
    | `chin` | 4, with two slices for a step of its own (N is even) |

    **Arguments:**

    - `potential`: an `AbstractPotential`, a formula such as `"x**2/2 + x**4"`, or a function
      of x (of an array (dof, ...) where `mass` has more than one degree of freedom).
    - `beta`: inverse temperature, one over energy; for open ends, duration over hbar.
    - `slices`: N, at least 2.
    - `action`: see the table.
    - `ends`: [`feynax.paths.Periodic`][] by default.
    - `mass`: one number, one a degree of freedom, or a positive definite matrix.
    - `hbar`: Planck's constant, in units of action.
    - `memory`: a quadratic non-local action, for closed paths: [`feynax.paths.Ohmic`][] friction
      or a [`feynax.paths.RetardedKernel`][].

    Everything is for one path, an array of shape (dof, sites): sites is N for closed paths and
    N + 1 for open ones.

    **Raises:**

    - `ValueError` where an argument is out of range, or shapes do not fit.
    - `NotNormalisableError` where the potential, with the memory, does not hold the paths: see
      [`feynax.paths.confinement`][].

    Source: paths document (Hashimoto, Hirono, Maeda, Totsuka-Yoshinaka), equations (3.1) to (3.3)
    and section 5, with a sum over n = 1..N (`tests/paths/test_ensemble.py`).

    ```python
    import jax.numpy as jnp, feynax as fx
    oscillator = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    assert jnp.allclose(oscillator.action(jnp.ones((1, 16))), 2.0)
    ```
    """

    potential: AbstractPotential
    ends: AbstractEnds
    mass: Float[Array | np.ndarray, "dof dof"]
    memory: AbstractMemory | None
    beta: float
    hbar: float
    slices: int = eqx.field(static=True)
    kind: str = eqx.field(static=True)

    def __init__(
        self,
        potential: AbstractPotential | str | Callable[[Any], Any],
        *,
        beta: float,
        slices: int,
        action: str = "trapezoid",
        ends: AbstractEnds | None = None,
        mass: Any = 1.0,
        hbar: float = 1.0,
        memory: AbstractMemory | None = None,
    ):
        check_positive("beta", beta)
        check_positive("hbar", hbar)
        check_count("slices", slices, 2)
        check_choice("action", action, RULES)
        check(action != "chin" or slices % 2 == 0, "slices", "be even for this action", slices)
        self.potential = as_potential(potential, np.shape(mass)[0] if np.ndim(mass) else None)
        self.mass = _mass_matrix(mass, self.potential.dof)
        self.ends = Periodic() if ends is None else ends
        self.beta, self.hbar = np.float64(beta), np.float64(hbar)
        self.slices, self.kind, self.memory = slices, action, memory
        self._check_ends()
        self._check_memory()
        self._check_sum()

    @property
    def dof(self) -> int:
        """Degrees of freedom: particles times dimensions."""
        return self.mass.shape[0]

    @property
    def sites(self) -> int:
        """Stored sites of a path."""
        return self.ends.sites(self.slices)

    @property
    def closed(self) -> bool:
        """Whether the path ends where it begins."""
        return isinstance(self.ends, Periodic)

    @property
    def local(self) -> bool:
        """Whether only neighbours in time are coupled, so that slices have a transfer matrix."""
        return self.memory is None

    @property
    def dt(self) -> float:
        """Euclidean time of a slice."""
        return self.beta * self.hbar / self.slices

    @property
    def rule(self) -> Rule:
        """Where and how a slice evaluates the potential."""
        return RULES[self.kind]

    def action(self, x: Path) -> Float[Array, ""]:
        return self.bond_action(x) + self.site_action(x)

    def bond_action(self, x: Path) -> Float[Array, ""]:
        """Return the part of the action that ties different times: kinetic, and memory."""
        mass = jnp.asarray(self.mass, x.dtype)
        # One mass is multiplied once, and not at every time.
        one = lambda steps: mass[0, 0] * jnp.sum(steps**2)
        square = one if self.dof == 1 else lambda steps: jnp.sum(steps * (mass @ steps))
        total = square(x[:, 1:] - x[:, :-1])
        dt = jnp.asarray(self.dt, x.dtype)
        if self.closed:
            total = total + square(x[:, :1] - x[:, -1:])
        total = total / (2 * dt)
        if self.memory is not None:
            total = total + memory_action(self.memory, mass, dt, x)
        return total / jnp.asarray(self.hbar, x.dtype)

    def site_action(self, x: Path) -> Float[Array, ""]:
        """Return the rest of the action, a sum over times."""
        return jnp.sum(self.energies(x)) * jnp.asarray(self.dt / self.hbar, x.dtype)

    def steps(self, x: Path) -> Float[Array, "dof slices"]:
        """Return x_n - x_{n-1} of every slice n = 1..N."""
        return x - jnp.roll(x, 1, -1) if self.closed else x[:, 1:] - x[:, :-1]

    def places(self, x: Path) -> Float[Array, "dof terms"]:
        """Return where the potential is evaluated: at the sites, or between them."""
        if not self.rule.midpoint:
            return x
        return (x + jnp.roll(x, 1, -1)) / 2 if self.closed else (x[:, 1:] + x[:, :-1]) / 2

    def energies(self, x: Path) -> Float[Array, " terms"]:
        """Return the terms of the potential's sum, weighted, in units of energy."""
        z = self.places(x)
        weights, forces = self._weights(z)
        terms = weights * self.potential(z)
        return terms + forces * self.squared_force(z) if self.rule.corrected else terms

    def squared_force(self, z: Float[Array, "dof terms"]) -> Float[Array, " terms"]:
        r"""Return $dt^2\, \nabla V^T M^{-1} \nabla V$, an energy."""
        force, mass = self.potential.gradient(z), jnp.asarray(self.mass, z.dtype)
        turned = force / mass[0, 0] if self.dof == 1 else jnp.linalg.inv(mass) @ force
        return jnp.asarray(self.dt, z.dtype) ** 2 * jnp.sum(force * turned, 0)

    def residual(self, reference: PathReference, x: Path) -> Float[Array, ""]:
        z = self.places(x)
        terms = 1 if self.closed or self.rule.midpoint else _half_ends(z.shape[-1], x.dtype)
        local = jnp.sum(self.energies(x) - terms * reference.potential(z))
        return local * jnp.asarray(self.dt / self.hbar, x.dtype)

    def reference(self) -> PathReference:
        with jax.enable_x64(True):
            rate = 1 / (float(self.beta) * float(self.hbar))  # of a thermal wavelength
            centre = middle(self.ends, self.dof)
            square = rate**2 - min(self._least_square(), 0.0)
            first = self._oscillators(np.asarray(self.mass) * square, centre)
            return self_consistent(first, self.matched, self._oscillators)

    def matched(self, x: Float[Array, "chains dof sites"]) -> PathReference:
        with jax.enable_x64(True):
            found = _pilot(self, jnp.asarray(x))
        # The reference must hold what memory drives apart, and slowly what nothing holds.
        turn = _LEAST_TURN / (float(self.beta) * float(self.hbar))
        least = turn**2 - min(self._least_square(), 0.0)
        return self._oscillators(*fitted(*found, mass=np.asarray(self.mass), least=least))

    def memory_spectrum(self) -> np.ndarray | float:
        """Return the memory's eigenvalues over the mass, in the order of the modes."""
        if self.memory is None:
            return 0.0
        dt = float(self.dt)
        with jax.enable_x64(True):
            squares = np.asarray(self.memory.squares(self.slices, jnp.asarray(dt)))
        # The modes of closed paths are cosines, then sines.
        return dt * np.concatenate([squares, squares[1 : (self.slices + 1) // 2]])

    def _least_square(self) -> float:
        """What kinetic part and memory together leave the weakest mode, over the mass."""
        if self.memory is None:
            return 0.0
        midpoint = self.rule.midpoint
        return least_square(self.memory, self.slices, float(self.dt), midpoint=midpoint)

    def _oscillators(self, stiffness: np.ndarray, centre: np.ndarray) -> PathReference:
        return PathReference(
            self.ends,
            slices=self.slices,
            dt=float(self.dt),
            hbar=float(self.hbar),
            mass=np.asarray(self.mass),
            stiffness=stiffness,
            centre=centre,
            midpoint=self.rule.midpoint,
            memory=self.memory_spectrum(),
        )

    def _effective(self, z: Float[Array, "dof terms"]) -> Float[Array, " terms"]:
        """The mean term of the action's sum."""
        weights, forces = self.rule.weights(2, closed=True)
        squared = self.squared_force(z) * forces.mean() if self.rule.corrected else 0.0
        return self.potential(z) * weights.mean() + squared

    def _weights(self, z: Float[Array, "dof terms"]) -> tuple[Array, Array]:
        both = self.rule.weights(z.shape[-1], closed=self.closed)
        return jnp.asarray(both[0], z.dtype), jnp.asarray(both[1], z.dtype)

    def _check_sum(self) -> None:
        check_normalisable(
            self.potential,
            self.ends,
            beta=float(self.beta),
            hbar=float(self.hbar),
            mass=np.asarray(self.mass),
            slices=self.slices,
            least_square=self._least_square(),
        )

    def _check_memory(self) -> None:
        if self.memory is None:
            return
        is_memory = isinstance(self.memory, AbstractMemory)
        check(is_memory, "memory", "be an Ohmic or RetardedKernel", repr(self.memory))
        check(self.closed, "memory", "be left out for open paths", type(self.ends).__name__)

    def _check_ends(self) -> None:
        for name in ("start", "stop"):
            shape = np.shape(getattr(self.ends, name, np.zeros(self.dof)))
            check(
                shape == (self.dof,),
                name,
                f"have one place a degree of freedom ({self.dof})",
                shape,
            )


@eqx.filter_jit
def _pilot(ensemble: PathEnsemble, x: Float[Array, "chains dof sites"]):
    """Mean place, and mean first and second derivatives of what the action evaluates."""
    whole = lambda z: ensemble._effective(z if ensemble.dof > 1 else z[None])
    z = jax.vmap(ensemble.places)(x)
    return mean_curvature(FunctionPotential(whole, ensemble.dof), z)


def _half_ends(count: int, dtype: Any) -> Array:
    return jnp.ones(count, dtype).at[jnp.array([0, -1])].set(0.5)


def _mass_matrix(mass: Any, dof: int) -> np.ndarray:
    values = np.asarray(mass, np.float64)
    check_finite("mass", values)
    if values.ndim == 0:
        values = np.full(dof, values)
    check(values.ndim <= 2, "mass", "be a number, a vector or a matrix", f"shape {values.shape}")
    matrix = np.diag(values) if values.ndim == 1 else values
    square = len({*matrix.shape}) == 1 and np.allclose(matrix, matrix.T)
    check(square, "mass", "be symmetric", f"shape {matrix.shape}")
    least = float(np.linalg.eigvalsh(matrix).min())
    check(least > 0, "mass", "be positive (definite)", f"a least eigenvalue of {least:.3g}")
    check(len(matrix) == dof, "mass", f"have {dof} degrees of freedom", len(matrix))
    return matrix
