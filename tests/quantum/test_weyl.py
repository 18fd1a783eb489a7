"""Weyl symbols: McCoy's formula, the way back, the star product, quadratic Hamiltonians."""

import itertools
import math

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import feynax as fx

q = fx.quantum


def ladder(count, hbar, width, centre):
    """Position and momentum by hand."""
    a = np.diag(np.sqrt(np.arange(1.0, count)), 1)
    position = centre[0] * np.eye(count) + width * math.sqrt(hbar / 2) * (a + a.T)
    momentum = centre[1] * np.eye(count) + 1j / width * math.sqrt(hbar / 2) * (a.T - a)
    return position, momentum


def all_orders(position, momentum, i, j):
    """Mean of the products in all orders: Weyl's own definition."""
    size = len(position)
    words = set(itertools.permutations("q" * i + "p" * j))
    total = np.zeros((size, size), complex)
    for word in words:
        product = np.eye(size, dtype=complex)
        for letter in word:
            product = product @ (position if letter == "q" else momentum)
        total += product
    return total / len(words)


@pytest.mark.parametrize(("i", "j"), [(0, 0), (1, 1), (2, 1), (2, 2), (3, 2), (1, 4)])
def test_monomials_are_the_mean_of_all_orders(i, j):
    basis = q.FockBasis(6, hbar=0.7, width=1.4, centre=(0.3, -0.2))
    big = ladder(6 + i + j, 0.7, 1.4, (0.3, -0.2))
    exact = all_orders(*big, i, j)[:6, :6]
    found = np.asarray(q.weyl_operator({(i, j): 1.0}, basis).as_matrix())
    assert np.max(np.abs(found - exact)) < 1e-13 * max(1, np.max(np.abs(exact)))


SYMBOLS = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(0, 3)),
    st.floats(-2, 2).filter(lambda c: abs(c) > 1e-3),
    min_size=1,
    max_size=4,
)
FRAME = q.FockBasis(16, hbar=0.6, width=0.8, centre=(0.2, 0.1))


def dense(operator):
    return np.asarray(operator.as_matrix())


@settings(max_examples=12, deadline=None, derandomize=True)
@given(SYMBOLS)
def test_there_and_back(symbol):
    operator = q.weyl_operator(symbol, FRAME)
    assert operator.hermitian
    found = q.weyl_symbol(operator, 6, FRAME)
    for key in symbol.keys() | found.keys():
        assert abs(found.get(key, 0) - symbol.get(key, 0)) < 1e-9


@settings(max_examples=12, deadline=None, derandomize=True)
@given(SYMBOLS, SYMBOLS)
def test_star_product_is_the_product_of_operators(left, right):
    """In a space so large that cutting it does not reach the corner that is compared."""
    big = q.FockBasis(24, hbar=0.6, width=0.8, centre=(0.2, 0.1))
    product = dense(q.weyl_operator(left, big)) @ dense(q.weyl_operator(right, big))
    star = dense(q.weyl_operator(q.star_product(left, right, hbar=0.6), big))
    gap = np.max(np.abs(star - product)[:12, :12])
    assert gap < 1e-12 * max(1, np.max(np.abs(product)))


def test_star_product_of_two_coordinates():
    """[q1 p2, q2 p1] = i hbar (q2 p2 - q1 p1), by hand; and it is associative."""
    one, two = {(1, 0, 0, 1): 1.0}, {(0, 1, 1, 0): 1.0}
    forth, back = q.star_product(one, two, hbar=0.5), q.star_product(two, one, hbar=0.5)
    bracket = {k: forth.get(k, 0) - back.get(k, 0) for k in forth.keys() | back.keys()}
    assert {k: v for k, v in bracket.items() if v} == {(1, 0, 1, 0): -0.5j, (0, 1, 0, 1): 0.5j}
    three = {(2, 0, 1, 0): 1.0, (0, 0, 0, 3): 2.0}
    first = q.star_product(q.star_product(one, two, hbar=0.5), three, hbar=0.5)
    second = q.star_product(one, q.star_product(two, three, hbar=0.5), hbar=0.5)
    assert first.keys() == second.keys()
    assert all(abs(first[k] - second[k]) < 1e-14 for k in first)


def test_array_and_mapping_are_the_same():
    array = np.zeros((3, 2))
    array[2, 0], array[0, 1] = 0.5, -1.5
    from_array = dense(q.weyl_operator(array, FRAME))
    assert np.array_equal(from_array, dense(q.weyl_operator({(2, 0): 0.5, (0, 1): -1.5}, FRAME)))


