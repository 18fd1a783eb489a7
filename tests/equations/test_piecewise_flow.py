"""The exact flow of ReLU networks: events, derivatives, and what must be refused."""

import functools
import warnings

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

import feynax as fx
from feynax.equations import AffineField, ReLUField, relu_flow
from feynax.equations._piecewise._replay import propagator

REFERENCE = ["relu_2_0", "relu_2_1", "relu_3_0", "relu_3_1", "relu_4_0"]


def turning(*, threshold, push=1.0):
    """A rotation by units that are always on, and one unit that pushes where y1 < -threshold."""
    outer = np.array([[0.0, -1.0, push], [1.0, 0.0, 0.0]])
    inner = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    return ReLUField(
        np.zeros(2), outer, inner, np.array([10.0, 10.0, -threshold]), np.array([10.0, -10.0])
    )


def drawn(rng, n, strength=2.0):
    return ReLUField.ctrnn(
        strength * rng.normal(size=(n, n)),
        rng.uniform(0.4, 2, n),
        0.4 * rng.normal(size=n),
        0.5 * rng.normal(size=n),
    )


def adaptive(field, y0, end):
    """SciPy's solution at tight tolerances, and how often units change sign along it."""
    move = lambda t, y: (
        field.outer @ np.maximum(field.inner @ y + field.shift, 0) - field.decay * y + field.drive
    )
    found = solve_ivp(move, (0, end), y0, "DOP853", rtol=1e-13, atol=1e-13, dense_output=True)
    states = found.sol(np.linspace(0, end, 2001))
    on = field.inner @ states + field.shift[:, None] >= 0
    return found.y[:, -1], int(np.sum(on[:, 1:] != on[:, :-1]))


@pytest.mark.parametrize("name", REFERENCE)
def test_reference(name, ctrnn_reference):
    given, out = ctrnn_reference[name]["in"], ctrnn_reference[name]["out"]
    weights = np.array(given["w"]).T  # theirs are from the row's neuron
    field = ReLUField.ctrnn(weights, given["tau"], given["theta"], given["I"])
    path = relu_flow(field, given["y0"], given["t"])
    times, units = zip(*path.events(), strict=True)
    assert np.allclose(path.ys, out["y"], rtol=1e-9, atol=1e-9)
    assert np.allclose(times, out["event_times"], rtol=1e-9, atol=1e-9)
    assert list(units) == out["event_neuron"]
    assert path.masks[path.count].tolist() == out["final_mask"]
    assert path.ys.dtype == np.float64


def test_against_adaptive_solutions():
    rng = np.random.default_rng(4)
    for _ in range(8):
        field, y0 = drawn(rng, 3), rng.normal(size=3)
        path = relu_flow(field, y0, 6.0)
        states, changes = adaptive(field, y0, 6.0)
        assert np.allclose(path.ys, states, rtol=1e-9, atol=1e-9)
        assert path.count == changes
        before = np.array([unit for _, unit in path.events()])
        assert (path.masks[0] ^ path.masks[-1]).tolist() == [sum(before == u) % 2 for u in range(3)]


numbers = functools.partial(st.floats, allow_nan=False, width=32)
vectors = st.lists(numbers(-2, 2), min_size=3, max_size=3)


@hypothesis.settings(max_examples=40, deadline=None, derandomize=True)
@hypothesis.given(
    st.lists(vectors, min_size=3, max_size=3),
    st.lists(numbers(0.25, 4), min_size=3, max_size=3),
    vectors,
    vectors,
    vectors,
    numbers(0, 3),
    numbers(0, 3),
)
def test_composition_and_reversal(weights, tau, bias, current, y0, first, second):
    field = ReLUField.ctrnn(weights, tau, bias, current)
    whole = relu_flow(field, y0, [first, first + second])
    after = relu_flow(field, whole.ys[0], [0.0, second])
    scale = 1 + np.abs(whole.ys).max() + np.linalg.norm(after.sensitivity)
    assert np.abs(after.ys[-1] - whole.ys[-1]).max() <= 1e-12 * scale
    assert np.array_equal(after.ys[0], whole.ys[0])
    turned = ReLUField(-field.decay, -field.outer, field.inner, field.shift, -field.drive)
    back = relu_flow(turned, after.ys[-1], [0.0, second])
    spread = np.linalg.cond(after.sensitivity) * (1 + np.abs(after.ys).max())
    assert np.abs(back.ys[-1] - whole.ys[0]).max() <= 1e-12 * spread


