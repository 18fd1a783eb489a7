"""What every basis offers, and the tensor product of several."""

import abc
import dataclasses
import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Inexact

from ..._checks import check, check_count, check_positive, check_shape
from ._algebra import AbstractOperator, ScaledOperator, SumOperator
from ._collocated import CollocatedOperator
from ._fourier import FourierOperator
from ._held import hold
from ._stored import DenseOperator, DiagonalOperator, IdentityOperator
from ._tensor import on_axis


class AbstractBasis(abc.ABC):
    r"""Orthonormal functions of one or more coordinates, with the operators between them.

    Coefficients are vectors of shape (size,), of which the squares add up to one; with several
    coordinates the last one runs first. $[q, p] = i\hbar$: the coordinate is what the documents
    call $y_1$, the momentum is $y_2$.

    No basis of finite size holds an unbounded operator: matrix elements are exact or accurate to
    rounding, yet levels come out right only where their functions fit into the basis, and an
    operator with a continuous spectrum still has `size` eigenvalues that mean nothing.
    [`feynax.quantum.refined_levels`][] tells the two apart.
    """

    @property
    @abc.abstractmethod
    def axes(self) -> tuple["AbstractAxis", ...]:
        """Bases of the single coordinates."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of functions of the single coordinates."""
        return tuple(axis.count for axis in self.axes)

    @property
    def size(self) -> int:
        """Number of functions."""
        return math.prod(self.sizes)

    @property
    def planck(self) -> float:
        """The constant in the commutator."""
        return self.axes[0].hbar

    def identity(self) -> IdentityOperator:
        """Return the operator that changes nothing."""
        return IdentityOperator(self.size)

    def position(self, axis: int = 0) -> AbstractOperator:
        """Return one coordinate as an operator."""
        return self._lift(axis, self._axis(axis).monomial(1, 0))

    def momentum(self, axis: int = 0) -> AbstractOperator:
        r"""Return the momentum $-i\hbar\,\partial/\partial q$ of one coordinate."""
        return self._lift(axis, self._axis(axis).monomial(0, 1))

    def kinetic(self, mass: float | Sequence[float] = 1.0) -> AbstractOperator:
        r"""Return $\sum_k p_k^2 / (2 m_k)$, on periodic grids as one Fourier operator.

        **Arguments:**

        - `mass`: one for all coordinates, or one for each.
        """
        masses = [mass] * len(self.axes) if isinstance(mass, float | int) else list(mass)
        check(len(masses) == len(self.axes), "mass", f"be {len(self.axes)} numbers", mass)
        for one in masses:
            check_positive("mass", one)
        scales = [0.5 / one for one in masses]
        squares = [axis.monomial(0, 2) for axis in self.axes]
        if all(isinstance(s, FourierOperator) for s in squares) and len(squares) <= 3:
            each = [f * s.symbol for f, s in zip(scales, squares, strict=True)]  # pyright: ignore
            return FourierOperator(functools.reduce(np.add.outer, each))
        terms = [
            ScaledOperator(f, self._lift(k, s))
            for k, (f, s) in enumerate(zip(scales, squares, strict=True))
        ]
        return terms[0] if len(terms) == 1 else SumOperator(*terms)

    def potential(self, function: Callable[..., Any]) -> AbstractOperator:
        """Return a function of the coordinates as an operator.

        In Fock states the matrix elements are Gauss-Hermite sums in a space twice as large:
        exact for polynomials up to degree `2 * size`, converging fast for smooth functions.

        **Arguments:**

        - `function`: takes one array for each coordinate, all of one shape, and returns the
          values; real for a Hermitian operator.
        """
        values = _call("function", function, self.mesh())
        transforms = [axis.transform() for axis in self.axes]
        if all(t is None for t in transforms):
            return DiagonalOperator(values.reshape(-1))
        if len(transforms) == 1:
            t = transforms[0]
            return DenseOperator(t.T @ (values[:, None] * t))  # pyright: ignore
        full = [np.eye(n) if t is None else t for t, n in zip(transforms, self.sizes, strict=True)]
        return CollocatedOperator(values, tuple(full))

    def mesh(self) -> tuple[Float[np.ndarray, "..."], ...]:
        """Return the coordinates at the nodes, an array of the nodes' shape for each."""
        return tuple(np.meshgrid(*(axis.nodes() for axis in self.axes), indexing="ij"))

    def project(self, function: Callable[..., Any]) -> Inexact[np.ndarray, " size"]:
        """Return the coefficients of a function of the coordinates."""
        values = np.asarray(_call("function", function, self.mesh()))
        for k, axis in enumerate(self.axes):
            shape = [-1 if i == k else 1 for i in range(len(self.axes))]
            flat = np.sqrt(axis.weights()) * axis.phases(axis.nodes()).conj()
            values = values * flat.reshape(shape)
            transform = axis.transform()
            if transform is not None:
                values = np.moveaxis(np.tensordot(transform.T, values, (1, k)), 0, k)
        return values.reshape(-1)

    def evaluate(
        self, coefficients: Inexact[np.ndarray, " size"], *points: Float[np.ndarray, " points"]
    ) -> Inexact[np.ndarray, " points"]:
        """Return the values of a wave function.

        **Arguments:**

        - `coefficients` (size,).
        - `points` (points,): where, one array for each coordinate.
        """
        check(len(points) == len(self.axes), "points", f"be {len(self.axes)} arrays", len(points))
        state = np.asarray(coefficients)
        check_shape("coefficients", state, (self.size,))
        tables = [
            a.functions(np.asarray(x, np.float64)) for a, x in zip(self.axes, points, strict=True)
        ]
        rest = np.broadcast_to(state.reshape(self.sizes), (len(tables[0]), *self.sizes))
        for table in reversed(tables):
            rest = np.einsum("p...n,pn->p...", rest, table)
        return rest

    def _axis(self, axis: int) -> "AbstractAxis":
        check(0 <= axis < len(self.axes), "axis", f"be from 0 to {len(self.axes) - 1}", axis)
        return self.axes[axis]

    def _lift(self, axis: int, operator: AbstractOperator) -> AbstractOperator:
        return operator if len(self.axes) == 1 else on_axis(operator, axis, self.sizes)


