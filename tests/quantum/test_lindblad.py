"""Networks as open quantum systems, against the reference, dense matrices and other methods."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import feynax as fx
from feynax.equations import AffineField
from feynax.quantum import GaussianMoments, Lindblad

CASES = ["lindblad_2_damped", "lindblad_2_gain", "lindblad_4"]
CANONICAL = np.array([[0.0, 1.0], [-1.0, 0.0]])
BLOCKS = np.kron(CANONICAL, np.eye(2))
DAMPED = AffineField([[-0.3, 0.9], [-0.5, -0.7]], [0.125, 0.262])


@functools.cache
def some(size, seed=0):
    """A random stable field, and a poisson matrix for its (padded) size."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(size, size)) / 2
    matrix -= (np.linalg.eigvals(matrix).real.max() + 0.3) * np.eye(size)
    even = size + size % 2
    raw = rng.normal(size=(even, even))
    return AffineField(matrix, rng.normal(size=size)), raw - raw.T


def thermal(poisson, hbar):
    """A covariance well above the uncertainty relation."""
    return np.eye(len(poisson)) * hbar * np.linalg.norm(poisson, 2)


@pytest.mark.parametrize("name", CASES)
def test_reference(name, ctrnn_reference):
    case = ctrnn_reference[name]
    data, out = case["in"], case["out"]
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=case["tol"], atol=case["tol"])
    field = AffineField(data["A"], data["b"])
    system = Lindblad.from_field(field, poisson=data["J"], hbar=data["hbar"])
    close(system.hamiltonian.form, out["Q"])
    close(system.loss, out["N"])
    close(system.diffusion, out["D"])
    later = system.moments(data["m0"], data["S0"], data["t"])
    close(later.mean, out["mean"])
    close(later.covariance, out["cov"])
    if "steady_cov" in out:
        close(system.steady_state().covariance, out["steady_cov"])
    else:
        with pytest.raises(fx.quantum.NoSteadyStateError, match="grows") as caught:
            system.steady_state()
        assert caught.value.kind == "growing"


@pytest.mark.float32
@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 7), seed=st.integers(0, 10**6), hbar=st.sampled_from([0.1, 1.0, 3.0]))
def test_every_field_is_one(size, seed, hbar):
    field, poisson = some(size, seed)
    system = Lindblad.from_field(field, poisson=poisson, hbar=hbar)
    scale = np.linalg.cond(poisson) * np.linalg.norm(field.matrix)
    n = len(poisson)
    assert system.padded == (size % 2 == 1)
    assert np.allclose(system.field.matrix[:size, :size], field.matrix, atol=1e-13 * scale)
    # the jumps carry noise and loss, and half as many as components do it
    weight = system.jumps.conj().T @ system.jumps
    assert np.allclose(weight, system.noise + 1j * system.loss, atol=1e-12 * scale)
    assert len(system.jumps) <= n // 2
    assert np.isclose(system.rate, np.trace(field.matrix) - system.padded, atol=1e-11 * scale)
    # least trace: no noise of smaller trace is above the loss (its trace norm is a lower bound)
    assert np.trace(system.noise) == pytest.approx(
        np.abs(np.linalg.eigvalsh(1j * system.loss)).sum()
    )


def fock(count, hbar):
    """y1, y2 of one mode in the lowest `count` levels of an oscillator."""
    a = np.diag(np.sqrt(np.arange(1.0, count)), 1)
    return np.sqrt(hbar / 2) * (a + a.T), -1j * np.sqrt(hbar / 2) * (a - a.T)


def generator(system, count):
    """The Lindblad equation of one mode as a matrix on row-major density matrices."""
    ham, hbar = system.hamiltonian, system.hamiltonian.hbar
    z = np.array(fock(count, hbar))
    operator = np.einsum("ij,iab,jbc->ac", ham.form, z, z) / 2
    operator += np.einsum("i,iab->ab", ham.slope, z)
    one = np.eye(count)
    left, right = (lambda x: np.kron(x, one)), (lambda x: np.kron(one, x.T))
    total = -1j / hbar * (left(operator) - right(operator))
    for jump in system.jumps:
        op = np.einsum("i,iab->ab", jump, z)
        square = op.conj().T @ op
        total = total + np.kron(op, op.conj()) - (left(square) + right(square)) / 2
    return total, z


