"""QUNN without its matrices equals the printed formulas with them, and the facts about those."""

import json
import pathlib

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import feynax as fx

QUNN = fx.networks.QUNN
RECORDED = pathlib.Path(__file__).parents[3] / "shared" / "design" / "reference" / "recurrent.json"


@pytest.fixture(scope="module")
def recorded():
    if not RECORDED.exists():
        pytest.skip("the independent reference numbers are not beside this checkout")
    return json.loads(RECORDED.read_text())


def unit(n, i):
    return np.eye(n)[i]


def generator(y, now, j):
    """u_j u_l^T - u_l u_j^T on data (x) clock, positions counted from 0."""
    n = len(y)
    u, v = np.kron(y[now], unit(n, now)), np.kron(y[j], unit(n, j))
    return np.outer(v, u) - np.outer(u, v)


def permuter(n, d, now, j):
    swap = np.outer(unit(n, j), unit(n, now)) - np.outer(unit(n, now), unit(n, j))
    return np.kron(np.eye(d), swap)


def dense_layers(y, now, layers, p1, p2, clock, start=None, sign=1):
    """D and W of (34) and (35) for each layer, formed in full; `l` counts from 0."""
    n, d = y.shape
    w = np.zeros((d * n, d * n)) if start is None else start
    for k in range(1, layers + 1):
        there, j = clock == "cyclic" or k <= now, (now - k) % n
        pair = sign * generator(y, now, j) if there else 0 * w
        w = (1 - p2) * w + p2 * pair
        swap = sign * permuter(n, d, now, j) if there else 0 * w
        yield (1 - p1) * np.eye(d * n) + p1 * swap, w


def dense(y, now, scale, p1, p2, clock, start=None):
    """K^L as (data, clock), and the last W."""
    n, d = y.shape
    k, w = np.tanh(np.kron(y[now], unit(n, now))), None
    for s, (matrix, w) in zip(
        scale, dense_layers(y, now, len(scale), p1, p2, clock, start), strict=True
    ):
        k = s * k + np.tanh(matrix @ w @ k)
    return k.reshape(d, n), w


def make(y, scale, p1, p2, clock, **options):
    n, d = y.shape
    cell = QUNN(
        d, d, block=n, layers=len(scale), clock=clock, encoder=False, p1=p1, p2=p2,
        dtype=jnp.float64, key=jax.random.key(0), **options,
    )  # fmt: skip
    if cell.scale is None:
        return cell
    return eqx.tree_at(lambda c: c.scale, cell, jnp.asarray(scale))


def at(y, now):
    """The cell's state whose ring holds what stands at these clock positions."""
    n = len(y)
    ring = jnp.asarray(y[(now - np.arange(n)) % n])
    return fx.networks.QUNNState(ring, jnp.asarray(float(now)), None)


def absolute(k, now):
    """From rows by lag to columns by clock position."""
    return np.asarray(k)[(now - np.arange(len(k))) % len(k)].T


columns = eqx.filter_jit(lambda cell, state: cell.columns(state))


def draw(seed, n, d, layers):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) / np.sqrt(d), rng.normal(size=layers)


@pytest.mark.parametrize("clock", ["skip", "cyclic"])
def test_recorded_case(recorded, clock):
    case = recorded["fixtures"][f"qunn {clock}"]
    y = np.array(case["Y"])
    cell = make(y, np.array(case["S"]), case["p1"], case["p2"], clock)
    found = absolute(columns(cell, at(y, case["l"] - 1)), case["l"] - 1)
    np.testing.assert_allclose(found, case["K"], rtol=0, atol=1e-15)


@pytest.mark.parametrize(("d", "n", "layers"), [(3, 4, 4), (5, 3, 7), (2, 6, 3), (2, 1, 2)])
@pytest.mark.parametrize("clock", ["skip", "cyclic"])
def test_equals_the_dense_form_at_every_position(d, n, layers, clock):
    y, scale = draw(d + n, n, d, layers)
    cell = make(y, scale, 0.3, 0.4, clock)
    for now in range(n):
        want, _ = dense(y, now, scale, 0.3, 0.4, clock)
        np.testing.assert_allclose(
            absolute(columns(cell, at(y, now)), now), want, rtol=0, atol=1e-14
        )


