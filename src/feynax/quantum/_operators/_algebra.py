"""Linear operators on states, and what can be made of two of them."""

import abc
from typing import Any, ClassVar, cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Inexact

from ..._checks import check, check_shape
from ._held import hold, meet, settle, shown


class AbstractOperator(eqx.Module):
    r"""A square matrix that is known by what it does to a state.

    States are vectors of shape (size,), in orthonormal coordinates; `jax.vmap(operator.mv)` takes
    many. Operators add, subtract, and multiply with `@`; numbers multiply with `*`. Nothing is
    formed until `as_matrix` is called.

    **Fields:**

    - `size`: number of components of a state.
    - `hermitian`: whether $A = A^\dagger$ is known. False means "not known".
    - `positive`: whether $\langle\psi|A\psi\rangle \ge 0$ is known; implies `hermitian`.

    Tags are measured or checked where that costs no more than the arrays at hand; those of
    [`feynax.quantum.MatrixFreeOperator`][], and those given to sums and products, are trusted.
    A subclass has `size`, `dtype`, `mv`, `adjoint` and the two tags.

    Arrays are held in double precision on the host; what `mv` computes in follows the caller's
    x64 setting.
    """

    size: eqx.AbstractVar[int]
    hermitian: eqx.AbstractVar[bool]
    positive: eqx.AbstractVar[bool]
    __array_ufunc__: ClassVar[None] = None  # or NumPy's scalars multiply element by element

    @property
    @abc.abstractmethod
    def dtype(self) -> np.dtype:
        """Type of the matrix elements, in the precision that is switched on."""

    @abc.abstractmethod
    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Apply the operator to a state."""

    @abc.abstractmethod
    def adjoint(self) -> "AbstractOperator":
        """Return the Hermitian conjugate."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the matrix."""
        return self.size, self.size

    def as_matrix(self) -> Inexact[Array, "size size"]:
        """Form the matrix, column by column."""
        unit = jnp.eye(self.size, dtype=self.dtype)
        return jax.vmap(self.mv, in_axes=1, out_axes=1)(unit)

    def mean(self, psi: Inexact[Array, " size"]) -> Inexact[Array, ""]:
        r"""Return $\langle\psi|A\psi\rangle / \langle\psi|\psi\rangle$, real for Hermitian $A$."""
        psi, image = meet(psi, self.mv(psi))
        mean = jnp.vdot(psi, image) / jnp.sum(jnp.abs(psi) ** 2).astype(psi.dtype)
        return mean.real if self.hermitian else mean

    def __add__(self, other: "AbstractOperator") -> "SumOperator":
        if not isinstance(other, AbstractOperator):
            return NotImplemented
        return SumOperator(*_terms(self), *_terms(other))

    def __sub__(self, other: "AbstractOperator") -> "SumOperator":
        if not isinstance(other, AbstractOperator):
            return NotImplemented
        return self + (-other)

    def __neg__(self) -> "ScaledOperator":
        return -1.0 * self

    def __mul__(self, factor: ArrayLike) -> "ScaledOperator":
        if isinstance(factor, AbstractOperator):
            return NotImplemented
        return ScaledOperator(factor, self)

    __rmul__ = __mul__

    def __truediv__(self, factor: ArrayLike) -> "ScaledOperator":
        return self * (1 / cast(Any, factor))

    def __matmul__(self, other: "AbstractOperator") -> "ProductOperator":
        if not isinstance(other, AbstractOperator):
            return NotImplemented
        return ProductOperator(*_factors(self), *_factors(other))