def test_two_coordinates_are_tensor_products():
    axes = (q.FockBasis(3, width=0.9), q.FockBasis(4))
    plane = q.ProductBasis(axes)
    found = dense(q.weyl_operator({(1, 0, 1, 2): 2.0, (0, 3, 0, 0): 1.0}, plane))
    one = [dense(b.monomial(i, j)) for b, i, j in zip(axes, (1, 0), (1, 2), strict=True)]
    cube = dense(axes[1].monomial(3, 0))
    assert np.allclose(found, 2 * np.kron(*one) + np.kron(np.eye(3), cube))
    assert q.weyl_operator({(1, 0, 1, 2): 2.0}, plane).hermitian


@pytest.mark.parametrize("basis", [q.GridBasis(48, 14.0, hbar=0.6), q.SincBasis(48, 0.3, hbar=0.6)])
def test_grids_agree_with_fock_states(basis):
    """The image of a Gaussian under q^2 p^2 + q p^3 - 2 q, at points."""
    symbol = {(2, 2): 1.0, (1, 3): 0.5, (1, 0): -2.0}
    fock = q.FockBasis(40, hbar=0.6)
    packet = lambda x: np.exp(-((x - 0.3) ** 2) / 1.2 + 0.4j * x)
    x = np.linspace(-2, 2, 9)
    images = []
    for frame in (basis, fock):
        operator = q.weyl_operator(symbol, frame)
        assert operator.hermitian
        psi = operator.mv(jnp.asarray(frame.project(packet)))
        images.append(frame.evaluate(np.asarray(psi), x))
    assert np.max(np.abs(images[0] - images[1])) < 1e-8


def test_complex_symbols_are_not_hermitian():
    operator = q.weyl_operator({(1, 0): 1.0, (0, 1): 1j}, FRAME)
    assert not operator.hermitian
    assert q.weyl_symbol(operator, 1, FRAME)[0, 1] == pytest.approx(1j)
    grid = q.weyl_operator({(1, 0): 1.0, (0, 1): 1j}, q.GridBasis(4, 1.0))
    assert not grid.hermitian
    assert not np.any(q.weyl_operator({}, q.GridBasis(4, 1.0)).as_matrix())
    assert not np.any(q.weyl_operator({}, FRAME).as_matrix())


def test_no_symbol_for_what_is_no_polynomial():
    with pytest.raises(ValueError, match="must be a polynomial of degree 2"):
        q.weyl_symbol(FRAME.potential(np.cos), 2, FRAME)
    with pytest.raises(ValueError, match="must be a polynomial of degree 3"):
        q.weyl_symbol(q.weyl_operator({(4, 0): 1.0}, FRAME), 3, FRAME)
    assert q.weyl_symbol(0.0 * FRAME.identity(), 1, FRAME) == {}


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: q.weyl_operator({(1,): 1.0}, FRAME), "symbol"),
        (lambda: q.weyl_operator({(1, 0, 0, 0): 1.0}, FRAME), "symbol"),
        (lambda: q.weyl_operator({(1, -1): 1.0}, FRAME), "symbol"),
        (lambda: q.weyl_operator({(1, 0): math.nan}, FRAME), "symbol"),
        (lambda: q.weyl_symbol(FRAME.identity(), 8, FRAME), "basis"),
        (lambda: q.weyl_symbol(q.IdentityOperator(3), 1, FRAME), "operator"),
        (lambda: q.weyl_symbol(q.IdentityOperator(3), 1, q.GridBasis(3, 1.0)), "basis"),  # pyright: ignore
        (lambda: q.star_product({(1, 0): 1.0}, {(1, 0, 0, 0): 1.0}), "right"),
        (lambda: q.star_product({(1, 0): 1.0}, {(1, 0): 1.0}, hbar=0), "hbar"),
        (lambda: q.to_operator(CENTRE, q.FockBasis(4)), "basis"),
        (lambda: q.to_operator(CENTRE, q.ProductBasis((q.FockBasis(2, hbar=0.6),) * 2)), "basis"),
    ],
)
def test_errors_name_the_argument(make, name):
    with pytest.raises(ValueError, match=f"Argument `{name}` must"):
        make()