def test_along_a_sequence_the_ring_runs_round_the_clock():
    n, d, steps = 4, 3, 11
    xs, scale = draw(1, steps, d, 5)
    cell = make(xs[:n], scale, 0.3, 0.4, "cyclic")
    outputs = fx.networks.run(cell, jnp.asarray(xs)).outputs
    ring = np.zeros((n, d))
    for t in range(steps):
        ring[t % n] = xs[t]
        k = absolute(dense(ring, t % n, scale, 0.3, 0.4, "cyclic")[0].T, t % n).T
        want = np.tanh(np.asarray(cell.clock_readout) @ k)
        np.testing.assert_allclose(outputs[t], want, rtol=0, atol=1e-14)
    np.testing.assert_allclose(cell.teacher_forced(jnp.asarray(xs)), outputs, rtol=0, atol=1e-14)


def test_a_carried_memory_is_the_dense_one_within_each_block():
    n, d, steps = 4, 2, 9
    xs, scale = draw(2, steps, d, 3)
    cell = make(xs[:n], scale, 0.3, 0.4, "skip", carry=True)
    state, ring, w = cell.initial_state(), np.zeros((n, d)), None
    for t in range(steps):
        now = t % n
        ring[now] = xs[t]
        state = cell(state, jnp.asarray(xs[t]))
        want, w = dense(ring, now, scale, 0.3, 0.4, "skip", None if now == 0 else w)
        np.testing.assert_allclose(absolute(columns(cell, state), now), want, rtol=0, atol=1e-14)


def test_the_earlier_document_carries_a_memory_for_each_layer():
    n, d, steps, layers = 4, 2, 7, 3
    xs, scale = draw(3, steps, d, layers)
    cell = make(xs[:n], scale, 0.3, 0.4, "skip", variant="earlier")
    state, ring = cell.initial_state(), np.zeros((n, d))
    for t in range(steps):
        now = t % n
        ring[now] = xs[t]
        state = cell(state, jnp.asarray(xs[t]))
        if now == 0:
            w = [np.zeros((n * d, n * d))] * layers
        k = np.tanh(np.kron(ring[now], unit(n, now)))
        for i in range(layers):
            live = now >= i + 1
            pair = -generator(ring, now, now - i - 1) if live else 0 * w[i]
            w[i] = 0.6 * w[i] + 0.4 * pair
            swap = -permuter(n, d, now, now - i - 1) if live else 0 * w[i]
            k = scale[i] * k + np.tanh((0.7 * np.eye(n * d) + 0.3 * swap) @ w[i] @ k)
        found = absolute(columns(cell, state), now)
        np.testing.assert_allclose(found, k.reshape(d, n), rtol=0, atol=1e-14)


@pytest.mark.parametrize("flow", ["exponential", "cayley"])
def test_flows_are_those_of_the_generator_and_keep_the_norm(flow):
    y, _ = draw(4, 5, 3, 5)
    cell = make(2 * y, np.ones(5), 0.3, 0.4, "cyclic", flow=flow)
    found = columns(cell, at(2 * y, 3))
    k = np.tanh(np.kron(2 * y[3], unit(5, 3)))
    for _, w in dense_layers(2 * y, 3, 5, 0.3, 0.4, "cyclic"):
        eye = np.eye(15)
        turn = np.linalg.solve(eye - w / 2, eye + w / 2)
        k = (np.asarray(jax.scipy.linalg.expm(w)) if flow == "exponential" else turn) @ k
    np.testing.assert_allclose(absolute(found, 3), k.reshape(3, 5), rtol=0, atol=1e-13)
    length = np.linalg.norm(np.tanh(2 * y[3]))
    assert float(jnp.linalg.norm(found)) == pytest.approx(length, rel=1e-14)


def test_flows_have_gradients_where_nothing_turns():
    cell = make(np.zeros((3, 2)), np.ones(3), 0.3, 0.4, "cyclic", flow="exponential")
    slope = jax.grad(lambda x: jnp.sum(fx.networks.run(cell, x).outputs))(jnp.zeros((4, 2)))
    assert np.isfinite(slope).all()