@pytest.mark.parametrize("extra", [0.0, 0.15])
def test_dense_density_matrices(extra):
    """Moments and slowest rates against the master equation itself, 24 levels of one mode."""
    from scipy.sparse.linalg import expm_multiply

    hbar, count, t = 1.0, 24, 1.1
    noise = Lindblad.from_field(DAMPED, hbar=hbar).noise + extra * np.eye(2)
    system = Lindblad.from_field(DAMPED, hbar=hbar, noise=noise)
    assert len(system.jumps) == (2 if extra else 1)
    total, z = generator(system, count)
    start = np.zeros((count, count), complex)
    start[0, 0] = 1.0  # the vacuum
    rho = expm_multiply(total * t, start.ravel()).reshape(count, count)
    mean = np.array([np.trace(op @ rho).real for op in z])
    spread = np.array([[np.trace((p @ q + q @ p) @ rho).real / 2 for q in z] for p in z])
    found = system.moments([0.0, 0.0], np.eye(2) * hbar / 2, t)
    assert np.allclose(found.mean, mean, atol=1e-9)
    assert np.allclose(found.covariance, spread - np.outer(mean, mean), atol=1e-8)
    assert found.purity == pytest.approx(np.trace(rho @ rho).real, abs=1e-8)
    levels = np.linalg.eigvalsh(rho)
    levels = levels[levels > 1e-14]
    assert found.entropy == pytest.approx(-np.sum(levels * np.log(levels)), abs=1e-6)


def test_liouvillian_eigenvalues():
    """All sums of the field's eigenvalues, against the dense generator where it has converged."""
    system = Lindblad.from_field(DAMPED, hbar=0.5)
    total, _ = generator(system, 26)
    dense = np.linalg.eigvals(total)
    for value in system.liouvillian(6):
        assert np.min(np.abs(dense - value)) < 1e-8
    slow = dense[dense.real > -0.75]  # and no other is as slow
    assert len(slow) == np.sum(system.liouvillian(10).real > -0.75) == 3


def test_liouvillian_is_all_sums_in_order():
    field, poisson = some(4)
    system = Lindblad.from_field(field, poisson=poisson)
    values = np.linalg.eigvals(field.matrix)
    grid = np.indices((9,) * 4).reshape(4, -1).T @ values
    wanted = np.sort(grid.real)[::-1][:40]
    found = system.liouvillian(40)
    assert np.allclose(found.real, wanted, atol=1e-12)
    assert np.all(np.diff(found.real) <= 1e-9)
    assert found[0] == 0
    double = Lindblad.from_field(AffineField(-np.eye(2), np.zeros(2)))
    assert double.liouvillian(6).tolist() == [0, -1, -1, -2, -2, -2]


@pytest.mark.parametrize("size", [2, 3, 6])
def test_moments_solve_their_equations(size):
    """Against SciPy's integrator, at several times, and the semigroup property."""
    from scipy.integrate import solve_ivp

    field, poisson = some(size, 3)
    system = Lindblad.from_field(field, poisson=poisson, hbar=0.7)
    n, matrix, offset = len(poisson), system.field.matrix, system.field.offset
    start, spread = np.linspace(-1, 1, n), thermal(poisson, 0.7)

    def rate(t, state):
        cov = state[n:].reshape(n, n)
        change = matrix @ cov + cov @ matrix.T + system.diffusion
        return np.concatenate([matrix @ state[:n] + offset, change.ravel()])

    times = np.array([[0.0, 0.4], [2.5, 1.3]])
    begun = np.concatenate([start, spread.ravel()])
    run = solve_ivp(rate, (0, 2.5), begun, "DOP853", rtol=1e-12, atol=1e-12, dense_output=True)
    wanted = run.sol(times.ravel()).T.reshape(2, 2, -1)
    found = system.moments(start, spread, times)
    assert np.allclose(found.mean, wanted[..., :n], atol=1e-9)
    assert np.allclose(found.covariance, wanted[..., n:].reshape(2, 2, n, n), atol=1e-9)
    half = system.moments(start, spread, 1.25)
    again = system.moments(half.mean, half.covariance, 1.25)
    assert np.allclose(again.covariance, found.covariance[1, 0], rtol=1e-12)


