"""Nelson's process against the ground state it belongs to, and against the path ensemble."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

P = fx.paths
MASS, HBAR = 1.3, 0.7
PLACES = np.linspace(-1.7, 1.9, 9)


def along(function, x):
    """A function of one place (1,), at all places."""
    return np.asarray(jax.jit(jax.vmap(function))(x[:, None]))


@pytest.fixture(scope="module")
def quartic():
    return P.NelsonProcess.from_potential("x**4")


@pytest.fixture(scope="module")
def given():
    """The process of a drift without any symmetry."""
    return P.NelsonProcess.from_drift(lambda x: 0.3 - x - x**3, mass=MASS, hbar=HBAR)


@pytest.fixture(scope="module")
def seen(given):
    """Everything of appendix B at the places, by derivatives of the amplitude itself."""
    log = lambda x: given.log_density(x[None]) / 2
    drift = lambda x: given.drift(x[None])[0]
    rho, G = lambda x: jnp.exp(2 * log(x)), lambda x: -HBAR / MASS * log(x)
    root = lambda x: jnp.sqrt(MASS / 2) * jax.grad(G)(x)

    @jax.jit
    @jax.vmap
    def at(x):
        psi = lambda x: jnp.exp(log(x))
        return {
            "bend": HBAR**2 / (2 * MASS) * jax.grad(jax.grad(psi))(x) / psi(x),
            "V": given.potential(x[None]),
            "B.9": MASS / 2 * jax.grad(G)(x) ** 2 - HBAR / 2 * jax.grad(jax.grad(G))(x),
            "drift": drift(x),
            "current": drift(x) * rho(x) - HBAR / (2 * MASS) * jax.grad(rho)(x),
            "root": root(x),
            "signed": -HBAR / jnp.sqrt(2 * MASS) * jax.grad(root)(x),
            "printed": -HBAR / jnp.sqrt(2 * MASS) * jax.grad(lambda x: jnp.abs(root(x)))(x),
        }

    return {name: np.asarray(value) for name, value in at(PLACES).items()}


def test_the_ground_state_of_a_drift_is_that_of_its_potential(seen, given):
    """(B.6), (B.9), (B.14), H exp(-m G / hbar) = 0, and no current, where 2 D = hbar / m."""
    assert np.isclose(2 * given.diffusion, HBAR / MASS)
    assert np.allclose(seen["drift"], 0.3 - PLACES - PLACES**3, rtol=1e-13)
    assert np.allclose(seen["bend"], seen["V"], rtol=1e-11, atol=1e-12)
    assert np.allclose(seen["B.9"], seen["V"], rtol=1e-11, atol=1e-12)
    assert np.abs(seen["current"]).max() < 1e-13


def test_the_root_in_b_15_has_a_sign(seen):
    """-i [p, R] / sqrt(2 m) = -hbar R' / sqrt(2 m), with R = sqrt(m / 2) G' and not its size."""
    quantum = seen["V"] - seen["root"] ** 2
    assert np.allclose(seen["signed"], quantum, rtol=1e-12)
    assert np.allclose(seen["printed"], np.sign(seen["root"]) * quantum, rtol=1e-12)
    assert np.abs(seen["printed"] - quantum).max() > 1


def test_eulers_stationary_variances(paths_reference, quartic):
    """Of the oscillator in closed form; of x^4 as in paths.md 7.3, and exact at h = 0."""
    x = np.linspace(-6.0, 6.0, 401)
    oscillator = P.NelsonProcess(lambda x: -(x**2) / 2)
    second = lambda density, x: density @ x**2 * (x[1] - x[0])
    exact = paths_reference["nelson"]["h=0.1,om=1,m=hbar=1"]
    assert np.isclose(second(oscillator.euler_density(x, step=0.1), x), exact, rtol=1e-9)
    x = np.linspace(-4.0, 4.0, 401)
    found = [second(quartic.euler_density(x, step=h), x) for h in (0.04, 0.02, 0.01)]
    assert np.allclose(found, [0.29570, 0.29144, 0.28937], atol=6e-6)
    density = np.exp(along(quartic.log_density, x))
    assert np.isclose(density @ x**2 / density.sum(), 0.287337567, rtol=1e-8)


def test_a_potential_gives_its_own_ground_state(quartic):
    """Level and potential return: the logarithm is right where the amplitude is tiny, too."""
    morse = P.NelsonProcess.from_potential("3*(1-exp(-x))**2", mass=MASS, hbar=HBAR)
    rate = HBAR * np.sqrt(6 / MASS)
    x = np.linspace(-1.2, 3.0, 29)
    wells = {"3*(1-exp(-x))**2": (morse, rate / 2 - rate**2 / 48)}
    wells["x**4"] = (quartic, 0.667986259155777)
    for text, (process, level) in wells.items():
        assert np.isclose(process.energy, level, atol=1e-10)
        back = along(process.potential, x)
        assert np.allclose(back, P.Potential(text)(jnp.asarray(x[None])), atol=1e-6)
    drift = along(quartic.drift, np.array([-10.0, 3.0, 10.0]))[:, 0]
    assert np.isclose(drift[1], -np.sqrt(2 * (81 - 0.668)) - 1 / 3, atol=0.01)  # WKB
    assert drift[0] > 15
    assert drift[2] < -15


def test_a_potential_without_a_bound_state_is_refused():
    with pytest.raises(ValueError, match="must confine"):
        P.NelsonProcess.from_potential("-x**2")


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_refused_steps_make_the_density_exact(quartic, rate, key):
    """<x^2> of x^4 at a step at which Euler's is 12 % off, within 4 sigma."""
    start = jax.random.normal(key, (100, 1))
    walk = quartic.run(start, key, step=0.16, steps=1500, rate=rate)
    square = fx.Estimate.from_chains(walk.x[:, 100:, 0] ** 2)
    assert abs(square.value - 0.287337567) < 4 * square.error < 0.012
    assert 0.5 < walk.acceptance < 0.99


