"""Bases against closed forms, quadrature, and one another."""

import json
import math
import pathlib

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

import feynax as fx

q = fx.quantum
REFERENCE = pathlib.Path(__file__).parents[3] / "shared" / "design" / "reference" / "paths.json"

FOCK = q.FockBasis(12, hbar=0.7, width=1.3, centre=(0.4, -0.6))
GRID = q.GridBasis(65, length=20.0, centre=0.5, hbar=0.7)
EVEN = q.GridBasis(64, length=20.0, centre=0.5, hbar=0.7)
SINC = q.SincBasis(65, spacing=0.3, centre=0.5, hbar=0.7)
LINES = pytest.mark.parametrize(
    "basis", [FOCK, GRID, EVEN, SINC], ids=["fock", "grid", "even", "sinc"]
)


def packet(x, hbar=0.7):
    """A Gaussian at 0.3 with momentum 0.9, of width 1.1 as the library counts widths."""
    w2 = hbar * 1.1**2
    return (math.pi * w2) ** -0.25 * np.exp(-((x - 0.3) ** 2) / (2 * w2) + 0.9j * (x - 0.3) / hbar)


@pytest.fixture(scope="module")
def continuum():
    if not REFERENCE.exists():
        pytest.skip("the independent reference numbers are not beside this checkout")
    return json.loads(REFERENCE.read_text())["continuum"]


@LINES
def test_functions_are_orthonormal(basis):
    x = np.linspace(-400, 400, 160_001) if basis is SINC else np.linspace(-9.5, 10.5, 4001)[:-1]
    table = basis.functions(x)
    gram = table.conj().T @ table * (x[1] - x[0])
    tolerance = 5e-3 if basis is SINC else 1e-10  # sinc functions fall off like 1/x
    if basis is EVEN:  # the highest wave is held as its cosine alone
        gram += np.outer((-1.0) ** np.arange(64), (-1.0) ** np.arange(64)) / 64 / 2
    assert np.max(np.abs(gram - np.eye(basis.size))) < tolerance


@pytest.mark.parametrize("basis", [q.FockBasis(60, hbar=0.7, centre=(0.4, 0.5)), GRID, EVEN, SINC])
def test_project_and_evaluate(basis):
    c = basis.project(packet)
    x = np.linspace(-3, 4, 50)
    assert np.max(np.abs(basis.evaluate(c, x) - packet(x))) < 1e-7
    assert abs(np.sum(np.abs(c) ** 2) - 1) < 1e-10


@pytest.mark.parametrize("basis", [q.FockBasis(60, hbar=0.7, centre=(0.4, 0.5)), GRID, EVEN, SINC])
def test_moments_of_a_packet(basis):
    """Mean 0.3, momentum 0.9; <q^2> = 0.3^2 + hbar w^2/2, <p^2> = 0.9^2 + hbar/(2 w^2)."""
    psi = jnp.asarray(basis.project(packet))
    half = 0.7 / 2
    for operator, mean in (
        (basis.position(), 0.3),
        (basis.momentum(), 0.9),
        (basis.kinetic(2.0), (0.81 + half / 1.21) / 4),
        (basis.potential(lambda x: x**2), 0.09 + half * 1.21),
        (basis.potential(np.cos), math.cos(0.3) * math.exp(-half * 1.21 / 2)),
        (basis.identity(), 1.0),
        (basis.monomial(1, 1), 0.27),
    ):
        assert operator.hermitian
        assert abs(operator.mean(psi) - mean) < 1e-8, operator
        assert abs(operator.adjoint().mean(psi) - mean) < 1e-8


@pytest.mark.parametrize("basis", [q.FockBasis(40, hbar=0.7), GRID, EVEN, SINC])
def test_commutator(basis):
    psi = basis.project(packet)
    x, p = basis.position(), basis.momentum()
    image = np.asarray((x @ p - p @ x).mv(jnp.asarray(psi)))
    assert np.max(np.abs(image - 0.7j * psi)) < 1e-6


def test_fock_ladder():
    a, up = FOCK.annihilation(), FOCK.creation()
    assert np.allclose((up @ a).as_matrix(), FOCK.number().as_matrix())
    root = math.sqrt(0.7 / 2)
    shifted = 0.4 * FOCK.identity() + 1.3 * root * (a + up)
    assert np.allclose(shifted.as_matrix(), FOCK.position().as_matrix(), atol=1e-14)
    turned = -0.6 * FOCK.identity() + (1j * root / 1.3) * (up - a)
    assert np.allclose(turned.as_matrix(), FOCK.momentum().as_matrix(), atol=1e-14)