def test_a_tiny_distance_beside_a_large_speed_is_no_work():
    field = ReLUField.ctrnn(np.zeros((3, 3)))
    path = relu_flow(field, [0.0, 1.0, 1.2e-38], [1.0])
    assert path.steps < 10
    assert path.count == 0
    assert np.allclose(path.ys[-1], [0.0, np.exp(-1), 0.0], rtol=1e-15, atol=1e-30)


@pytest.mark.parametrize(
    ("beyond", "count"), [(0.0, 0), (1e-6, 0), (1e-11, 0), (-1e-11, 2), (-1e-6, 2)]
)
def test_grazing_is_no_event(beyond, count):
    path = relu_flow(turning(threshold=1 + beyond), [1.0, 0.0], [3.0, 2 * np.pi])
    assert path.count == count
    if count:
        half = np.arccos(1 + beyond)
        times = [t for t, _ in path.events()]
        assert times[0] == pytest.approx(np.pi - half, abs=1e-9)
        assert np.allclose(path.masks[:4, 2], [0, 1, 0, 0])
    else:
        assert np.allclose(path.ys[-1], [1, 0], atol=1e-13)


@pytest.mark.parametrize(
    ("start", "on"),
    [((-0.5, 0.75), True), ((-0.5, -0.75), False), ((-0.5, 0.0), False)],
    ids=["onward", "away", "at rest in the first derivative"],
)
def test_starting_on_a_threshold_is_no_event(start, on):
    """The velocity of y1 is -y2, and its second derivative -y1 = 0.5: it turns away."""
    path = relu_flow(turning(threshold=0.5), start, [0.125, 0.25])
    assert path.count == 0
    assert path.masks[0, 2] == on
    move = lambda t, y: np.array([-y[1] + max(-y[0] - 0.5, 0), y[0]])
    states = solve_ivp(move, (0, 0.25), start, "DOP853", rtol=1e-13, atol=1e-13).y[:, -1]
    assert np.allclose(path.ys[-1], states, atol=1e-12)


def test_resting_on_a_threshold_keeps_the_mask():
    field = ReLUField.ctrnn([[0.5, -1.0], [1.0, 0.5]])
    path = relu_flow(field, [0.0, 0.0], [5.0, 50.0])
    assert path.count == 0
    assert path.masks[0].all()
    assert not path.ys.any()


def test_later_derivatives_decide():
    """From 0 with y3' = 1, y2' = y3, y1' = y2: only the third derivative of y1 is seen."""
    outer = np.zeros((3, 4))
    outer[0, 1], outer[1, 2] = 1, 1
    inner = np.array([[-1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]])
    field = ReLUField(np.zeros(3), outer, inner, np.zeros(4), np.array([0.0, 0.0, 1.0]))
    path = relu_flow(field, np.zeros(3), [1.0, 2.0])
    assert path.count == 0
    assert path.masks[0].tolist() == [False, True, True, True]
    assert np.allclose(path.ys[-1], [8 / 6, 2, 2], atol=1e-14)


def test_duplicated_neurons_switch_together():
    one = ReLUField.ctrnn([[1.5, -2.0], [2.0, 0.5]], [1.0, 0.75], 0.25, 0.5)
    weights = one.outer / one.decay[:, None]
    halves = np.kron(weights, np.full((2, 2), 0.5))
    rows = [np.repeat(x, 2) for x in (1 / one.decay, one.shift, one.drive / one.decay)]
    two = ReLUField.ctrnn(halves, *rows)
    y0 = np.array([2.0, -1.0])
    single, double = relu_flow(one, y0, 6.0), relu_flow(two, np.repeat(y0, 2), 6.0)
    assert single.count > 0
    assert double.count == 2 * single.count
    assert np.allclose(double.ys[::2], single.ys, atol=1e-12)
    expected = np.repeat([t for t, _ in single.events()], 2)
    assert np.allclose([t for t, _ in double.events()], expected, rtol=0, atol=1e-13)


def test_zero_matrices_move_in_straight_lines():
    inner = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    field = ReLUField(
        np.zeros(2), np.zeros((2, 3)), inner, np.array([-1.0, 2.0, 0.0]), np.array([1.0, -2.0])
    )
    path = relu_flow(field, [0.0, 0.0], [0.5, 4.0])
    assert np.allclose(path.ys, [[0.5, -1.0], [4.0, -8.0]], rtol=0, atol=1e-15)
    assert sorted(path.events()) == [(1.0, 0), (1.0, 1)]
    assert path.masks[path.count].tolist() == [True, False, True]


