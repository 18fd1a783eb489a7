"""Doubled fields: waves along characteristics, ensembles, and momenta as gradients."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.equations import AffineField, ReLUField
from feynax.quantum import Doubled, gaussian_nodes


class Tanh(eqx.Module):
    """y' = -y + w tanh(y) + I, an input that turns, and a term that may blow up."""

    weights: jax.Array
    current: jax.Array
    turning: jax.Array
    square: jax.Array

    def __call__(self, t, y, args=None):
        push = self.turning * jnp.sin(3 * t) + self.square * y**2
        return jnp.tanh(y) @ self.weights.T - y + self.current + push


def tanh(weights, current, turning=0.0, square=0.0):
    return Doubled(Tanh(*(jnp.asarray(x) for x in (weights, current, turning, square))))


@functools.cache
def one():
    return tanh([[1.6]], [0.2])


@functools.cache
def three(turning=0.0):
    return tanh(np.random.default_rng(5).normal(size=(3, 3)), [0.1, -0.2, 0.3], turning)


def packet(mean, std, phase=0.0):
    def psi0(y):
        away = (y - np.asarray(mean)) / std
        height = (2 * np.pi * std**2) ** (-y.shape[-1] / 4)
        return height * np.exp(-np.sum(away**2, -1) / 4 + 1j * phase * np.sum(y, -1))

    return psi0


@pytest.mark.parametrize("name", ["koopman_0", "koopman_1"])
def test_reference(name, ctrnn_reference):
    case = ctrnn_reference[name]
    data, out = case["in"], case["out"]
    system = tanh([[data["w"]]], [data["I"]])
    points, weights = gaussian_nodes([data["mean"]], [[data["std"] ** 2]], 30)
    mean, spread = system.moments(points, data["t"], weights=weights)
    assert mean[0] == pytest.approx(out["mean"], rel=case["tol"], abs=case["tol"])
    assert spread[0, 0] == pytest.approx(out["var"], rel=case["tol"], abs=case["tol"])


@pytest.mark.parametrize("hbar", [1.0, 0.3])
def test_schroedinger_equation_on_a_grid(hbar):
    """The same wave from (p f + f p)/2 on a Fourier grid, whatever hbar: to 1e-9."""
    from scipy.linalg import expm

    count, width, t = 160, 8.0, 0.6
    line = (np.arange(count) - count / 2) * width / count
    waves = 2 * np.pi * np.fft.fftfreq(count, width / count)
    momentum = hbar * np.fft.ifft(waves[:, None] * np.fft.fft(np.eye(count), axis=0), axis=0)
    force = np.diag(-line + 1.6 * np.tanh(line) + 0.2)
    hamiltonian = (momentum @ force + force @ momentum) / 2
    start = packet([0.3], 0.4, phase=0.7)
    later = expm(-1j / hbar * t * hamiltonian) @ start(line[:, None])
    inner = np.abs(line) < 2.5
    found = one().wave(start, line[inner, None], t)
    assert np.abs(found - later[inner]).max() < 1e-9
    assert np.sum(
        np.abs(one().wave(start, line[:, None], t)) ** 2
    ) * width / count == pytest.approx(1.0, abs=1e-9)


def test_wave_solves_its_equation_in_three_dimensions():
    """Central differences of the closed formula: i hbar psi_t = H psi, with an input over time."""
    system, h = three(turning=0.5), 1e-3
    start, t = packet([0.2, 0.1, -0.1], 0.5, phase=1.0), 0.4
    y = np.array([0.3, -0.2, 0.1])
    shifts = np.concatenate([np.eye(3), -np.eye(3)]) * h
    around = system.wave(start, y + shifts, t)
    gradient = (around[:3] - around[3:]) / (2 * h)
    rate = (system.wave(start, y, t + h) - system.wave(start, y, t - h)) / (2 * h)
    f = lambda x: system.field(t, x)
    divergence = float(jnp.trace(jax.jacfwd(f)(jnp.asarray(y))))
    value = system.wave(start, y, t)
    wanted = -np.asarray(f(jnp.asarray(y))) @ gradient - 0.5 * divergence * value
    assert abs(rate - wanted) < 1e-5 * abs(rate)
    assert abs(divergence * value) > 0.1 * abs(rate)  # the half divergence could be seen missing


def test_density_is_the_wave_squared():
    start = packet([0.3], 0.4)
    line = np.linspace(-2, 2, 7)[:, None]
    rho = one().density(lambda y: np.abs(start(y)) ** 2, line, 0.6)
    assert np.allclose(rho, np.abs(one().wave(start, line, 0.6)) ** 2, rtol=1e-12)


