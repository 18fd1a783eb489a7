"""CTRNNs: their two forms, integrators, masks, Dale's law, noise and Beer's oscillator."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from feynax.equations import ExactStep, continuation, fixed_points, lyapunov_spectrum
from feynax.networks import CTRNN, held, held_field, run

BEER = [[4.5, 1.0], [-1.0, 4.5]]


def random_arrays(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, n)), rng.normal(size=(3, n))


def reference_field(w, tau, theta, current, gain, y):
    """Beer's equation term by term."""
    sigma = [1 / (1 + np.exp(-gain[j] * (y[j] + theta[j]))) for j in range(len(y))]
    pushed = [sum(w[i][j] * sigma[j] for j in range(len(y))) for i in range(len(y))]
    return np.array([(-y[i] + pushed[i] + current[i]) / tau[i] for i in range(len(y))])


def test_field_is_beers_equation_term_by_term():
    w, (theta, current, y) = random_arrays(3)
    tau, gain = [0.5, 1.0, 2.0], [1.0, 2.0, 0.7]
    cell = CTRNN.from_arrays(w, tau, theta, current, gain=gain)
    expected = reference_field(w, tau, theta, current, gain, y)
    assert np.allclose(cell.field(jnp.asarray(y)), expected, atol=1e-14)
    step = cell(jnp.asarray(y), jnp.zeros(0))
    assert np.allclose(step, y + 0.1 * expected, atol=1e-14)


def test_rate_form_term_by_term():
    w, (theta, current, r) = random_arrays(3)
    cell = CTRNN.from_arrays(w, 0.5, theta, current, form="rate", activation="tanh")
    expected = (-r + np.tanh(w @ r + theta + current)) / 0.5
    assert np.allclose(cell.field(jnp.asarray(r)), expected, atol=1e-14)


@pytest.mark.parametrize("method", ["euler", "exponential", "heun", "rk4"])
def test_both_forms_are_one_system_along_trajectories(method):
    w, (theta, current, y) = random_arrays(4)
    rng = np.random.default_rng(1)
    inward, gain = rng.normal(size=(4, 2)), rng.uniform(0.5, 2, 4)
    beer = CTRNN.from_arrays(w, 0.7, theta, current, gain=gain, input_weights=inward, method=method)
    x = np.array([0.3, -0.5])
    rates, r = beer.converted(y, x)
    assert rates.form == "rate"
    xs = jnp.tile(jnp.asarray(x), (300, 1))
    (fired, last), (there, end) = run(beer, xs, state=jnp.asarray(y)), run(rates, xs, state=r)
    again, back = rates.converted(end, x)
    assert np.abs(back - last).max() < 1e-12
    assert again.form == "potential"
    assert all(
        np.array_equal(a, b)
        for a, b in zip(jax.tree.leaves(again), jax.tree.leaves(beer), strict=True)
    )
    # potentials are read through the weights: y = W r + I + V x at every step
    pushed = np.asarray(there) @ w.T + current + inward @ x
    expected = 1 / (1 + np.exp(-gain * (pushed + theta)))
    assert np.abs(fired - expected).max() < 1e-12


def test_conversion_says_where_it_does_not_exist():
    uneven = CTRNN.from_arrays(BEER, [1.0, 2.0])
    with pytest.raises(ValueError, match="`tau` must be equal"):
        uneven.converted([0.0, 0.0])
    singular = CTRNN.from_arrays([[1.0, 1.0], [1.0, 1.0]])
    with pytest.raises(ValueError, match="`state` must be reached by rates"):
        singular.converted([1.0, 0.0])
    assert np.allclose(singular.converted([1.0, 1.0])[1], 0.5)


@pytest.mark.parametrize(
    ("method", "order"), [("euler", 1), ("exponential", 1), ("heun", 2), ("rk4", 4)]
)
def test_order_of_each_integrator(method, order):
    def end(steps, how):
        cell = CTRNN.centre_crossing(BEER, [1.0, 2.0], method=how, step_size=4.0 / steps)
        return run(cell, jnp.zeros((steps, 0)), state=jnp.array([3.0, 1.0])).state

    exact = end(800, "rk4")
    coarse, fine = (float(jnp.abs(end(n, method) - exact).max()) for n in (40, 80))
    assert np.log2(coarse / fine) == pytest.approx(order, abs=0.25)