def test_fock_functions_are_scipys():
    x = np.linspace(-4, 4, 9)
    u = (x - 0.4) / (1.3 * math.sqrt(0.7))
    table = FOCK.functions(x)
    for n in (0, 1, 5, 11):
        norm = 1 / math.sqrt(2.0**n * math.factorial(n) * math.sqrt(math.pi) * 1.3 * math.sqrt(0.7))
        exact = norm * special.eval_hermite(n, u) * np.exp(-u * u / 2 - 0.6j * (x - 0.4) / 0.7)
        assert np.allclose(table[:, n], exact, rtol=1e-12, atol=1e-14)


def test_high_fock_functions_neither_overflow_nor_vanish():
    """At n = 1200 the Gaussian alone underflows in the outer half of where the function lives."""
    basis = q.FockBasis(1201)
    x = np.linspace(-60, 60, 8001)
    top = basis.functions(x)[:, 1200]
    assert abs(np.sum(top**2) * (x[1] - x[0]) - 1) < 1e-9
    assert np.max(np.abs(top[np.abs(x) > 44])) > 0.1


def test_cut_products_are_exact():
    """The last diagonal element of q q is wrong; that of the monomial is not."""
    basis = q.FockBasis(7)
    cut = np.asarray((basis.position() @ basis.position()).as_matrix())
    exact = np.asarray(basis.monomial(2, 0).as_matrix())
    n = np.arange(7)
    assert np.allclose(np.diag(exact), n + 0.5, atol=1e-14)
    assert abs(cut[6, 6] - 3.0) < 1e-14
    assert basis.monomial(2, 0).positive
    assert basis.monomial(0, 4).positive
    assert not basis.monomial(3, 0).positive


def test_fock_potential_is_exact_for_polynomials():
    """Gauss-Hermite sums against products of ladder operators."""
    for power in (1, 2, 3, 4, 6):
        found = np.asarray(FOCK.potential(lambda x, power=power: x**power).as_matrix())
        exact = np.asarray(FOCK.monomial(power, 0).as_matrix())
        assert np.max(np.abs(found - exact)) < 1e-12 * np.max(np.abs(exact))


def test_sinc_powers_of_momentum_are_integrals():
    """<m|p^j|n> = hbar^j int k^j exp(ik(x_m - x_n)) dk h/(2 pi) over |k| < pi/h."""
    k, weights = np.polynomial.legendre.leggauss(80)
    basis = q.SincBasis(9, spacing=0.5, hbar=0.7)
    m = np.arange(9)[:, None] - np.arange(9)
    for power in (1, 2, 3, 4):
        wave = np.exp(1j * np.pi * k * m[..., None]) * (0.7 * np.pi * k / 0.5) ** power
        exact = np.sum(wave * weights, axis=-1) / 2
        found = np.asarray(basis.monomial(0, power).as_matrix())
        assert np.max(np.abs(found - exact)) < 1e-12 * np.max(np.abs(exact))


@pytest.mark.float32
def test_free_waves_of_a_grid():
    """Plane waves of the box are eigenfunctions, with hbar^2 k^2 / 2m."""
    basis = q.GridBasis(16, length=5.0, hbar=0.7)
    k = 2 * np.pi * 3 / 5.0
    wave = jnp.asarray(np.exp(1j * k * basis.nodes()))
    eps = jnp.finfo(wave.dtype).eps
    for operator, value in ((basis.kinetic(2.0), (0.7 * k) ** 2 / 4), (basis.momentum(), 0.7 * k)):
        gap = np.max(np.abs(np.asarray(operator.mv(wave)) - value * np.asarray(wave)))
        assert gap < 100 * eps * value


def test_even_grids_have_no_odd_power_of_the_highest_wave():
    basis = q.GridBasis(8, length=1.0)
    wave = jnp.asarray((-1.0) ** np.arange(8))
    assert np.max(np.abs(basis.momentum().mv(wave))) < 1e-12
    assert np.allclose(basis.kinetic().mv(wave), (8 * np.pi) ** 2 / 2 * wave)


