"""Weights of paths: the document's formulas as identities, Jacobians against differentiation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

P = fx.paths
ENDS = {
    "periodic": P.Periodic(),
    "fixed": P.FixedEnds([0.6, 1.0], [-0.3, 0.2]),
    "half": P.HalfLine([0.6, 1.0]),
    "free": P.FreeEnds(),
}
BASES = {"relu": P.ReLUWeights, "step": P.StepWeights, "modes": P.ModeWeights}


def quartic(x):
    return x**2 / 2 + x**4


def ensemble(ends, slices=5, mass=1.9):
    return P.PathEnsemble(
        quartic, beta=3.0, slices=slices, ends=ends, mass=mass, action="midpoint", hbar=0.8
    )


def two(ends):
    """Two degrees of freedom."""
    return P.PathEnsemble(lambda x: (x**2).sum(0), beta=1.5, slices=5, ends=ends, mass=[1.0, 2.0])


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("basis", BASES)
def test_maps_are_inverse_with_the_jacobian_of_the_measure(basis, ends):
    ens = two(ENDS[ends])
    weights = BASES[basis](ens)
    w = jnp.asarray(np.random.default_rng(3).normal(size=weights.shape))
    x = weights.to_path(w)
    assert x.shape == (2, ens.sites)
    for name, site in (("start", 0), ("stop", -1)):
        held = getattr(ens.ends, name, x[:, site])
        assert np.allclose(x[:, site], held, atol=1e-14)
    assert jnp.allclose(weights.from_path(x), w, atol=1e-12)
    matrix = jax.jacfwd(weights.to_path)(w).reshape(x.size, w.size)
    moving = np.abs(matrix).max(1) > 1e-12  # a held site does not move
    log = np.linalg.slogdet(matrix[moving])[1]
    assert np.isclose(log, weights.log_jacobian, atol=1e-11)


@pytest.mark.float32
def test_sites_are_the_sums_3_7_and_4_2_of_the_weights_4_4_and_4_5():
    ens = ensemble(P.HalfLine(0.6))
    dt, N = float(ens.dt), 5
    w = jnp.asarray(np.random.default_rng(1).normal(size=(1, N)))
    x = P.ReLUWeights(ens).to_path(w)
    # (3.7) with the sum from k = 1: its k = 0 would name w_{n+1}, beyond the last for n = N.
    own = np.asarray(w)[0]
    sums = [0.6 + dt * sum(k * own[n - k] for k in range(1, n + 1)) for n in range(N + 1)]
    assert np.allclose(x[0], sums, atol=1e-5)
    assert np.allclose(w[0, 1:], (x[0, 2:] - 2 * x[0, 1:-1] + x[0, :-2]) / dt, atol=1e-4)
    W = P.StepWeights(ens).from_path(x)
    assert np.allclose(W, np.cumsum(w, -1), atol=1e-4)  # (3.15)
    assert np.allclose(x[0, 1:], 0.6 + dt * np.cumsum(W), atol=1e-5)


def test_the_last_weight_is_3_8_and_4_3_and_another_is_refused():
    ens = ensemble(P.FixedEnds(0.6, -0.3))
    dt, N, rise = float(ens.dt), 5, -0.9
    w = np.random.default_rng(1).normal(size=(1, N - 1))
    relu, step = P.ReLUWeights(ens), P.StepWeights(ens)
    last = rise / dt - sum(k * w[0, N - k] for k in range(2, N + 1))
    whole = relu.whole(jnp.asarray(w))
    assert np.isclose(whole[0, -1], last, rtol=1e-13)
    assert np.isclose(step.whole(jnp.asarray(w))[0, -1], rise / dt - w.sum(), rtol=1e-13)
    assert jnp.allclose(relu.free(whole * (1 + 1e-11)), w, rtol=1e-10)
    with pytest.raises(ValueError, match="so that the path meets its end"):
        relu.free(whole.at[0, -1].multiply(1 + 1e-7))
    closed = P.StepWeights(ensemble(P.Periodic()))
    everything = closed.whole(jnp.asarray(np.append(0.3, w)[None]))
    assert np.isclose(everything[0, 1:].sum(), 0, atol=1e-13)


def lagrangian_sum(w, start, dt, m):
    """(3.12) in the Euclidean sign, word for word."""
    N, total = len(w), 0.0
    for n in range(1, N + 1):
        place = start + dt * sum((k - 0.5) * w[n - k] for k in range(1, n + 1))
        velocity = sum(w[k - 1] for k in range(1, n + 1))
        total += dt * (m / 2 * velocity**2 + quartic(place))
    return total


def test_the_action_in_relu_weights_is_3_12():
    ens = ensemble(P.FixedEnds(0.6, -0.3))
    basis = P.ReLUWeights(ens)
    w = jnp.asarray(np.random.default_rng(2).normal(size=(1, 4)))
    wanted = lagrangian_sum(np.asarray(basis.whole(w))[0], 0.6, float(ens.dt), 1.9)
    assert np.isclose(0.8 * ens.action(basis.to_path(w)), wanted, rtol=1e-13)


def test_the_action_in_step_weights_is_3_17_and_3_19_with_the_last_slice():
    """Printed, the potential's sum ends at N - 1: one slice of (3.20) is missing."""
    ens = ensemble(P.FixedEnds(0.6, -0.3))
    basis, m, dt, N = P.StepWeights(ens), 1.9, float(ens.dt), 5
    W = np.random.default_rng(2).normal(size=(1, N - 1))
    c = -0.9 / dt
    kinetic = m * dt / 2 * ((W**2).sum() + (c - W.sum()) ** 2)
    whole = np.append(W, c - W.sum())
    V = [quartic(0.6 - dt * whole[n] / 2 + dt * whole[: n + 1].sum()) for n in range(N)]
    found = 0.8 * float(ens.action(basis.to_path(jnp.asarray(W))))
    assert np.isclose(found, kinetic + dt * sum(V), rtol=1e-13)
    assert abs(found - (kinetic + dt * sum(V[:-1]))) > 1e-2


