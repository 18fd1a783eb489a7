"""Random cosine networks against the reference numbers, direct quadrature and their own draws."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax._errors import LowOverlapError

P = fx.paths
OMEGA = np.sqrt(1.25)


def document(width=4):
    """The document's own scale: N times the variance of a is 1."""
    return P.CosineEnsemble(width, cutoff=8.0, frequency=OMEGA, variance=1.0)


def test_two_point_function_is_2_5_with_its_factor(paths_reference):
    exact = paths_reference["nnft"]
    found = document().two_point(np.array([0.0, 0.4, -1.1]))
    names = ["L=8,om2=1.25,tau=0", "tau=.4", "tau=1.1"]
    assert np.allclose(found, [exact[name] for name in names], rtol=1e-13)
    assert np.isclose(found[0] * 4 * 8, 2.5615, rtol=1e-4)  # the value of (2.5) as printed
    assert np.isclose(document(7).four_point(np.zeros(4)) * 7, exact["kappa4(tau=0)*N"], rtol=1e-11)


def test_four_point_function_against_quadrature_of_one_neuron():
    """Of independent neurons the connected function is that of one, by sums over b and c."""
    times = np.array([0.3, -0.2, 1.1, 0.5])
    b, w = np.polynomial.legendre.leggauss(200)
    c = 2 * np.pi * np.arange(16) / 16
    unit = np.cos(8 * b[:, None, None] * times + c[:, None])
    unit /= np.sqrt(64 * b**2 + 1.25)[:, None, None]
    mean = lambda *which: np.tensordot(w / 2, np.prod(unit[..., which], -1).mean(1), 1)
    pairs = [(0, 1, 2, 3), (0, 2, 1, 3), (0, 3, 1, 2)]
    exact = 3 * mean(0, 1, 2, 3) - sum(mean(i, j) * mean(k, n) for i, j, k, n in pairs)
    assert np.isclose(document(5).four_point(times) * 5, exact, rtol=1e-11)


def test_four_point_function_does_not_know_the_origin_or_the_order():
    networks, times = document(), np.array([0.3, -0.2, 1.1, 0.5])
    values = [networks.four_point(np.array(t) + 3.0) for t in itertools.permutations(times)]
    assert np.ptp(values) < 1e-13
    assert np.isclose(values[0], networks.four_point(times), rtol=1e-10)


def test_without_cutoff_it_is_the_oscillator_and_its_corrections_are_cutoff_over_width():
    networks = P.CosineEnsemble(50, cutoff=1e5, frequency=1.3, mass=1.9, hbar=0.8)
    lags = np.array([0.0, 0.5, 3.0])
    exact = 0.8 / (2 * 1.9 * 1.3) * np.exp(-1.3 * lags)
    assert np.allclose(networks.limit(-lags), exact, rtol=1e-14)
    assert np.allclose(networks.two_point(lags), exact, atol=1e-5 * exact[0])
    assert np.isclose(networks.kurtosis, (9e5 / (2 * np.pi * 1.3) - 3) / 50, rtol=2e-3)


def test_draws_have_the_exact_functions_at_every_width(key):
    """Widths 4 and 64: fourth cumulant, two- and four-point function, within 4 sigma.

    Sigma is the spread of 40 blocks of draws; draws of one block are independent.
    """
    times = np.array([0.0, 0.4, 0.4, 1.1])

    @jax.jit
    def moments(networks, keys):
        x = jax.lax.map(lambda k: networks.draw(k)(times), keys, batch_size=2000)
        blocks = x.reshape(40, -1, 4)
        mean = lambda *which: jnp.prod(blocks[..., jnp.array(which)], -1).mean(1)
        square, other = mean(0, 0), mean(0, 1)
        one = mean(0, 0, 0, 0) - 3 * square**2
        pairs = other * mean(2, 3) + mean(0, 2) * mean(1, 3) + mean(0, 3) * mean(1, 2)
        four = mean(0, 1, 2, 3) - pairs
        return jnp.stack([square, other, one, four])

    for width in (4, 64):
        networks = document(width)
        keys = jax.random.split(jax.random.fold_in(key, width), 200_000)
        found = np.asarray(moments(networks, keys))
        four = [networks.four_point(np.zeros(4)), networks.four_point(times)]
        exact = np.array([*networks.two_point(np.array([0.0, 0.4])), *four])
        error = found.std(1, ddof=1) / np.sqrt(40)
        assert (np.abs(found.mean(1) - exact) < 4 * error).all(), (width, found.mean(1), exact)
        assert error[2] < exact[2] / 4  # a Gaussian would be seen


def test_a_network_is_a_function_of_any_times(key):
    network = jax.jit(document().draw)(key)
    times = np.array([[0.1, -2.0, 3.0]])
    direct = sum(network.a[n] * np.cos(network.b[n] * times + network.c[n]) for n in range(4))
    assert network(times).shape == (1, 3)
    assert np.allclose(network(times), direct, rtol=1e-12)
    assert np.shape(network(0.1)) == ()


@pytest.fixture(scope="module")
def weighted():
    """Wide networks on two units of time, pulled by an additional spring of 0.6."""
    free = P.CosineEnsemble(64, cutoff=2.0)
    times = np.linspace(0.0, 2.0, 9)
    spring = lambda x: 0.3 * x**2
    return free, P.interacting(free, spring, times=times, draws=12_000, key=jax.random.key(3))


def test_interaction_of_a_spring_is_a_gaussian_integral(weighted):
    """Within 4 sigma of the Gaussian process; the width's own correction is below one."""
    free, found = weighted
    spring = np.full(9, 0.6 * 0.25)
    spring[[0, -1]] /= 2
    bare = free.two_point(found.times[:, None] - found.times)
    pulled = bare @ np.linalg.inv(np.eye(9) + spring[:, None] * bare)
    exact = -np.linalg.slogdet(np.eye(9) + spring[:, None] * bare)[1] / 2
    square, lag = found.mean(found.x[:, 4] ** 2), found.mean(found.x[:, 4] * found.x[:, 6])
    assert abs(square.value - pulled[4, 4]) < 4 * square.error < 0.1 * pulled[4, 4]
    assert abs(lag.value - pulled[4, 6]) < 4 * lag.error
    assert abs(found.log_ratio.value - exact) < 4 * found.log_ratio.error < 0.1
    assert pulled[4, 4] < bare[4, 4] - 8 * square.error


def test_weights_that_overlap_too_little_are_refused(weighted):
    free, found = weighted
    assert 1000 < found.ess < 12_000
    with pytest.raises(LowOverlapError, match="draws that count"):
        P.interacting(
            free, lambda x: 4000 * x**4, times=found.times, draws=200, key=jax.random.key(0)
        )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"width": 0}, "`width` must be a whole number"),
        ({"cutoff": -1.0}, "`cutoff` must be positive"),
        ({"frequency": 0.0}, "`frequency` must be positive"),
    ],
)
def test_networks_out_of_range_are_refused(change, text):
    with pytest.raises(ValueError, match=text):
        P.CosineEnsemble(**({"width": 4, "cutoff": 8.0} | change))