def test_product_basis():
    plane = q.ProductBasis((q.GridBasis(6, 3.0), q.SincBasis(5, 0.4), q.FockBasis(4)))
    lines = plane.axes
    one = [np.eye(n) for n in plane.sizes]
    kron = lambda a, b, c: np.kron(np.kron(a, b), c)
    momentum = np.asarray(lines[1].momentum().as_matrix())
    assert np.allclose(plane.momentum(1).as_matrix(), kron(one[0], momentum, one[2]))
    energies = [np.asarray(b.kinetic(m).as_matrix()) for b, m in zip(lines, (1, 2, 3), strict=True)]
    total = kron(energies[0], one[1], one[2]) + kron(one[0], energies[1], one[2])
    total = total + kron(one[0], one[1], energies[2])
    assert np.allclose(plane.kinetic((1.0, 2.0, 3.0)).as_matrix(), total)
    found = plane.potential(lambda x, y, z: np.sin(x) * y**2 * z**3).as_matrix()
    shapes = (np.sin, np.square, lambda z: z**3)
    parts = [np.asarray(b.potential(f).as_matrix()) for b, f in zip(lines, shapes, strict=True)]
    assert np.allclose(found, kron(*parts), atol=1e-12)
    c = plane.project(lambda x, y, z: np.cos(2 * np.pi * x / 3) * np.exp(-(y**2) - z**2 / 2))
    at = np.array([0.1, -0.7]), np.array([0.4, 0.0]), np.array([-0.2, 1.1])
    exact = np.cos(2 * np.pi * at[0] / 3) * np.exp(-(at[1] ** 2) - at[2] ** 2 / 2)
    assert np.max(np.abs(plane.evaluate(c, *at) - exact)) < 0.02
    assert np.max(np.abs(plane.evaluate(c, *at)[1] - exact[1])) < 5e-3


def test_grids_together_make_one_fourier_operator():
    plane = q.ProductBasis((q.GridBasis(6, 3.0, hbar=0.5), q.GridBasis(5, 2.0, hbar=0.5)))
    kinetic = plane.kinetic((1.0, 2.0))
    assert isinstance(kinetic, q.FourierOperator)
    first, second = (b.kinetic(m).as_matrix() for b, m in zip(plane.axes, (1.0, 2.0), strict=True))
    total = np.kron(first, np.eye(5)) + np.kron(np.eye(6), second)
    assert np.allclose(kinetic.as_matrix(), total)
    assert kinetic.positive


@pytest.mark.parametrize("name", ["x4", "anh_g1", "dw_1_1", "dw_0.25_2", "tilted"])
def test_wells_against_the_reference(continuum, name):
    case = continuum[name]
    potential = {
        "x4": lambda x: x**4,
        "anh_g1": lambda x: x**2 / 2 + x**4,
        "dw_1_1": lambda x: (x**2 - 1) ** 2,
        "dw_0.25_2": lambda x: 0.25 * (x**2 - 4) ** 2,
        "tilted": lambda x: (x**2 - 1) ** 2 + 0.3 * x,
    }[name]
    exact = np.asarray(case["E"][:4])
    for basis in (q.FockBasis(70, width=0.6), q.SincBasis(70, 0.16), q.GridBasis(70, 12.0)):
        energy = basis.kinetic() + basis.potential(potential)
        found = q.levels(energy, 4)
        assert np.max(np.abs(found.values - exact)) < 2e-9, type(basis)
        assert np.max(found.residuals) < 1e-10 * np.max(np.abs(energy.as_matrix()))


def test_quartic_oscillator():
    """p^2/2 + x^4 has the ground state 0.667986259155777 (T. Banks and others)."""

    def well(size):
        basis = q.FockBasis(size, width=0.55)
        return q.weyl_operator({(0, 2): 0.5, (4, 0): 1.0}, basis)

    found = q.refined_levels(well, 3, (60, 90))
    assert abs(found.values[0] - 0.667986259155777) < 1e-12
    assert found.changes is not None
    assert np.max(found.changes) < 1e-10


def test_closed_wells_in_grid_and_sinc(continuum):
    """Morse and Poeschl-Teller wells have their levels in closed form."""
    line = q.SincBasis(220, spacing=0.12, centre=8.0)
    found = q.levels(line.kinetic() + line.potential(lambda x: 8 * (1 - np.exp(-0.6 * x)) ** 2), 3)
    exact = continuum["morse_D8_a0.6"]["closed_form_E"][:3]
    assert np.max(np.abs(found.values - exact)) < 1e-9
    box = q.GridBasis(128, length=30.0)
    found = q.levels(box.kinetic() + box.potential(lambda x: -6 / np.cosh(x) ** 2), 2)
    assert np.max(np.abs(found.values - [-4.5, -2.0])) < 1e-9


def coupled(basis, strength=0.4):
    return basis.kinetic() + basis.potential(lambda x, y: (x**2 + y**2) / 2 + strength * x * y)