def test_the_printed_readout_is_dead():
    """In the dense formulas column l + 1 stays exactly 0 on "skip", and on few cyclic layers."""
    y, scale = draw(5, 5, 2, 5)
    for now in range(4):
        assert not dense(y, now, scale, 0.3, 0.4, "skip")[0][:, now + 1].any()
        assert not dense(y, now, scale[:3], 0.3, 0.4, "cyclic")[0][:, now + 1].any()
        assert dense(y, now, scale[:4], 0.3, 0.4, "cyclic")[0][:, now + 1].all()
    for clock, layers in (("skip", 9), ("cyclic", 3)):
        with pytest.raises(ValueError, match="would not depend on the data"):
            QUNN(
                2, 2, block=5, layers=layers, clock=clock, readout="printed", key=jax.random.key(0)
            )
    cell = make(y, scale, 0.3, 0.4, "cyclic", readout="printed")
    want = np.tanh(dense(y, 2, scale, 0.3, 0.4, "cyclic")[0][:, 3])
    np.testing.assert_allclose(cell.output(at(y, 2)), want, rtol=0, atol=1e-14)


def test_dw_is_not_antisymmetric():
    """W is, and its norm is |u||v|; D W has eigenvalues of either sign."""
    y, _ = draw(6, 5, 3, 5)
    growing = []
    for matrix, w in dense_layers(y, 3, 5, 0.3, 0.4, "cyclic"):
        np.testing.assert_array_equal(w, -w.T)
        assert np.linalg.matrix_rank(w) in (0, 2)
        growing.append(np.linalg.eigvals(matrix @ w).real.max())
    assert max(growing) > 0.01


@pytest.mark.parametrize("clock", ["skip", "cyclic"])
def test_layer_bounds_are_the_norms_of_the_matrices(clock):
    y, scale = draw(7, 4, 3, 6)
    cell = make(y, scale, 0.3, 0.4, clock)
    layers = dense_layers(y, 2, 6, 0.3, 0.4, clock)
    want = [
        abs(s) + np.linalg.norm(m, 2) * np.linalg.norm(w, 2)
        for s, (m, w) in zip(scale, layers, strict=True)
    ]
    np.testing.assert_allclose(cell.layer_bounds(at(y, 2)), want, rtol=1e-14)


def test_layer_bounds_of_a_carried_memory():
    xs, scale = draw(8, 4, 2, 3)
    cell = make(xs, scale, 0.3, 0.4, "skip", carry=True)
    state, w = cell.initial_state(), None
    for now in range(4):
        state = cell(state, jnp.asarray(xs[now]))
        layers = list(dense_layers(xs, now, 3, 0.3, 0.4, "skip", w))
        w = layers[-1][1]
    norms = [np.linalg.norm(m, 2) * np.linalg.norm(w, 2) for m, w in layers]
    np.testing.assert_allclose(cell.layer_bounds(state), np.abs(scale) + norms, rtol=1e-13)


def test_dense_mixing_acts_on_clock_positions():
    y, _ = draw(9, 3, 2, 2)
    cell = QUNN(
        2, 2, block=3, layers=2, clock="skip", readout="printed", mixing="dense", encoder=False,
        p1=0.3, p2=0.4, dtype=jnp.float64, key=jax.random.key(1),
    )  # fmt: skip
    k = np.tanh(np.kron(y[1], unit(3, 1)))
    for s, (m, w) in zip(
        np.asarray(cell.scale), dense_layers(y, 1, 2, 0.3, 0.4, "skip"), strict=True
    ):
        mixed = np.einsum("mdne,en->dm", s, k.reshape(2, 3)).ravel()
        k = mixed + np.tanh(m @ w @ k)
    found = absolute(columns(cell, at(y, 1)), 1)
    np.testing.assert_allclose(found, k.reshape(2, 3), rtol=0, atol=1e-14)
    assert abs(np.asarray(cell.output(at(y, 1)))).min() > 1e-4  # it is not dead
    assert cell.layer_bounds(at(y, 1)).shape == (2,)