def test_long_times_reach_the_steady_state():
    """Stiff and slow directions side by side, to rounding, where one exponential would overflow."""
    field = AffineField([[-400.0, 3.0], [0.0, -0.05]], [1.0, 2.0])
    system = Lindblad.from_field(field)
    steady, later = system.steady_state(), system.moments([0, 0], np.eye(2), 1000.0)
    assert np.allclose(later.mean, steady.mean, rtol=1e-12)
    assert np.allclose(later.covariance, steady.covariance, rtol=1e-11)
    matrix, spread = field.matrix, steady.covariance
    left = matrix @ spread + spread @ matrix.T + system.diffusion
    assert np.abs(left).max() < 1e-12 * np.abs(system.diffusion).max()


def test_trace_is_the_rate_of_volumes_and_zero_means_closed():
    """The document's question about its (13)."""
    closed = Lindblad.from_field(AffineField([[0.3, 0.9], [-0.5, -0.3]], [0.1, 0.2]), hbar=0.5)
    assert closed.closed
    assert closed.jumps.shape == (0, 2)
    assert closed.rate == 0
    later = closed.moments([0.2, 0.1], np.eye(2), [0.0, 3.0])
    assert np.linalg.det(later.covariance[1]) == pytest.approx(1.0, rel=1e-12)
    ham = fx.quantum.QuadraticHamiltonian.from_field(closed.field, hbar=0.5)
    assert np.allclose(ham.form, closed.hamiltonian.form)
    flow = DAMPED.flow(1.7)[0]
    damped = Lindblad.from_field(DAMPED)
    assert not damped.closed
    assert np.linalg.det(flow) == pytest.approx(np.exp(damped.rate * 1.7), rel=1e-12)
    # four components: zero trace is not enough
    field = AffineField(np.diag([1.0, 2.0, -3.0, 0.0]), np.zeros(4))
    four = Lindblad.from_field(field, poisson=BLOCKS)
    assert four.rate == 0
    assert not four.closed


@pytest.mark.parametrize(("trace", "creation"), [(-1.0, 1j), (0.5, -1j)])
def test_one_mode_loses_or_gains_quanta(trace, creation):
    """One jump: a multiple of (y1 + i y2)/sqrt(2 hbar), or of its adjoint."""
    field = AffineField([[0.2, 0.9], [-0.5, trace - 0.2]], np.zeros(2))
    jump = Lindblad.from_field(field, hbar=0.4).jumps
    wanted = np.sqrt(abs(trace) / 0.8) * np.array([[1, creation]])
    assert np.allclose(jump, wanted, atol=1e-14)


def test_on_the_imaginary_axis():
    """Without a unique end; where noise reaches what does not decay, without any."""
    turn = Lindblad.from_field(AffineField(CANONICAL, np.zeros(2)))
    for system in (turn, Lindblad.from_field(AffineField(np.diag([0.0, -1.0]), np.zeros(2)))):
        with pytest.raises(fx.quantum.NoSteadyStateError, match="not unique") as caught:
            system.liouvillian(3)
        assert caught.value.kind == "marginal"
    # an eigenvalue 0 beside a loss: the variance grows without end, no stationary state at all
    spread = system.moments([0, 0], np.eye(2), [0.0, 50.0, 100.0]).covariance[:, 0, 0]
    assert np.allclose(spread, [1, 26, 51])


def test_odd_networks_are_padded():
    field = fx.equations.ReLUField.ctrnn(np.full((3, 3), 0.2), bias=0.1, current=0.3)
    system = fx.maps.open_system(field, poisson=BLOCKS)
    assert system.padded
    assert system.hamiltonian.region.contains([0.0, 0.0, 0.0, -9.0])
    assert system.field.matrix[3].tolist() == [0, 0, 0, -1]
    steady = system.steady_state()
    rest = np.linalg.solve(field.regime((1, 1, 1)).matrix, -field.regime((1, 1, 1)).offset)
    assert np.allclose(steady.mean[:3], rest)
    alone = Lindblad.from_field(AffineField([[-0.4]], [0.2]), hbar=0.3)
    assert np.allclose(alone.field.matrix, np.diag([-0.4, -1.0]))