def test_singular_regimes():
    field = ReLUField.ctrnn([[1.0, 0.0], [1.0, -1.0]], current=[0.5, 0.0])  # y1' = 1/2 where on
    path = relu_flow(field, [0.0, 0.0], 2.0)
    t = 2.0
    second = (t / 2 - 1 / 4 + np.exp(-2 * t) / 4) / 2
    assert np.allclose(path.ys, [1.0, second], atol=1e-14)


def test_stiff_and_slow_together():
    field = ReLUField.ctrnn([[0.0, 1.0], [0.0, 0.0]], [1e-8, 1e8], current=[0.0, 1.0])
    path = relu_flow(field, [1.0, 0.0], 1e-5)
    slow = -np.expm1(-1e-5 / 1e8)
    assert np.allclose(path.ys, [slow - 1e-16, slow], rtol=1e-6, atol=0)  # 1e-8 late
    with pytest.raises(fx.UnfinishedFlowError, match="max_steps=32768 pieces"):
        relu_flow(field, [1.0, 0.0], 1.0)


def test_refusals():
    centre = turning(threshold=0.5, push=0.0)
    with pytest.raises(fx.UnfinishedFlowError, match="more than max_events=1 times"):
        relu_flow(centre, [1.0, 0.0], 20.0, max_events=1)
    growing = ReLUField.ctrnn([[3.0, 0.0], [0.0, 3.0]])
    with pytest.raises(fx.UnfinishedFlowError, match="range of numbers"):
        relu_flow(growing, [1.0, 0.0], 1e3)
    for start, times in [([np.nan, 0.0], 1.0), ([0.0], 1.0), ([0.0, 0.0], -1.0)]:
        with pytest.raises(ValueError, match=r"Argument `(y0|ts)` must"):
            relu_flow(centre, start, times)
    for times in ([2.0, 1.0], [np.inf], [[1.0]], []):
        with pytest.raises(ValueError, match="Argument `ts` must"):
            relu_flow(centre, [0.0, 0.0], times)
    spoilt = ReLUField(
        np.ones(1), np.full((1, 1), np.nan), np.ones((1, 1)), np.zeros(1), np.zeros(1)
    )
    with pytest.raises(ValueError, match="Argument `outer` must be finite"):
        relu_flow(spoilt, [0.0], 1.0)


def test_sensitivity_and_batches():
    rng = np.random.default_rng(8)
    step = 1e-6 * np.concatenate([np.zeros((1, 3)), np.eye(3), -np.eye(3)])
    field, starts = drawn(rng, 3), rng.normal(size=(4, 1, 3)) + step
    paths = relu_flow(field, starts, [1.0, 5.0])
    assert paths.ys.shape == (4, 7, 2, 3)
    assert paths.masks.shape == (4, 7, 65, 3)
    assert paths.count.max() > 2
    for one in range(4):
        alone = relu_flow(field, starts[one, 0], [1.0, 5.0])
        assert np.allclose(alone.ys, paths.ys[one, 0], rtol=1e-13, atol=1e-13)
        ends = paths.ys[one, :, -1]
        slopes = (ends[1:4] - ends[4:]).T / 2e-6
        assert np.allclose(alone.sensitivity, slopes, rtol=2e-6, atol=2e-6)


def test_gradients_against_differences_and_an_adjoint():
    """Against a discrete adjoint too, which is off by the length of the steps across an event."""
    rng = np.random.default_rng(23)
    field, y0, goal = drawn(rng, 3), rng.normal(size=3), rng.normal(size=(2, 3))
    ts = np.array([1.0, 4.0])
    assert relu_flow(field, y0, ts).count >= 2

    def loss(parts):
        field, y0, ts = parts
        return jnp.sum(jnp.asarray(goal) * relu_flow(field, y0, ts).ys)

    def other(parts):
        field, y0, ts = parts
        return jnp.sum(goal * fx.equations.solve(lambda y: field(0.0, y), y0, ts, solver="tsit5"))

    parts = jax.tree.map(jnp.asarray, (field, y0, ts))
    exact, adjoint = jax.jit(jax.grad(loss))(parts), jax.jit(jax.grad(other))(parts)
    for a, b in zip(*map(jax.tree.leaves, (exact[:2], adjoint[:2])), strict=True):
        assert np.abs(a - b).max() <= 1e-4 * (1 + np.abs(b).max())
    ways = jax.tree.map(lambda x: jnp.asarray(rng.normal(size=x.shape)), parts)
    shifted = lambda h: jax.tree.map(lambda x, way: x + h * way, parts, ways)
    slope = float(loss(shifted(1e-5)) - loss(shifted(-1e-5))) / 2e-5
    along = sum(
        float(jnp.vdot(g, w)) for g, w in zip(*map(jax.tree.leaves, (exact, ways)), strict=True)
    )
    assert along == pytest.approx(slope, rel=1e-8)


