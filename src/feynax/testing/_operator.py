"""Whether an operator is the linear map that its matrix, adjoint and tags say."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Inexact

from ..quantum import AbstractOperator
from ._demand import demand

_ROUNDING = 50  # units of the last digit that a result may be off, relative to all its terms
_LARGEST = 512  # size up to which a positive tag is checked on all eigenvalues


def check_operator(operator: Any, matrix: Inexact[ArrayLike, "size size"] | None = None) -> None:
    r"""Check an operator of yours (or ours).

    What is checked, in this order:

    1. it is an `AbstractOperator`; the image of a state has its shape, and the dtype of state and
       matrix elements together, for real and for complex states;
    2. `mv` is linear, and the same under `jit` and `vmap`;
    3. `as_matrix` holds the columns of `mv`, in `dtype`; and is `matrix`, where one is given;
    4. $\langle\phi|A\psi\rangle = \langle A^\dagger\phi|\psi\rangle$, and the adjoint's adjoint is
       the operator;
    5. the tags are true: `hermitian` where it is set; `positive` on the eigenvalues up to size
       512, above on random states alone.

    **Arguments:**

    - `operator`: an instance of a size whose matrix fits into memory.
    - `matrix`: made another way, if there is one.

    **Raises:**

    - `AssertionError` with one sentence that names what failed.

    ```python
    import numpy as np, feynax as fx
    fx.testing.check_operator(fx.quantum.DiagonalOperator([1.0, 2.0]), np.diag([1.0, 2.0]))
    ```
    """
    kind = type(operator).__name__
    demand(isinstance(operator, AbstractOperator), f"{kind} must be a subclass of AbstractOperator")
    states = _states(operator)
    _check_dtypes(operator, states)
    found = np.asarray(operator.as_matrix())
    demand(found.dtype == operator.dtype, f"`as_matrix` must be {operator.dtype}: {found.dtype}")
    _check_linear(operator, states, found)
    if matrix is not None:
        _same(found, np.asarray(matrix), found, "`as_matrix` must be the matrix that is given")
    _check_adjoint(operator, states, found)
    _check_tags(operator, states, found)


def _states(operator: AbstractOperator) -> tuple[Array, Array]:
    """Return a real and a complex state, in the precision of the operator."""
    rng = np.random.default_rng(3)
    real = np.finfo(operator.dtype).dtype
    first, second, third = rng.normal(size=(3, operator.size)).astype(real)
    return jnp.asarray(first), jax.lax.complex(jnp.asarray(second), jnp.asarray(third))


def _check_dtypes(operator: AbstractOperator, states: tuple[Array, Array]) -> None:
    for psi in states:
        image = eqx.filter_eval_shape(lambda a, v: a.mv(v), operator, psi)
        wanted = psi.shape, np.result_type(psi.dtype, operator.dtype)
        right = (image.shape, image.dtype) == wanted
        demand(right, f"`mv` must make {wanted} of a state {psi.dtype}, but makes {image}")


def _check_linear(operator: AbstractOperator, states: tuple[Array, Array], found: Any) -> None:
    real, psi = states
    number = jnp.asarray(0.6 - 0.8j, psi.dtype)
    both = number * psi + real.astype(psi.dtype)
    image, first, second = (np.asarray(operator.mv(v)) for v in (both, psi, real))
    number = np.asarray(number)
    _same(image, number * first + second, found, "`mv` must be linear", both)
    _same(first, found @ np.asarray(psi), found, "`as_matrix` must hold the columns of `mv`", psi)
    applied = eqx.filter_jit(lambda a, v: jax.vmap(a.mv)(v))(operator, jnp.stack([psi, both]))
    _same(np.asarray(applied)[1], image, found, "`mv` must be the same under jit and vmap", both)


def _check_adjoint(operator: AbstractOperator, states: tuple[Array, Array], found: Any) -> None:
    adjoint, psi = operator.adjoint(), states[1]
    _same(np.asarray(adjoint.as_matrix()), found.conj().T, found, "`adjoint` must be the adjoint")
    turned = np.asarray(adjoint.mv(psi))
    right = found.conj().T @ np.asarray(psi)
    _same(turned, right, found, "`adjoint().mv` must move the operator to the other side", psi)
    again = np.asarray(adjoint.adjoint().as_matrix())
    _same(again, found, found, "the adjoint of the adjoint must be the operator")


def _check_tags(operator: AbstractOperator, states: tuple[Array, Array], found: Any) -> None:
    if operator.hermitian:
        _same(found, found.conj().T, found, "a Hermitian tag must be true")
    demand(operator.hermitian or not operator.positive, "a positive operator must be Hermitian")
    if operator.positive and operator.size <= _LARGEST:
        least, slack = np.linalg.eigvalsh(found).min(), _slack(found)
        demand(least >= -slack, f"a positive tag must be true, but {least:.3g} is an eigenvalue")
    if operator.positive:
        means = [float(np.real(operator.mean(psi))) for psi in states]
        demand(min(means) >= -_slack(found), f"a positive tag must be true: a mean is {min(means)}")


def _same(one: Any, other: Any, matrix: Any, sentence: str, psi: Any = None) -> None:
    demand(np.shape(one) == np.shape(other), f"{sentence}, but their shapes differ")
    size = 1.0 if psi is None else float(np.linalg.norm(np.asarray(psi)))
    gap = float(np.max(np.abs(np.asarray(one) - np.asarray(other))))
    demand(gap <= size * _slack(matrix), f"{sentence}, but is {gap:.1e} off")


def _slack(matrix: Any) -> float:
    return (
        _ROUNDING * float(np.finfo(matrix.dtype).eps) * max(float(np.linalg.norm(matrix)), 1e-300)
    )