def test_parameters_are_three_for_each_clock_position_and_the_readout():
    cell = make(np.zeros((7, 5)), np.ones(7), 0.3, 0.4, "cyclic")
    count = sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(cell, eqx.is_array)))
    assert count == 3 * 7 + 7


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"block": 0}, "`block` must be a whole number"),
        ({"layers": 0}, "`layers` must be a whole number"),
        ({"p2": 1.5}, "`p2` must lie inside"),
        ({"clock": "round"}, "`clock` must be one of"),
        ({"encoder": False}, "`input_size` must equal hidden_size = 4"),
        ({"carry": True}, "are overwritten"),
        ({"variant": "earlier"}, "are overwritten"),
        ({"carry": True, "clock": "skip", "flow": "cayley"}, "rank is not two"),
        ({"flow": "cayley", "mixing": "dense"}, "has no S_k"),
    ],
)
def test_refuses(options, match):
    with pytest.raises(ValueError, match=match):
        QUNN(3, 4, **options, key=jax.random.key(0))


def test_refuses_a_time_between_samples():
    cell = QUNN(1, 2, key=jax.random.key(0))
    with pytest.raises(ValueError, match="declares no equation in time"):
        fx.networks.run(cell, jnp.ones((3, 1)), dts=jnp.ones(3))


@pytest.mark.float32
def test_learns_to_recall_within_its_block():
    """A sine's next value, from an encoder, three lags and a read-out: better than persistence."""
    times = jnp.arange(60, dtype=jnp.float32)
    series = jnp.sin(0.7 * times)[:, None]
    cell = QUNN(1, 4, block=4, dtype=jnp.float32, key=jax.random.key(0))
    head = jnp.ones((4, 1), jnp.float32) / 4

    @jax.jit
    def step(params, _):
        def loss(params):
            cell, head = eqx.combine(params[0], fixed), params[1]
            return jnp.mean((cell.teacher_forced(series[:-1]) @ head - series[1:])[4:] ** 2)

        value, slope = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - jnp.float32(0.3) * g, params, slope), value

    learned, fixed = eqx.partition(cell, eqx.is_inexact_array)
    _, losses = jax.lax.scan(step, (learned, head), None, 400)
    persistence = float(jnp.mean((series[1:] - series[:-1]) ** 2))
    assert losses[-1] < 0.3 * persistence


@pytest.mark.parametrize(
    ("seed", "terms", "low", "high"), [(0, 1, 1, 1), (1, 6, 5, 7), (2, 13, 12, 19)]
)
def test_block_length_of_moving_averages(seed, terms, low, high):
    """A moving average over `terms` samples is correlated over `terms - 1` lags, tau = terms."""
    noise = np.random.default_rng(seed).normal(size=20000 + terms)
    series = sum(noise[k : k + 20000] for k in range(terms))
    found = fx.networks.block_length(series)
    assert low <= found.cutoff <= high
    # three standard deviations of tau, 2 tau sqrt((2 m + 1) / T) with the window m = 5 tau
    spread = 2 * terms * np.sqrt((10 * terms + 1) / 20000)
    assert abs(found.integrated - terms) < 3 * spread


def test_block_length_of_an_autoregression():
    rng = np.random.default_rng(3)
    x = np.zeros(20000)
    for t in range(1, len(x)):
        x[t] = 0.9 * x[t - 1] + rng.normal()
    found = fx.networks.block_length(x)
    assert 22 <= found.cutoff <= 43
    assert abs(found.integrated - 19) < 3 * 2 * 19 * np.sqrt(191 / 20000)
    both = fx.networks.block_length(np.stack([x, 5 * x + 3], 1))
    assert both.cutoff == found.cutoff
    assert both.integrated == pytest.approx(found.integrated, rel=1e-9)


def test_block_length_refuses():
    for bad, match in (
        (np.ones(50), "not be constant"),
        (np.arange(3.0), "at least 8 samples"),
        (np.array([*range(9), np.nan]), "be finite"),
    ):
        with pytest.raises(ValueError, match=match):
            fx.networks.block_length(bad)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.1, 3.0))
def test_block_length_does_not_see_units(seed, scale):
    x = np.cumsum(np.random.default_rng(seed).normal(size=200))[::2]
    one, other = fx.networks.block_length(x), fx.networks.block_length(scale * x + 7)
    assert one.cutoff == other.cutoff


def test_as_equation_says_what_it_is():
    found = fx.as_equation(QUNN(1, 2, block=6, layers=4, key=jax.random.key(0)))
    assert (found.stages, found.lags, found.coefficients) == (4, 6, "dynamical")
    assert "not antisymmetric" in str(found)