class SumOperator(AbstractOperator):
    """A sum of operators; Hermitian, or positive, where all of them are.

    **Arguments:**

    - `terms`: operators of one size.
    - `hermitian`, `positive`: what is known beyond that, such as of $AB + BA$; trusted.

    ```python
    import jax.numpy as jnp
    import feynax as fx
    diagonal = fx.quantum.DiagonalOperator([1.0, 2.0])
    total = diagonal + 0.5 * diagonal
    assert total.mv(jnp.ones(2)).tolist() == [1.5, 3.0] and total.positive
    ```
    """

    terms: tuple[AbstractOperator, ...]
    size: int = eqx.field(static=True)
    hermitian: bool = eqx.field(static=True)
    positive: bool = eqx.field(static=True)

    def __init__(
        self,
        *terms: AbstractOperator,
        hermitian: bool | None = None,
        positive: bool | None = None,
    ):
        check_sizes("terms", terms)
        self.terms, self.size = terms, terms[0].size
        positive = all(t.positive for t in terms) if positive is None else positive
        known = all(t.hermitian for t in terms) if hermitian is None else hermitian
        self.hermitian, self.positive = settle(known, hermitian, positive)

    @property
    def dtype(self) -> np.dtype:
        """Type of the matrix elements."""
        return np.result_type(*(t.dtype for t in self.terms))

    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Apply the operator to a state."""
        images = meet(*(t.mv(psi) for t in self.terms))
        return sum(images[1:], images[0])

    def adjoint(self) -> AbstractOperator:
        """Return the Hermitian conjugate."""
        return self if self.hermitian else SumOperator(*(t.adjoint() for t in self.terms))

    def as_matrix(self) -> Inexact[Array, "size size"]:
        """Form the matrix."""
        matrices = meet(*(t.as_matrix() for t in self.terms))
        return sum(matrices[1:], matrices[0])


class ScaledOperator(AbstractOperator):
    """A number times an operator; Hermitian where both are real in that sense.

    ```python
    import jax.numpy as jnp
    import feynax as fx
    turned = 2j * fx.quantum.IdentityOperator(3)
    assert not turned.hermitian and turned.adjoint().mv(jnp.ones(3))[0] == -2j
    ```
    """

    factor: Inexact[Array | np.ndarray, ""]
    operator: AbstractOperator
    size: int = eqx.field(static=True)
    hermitian: bool = eqx.field(static=True)
    positive: bool = eqx.field(static=True)

    def __init__(self, factor: ArrayLike, operator: AbstractOperator):
        self.factor = hold("factor", factor)
        check_shape("factor", self.factor, ())
        self.operator, self.size = operator, operator.size
        real = not jnp.iscomplexobj(self.factor)
        known = isinstance(self.factor, np.ndarray)
        self.hermitian = operator.hermitian and real
        self.positive = operator.positive and real and known and bool(self.factor >= 0)

    @property
    def dtype(self) -> np.dtype:
        """Type of the matrix elements."""
        return np.result_type(self.operator.dtype, shown(self.factor))

    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Apply the operator to a state."""
        factor, image = meet(self.factor, self.operator.mv(psi))
        return factor * image

    def adjoint(self) -> AbstractOperator:
        """Return the Hermitian conjugate."""
        conjugate = self.factor.conj()
        return self if self.hermitian else ScaledOperator(conjugate, self.operator.adjoint())

    def as_matrix(self) -> Inexact[Array, "size size"]:
        """Form the matrix."""
        factor, matrix = meet(self.factor, self.operator.as_matrix())
        return factor * matrix


class ProductOperator(AbstractOperator):
    r"""A product of operators, applied from the right.

    The square of a Hermitian operator is known to be positive; of other products nothing is.

    **Arguments:**

    - `factors`: operators of one size.
    - `hermitian`, `positive`: what is known beyond that, such as of $B^\dagger A B$; trusted.

    ```python
    import feynax as fx
    position = fx.quantum.FockBasis(4).position()
    square = position @ position
    assert square.positive and abs(square.as_matrix()[0, 0] - 0.5) < 1e-6
    ```
    """

    factors: tuple[AbstractOperator, ...]
    size: int = eqx.field(static=True)
    hermitian: bool = eqx.field(static=True)
    positive: bool = eqx.field(static=True)

    def __init__(
        self,
        *factors: AbstractOperator,
        hermitian: bool | None = None,
        positive: bool | None = None,
    ):
        check_sizes("factors", factors)
        self.factors, self.size = factors, factors[0].size
        first = factors[0]
        square = len(factors) == 2 and first is factors[1] and first.hermitian
        one = len(factors) == 1
        positive = square or (one and first.positive) if positive is None else positive
        known = square or (one and first.hermitian)
        self.hermitian, self.positive = settle(known, hermitian, positive)

    @property
    def dtype(self) -> np.dtype:
        """Type of the matrix elements."""
        return np.result_type(*(f.dtype for f in self.factors))

    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Apply the operator to a state."""
        for factor in reversed(self.factors):
            psi = factor.mv(psi)
        return psi

    def adjoint(self) -> AbstractOperator:
        """Return the Hermitian conjugate."""
        if self.hermitian:
            return self
        return ProductOperator(*(f.adjoint() for f in reversed(self.factors)))


def _terms(operator: AbstractOperator) -> tuple[AbstractOperator, ...]:
    """Terms of a sum that knows no more than they do; anything else is one term."""
    if not isinstance(operator, SumOperator):
        return (operator,)
    told = operator.hermitian != all(t.hermitian for t in operator.terms)
    told = told or operator.positive != all(t.positive for t in operator.terms)
    return (operator,) if told else operator.terms


def _factors(operator: AbstractOperator) -> tuple[AbstractOperator, ...]:
    flat = isinstance(operator, ProductOperator) and not operator.hermitian
    return cast(ProductOperator, operator).factors if flat else (operator,)


def check_sizes(name: str, operators: tuple[AbstractOperator, ...]) -> None:
    """Refuse an empty list, anything but operators, and operators of several sizes."""
    good = bool(operators) and all(isinstance(o, AbstractOperator) for o in operators)
    check(good, name, "be operators", operators)
    sizes = {o.size for o in operators}
    check(len(sizes) == 1, name, "have one size", f"sizes {sorted(sizes)}")