def test_free_step_weights_have_the_mean_and_covariance_of_3_17():
    """Second derivatives of the action: I + 11^T with one stiff direction, of determinant N."""
    ends = P.FixedEnds(0.6, -0.3)
    ens = P.PathEnsemble(lambda x: 0 * x, beta=3.0, slices=5, ends=ends, mass=1.9, hbar=0.8)
    basis = P.StepWeights(ens)
    action = lambda W: ens.action(basis.to_path(W[None]))
    stiffness, slope = jax.hessian(action)(jnp.zeros(4)), jax.grad(action)(jnp.zeros(4))
    covariance = np.linalg.inv(stiffness)
    dt = float(ens.dt)
    assert np.allclose(covariance, 0.8 / (1.9 * dt) * (np.eye(4) - 1 / 5), rtol=1e-12)
    assert np.allclose(-covariance @ slope, -0.9 / (5 * dt), rtol=1e-12)


@pytest.mark.parametrize("ends", ENDS)
def test_amplitudes_decouple(ends):
    """S = sum (N/4) c lambda a^2 about the classical path, for the midpoint oscillator."""
    one = {"fixed": P.FixedEnds(0.0, 0.0), "half": P.HalfLine(0.0)}.get(ends, ENDS[ends])
    m, k, N = 1.9, 0.7, 6
    ens = P.PathEnsemble(
        lambda x: k * x**2 / 2, beta=3.0, slices=N, ends=one, mass=m, action="midpoint"
    )
    basis, dt = P.ModeWeights(ens), 0.5
    half = np.sin(one.angles(N) / 2) ** 2
    rate = 4 * m / dt * half + k * dt * (1 - half)
    a = np.random.default_rng(4).normal(size=basis.shape)
    wanted = (N / 4 * one.norms(N) * rate * a[0] ** 2).sum()
    assert np.isclose(ens.action(basis.to_path(jnp.asarray(a))), wanted, rtol=1e-12)


def test_cosines_of_4_6_have_the_action_4_7_times_a_quarter_of_the_time():
    T, m, k, a = 1.7, 1.3, 0.8, np.array([0.4, -0.7, 0.3])
    t, weights = np.polynomial.legendre.leggauss(40)
    t, weights = T * (t + 1) / 2, T * weights / 2
    rates = np.arange(3) * np.pi / T
    x, v = a @ np.cos(rates[:, None] * t), -(a * rates) @ np.sin(rates[:, None] * t)
    action = weights @ (m / 2 * v**2 - k / 2 * x**2)
    printed = a**2 * (m * rates**2 - k)
    assert np.isclose(action, T / 2 * printed[0] + T / 4 * printed[1:].sum(), rtol=1e-12)


@pytest.mark.parametrize("action", ["midpoint", "trapezoid"])
def test_an_uneven_grid_adds_up(action):
    """A point on a straight piece changes the kinetic part by nothing, V by quadrature only."""
    ens = P.PathEnsemble(
        lambda x: 0 * x + 0.7, beta=2.0, slices=4, ends=P.HalfLine(0.0), action=action, mass=1.3
    )
    x = jnp.asarray(np.random.default_rng(5).normal(size=(1, 5)))
    t = jnp.linspace(0.0, 2.0, 5)
    assert np.isclose(P.uneven_action(ens, t, x), ens.action(x), rtol=1e-13)
    finer = jnp.sort(jnp.append(t, 0.83))
    split = jnp.interp(finer, t, x[0])[None]
    assert np.isclose(P.uneven_action(ens, finer, split), ens.action(x), rtol=1e-13)
    with pytest.raises(ValueError, match="must be one of"):
        P.uneven_action(P.PathEnsemble(quartic, beta=1.0, slices=4, action="chin"), t, x)