CENTRE = q.QuadraticHamiltonian.from_coefficients(0.1, -0.4, 0.2, 0.5, 0.3, hbar=0.6)
DOWN = q.QuadraticHamiltonian.from_coefficients(0.1, 0.4, 0.2, -0.5, 0.3, hbar=0.6)
SADDLE = q.QuadraticHamiltonian.from_coefficients(0.1, 0.4, 0.2, 0.5, 0.3, hbar=0.6)


@pytest.mark.parametrize(
    "basis",
    [
        q.FockBasis(50, hbar=0.6),
        q.FockBasis(60, hbar=0.6, width=1.3, centre=(0.3, -0.4)),
        q.GridBasis(60, 16.0, hbar=0.6),
        q.SincBasis(60, 0.25, hbar=0.6),
    ],
)
@pytest.mark.parametrize(("ham", "which"), [(CENTRE, "smallest"), (DOWN, "largest")])
def test_levels_of_a_centre_in_any_basis(ham, which, basis):
    found = q.levels(q.to_operator(ham, basis), 5, which=which)
    assert np.max(np.abs(found.values - ham.levels(5))) < 1e-9


def test_reference_centres(ctrnn_reference):
    for name in ("centre_0", "centre_1", "centre_2"):
        case = ctrnn_reference[name]
        ham = q.QuadraticHamiltonian.from_coefficients(
            *case["out"]["coeffs"], hbar=case["in"]["hbar"]
        )
        one = ham.one
        width = (one.d2 / -one.c2) ** 0.25
        basis = q.FockBasis(60, hbar=ham.hbar, width=width, centre=one.centre())
        which = "smallest" if one.sign > 0 else "largest"
        found = q.levels(q.to_operator(ham, basis), 6, which=which)
        levels = case["out"]["levels"][:6]
        assert np.max(np.abs(found.values[: len(levels)] - levels)) < 1e-9, name


def test_a_saddle_raises_where_its_matrix_returns_false_levels():
    """The matrix has as many eigenvalues as rows; the operator has none."""
    operator = q.to_operator(SADDLE, q.FockBasis(30, hbar=0.6))
    with pytest.raises(fx.ContinuousSpectrumError, match="hyperbolic"):
        q.levels(operator, 3)
    false = q.levels(operator.operator, 30)
    assert len(false) == 30
    assert np.max(false.residuals) < 1e-12
    walled = operator + 0.1 * q.FockBasis(30, hbar=0.6).monomial(4, 0)
    assert len(q.levels(walled, 1)) == 1


def test_the_wrong_end_raises():
    with pytest.raises(fx.UnorderedLevelsError, match="no largest level"):
        q.levels(q.to_operator(CENTRE, q.FockBasis(9, hbar=0.6)), 1, which="largest")
    with pytest.raises(fx.UnorderedLevelsError, match="no smallest level"):
        q.levels(q.to_operator(DOWN, q.FockBasis(9, hbar=0.6)), 1)


@pytest.mark.parametrize("order", ["blocks", "pairs", "general"])
def test_two_modes_of_any_poisson_matrix(order):
    """Coupled oscillators, their components permuted or mixed by a linear map: the same levels."""
    form = np.diag([1.0, 1.5, 1.0, 0.8]) + 0.2 * (np.eye(4, k=1) + np.eye(4, k=-1))
    slope = np.array([0.1, 0.0, -0.2, 0.3])
    block = np.kron([[0.0, 1.0], [-1.0, 0.0]], np.eye(2))
    turn = {
        "blocks": np.eye(4),
        "pairs": np.eye(4)[[0, 2, 1, 3]],
        "general": np.eye(4) + 0.15 * np.random.default_rng(5).normal(size=(4, 4)),
    }[order]
    back = np.linalg.inv(turn)
    ham = q.QuadraticHamiltonian(
        back.T @ form @ back, back.T @ slope, turn @ block @ turn.T, hbar=0.5
    )
    plain = q.QuadraticHamiltonian(form, slope, block, hbar=0.5)
    exact = np.sort(np.asarray(plain.levels(4)))
    assert np.allclose(np.sort(np.asarray(ham.levels(4))), exact, atol=1e-9)
    if order == "general":
        plane = q.ProductBasis((q.FockBasis(22, hbar=0.5),) * 2)
        found = q.levels(q.to_operator(ham, plane), 4).values
        assert np.max(np.abs(found - exact)) < 1e-7