def test_two_coupled_oscillators():
    """Frequencies sqrt(1 +- 0.4), in grids (by Lanczos), sinc and Fock functions, and mixed."""
    fast, slow = math.sqrt(1.4), math.sqrt(0.6)
    exact = sorted(fast * (i + 0.5) + slow * (j + 0.5) for i in range(6) for j in range(6))[:6]
    grid, fock = q.GridBasis(34, 16.0), q.FockBasis(26)
    for axes, method in (
        ((grid, grid), "lanczos"),
        ((fock, fock), "dense"),
        ((grid, fock), "dense"),
    ):
        found = q.levels(coupled(q.ProductBasis(axes)), 6, method=method)
        assert np.max(np.abs(found.values - exact)) < 1e-9
        assert np.max(found.residuals) < 1e-10


def test_henon_heiles():
    """Two independent bases agree on a well that is not quadratic, with a level that is a pair."""
    strength = math.sqrt(0.0125)
    cubic = lambda x, y: (x**2 + y**2) / 2 + strength * (x**2 * y - y**3 / 3)
    fock = q.FockBasis(24)
    symbol = {(2, 0, 0, 0): 0.5, (0, 2, 0, 0): 0.5, (0, 0, 2, 0): 0.5, (0, 0, 0, 2): 0.5}
    symbol |= {(2, 1, 0, 0): strength, (0, 3, 0, 0): -strength / 3}
    first = q.levels(q.weyl_operator(symbol, q.ProductBasis((fock, fock))), 4).values
    line = q.SincBasis(28, 0.4)
    plane = q.ProductBasis((line, line))
    second = q.levels(plane.kinetic() + plane.potential(cubic), 4).values
    assert abs(first[0] - 0.9986) < 1e-4  # Noid and Marcus (1977)
    assert abs(first[1] - first[2]) < 1e-7
    assert np.max(np.abs(first - second)) < 1e-5


def test_false_levels_keep_moving():
    """A saddle has no levels, yet every basis returns some; growing it tells."""

    def saddle(size):
        basis = q.SincBasis(size, 0.3)
        return basis.kinetic() + basis.potential(lambda x: -(x**2) / 2)

    with pytest.raises(fx.NotConvergedError, match="A level moves by"):
        q.refined_levels(saddle, 3, (40, 60), tol=1e-6)
    found = q.refined_levels(saddle, 3, (40, 60))
    assert found.changes is not None
    assert np.min(found.changes) > 1


@pytest.mark.float32
def test_double_whatever_the_setting():
    """Matrix elements live on the host: a potential of jax.numpy is called in double, too."""
    found = FOCK.potential(lambda x: jnp.cos(x))
    assert found.matrix.dtype == np.float64  # pyright: ignore
    exact = FOCK.potential(np.cos)
    assert np.max(np.abs(found.matrix - exact.matrix)) < 1e-15  # pyright: ignore
    found = q.levels(coupled(q.ProductBasis((q.FockBasis(12),) * 2), 0.0), 1)
    assert abs(found.values[0] - 1) < 1e-13


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: q.FockBasis(0), "count"),
        (lambda: q.FockBasis(3, hbar=0.0), "hbar"),
        (lambda: q.FockBasis(3, width=-1.0), "width"),
        (lambda: q.FockBasis(3, centre=(np.nan, 0.0)), "centre"),
        (lambda: q.GridBasis(1, 1.0), "count"),
        (lambda: q.GridBasis(4, 0.0), "length"),
        (lambda: q.SincBasis(4, np.inf), "spacing"),
        (lambda: q.ProductBasis(()), "bases"),
        (lambda: q.ProductBasis((GRID, q.FockBasis(3))), "bases"),
        (lambda: GRID.position(1), "axis"),
        (lambda: GRID.kinetic(0.0), "mass"),
        (lambda: GRID.kinetic((1.0, 2.0)), "mass"),
        (lambda: GRID.potential(lambda x: x[:3]), "function"),
        (lambda: GRID.potential(lambda x: x * np.nan), "function"),
        (lambda: GRID.monomial(-1, 0), "position"),
        (lambda: FOCK.monomial(-1, 1), "position"),
        (lambda: GRID.evaluate(np.ones(3), np.ones(1)), "coefficients"),
        (lambda: GRID.evaluate(np.ones(65)), "points"),
        (lambda: q.refined_levels(lambda n: q.IdentityOperator(n), 1, (3, 3)), "sizes"),
    ],
)
def test_errors_name_the_argument(make, name):
    with pytest.raises(ValueError, match=f"Argument `{name}` must"):
        make()
