"""Operators against the matrices they stand for."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import sparse

import feynax as fx

q = fx.quantum
X, Y, Z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.array([[1, 0], [0, -1]])


def numbers(seed, *shape):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def waves(n):
    return np.fft.fft(np.eye(n)) / np.sqrt(n)


# Of size 4 or 16 all of them: what JAX compiles for one serves the next.
SYMBOL = np.abs(np.fft.fftfreq(8)) + 0.3
HALVES = (numbers(4, 5, 2).real, numbers(5, 4, 8).real)
LINE = numbers(6, 4)
MATRIX = numbers(7, 4, 4)
KRON = np.kron(*HALVES)

# every kind of operator with its matrix, made without the library
CASES = {
    "dense": (q.DenseOperator(MATRIX), MATRIX),
    "dense_hermitian": (q.DenseOperator(np.kron(Y, X)), np.kron(Y, X)),
    "diagonal": (q.DiagonalOperator(LINE), np.diag(LINE)),
    "identity": (q.IdentityOperator(4), np.eye(4)),
    "banded": (
        q.BandedOperator([[0, 1, 2j, 3], [4, 5, 0, 0]], (1, -2)),
        np.diag([1, 2j, 3], 1) + np.diag([4, 5], -2),
    ),
    "sparse": (
        q.SparseOperator([0, 0, 2, 0, 3], [1, 3, 0, 1, 3], [1, 2j, 3, 4, 5], size=4),
        sparse.coo_array(([1, 2j, 3, 4, 5], ([0, 0, 2, 0, 3], [1, 3, 0, 1, 3])), (4, 4)).toarray(),
    ),
    "free": (
        q.MatrixFreeOperator(lambda v: 2 * jnp.roll(v, 1), 4),
        2 * np.roll(np.eye(4), 1, axis=0),
    ),
    "free_complex": (
        q.MatrixFreeOperator(
            lambda v: v[::-1].astype(complex) * jnp.asarray([1j, 2, 3, 4]),
            4,
            dtype=complex,
        ),
        np.diag([1j, 2, 3, 4]) @ np.eye(4)[::-1],
    ),
    "fourier": (
        q.FourierOperator(SYMBOL[:4]),
        waves(4).conj().T @ np.diag(SYMBOL[:4]) @ waves(4),
    ),
    "fourier_turned": (
        q.FourierOperator(LINE),
        waves(4).conj().T @ np.diag(LINE) @ waves(4),
    ),
    "fourier_plane": (
        q.FourierOperator(np.add.outer(SYMBOL[:2], SYMBOL**2)),
        np.kron(waves(2), waves(8)).conj().T
        @ np.diag(np.add.outer(SYMBOL[:2], SYMBOL**2).ravel())
        @ np.kron(waves(2), waves(8)),
    ),
    "tensor": (
        q.TensorOperator(q.DenseOperator(MATRIX), q.IdentityOperator(2), q.DenseOperator(Y)),
        np.kron(np.kron(MATRIX, np.eye(2)), Y),
    ),
    "on_axis": (
        q.on_axis(q.DenseOperator(MATRIX), 1, (2, 4, 2)),
        np.kron(np.kron(np.eye(2), MATRIX), np.eye(2)),
    ),
    "collocated": (
        q.CollocatedOperator(np.arange(20.0).reshape(5, 4), HALVES),
        KRON.T @ np.diag(np.arange(20.0)) @ KRON,
    ),
    "sum": (
        q.DenseOperator(MATRIX) + q.DiagonalOperator(LINE) - q.IdentityOperator(4),
        MATRIX + np.diag(LINE) - np.eye(4),
    ),
    "scaled": (-2j * q.DenseOperator(MATRIX) / 4, -0.5j * MATRIX),
    "product": (
        q.DenseOperator(MATRIX) @ q.DiagonalOperator(LINE) @ q.DenseOperator(MATRIX.T),
        MATRIX @ np.diag(LINE) @ MATRIX.T,
    ),
}
ALL = pytest.mark.parametrize("name", CASES)


@ALL
@pytest.mark.float32
def test_operators_are_their_matrices(name):
    fx.testing.check_operator(*CASES[name])


def test_tags_that_are_known():
    hermitian = {"dense_hermitian", "identity", "fourier", "fourier_plane", "collocated"}
    positive = {"identity", "fourier", "fourier_plane", "collocated"}
    assert {n for n, (o, _) in CASES.items() if o.hermitian} == hermitian
    assert {n for n, (o, _) in CASES.items() if o.positive} == positive


def test_tags_of_sums_and_products():
    y, up = q.DenseOperator(Y), q.DiagonalOperator([0.0, 1.0])
    assert (y @ y).positive
    assert not (y @ up).hermitian
    assert (up + 2 * up).positive
    assert (up - up).hermitian
    assert not (up - up).positive
    assert not (1j * y).hermitian
    assert (-1 * y).hermitian
    told = q.SumOperator(y @ up, up @ y, hermitian=True)
    assert told.hermitian
    assert (told + up).hermitian
    assert not (y @ up + up @ y).hermitian
    assert np.allclose(
        (told + up).as_matrix(), Y @ np.diag([0, 1]) + np.diag([0, 1]) @ Y + np.diag([0, 1])
    )


def test_wrong_tags_are_refused():
    with pytest.raises(ValueError, match="`matrix` must be Hermitian, as it is tagged"):
        q.DenseOperator(MATRIX, hermitian=True)
    with pytest.raises(ValueError, match="`matrix` must be positive, as it is tagged"):
        q.DenseOperator(X, positive=True)
    with pytest.raises(ValueError, match="`hermitian` must be true of a positive operator"):
        q.MatrixFreeOperator(lambda v: v, 3, hermitian=False, positive=True)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: q.DenseOperator(np.ones((2, 3))), "matrix"),
        (lambda: q.DenseOperator([[np.nan]]), "matrix"),
        (lambda: q.DiagonalOperator(np.ones((2, 2))), "diagonal"),
        (lambda: q.IdentityOperator(0), "size"),
        (lambda: q.BandedOperator([[1.0, 1.0]], (1,)), "diagonals"),
        (lambda: q.BandedOperator([[1.0, 1.0]] * 2, (0, 0)), "offsets"),
        (lambda: q.SparseOperator([0], [2], [1.0], size=2), "rows"),
        (lambda: q.FourierOperator(np.ones((2, 2, 2, 2))), "symbol"),
        (lambda: q.on_axis(q.IdentityOperator(2), 2, (2, 2)), "axis"),
        (lambda: q.on_axis(q.IdentityOperator(2), 0, (3, 2)), "operator"),
        (lambda: q.IdentityOperator(2) + q.IdentityOperator(3), "terms"),
        (lambda: q.IdentityOperator(2) @ q.IdentityOperator(3), "factors"),
        (lambda: q.IdentityOperator(2) * np.ones(2), "factor"),
        (lambda: q.IdentityOperator(2).mv(jnp.ones(3)), "psi"),
        (lambda: q.MatrixFreeOperator(lambda v: v[:1], 2).mv(jnp.ones(2)), "function"),
        (lambda: q.CollocatedOperator(np.ones(3), (np.ones((2, 1)),)), "values"),
    ],
)
def test_errors_name_the_argument(make, name):
    with pytest.raises(ValueError, match=f"Argument `{name}` must"):
        make()


def test_operators_meet_only_operators():
    with pytest.raises(TypeError):
        q.IdentityOperator(2) + 1.0  # pyright: ignore
    assert (np.float64(2) * q.IdentityOperator(2)).as_matrix()[0, 0] == 2
    assert (jnp.asarray(2.0) * q.IdentityOperator(2)).as_matrix()[0, 0] == 2


NAMES = ("dense", "diagonal", "banded", "sparse", "free", "free_complex", "fourier_turned")


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=2),
    st.sampled_from(["sum", "product", "tensor"]),
    st.integers(0, 1000),
)
def test_adjoint_is_the_other_side_of_the_inner_product(names, how, seed):
    parts = [CASES[n][0] for n in names]
    kinds = {"sum": q.SumOperator, "product": q.ProductOperator, "tensor": q.TensorOperator}
    operator = kinds[how](*parts)
    x, y = numbers(seed, 2, operator.size)
    left = np.vdot(x, operator.mv(jnp.asarray(y)))
    right = np.vdot(operator.adjoint().mv(jnp.asarray(x)), y)
    assert abs(left - right) < 1e-11 * (1 + abs(left))


def test_mean():
    psi = jnp.asarray([3.0, 4j])
    assert abs(q.DenseOperator(Y).mean(psi) - np.vdot(psi, Y @ np.asarray(psi)).real / 25) < 1e-14
    assert not jnp.iscomplexobj(q.DenseOperator(Y).mean(psi))
    assert jnp.iscomplexobj(q.DenseOperator(1j * Y).mean(psi))


def test_jit_vmap_and_gradients():
    """A potential with a traced strength: derivatives of a mean are means of derivatives."""
    basis = q.GridBasis(16, length=8.0)
    shape = jnp.asarray(basis.nodes() ** 2)
    psi = jnp.asarray(basis.project(lambda x: np.exp(-((x - 1) ** 2) / 2)))

    def mean(strength):
        return (basis.kinetic() + q.DiagonalOperator(strength * shape)).mean(psi)

    expected = q.DiagonalOperator(shape).mean(psi)
    assert abs(jax.grad(mean)(0.7) - expected) < 1e-12
    assert abs(jax.jit(mean)(0.7) - mean(0.7)) < 1e-12
    many = jax.vmap(basis.kinetic().mv)(jnp.stack([psi, 2 * psi]))
    assert np.allclose(many[1], 2 * many[0])
    traced = eqx.filter_jit(lambda o, v: o.mv(v))(CASES["tensor"][0], jnp.ones(16))
    assert np.allclose(traced, CASES["tensor"][0].mv(jnp.ones(16)))


def test_tensor_never_forms_the_product():
    """Nine spins: the matrix has 2^18 elements, and nothing in the program has more than 2^9."""
    operator = q.TensorOperator(*[q.DenseOperator(m) for m in (X, Y, Z)] * 3)
    psi = jnp.asarray(numbers(2, 512))
    program = jax.make_jaxpr(operator.mv)(psi)
    sizes = [np.prod(v.aval.shape) for e in program.jaxpr.eqns for v in e.outvars]  # pyright: ignore
    assert max(sizes) <= 512
    apply = eqx.filter_jit(operator.mv)
    assert np.allclose(apply(apply(psi)), psi)
    assert not np.allclose(apply(psi), psi)


def test_spins_in_a_ring_have_their_known_levels():
    """Three spins 1/2, H = sum S.S = (S^2 - 9/4)/2: four times -3/4, four times 3/4."""
    spins = [[q.on_axis(q.DenseOperator(m / 2), k, (2,) * 3) for m in (X, Y, Z)] for k in range(3)]
    terms = [a @ b for k in range(3) for a, b in zip(spins[k], spins[k - 1], strict=True)]
    ring = q.SumOperator(*terms, hermitian=True)
    for method in ("dense", "lanczos"):
        found = q.levels(ring, 5, method=method)
        assert np.allclose(found.values, [-0.75] * 4 + [0.75], atol=1e-12), method
        assert found.method == method
        assert np.all(found.residuals < 1e-12)
        assert np.allclose(found.vectors.conj().T @ found.vectors, np.eye(5), atol=1e-12)


def random_hermitian(n):
    a = numbers(9, n, n)
    return a + a.conj().T


@pytest.mark.parametrize("which", ["smallest", "largest"])
@pytest.mark.parametrize("method", ["dense", "lanczos"])
def test_levels_of_a_random_matrix(which, method):
    matrix = random_hermitian(60)
    exact = np.linalg.eigvalsh(matrix)
    found = q.levels(q.DenseOperator(matrix), 5, which=which, method=method)
    assert np.allclose(found.values, exact[:5] if which == "smallest" else exact[::-1][:5])
    # every value has an eigenvalue within its residual (and rounding)
    near = np.min(np.abs(exact - found.values[:, None]), axis=1)
    assert np.all(near <= found.residuals + 1e-12)
    assert np.all(found.residuals < 1e-10)
    assert np.allclose(found.vectors.conj().T @ found.vectors, np.eye(5), atol=1e-12)
    assert len(found) == 5
    assert found.changes is None


@pytest.mark.float32
def test_levels_are_double_whatever_the_setting():
    basis = q.FockBasis(30)
    found = q.levels(q.weyl_operator({(0, 2): 0.5, (2, 0): 0.5}, basis), 5)
    assert found.values.dtype == np.float64
    assert np.max(np.abs(found.values - np.arange(5) - 0.5)) < 1e-13
    coarse = q.levels(basis.kinetic() + basis.potential(lambda x: 0.5 * x**2), 5, method="lanczos")
    assert np.max(np.abs(coarse.values - np.arange(5) - 0.5)) < 1e-12


def test_levels_refuse():
    with pytest.raises(ValueError, match="`operator` must be tagged Hermitian"):
        q.levels(q.DenseOperator(MATRIX), 1)
    liar = q.MatrixFreeOperator(lambda v: jnp.roll(v, 1), 8, hermitian=True)
    with pytest.raises(ValueError, match="must be Hermitian, as it is tagged"):
        q.levels(liar, 1)
    bad = q.MatrixFreeOperator(lambda v: v * jnp.nan, 8, hermitian=True)
    with pytest.raises(ValueError, match="must be Hermitian"):
        q.levels(bad, 1)
    for count in (0, -1, 9, True, 1.5):
        with pytest.raises(ValueError, match="`count`"):
            q.levels(q.IdentityOperator(8), count)  # pyright: ignore
    with pytest.raises(ValueError, match="`count` must be less than 8 for Lanczos"):
        q.levels(q.IdentityOperator(8), 8, method="lanczos")
    with pytest.raises(ValueError, match="`which`"):
        q.levels(q.IdentityOperator(8), 1, which="middle")  # pyright: ignore
    with pytest.raises(ValueError, match="`method`"):
        q.levels(q.IdentityOperator(8), 1, method="qr")  # pyright: ignore


def test_auto_goes_by_size():
    assert q.levels(q.DiagonalOperator(np.arange(40.0)), 2).method == "dense"
    assert q.levels(q.DiagonalOperator(np.arange(1100.0) ** 0.5), 1).method == "lanczos"


@pytest.mark.parametrize("offset", [0.0, -3.0, 1e4])
def test_lanczos_misses_no_level(offset):
    """At zero, where ARPACK alone returns the neighbour instead; and every copy of a level."""
    exact = np.concatenate([[0.0, 0.0, 1.0, 1.0, 1.0], np.linspace(2, 40, 195)]) + offset
    turn = np.linalg.qr(numbers(3, 200, 200).real)[0]
    operator = q.DenseOperator((turn * exact) @ turn.T)
    found = q.levels(operator, 6, method="lanczos")
    assert np.allclose(found.values, exact[:6], rtol=0, atol=1e-12 * (40 + offset))
    plain = q.levels(q.DiagonalOperator(exact), 6, method="lanczos")
    assert np.allclose(plain.values, exact[:6], rtol=0, atol=1e-12 * (40 + offset))


def test_lanczos_says_when_it_has_not_converged(monkeypatch):
    from scipy.sparse import linalg

    def fail(*_, **__):
        raise linalg.ArpackNoConvergence("no", np.ones(1), np.ones((8, 1)))

    monkeypatch.setattr(linalg, "eigsh", fail)
    with pytest.raises(fx.NotConvergedError, match="found 1 of 2 levels"):
        q.levels(q.IdentityOperator(8), 2, method="lanczos")