def test_exponential_method_is_exact_where_nothing_drives_it():
    cell = CTRNN.from_arrays(np.zeros((2, 2)), [0.5, 3.0], method="exponential", step_size=0.8)
    y = cell(jnp.array([1.0, -2.0]), jnp.zeros(0), jnp.array(2.5))
    assert np.allclose(y, np.array([1.0, -2.0]) * np.exp(-2.0 / np.array([0.5, 3.0])), atol=1e-15)
    assert isinstance(cell.equation().step, ExactStep)


def test_half_the_sampling_step_twice_is_one_step_to_its_order():
    cell = CTRNN.centre_crossing(BEER, method="rk4", step_size=0.1)
    xs, y = jnp.zeros((1, 0)), jnp.array([3.0, 1.0])
    one = run(cell, xs, state=y).state
    halves = run(cell, jnp.zeros((2, 0)), state=y, dts=jnp.full(2, 0.5)).state
    assert np.abs(one - halves).max() < 1e-8


def test_beers_oscillator_has_its_cycle_and_its_hopf_point():
    cell = CTRNN.centre_crossing(BEER, method="rk4", step_size=0.1)
    assert cell.bias.tolist() == [-2.75, -1.75]  # as printed
    found = fixed_points(held_field(cell), [[2.0, 2.0]], kind="field")
    assert found.stability == ("unstable",)
    expected = 0.1 * (0.125 + 0.25j)  # -1 + 4.5/4 +- i/4, a sample being 0.1
    assert found.eigenvalues[0, 0] == pytest.approx(expected, abs=1e-12)
    spectrum = lyapunov_spectrum(held_field(cell), [[3.0, 1.0]], kind="field", step=1.0, steps=6400)
    assert abs(spectrum.values[0]) < 1e-4  # a limit cycle: zero and negative
    assert spectrum.values[1] < -1e-3

    def field(y, w):
        W = jnp.array([[0.0, 1.0], [-1.0, 0.0]]) + w * jnp.eye(2)
        return -y + W @ jax.nn.sigmoid(y - W.sum(1) / 2)

    (hopf,) = continuation(field, [2.0, 1.0], (3.0, 5.0), kind="field").bifurcations
    assert (hopf.name, hopf.parameter) == ("hopf", pytest.approx(4.0, abs=1e-10))


def test_held_map_and_held_field_rest_at_the_same_points():
    cell = CTRNN.from_arrays(*random_arrays(3)[:1], step_size=0.2)
    starts = np.zeros((1, 3))
    one = fixed_points(held(cell), starts)
    other = fixed_points(held_field(cell), starts, kind="field")
    assert np.allclose(one.points, other.points, atol=1e-10)
    # forward Euler: eigenvalues of the map are one plus those of the field
    assert np.allclose(np.sort(one.eigenvalues - 1), np.sort(other.eigenvalues), atol=1e-9)


def test_mask_and_autapses(key):
    mask = np.array([[1, 0], [1, 1]])
    cell = CTRNN(1, 2, mask=mask, autapses=False, key=key)
    assert np.array_equal(np.asarray(cell.weights) != 0, [[False, False], [True, False]])
    gradient = eqx.filter_grad(lambda c: jnp.sum(c.field(jnp.ones(2)) ** 2))(cell)
    assert np.array_equal(np.asarray(gradient.strengths) != 0, np.asarray(cell.weights) != 0)
    with pytest.raises(ValueError, match="`weights` must agree with `mask`"):
        CTRNN.from_arrays(BEER, mask=mask)