@pytest.mark.parametrize("turning", [0.0, 0.5])
def test_there_and_back(turning):
    """Waves come back to their start, and volumes to theirs: a group, with and without input."""
    system, start = three(turning), packet([0.2, 0.1, -0.1], 0.5, phase=1.0)
    points = np.random.default_rng(0).normal(size=(4, 3))
    moved = lambda y: system.flow(y, np.zeros_like(y), 0.5)[0]
    at = moved(points)
    jacobian = np.stack(
        [(moved(points + s) - moved(points - s)) / 2e-5 for s in 1e-5 * np.eye(3)], axis=-1
    )
    volume = np.abs(np.linalg.det(jacobian))
    assert np.allclose(system.wave(start, at, 0.5) * np.sqrt(volume), start(points), rtol=1e-8)


def test_moments_by_nodes_and_by_the_density():
    """Pushing nodes forward equals integrating the density that was followed back."""
    points, weights = gaussian_nodes([0.3], [[0.16]], 80)
    line = np.linspace(-3, 3, 241)
    start = packet([0.3], 0.4)
    for t in (0.0, 0.6, 1.2):
        mean, spread = one().moments(points, t, weights=weights)
        rho = one().density(lambda y: np.abs(start(y)) ** 2, line[:, None], t) * 0.025
        assert mean[0] == pytest.approx(rho @ line, abs=1e-8)
        assert spread[0, 0] == pytest.approx(rho @ (line - mean[0]) ** 2, abs=1e-8)


def test_the_mean_is_not_a_solution():
    """Only for affine fields does the mean follow the flow."""
    points, weights = gaussian_nodes([0.3], [[0.16]], 20)
    mean = one().moments(points, 1.2, weights=weights).mean
    single = one().moments([[0.3]], 1.2).mean
    assert abs(mean - single) > 1e-2
    system = Doubled(AffineField([[-0.5, 1.0], [0.2, 0.3]], [0.1, 0.2]))
    points, weights = gaussian_nodes([0.3, -0.1], np.eye(2), 3)
    mean, spread = system.moments(points, 1.2, weights=weights)
    matrix, shift = system.field.flow(1.2)
    assert np.allclose(mean, matrix @ [0.3, -0.1] + shift)
    assert np.allclose(spread, matrix @ matrix.T)


def test_affine_fields_carry_gaussians():
    field = AffineField([[-0.5, 1.0], [0.2, 0.3]], [0.1, 0.2])
    points = np.random.default_rng(1).normal(size=(5, 2))
    for t in (0.8, -0.8):
        matrix, shift = field.flow(t)
        away = points - matrix @ [0.1, 0.2] - shift
        spread = 0.36 * matrix @ matrix.T
        wanted = np.exp(-np.sum(away @ np.linalg.inv(spread) * away, 1) / 2) / 2 / np.pi
        wanted /= np.sqrt(np.linalg.det(spread))
        wave = Doubled(field).wave(packet([0.1, 0.2], 0.6, phase=0.4), points, t)
        assert np.allclose(np.abs(wave) ** 2, wanted, rtol=1e-12)


def test_relu_networks_across_switchings():
    """Both ways in time, against SciPy's integrator; the divergence jumps at a threshold."""
    from scipy.integrate import solve_ivp

    weights, tau = np.array([[1.6, -0.8], [0.7, 0.4]]), np.array([1.0, 0.5])
    bias, current = np.array([0.1, -0.1]), np.array([-0.2, 0.3])
    field = ReLUField.ctrnn(weights, tau, bias, current)
    start, points = packet([0.1, 0.2], 0.6), np.random.default_rng(1).normal(size=(6, 2))
    system = Doubled(field)

    def rate(t, state):
        on = state[:2] + bias > 0
        speed = (weights @ (on * (state[:2] + bias)) - state[:2] + current) / tau
        return np.append(speed, np.sum((np.diag(weights) * on - 1) / tau))

    solve = lambda y, *span: solve_ivp(rate, span, [*y, 0.0], "DOP853", rtol=1e-11, atol=1e-11)
    for t in (0.9, -0.9):
        back = np.array([solve(y, t, 0.0).y[:, -1] for y in points])
        assert any(
            np.any(field.mask(y[:2]) != field.mask(x)) for x, y in zip(points, back, strict=True)
        )
        wanted = np.exp(back[:, 2] / 2) * start(back[:, :2])
        assert np.allclose(system.wave(start, points, t), wanted, rtol=1e-8)
        there = np.array([solve(y, 0.0, t).y[:2, -1] for y in points])
        assert np.allclose(system.moments(points, t).mean, np.mean(there, 0), rtol=1e-8)


def test_momenta_are_back_propagated_gradients():
    """p flowing back from the gradient of a loss equals `jax.grad` through the network."""
    system, t = three(), 1.5
    wanted, y0 = jnp.array([0.5, -0.5, 0.2]), jnp.array([0.1, 0.4, -0.3])

    @functools.partial(jax.grad, has_aux=True)
    def loss(y):  # fourth-order steps of the same field; their error is 1e-9
        step, field = t / 400, functools.partial(system.field, 0.0)

        def onward(y, _):
            k1 = field(y)
            k2 = field(y + step / 2 * k1)
            k3 = field(y + step / 2 * k2)
            k4 = field(y + step * k3)
            return y + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

        last = jax.lax.scan(onward, y, None, 400)[0]
        return jnp.sum((last - wanted) ** 2), last

    gradient, last = jax.jit(loss)(y0)
    back, momentum = system.flow(last, 2 * (last - wanted), 0.0, start=t)
    assert np.allclose(back, y0, atol=1e-8)
    assert np.allclose(momentum, gradient, atol=1e-8)


