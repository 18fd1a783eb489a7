"""Several degrees of freedom: reference numbers, dense matrices, and inputs made to be hard."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.linalg import expm

import feynax as fx
from feynax.quantum import QuadraticHamiltonian, canonical_basis, williamson


def standard(modes):
    return np.kron([[0.0, 1.0], [-1.0, 0.0]], np.eye(modes))


def symplectic(modes, rng, size=0.4):
    """A random matrix with S J S^T = J."""
    half = rng.standard_normal((2 * modes, 2 * modes)) * size
    return expm(standard(modes) @ (half + half.T) / np.sqrt(modes))


def mixed(rates, seed=0, size=0.4):
    """A form with these signed frequencies, in coordinates that hide them."""
    basis = np.linalg.inv(symplectic(len(rates), np.random.default_rng(seed), size))
    form = basis.T @ np.diag(np.tile(rates, 2)) @ basis
    return (form + form.T) / 2


def hamiltonian(form, slope=None, **options):
    slope = np.zeros(len(form)) if slope is None else slope
    return QuadraticHamiltonian(form, slope, standard(len(form) // 2), **options)


def check_normal(ham, tol=1e-10):
    normal = ham.normal_form
    basis, twice = normal.basis, np.tile(normal.signs * normal.frequencies, 2)
    assert np.allclose(basis @ standard(ham.modes) @ basis.T, ham.poisson, rtol=0, atol=tol)
    assert np.allclose(basis.T @ ham.form @ basis, np.diag(twice), rtol=0, atol=tol)
    assert np.all(np.diff(normal.frequencies) >= 0)
    assert normal.frequencies[0] > 0


@pytest.mark.parametrize("name", ["4_positive", "4_indefinite", "6_noncanonical"])
def test_reference(name, ctrnn_reference):
    case = ctrnn_reference[f"many_{name}"]
    given, out = case["in"], case["out"]
    field = fx.equations.AffineField(given["A"], given["b"])
    ham = QuadraticHamiltonian.from_field(field, poisson=given["J"], hbar=given["hbar"])
    assert ham.kind == "elliptic"
    assert np.allclose(ham.frequencies, out["omega"], rtol=1e-12)
    assert ham.signs.tolist() == out["sign"]
    assert ham.centre_energy == pytest.approx(out["h_star"], abs=1e-14)
    assert np.allclose(ham.field(0, ham.centre), 0, atol=1e-12)
    check_normal(ham)
    if "levels" in out:
        assert np.allclose(ham.levels(8), out["levels"], rtol=1e-12)
        assert ham.spectrum.direction == 1
    else:
        assert ham.spectrum.direction == 0
        assert ham.spectrum.shape == "discrete"
        with pytest.raises(fx.UnorderedLevelsError, match="levels_between"):
            ham.levels(1)


def dense_levels(ham, size, count):
    """Weyl-ordered in products of oscillator states, made from creation operators alone."""
    lower = np.diag(np.sqrt(np.arange(1, size + 2)), 1)  # larger, so that squares are exact
    one = np.sqrt(ham.hbar / 2) * np.array([lower + lower.T, -1j * (lower - lower.T)])
    basis = canonical_basis(ham.poisson)
    form, slope = basis.T @ ham.form @ basis, basis.T @ ham.slope
    m, total = ham.modes, 0
    unit = np.eye(size)

    def on(parts):
        full = np.ones((1, 1))
        for mode in range(m):
            full = np.kron(full, parts.get(mode, unit))
        return full

    for i, j in itertools.product(range(2 * m), repeat=2):
        (a, k), (b, other) = divmod(i, m), divmod(j, m)
        if k == other:
            product = (one[a] @ one[b] + one[b] @ one[a])[:size, :size] / 2
            total = total + form[i, j] / 2 * on({k: product})
        else:
            total = total + form[i, j] / 2 * on(
                {k: one[a][:size, :size], other: one[b][:size, :size]}
            )
    for i in range(2 * m):
        total = total + slope[i] * on({i % m: one[i // m][:size, :size]})
    return np.linalg.eigvalsh(total)[:count]


def test_levels_against_a_dense_matrix():
    form = mixed([1.0, 1.7], 1, 0.1)
    ham = hamiltonian(form, np.array([0.05, -0.1, 0.1, 0.02]), hbar=0.7)
    assert np.allclose(ham.levels(6), dense_levels(ham, 22, 6), rtol=0, atol=1e-10)


def test_one_mode_is_the_same_by_every_way():
    ham = QuadraticHamiltonian.from_coefficients(0.1, -0.4, 0.3, 0.9, 0.5, hbar=0.6)
    closed, factored = ham.normal_form, williamson(ham.form)
    assert np.allclose(closed.frequencies, factored.frequencies, rtol=1e-14)
    assert np.allclose(closed.basis @ closed.basis.T, factored.basis @ factored.basis.T)
    check_normal(ham, 1e-14)
    assert ham.level(2) == pytest.approx(ham.levels(3)[2], rel=1e-15)
    below = QuadraticHamiltonian(-ham.form, ham.slope, ham.poisson)
    assert below.signs.tolist() == [-1]
    check_normal(below, 1e-14)
    stretched = QuadraticHamiltonian(ham.form, ham.slope, -2.5 * ham.poisson)
    assert stretched.one.sign == 1
    assert np.allclose(stretched.field(0, stretched.centre), 0)
    check_normal(stretched, 1e-14)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_frequencies_and_signs_that_were_put_in(seed, modes):
    rng = np.random.default_rng(seed)
    rates = rng.uniform(0.5, 3, modes) * rng.choice([-1, 1], modes)
    rates[0], rates[1] = rates[1], rates[1] * rng.choice([1, 1 + 1e-7, 1.1])  # often (nearly) equal
    ham = hamiltonian(mixed(rates, seed))
    order = np.argsort(np.abs(rates), kind="stable")
    assert ham.kind == "elliptic"
    assert np.allclose(ham.frequencies, np.abs(rates)[order], rtol=1e-10)
    assert ham.signs.tolist() == np.sign(rates)[order].tolist()
    check_normal(ham, 1e-7)


def test_levels_in_order_with_their_degeneracies():
    ham = hamiltonian(np.diag([1.0, 1.0, 2.0, 1.0, 1.0, 2.0]))
    brute = sorted(i + j + 2 * k + 2 for i, j, k in itertools.product(range(9), repeat=3))
    assert np.allclose(ham.levels(60), brute[:60], rtol=1e-14)
    down = hamiltonian(-ham.form)
    assert np.allclose(down.levels(60), -ham.levels(60))
    assert down.spectrum.direction == -1
    assert ham.levels(0).shape == (0,)


def test_levels_of_many_modes_against_all_combinations():
    rng = np.random.default_rng(4)
    rates = rng.uniform(1, 2, 4)
    ham = hamiltonian(mixed(rates, 4), rng.standard_normal(8), hbar=0.4)
    occupations = np.array(list(itertools.product(range(14), repeat=4)))
    brute = ham.centre_energy + 0.4 * np.sort((occupations + 0.5) @ np.sort(rates))
    assert np.allclose(ham.levels(200), brute[:200], rtol=0, atol=1e-10)
    window = ham.levels_between(brute[10] - 1e-9, brute[50] + 1e-9)
    assert np.allclose(window.energies, brute[10:51], rtol=0, atol=1e-10)
    assert ham.level(window.occupations[7]) == pytest.approx(window.energies[7], abs=1e-14)


def test_a_window_of_mixed_signs():
    ham = hamiltonian(mixed([-np.sqrt(2), 1.0], 2), hbar=0.5)
    with pytest.raises(ValueError, match="excitation"):
        ham.levels_between(-1, 1)
    found = ham.levels_between(-1, 1, excitation=20.0)
    n, k = np.meshgrid(np.arange(99), np.arange(99), indexing="ij")
    energy = 0.5 * ((n + 0.5) - np.sqrt(2) * (k + 0.5))
    inside = (np.abs(energy) <= 1) & (0.5 * (n + np.sqrt(2) * k) <= 20)
    assert np.allclose(found.energies, np.sort(energy[inside]), atol=1e-11)
    with pytest.raises(ValueError, match="at most"):
        ham.levels_between(-1, 1, excitation=1e6)


def test_covariance_is_that_of_a_minimal_packet():
    ham = hamiltonian(mixed([0.6, 1.9], 5), hbar=0.3)
    ground = ham.covariance()
    # (hbar/2) Q^(-1/2) |i Q^(1/2) J Q^(1/2)| Q^(-1/2)
    values, vectors = np.linalg.eigh(ham.form)
    root = vectors * np.sqrt(values) @ vectors.T
    turned, axes = np.linalg.eigh(1j * root @ ham.poisson @ root)
    inner = np.real(axes * np.abs(turned) @ axes.conj().T)
    wanted = 0.15 * np.linalg.solve(root, np.linalg.solve(root, inner).T)
    assert np.allclose(ground, wanted, atol=1e-13)
    matrix = ham.field.matrix
    excited = ham.covariance([2, 1])
    for state in (ground, excited):  # it does not move
        assert np.allclose(matrix @ state + state @ matrix.T, 0, atol=1e-13)
    assert np.linalg.eigvalsh(ground + 0.15j * ham.poisson)[0] > -1e-14
    assert np.linalg.det(excited) == pytest.approx((0.15 * 5 * 0.15 * 3) ** 2)
    # the energy of a state is that of its covariance
    energy = np.trace(ham.form @ excited) / 2
    assert ham.level([2, 1]) == pytest.approx(energy)


def saddle(modes):
    form = np.eye(2 * modes)
    form[0, 0] = -1
    return form


UNDECIDED = {
    "saddle": saddle(2),
    "free": np.diag([1.0, 0.0, 1.0, 1.0]),
    "quadruple": np.array([[0.0, 0, 0.3, 1], [0, 0, -1, 0.3], [0.3, -1, 0, 0], [1, 0.3, 0, 0]]),
    # frequencies of opposite signs have met: one Jordan block of size 2 for i and for -i
    "collision": np.array([[1.0, 0, 0, 1], [0, 1, -1, 0], [0, -1, 0, 0], [1, 0, 0, 0]]),
}


@pytest.mark.parametrize("name", UNDECIDED)
@pytest.mark.parametrize("hidden", [False, True])
def test_what_does_not_oscillate_has_no_levels(name, hidden):
    form = UNDECIDED[name]
    if hidden:
        basis = symplectic(2, np.random.default_rng(3))
        form = basis.T @ form @ basis
    ham = hamiltonian(form)
    assert ham.kind == "mixed"
    assert ham.spectrum.shape == "unknown"
    for question in (lambda: ham.levels(1), lambda: ham.centre, lambda: ham.frequencies):
        with pytest.raises(fx.ContinuousSpectrumError, match="eigenvalues") as caught:
            question()
        values = caught.value.eigenvalues
        assert isinstance(values, np.ndarray)
        assert len(values) == 4


def test_zero_and_nothing_but_a_slope():
    with pytest.raises(fx.InfiniteDegeneracyError):
        hamiltonian(np.zeros((4, 4))).levels(1)
    assert hamiltonian(np.zeros((4, 4)), np.ones(4)).kind == "mixed"


@pytest.mark.parametrize("power", [-150, -8, 8, 150])
def test_scale_of_the_form(power):
    scale = 10.0**power
    for rates in ([0.5, 2.0], [-0.5, 2.0]):
        ham = hamiltonian(scale * mixed(rates, 6))
        assert np.allclose(ham.frequencies, scale * np.array([0.5, 2.0]), rtol=1e-13)
        assert ham.signs.tolist() == np.sign(rates).tolist()


def test_badly_scaled_coordinates():
    stretch = np.array([1e8, 1e-8, 1e-8, 1e8])
    for rates in ([0.5, 2.0], [-0.5, 2.0]):
        form = mixed(rates, 7) * stretch * stretch[:, None]
        found = hamiltonian(form)
        assert np.allclose(found.frequencies, [0.5, 2.0], rtol=1e-11)
        assert found.signs.tolist() == np.sign(rates).tolist()


def test_modes_that_are_far_apart_are_told():
    form = mixed([1e-9, 1.0], 8)
    with pytest.warns(fx.quantum.ConditionWarning, match="smallest"):
        found = hamiltonian(form).frequencies
    assert np.allclose(found, [1e-9, 1.0], rtol=1e-5)
    # what is too small to be told from 0 is refused
    with pytest.raises(fx.ContinuousSpectrumError):
        hamiltonian(mixed([1e-14, 1.0], 8)).levels(1)


def test_equal_frequencies_of_opposite_signs_are_told():
    with pytest.warns(fx.quantum.ConditionWarning, match="opposite signs"):
        assert sorted(hamiltonian(mixed([-1.0, 1.0], 9)).signs.tolist()) == [-1, 1]


def test_any_matrix_of_brackets():
    rng = np.random.default_rng(11)
    any_ = rng.standard_normal((6, 6))
    poisson = any_ - any_.T
    basis = canonical_basis(poisson)
    assert np.allclose(basis @ standard(3) @ basis.T, poisson, atol=1e-14)
    pairs = np.kron(np.eye(3), [[0.0, 2.0], [-2.0, 0.0]])
    assert np.array_equal(canonical_basis(pairs) @ standard(3) @ canonical_basis(pairs).T, pairs)
    assert np.array_equal(canonical_basis(standard(3)), np.eye(6))
    ham = QuadraticHamiltonian(any_ @ any_.T, np.ones(6), poisson)
    check_normal(ham)
    turns = np.linalg.eigvals(ham.field.matrix).imag
    assert np.allclose(np.sort(turns)[3:], ham.frequencies)


def test_williamson_refuses_what_is_not_positive():
    for form in (np.diag([1.0, -1.0]), np.diag([-1.0, -1.0]), np.diag([1.0, 0.0])):
        with pytest.raises(ValueError, match="positive definite"):
            williamson(form)
    with pytest.raises(ValueError, match="symmetric"):
        williamson(np.array([[1.0, 2.0], [0.0, 1.0]]))
    with pytest.raises(ValueError, match="even"):
        williamson(np.eye(3))


@pytest.mark.parametrize("occupation", [-1, 1, [1], [1, -1], [0.5, 1.0], [1, 2, 3]])
def test_bad_occupations(occupation):
    with pytest.raises(ValueError, match="occupation"):
        hamiltonian(np.eye(4)).level(occupation)


HARD = ["near, equal signs", "near, opposite signs", "small", "wide", "stretched", "saddle"]


@pytest.mark.filterwarnings("ignore::feynax._errors.ConditionWarning")
@pytest.mark.parametrize("how", HARD)
def test_never_silently_wrong(how):
    rng = np.random.default_rng(HARD.index(how))
    for _ in range(60):
        modes = int(rng.integers(2, 5))
        rates = rng.uniform(0.5, 2, modes) * rng.choice([-1, 1], modes)
        if how.startswith("near"):
            factor = 1 + 10.0 ** rng.uniform(-16, -1)
            rates[1] = rates[0] * (factor if "equal" in how else -factor)
        elif how == "small":
            rates[0] = 10.0 ** rng.uniform(-15, -1)
        elif how == "wide":
            rates *= 10.0 ** rng.uniform(-5, 5, modes)
        middle = np.diag(np.tile(rates, 2))
        if how == "saddle":
            middle[0, 0] *= -(10.0 ** rng.uniform(-14, 0))
        basis = symplectic(modes, rng, rng.choice([0.1, 0.4]))
        if how == "stretched":
            stretch = 10.0 ** rng.uniform(-8, 8, modes)
            basis = basis * np.concatenate([stretch, 1 / stretch])
        form = basis.T @ middle @ basis
        judge(hamiltonian((form + form.T) / 2), rates, how)


def judge(ham, rates, how):
    """Right frequencies, a warning, or a refusal where that is called for."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        kind = ham.kind
    if how == "saddle" or kind != "elliptic":
        assert kind == "mixed"
        assert how in ("saddle", "small", "wide")
        return
    order = np.argsort(np.abs(rates), kind="stable")
    error = np.max(np.abs(ham.frequencies / np.abs(rates[order]) - 1))
    assert error < 1e-7 or told
    assert sorted(ham.signs) == sorted(np.sign(rates))