def test_exact_steps_are_exact_at_any_step(key):
    """Variance and two-time correlation of the oscillator with h = 0.7, within 4 sigma."""
    process = P.NelsonProcess(lambda x: -MASS * 1.5 / HBAR * x**2 / 2, mass=MASS, hbar=HBAR)
    walk = process.run(np.zeros((100, 1)), key, step=0.7, steps=1500, rate=1.5, adjusted=False)
    x, exact = walk.x[:, 20:, 0], HBAR / (2 * MASS * 1.5)
    for lag in (0, 1, 2):
        found = fx.Estimate.from_chains(x[:, lag:] * x[:, : x.shape[1] - lag])
        assert abs(found.value - exact * np.exp(-1.5 * 0.7 * lag)) < 4 * found.error
        assert found.error < 0.01 * exact
    assert walk.acceptance > 1 - 1e-12


def test_a_half_line_of_weights_is_nelsons_walk():
    """The lattice path of an oscillator, far from its ends, is the exact walk with its rate.

    Given the site before, the next one is normal: mean and variance from the action's matrix.
    """
    paths = P.PathEnsemble("x**2/2", beta=24.0, slices=48, ends=P.HalfLine(0.0))
    action = lambda x: paths.action(jnp.pad(x, (1, 0))[None])
    covariance = np.linalg.inv(jax.jit(jax.hessian(action))(np.zeros(48)))
    n = 24
    slope = covariance[n + 1, n] / covariance[n, n]
    spread = covariance[n + 1, n + 1] - slope * covariance[n, n + 1]
    rate = 2 * np.arcsinh(0.25) / 0.5  # the lattice's own frequency at dt = 1/2
    # The mass of the lattice's ground state: its exponent is m omega sqrt(1 + (omega dt)^2 / 4).
    density = np.sqrt(1 + 1 / 16)
    process = P.NelsonProcess(lambda x: -density * x**2 / 2, mass=density / rate)
    state = process.start(jnp.ones(1), rate=rate)
    keys = jax.random.split(jax.random.key(1), 20_000)
    walk = lambda key: process.step(state, key, step=0.5, rate=rate)[0].x[0]
    ends = np.asarray(jax.jit(jax.vmap(walk))(keys))
    assert np.isclose(slope, np.exp(-rate / 2), rtol=1e-9)
    assert np.isclose(spread, (1 - slope**2) / (2 * density), rtol=1e-9)
    assert abs(ends.mean() - slope) < 4 * np.sqrt(spread / 20_000)  # 4 sigma
    assert abs(ends.var() / spread - 1) < 4 * np.sqrt(2 / 20_000)


def test_a_path_drifts_as_nelson_says(quartic):
    """Mean velocity of a path's weights W given its place, from transfer matrices of x^4."""
    x = np.linspace(-3.2, 3.2, 257)

    def velocity(dt):
        kernel = np.exp(-((x[:, None] - x) ** 2) / (2 * dt) - dt / 2 * (x[:, None] ** 4 + x**4))
        forward = kernel * np.abs(np.linalg.eigh(kernel)[1][:, -1])
        return (forward @ x / forward.sum(1) - x) / dt

    near = np.abs(x) < 1.6
    drift = along(quartic.drift, x[near])[:, 0]
    assert np.allclose((2 * velocity(0.01) - velocity(0.02))[near], drift, atol=0.01)
    assert np.abs(drift).max() > 3


def test_two_times_of_the_walk_are_two_times_of_the_path(quartic, key):
    """<x(0) x(tau)> of x^4 against levels and matrix elements, within 4 sigma + the step's 1 %."""
    x = np.linspace(-4.5, 4.5, 301)
    far = np.subtract.outer(np.arange(301), np.arange(301))
    kinetic = np.where(far == 0, np.pi**2 / 6, (-1.0) ** far / np.where(far == 0, 1, far) ** 2)
    levels, states = np.linalg.eigh(kinetic / (x[1] - x[0]) ** 2 + np.diag(x**4))
    elements = (states[:, 0] * x) @ states
    walk = quartic.run(jax.random.normal(key, (100, 1)) / 2, key, step=0.02, steps=2500)
    path = walk.x[:, 100::5, 0]
    for lag in (2, 5, 10):
        exact = elements**2 @ np.exp(-(levels - levels[0]) * 0.1 * lag)
        found = fx.Estimate.from_chains(path[:, lag:] * path[:, :-lag])
        assert abs(found.value - exact) < 4 * found.error + 0.01 * exact
        assert found.error < 0.03 * elements[1] ** 2


def test_several_degrees_of_freedom():
    K, x = np.array([[1.0, 0.3], [0.3, 2.0]]), np.array([0.4, -1.1])
    process = P.NelsonProcess(lambda x: -x @ K @ x / 2, dof=2)
    drift, potential = jax.jit(lambda x: (process.drift(x), process.potential(x)))(x)
    assert np.allclose(drift, -K @ x)
    assert np.allclose(potential, x @ K @ K @ x / 2 - 1.5)