def test_networks_side_by_side():
    rng = np.random.default_rng(10)
    fields, starts = [drawn(rng, 3) for _ in range(5)], rng.normal(size=(5, 3))
    stacked = jax.tree.map(lambda *x: jnp.stack([jnp.asarray(y) for y in x]), *fields)
    run = jax.jit(jax.vmap(lambda field, y0: relu_flow(field, y0, jnp.array([4.0]))))
    many = run(stacked, jnp.asarray(starts))
    assert many.finished.all()
    for k in range(5):
        alone = relu_flow(fields[k], starts[k], [4.0])
        assert np.allclose(many.ys[k], alone.ys, rtol=1e-12, atol=1e-12)
        assert many.count[k] == alone.count


def test_traced_flow_says_that_it_did_not_finish():
    centre = turning(threshold=0.5, push=0.0)
    path = jax.jit(lambda y: relu_flow(centre, y, 20.0, max_events=1))(jnp.array([1.0, 0.0]))
    assert not path.finished
    assert np.isnan(path.ys).all()
    assert path.count == 1


@pytest.mark.float32
def test_single_precision_callers_get_double_answers():
    field = ReLUField.ctrnn([[0.0]], bias=-1.0, current=2.0)
    path = relu_flow(field, [0.0], [0.5, 3.0])
    assert path.ys.dtype == np.float64
    assert np.allclose(path.ys[:, 0], 2 - 2 * np.exp([-0.5, -3.0]), rtol=0, atol=1e-15)
    assert path.events()[0][0] == pytest.approx(np.log(2), abs=1e-14)
    traced = jax.jit(lambda y: relu_flow(field, y, 3.0).ys)(jnp.array([0.0]))
    assert np.allclose(traced, path.ys[1], rtol=1e-6)


def test_propagator_at_all_sizes():
    """Against SciPy; JAX's own `expm` is wrong by 1e-9 here where a norm is 5.24 times 2^k."""
    rng = np.random.default_rng(12)
    turn = rng.normal(size=(3, 3))
    turn = turn - turn.T - 0.1 * np.eye(3)
    for size in [0.0, 1e-9, 0.3, 0.9, 3.0, 10.0, 21.0, 42.0, 83.9, 300.0]:
        matrix = size * turn / np.linalg.norm(turn, np.inf)
        grown, moved = propagator(jnp.asarray(matrix), jnp.array([1.0, 0.0, 1e6]))
        whole = np.block([[matrix, np.array([[1.0], [0.0], [1e6]])], [np.zeros((1, 4))]])
        exact = expm(whole)
        assert np.allclose(grown, exact[:3, :3], rtol=0, atol=1e-12)
        assert np.allclose(moved, exact[:3, 3], rtol=1e-12, atol=1e-6)


def test_affine_fields():
    turn = AffineField([[0.0, 1.0], [-1.0, 0.0]], [1.0, 0.0])
    point, null = turn.rest_set()
    assert np.allclose(point, [0, -1])
    assert null.shape == (2, 0)
    assert np.allclose(turn.eigenvalues(), [1j, -1j])
    line, null = AffineField([[1.0, 1.0], [2.0, 2.0]], [1.0, 2.0]).rest_set()
    assert np.allclose(line, [-0.5, -0.5])
    assert np.allclose(np.abs(null), np.sqrt(0.5))
    assert AffineField([[1.0, 1.0], [2.0, 2.0]], [1.0, 0.0]).rest_set()[0] is None
    still, null = AffineField(np.zeros((2, 2)), np.zeros(2)).rest_set()
    assert np.array_equal(still, [0, 0])
    assert null.shape == (2, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(fx.UnfinishedFlowError, match="range of numbers"):
            AffineField(np.eye(2), np.zeros(2)).flow([1.0, 1e5])
    with pytest.raises(ValueError, match="Argument `t` must be finite"):
        turn.flow(np.nan)
