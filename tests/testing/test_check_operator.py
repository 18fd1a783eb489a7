"""Operators that are what they say pass; each planted fault is named."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.testing import check_operator

HERMITIAN = np.array([[2.0, 1j, 0], [-1j, 3.0, 0.5], [0, 0.5, 1.0]])


class Faulty(fx.quantum.AbstractOperator):
    """A Hermitian positive matrix with one fault."""

    fault: str = eqx.field(static=True, default="none")
    size: int = eqx.field(static=True, default=3)
    hermitian: bool = eqx.field(static=True, default=True)
    positive: bool = eqx.field(static=True, default=True)

    @property
    def matrix(self):
        bend = {"hermitian": np.diag([0, 0, 1j]), "positive": -1.5 * np.eye(3)}
        return jnp.asarray(HERMITIAN + bend.get(self.fault, 0))

    @property
    def dtype(self):
        return np.dtype(np.float64 if self.fault == "dtype" else np.complex128)

    def mv(self, psi):
        image = self.matrix @ psi.astype(complex)
        if self.fault == "bent":
            image = image + 1e-6 * jnp.abs(image).astype(complex)
        if self.fault == "shape":
            image = image[:2]
        if self.fault == "jit" and isinstance(psi, jax.core.Tracer):
            image = 1.001 * image
        return image

    def as_matrix(self):
        return self.matrix.T if self.fault == "columns" else self.matrix

    def adjoint(self):
        turned = fx.quantum.DenseOperator(np.asarray(self.matrix))
        return 1.0001 * turned if self.fault == "adjoint" else turned


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("dtype", "`mv` must make .*float64"),
        ("shape", "`mv` must make"),
        ("bent", "`mv` must be linear"),
        ("columns", "`as_matrix` must hold the columns of `mv`"),
        ("jit", "must be the same under jit and vmap"),
        ("adjoint", "`adjoint` must be the adjoint"),
        ("hermitian", "must be the adjoint|a Hermitian tag must be true"),
        ("positive", "a positive tag must be true"),
    ],
)
def test_faults_are_named(fault, message):
    with pytest.raises(AssertionError, match=message):
        check_operator(Faulty(fault))


def test_good_ones_pass_and_are_compared_with_their_matrix():
    check_operator(Faulty(), HERMITIAN)
    with pytest.raises(AssertionError, match="must be the matrix that is given, but is 1"):
        check_operator(Faulty(), HERMITIAN + np.eye(3))
    with pytest.raises(AssertionError, match="ndarray must be a subclass of AbstractOperator"):
        check_operator(HERMITIAN)