def test_dales_law_survives_any_update(key):
    cell = CTRNN(1, 6, signs=[1, 1, 1, 1, -1, -1], autapses=False, key=key)
    for k in jax.random.split(key, 5):
        arrays, rest = eqx.partition(cell, eqx.is_inexact_array)
        leaves, tree = jax.tree.flatten(arrays)
        keys = jax.random.split(k, len(leaves))
        moved = [x + jax.random.normal(q, x.shape) for x, q in zip(leaves, keys, strict=True)]
        cell = eqx.combine(jax.tree.unflatten(tree, moved), rest)
        assert bool((cell.weights[:, :4] >= 0).all() and (cell.weights[:, 4:] <= 0).all())
        assert bool((jnp.diag(cell.weights) == 0).all() and (cell.tau > 0).all())
    with pytest.raises(ValueError, match="`weights` must agree with"):
        CTRNN.from_arrays(BEER, signs=[1, -1])


@pytest.mark.parametrize("method", ["euler", "exponential"])
@pytest.mark.parametrize("step_size", [0.1, 0.8])
def test_noise_has_the_stated_spread_at_every_step(method, step_size, key):
    """Without weights the noise after the activation gives a stationary deviation of 0.3."""
    cell = CTRNN.from_arrays(
        np.zeros((200, 200)), bias=0.0, noise=(0.0, 0.3), method=method, step_size=step_size
    )
    xs = jnp.zeros((2000, 0))
    _, state = run(cell, xs, key=key)
    spread = float(jnp.std(state))
    assert spread == pytest.approx(0.3, abs=4 * 0.3 / np.sqrt(2 * 200))  # four sigma, key fixed
    again = run(cell, xs, key=key).state
    assert np.array_equal(state, again)
    assert np.abs(run(cell, xs).state).max() == 0.0  # no key, no noise


def test_noise_before_the_activation_is_squashed_by_it(key):
    cell = CTRNN.from_arrays(np.zeros((4, 4)), noise=(50.0, 0.0), form="rate", step_size=1.0)
    rates, _ = run(cell, jnp.zeros((50, 0)), key=key)
    assert bool((rates >= 0).all() and (rates <= 1).all())
    assert float(jnp.std(rates)) > 0.3


def test_first_state_learns_only_where_it_is_asked_to():
    def loss(cell):
        return jnp.sum(run(cell, jnp.zeros((3, 0))).state ** 2)

    for learned in (True, False):
        cell = CTRNN.from_arrays(BEER, initial=[1.0, 2.0], learn_initial=learned)
        gradient = eqx.filter_grad(loss)(cell).initial
        assert bool((gradient != 0).all()) is learned


def test_relu_network_from_arrays_of_the_quantised_paper():
    cell = CTRNN.from_arrays(BEER, [1.0, 2.0], [0.5, 0.5], [0.1, 0.2], activation="relu")
    y = np.array([1.0, -2.0])
    expected = (-y + np.array(BEER) @ np.maximum(y + 0.5, 0) + [0.1, 0.2]) / [1.0, 2.0]
    assert np.allclose(cell.field(jnp.asarray(y)), expected, atol=1e-14)
    assert cell.tau.tolist() == pytest.approx([1.0, 2.0], abs=1e-15)


def test_any_function_is_an_activation():
    cell = CTRNN.from_arrays([[2.0]], activation=jnp.sin)
    assert cell.field(jnp.array([0.5]))[0] == pytest.approx(-0.5 + 2 * np.sin(0.5))


@pytest.mark.float32
def test_config_builds_it_again(key):
    cell = CTRNN(2, 3, signs=[1, 1, -1], autapses=False, noise=(0.1, 0.2), key=key)
    again = CTRNN(**cell.config(), key=key)
    assert jax.tree.structure(again) == jax.tree.structure(cell)
    assert np.array_equal(again.weights, cell.weights)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"activation": "sine"}, "`activation` must be one of"),
        ({"form": "beer"}, "`form` must be one of potential, rate"),
        ({"step_size": 0.0}, "`step_size` must be positive"),
        ({"signs": [1, 0]}, "`signs` must be"),
        ({"mask": np.ones((3, 3))}, "`mask` must have shape"),
        ({"tau": [1.0, -1.0]}, "`tau` must be positive"),
        ({"bias": [1.0, 2.0, 3.0]}, "`bias` must have shape"),
    ],
)
def test_bad_input_is_named(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        CTRNN.from_arrays(BEER, **options)