class AbstractAxis(AbstractBasis):
    """A basis of functions of one coordinate: `count` of them, with the constant `hbar`."""

    count: int
    hbar: float

    @property
    def axes(self) -> tuple["AbstractAxis", ...]:
        """The basis itself."""
        return (self,)

    @abc.abstractmethod
    def monomial(self, position: int, momentum: int) -> AbstractOperator:
        r"""Return the Weyl-ordered product of powers of position and momentum."""

    @abc.abstractmethod
    def functions(self, points: Float[np.ndarray, " points"]) -> Float[np.ndarray, "points size"]:
        """Return the values of all functions, one a column."""

    def phases(self, points: Float[np.ndarray, " points"]) -> Inexact[np.ndarray, " points"]:
        """Return a factor of modulus one that all functions share."""
        return np.ones(len(points))

    @abc.abstractmethod
    def nodes(self) -> Float[np.ndarray, " nodes"]:
        """Return where potentials are looked at."""

    @abc.abstractmethod
    def weights(self) -> Float[np.ndarray, " nodes"]:
        """Return the weights of the nodes in integrals."""

    @abc.abstractmethod
    def transform(self) -> Float[np.ndarray, "nodes size"] | None:
        """Return functions over phases at the nodes, times the weights' roots; None: identity."""


@dataclasses.dataclass(frozen=True)
class ProductBasis(AbstractBasis):
    """All products of functions of several coordinates.

    **Arguments:**

    - `bases`: of one coordinate each, with one `hbar`.

    ```python
    import feynax as fx
    line = fx.quantum.GridBasis(8, length=4.0)
    plane = fx.quantum.ProductBasis((line, line))
    energy = plane.kinetic() + plane.potential(lambda x, y: (x**2 + y**2) / 2)
    assert energy.shape == (64, 64) and energy.positive
    ```
    """

    bases: tuple[AbstractAxis, ...]

    def __post_init__(self):
        good = len(self.bases) > 0 and all(isinstance(b, AbstractAxis) for b in self.bases)
        check(good, "bases", "be bases of one coordinate", self.bases)
        constants = {b.hbar for b in self.bases}
        check(len(constants) == 1, "bases", "have one hbar", f"{sorted(constants)}")

    @property
    def axes(self) -> tuple[AbstractAxis, ...]:
        """Bases of the single coordinates."""
        return self.bases


def _call(name: str, function: Callable[..., Any], mesh: tuple[np.ndarray, ...]) -> Any:
    """Values of a user's function of the coordinates, in double precision."""
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
        values = function(*mesh)
        values = hold(name, values)
    if np.ndim(values) == 0:
        values = values * np.ones(mesh[0].shape)
    check_shape(name, values, mesh[0].shape)
    return values


def check_powers(position: int, momentum: int) -> None:
    """Refuse anything but whole numbers from 0."""
    check_count("position", position, 0)
    check_count("momentum", momentum, 0)


def symmetrised(
    position: Callable[[int], AbstractOperator],
    momentum: AbstractOperator,
    power: int,
) -> AbstractOperator:
    r"""Weyl-order a power of position with an operator of momentum alone.

    $2^{-i} \sum_k \binom{i}{k} q^k P q^{i-k}$ (N. H. McCoy, 1932).
    """
    terms = [
        math.comb(power, k) / 2**power * (position(k) @ momentum @ position(power - k))
        for k in range(power + 1)
    ]
    return SumOperator(*terms, hermitian=momentum.hermitian)