def test_networks_are_read_where_they_are_affine():
    weights = [[0.5, -1.0], [1.0, 0.2]]
    smooth = fx.networks.CTRNN.from_arrays(weights, activation="tanh")
    relu = fx.networks.CTRNN.from_arrays(weights, activation="relu")
    assert fx.maps.open_system(smooth, at=[0.0, 0.0]).rate == pytest.approx(-1.3, abs=1e-6)
    assert fx.maps.open_system(relu, regime=(1, 0)).rate == pytest.approx(-1.5, abs=1e-6)
    with pytest.raises(ValueError, match="`at`"):
        fx.maps.open_system(smooth)
    with pytest.raises(TypeError, match="register"):
        fx.maps.open_system(3)


@pytest.mark.float32
def test_gaussian_moments():
    squeezed = GaussianMoments([0.1, 0.2], np.diag([2.0, 0.125]) * 0.3, CANONICAL, 0.3)
    assert squeezed.purity == pytest.approx(1.0)
    assert squeezed.entropy == pytest.approx(0.0, abs=1e-7)
    mixed = GaussianMoments(np.zeros(2), np.eye(2) * 0.9, CANONICAL, 0.6)
    quanta = 0.9 / 0.6 - 0.5
    levels = quanta ** np.arange(400) / (1 + quanta) ** np.arange(1, 401)
    assert mixed.purity == pytest.approx(np.sum(levels**2))
    with np.errstate(under="ignore"):
        assert mixed.entropy == pytest.approx(-np.sum(levels * np.log(levels)))
    line = np.linspace(-7, 7, 141)
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), -1)
    assert np.sum(mixed.wigner(grid)) * 0.1**2 == pytest.approx(1.0)
    assert mixed.wigner([0.3, 0.4]) == pytest.approx(np.exp(-0.25 / 1.8) / (2 * np.pi * 0.9))


def test_extreme_squeezing_is_told():
    state = GaussianMoments([0.0, 0.0], np.diag([1e5, 1e-5]) / 2, CANONICAL)
    with pytest.warns(fx.quantum.ConditionWarning, match="squeezed"):
        assert state.purity == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"hbar": -1.0}, "hbar"),
        ({"hbar": np.nan}, "hbar"),
        ({"poisson": np.eye(2)}, "poisson"),
        ({"noise": np.eye(2) * 0.1}, "noise"),
        ({"noise": np.array([[1.0, 2.0], [0.0, 1.0]])}, "noise"),
        ({"noise": np.eye(3)}, "noise"),
        ({"noise": np.full((2, 2), np.inf)}, "noise"),
    ],
)
def test_bad_systems(change, name):
    with pytest.raises(ValueError, match=f"`{name}`"):
        Lindblad.from_field(DAMPED, **change)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (([0.0], np.eye(2), 1.0), "mean"),
        (([0.0, np.nan], np.eye(2), 1.0), "mean"),
        (([0.0, 0.0], np.eye(3), 1.0), "covariance"),
        (([0.0, 0.0], np.eye(2) * 0.4, 1.0), "covariance"),
        (([0.0, 0.0], [[1.0, 0.5], [0.0, 1.0]], 1.0), "covariance"),
        (([0.0, 0.0], np.eye(2), -1.0), "t"),
        (([0.0, 0.0], np.eye(2), np.inf), "t"),
    ],
)
def test_bad_states(arguments, name):
    with pytest.raises(ValueError, match=f"`{name}`"):
        Lindblad.from_field(DAMPED).moments(*arguments)


def test_more_refusals():
    with pytest.raises(ValueError, match="given for 4 components"):
        Lindblad.from_field(some(3)[0])
    growing = Lindblad.from_field(AffineField(np.eye(2), np.ones(2)))
    for t in (400.0, 1e4):  # the covariance overflows, then the flow itself
        with pytest.raises(fx.UnfinishedFlowError, match="range of numbers"):
            growing.moments([1, 1], np.eye(2), t)
    with pytest.raises(ValueError, match="`count`"):
        Lindblad.from_field(DAMPED).liouvillian(-1)
    with pytest.raises(ValueError, match="one state"):
        Lindblad.from_field(DAMPED).moments([0, 0], np.eye(2), [1.0, 2.0]).wigner([0.0, 0.0])