def test_energy_is_kept_and_has_no_hbar():
    y, p = np.array([0.3, -0.2, 0.1]), np.array([1.0, 0.5, -0.4])
    later = three().flow(y, p, 0.7)
    assert three().symbol(*later) == pytest.approx(three().symbol(y, p), rel=1e-9)
    driven = three(turning=0.5)
    assert abs(driven.symbol(*driven.flow(y, p, 0.7), 0.7) - driven.symbol(y, p)) > 1e-3


def test_affine_fields_are_quadratic():
    system = Doubled(AffineField([[-0.5, 1.0], [0.2, 0.3]], [0.1, 0.2]))
    ham = system.quadratic(hbar=0.5)
    matrix = system.field.matrix
    none = np.zeros((2, 2))
    assert np.allclose(ham.field.matrix, np.block([[matrix, none], [none, -matrix.T]]))
    y, p = np.array([0.3, -0.2]), np.array([1.0, 0.5])
    z = np.concatenate([y, p])
    assert z @ ham.form @ z / 2 + ham.slope @ z == pytest.approx(system.symbol(y, p))
    grown, shift = ham.field.flow(0.7)
    assert np.allclose(np.concatenate(system.flow(y, p, 0.7)), grown @ z + shift, atol=1e-9)
    with pytest.raises(fx.ContinuousSpectrumError):
        ham.levels(1)
    with pytest.raises(ValueError, match="AffineField"):
        one().quadratic()


def test_nodes_integrate_polynomials():
    cov = np.array([[0.5, 0.2], [0.2, 0.3]])
    points, weights = gaussian_nodes([1.0, -1.0], cov, 4)
    away = points - [1.0, -1.0]
    assert np.allclose(np.einsum("k,ki,kj->ij", weights, away, away), cov)
    fourth = 2 * cov[0, 1] ** 2 + cov[0, 0] * cov[1, 1]
    assert weights @ (away[:, 0] ** 2 * away[:, 1] ** 2) == pytest.approx(fourth)


def test_networks_under_inputs():
    arrays = {"weights": [[0.5, -1.0], [1.0, 0.2]], "input_weights": [[0.4], [0.3]]}
    y, x = np.array([0.3, -0.2]), np.array([0.7])
    for activation in ("relu", "tanh"):
        net = fx.networks.CTRNN.from_arrays(**arrays, activation=activation)
        held = fx.maps.doubled(net, x).field(0.4, y, None)
        over_time = fx.maps.doubled(net, lambda t: 0.7 * jnp.cos(jnp.array([t])) ** 2).field
        assert np.allclose(held, net.field(y, x))
        assert np.allclose(over_time(0.4, y, None), net.field(y, x * np.cos(0.4) ** 2))
        alone = fx.networks.CTRNN.from_arrays(arrays["weights"], activation=activation)
        assert np.allclose(fx.maps.doubled(alone).field(0.4, y, None), alone.field(y))
    relu = fx.networks.CTRNN.from_arrays(**arrays, activation="relu")
    assert isinstance(fx.maps.doubled(relu, x).field, ReLUField)
    with pytest.raises(ValueError, match="`x`"):
        fx.maps.doubled(relu, [1.0, 2.0])


def test_what_leaves_every_bound_is_told():
    system = tanh([[1.6]], [0.2], square=5.0)
    with pytest.raises(fx.UnfinishedFlowError, match="last time"):
        system.moments([[2.0]], 1.0)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: Doubled(3.0), "field"),
        (lambda: Doubled(lambda t, y, args: y, tolerance=0.0), "tolerance"),
        (lambda: Doubled(lambda t, y, args: y[0]).wave(packet([0], 1), [[1.0]], 1.0), "field"),
        (lambda: one().wave(lambda y: y, [[0.1]], 0.6), "psi0"),
        (lambda: one().wave(lambda y: y, [[np.nan]], 1.0), "ys"),
        (lambda: one().flow([0.1], [0.1, 0.2], 1.0), "p"),
        (lambda: one().moments([[0.1]], [1.0, -1.0]), "t"),
        (lambda: one().moments([[0.1]], [np.nan]), "t"),
        (lambda: one().moments([[0.1]], 1.0, weights=[0.5]), "weights"),
        (lambda: gaussian_nodes([0.0], [[-1.0]], 3), "covariance"),
        (lambda: gaussian_nodes(np.zeros(9), np.eye(9), 10), "count"),
        (lambda: gaussian_nodes([0.0], [[1.0]], 0), "count"),
    ],
)
def test_bad_arguments(call, name):
    with pytest.raises(ValueError, match=f"`{name}`"):
        call()
