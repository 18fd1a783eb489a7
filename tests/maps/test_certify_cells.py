"""Proven factors of cells: closed forms, boxes that hold, and attacks that do not break them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.maps._attack import widen
from feynax.maps._local_attack import jacobian, search
from feynax.maps._local_cells import corners, joint_cells
from feynax.maps._local_gates import gru_gates, lstm_gates
from feynax.maps._local_interval import (
    Interval,
    affine,
    sigmoid,
    sigmoid_slope,
    tanh,
    tanh_slope,
)
from feynax.maps._local_rows import Rows, contraction

GATED = {"gru": fx.networks.GRU, "lstm": fx.networks.LSTM}


def scaled(cell, factor):
    return jax.tree.map(lambda a: factor * a if eqx.is_inexact_array(a) else a, cell)


@pytest.fixture(scope="module", params=GATED)
def gated(request):
    """A small gated cell with its certificate over inputs in [-1, 1]."""
    cell = GATED[request.param](3, 5, key=jax.random.key(7))
    return cell, fx.certify(cell, box=(-1.0, 1.0))


def test_gated_bound_holds_and_is_near_what_is_attained(gated):
    _, cert = gated
    attained, proven = cert.bounds
    assert cert.verdict is fx.Verdict.CERTIFIED
    assert cert.rate == proven
    assert proven / 3 <= attained <= proven
    assert proven <= cert.interval_rate * 1.5


def test_random_jacobians_stay_below_the_bound(gated):
    """2000 random places; the norm of D J D^-1 is what close pairs attain."""
    cell, cert = gated
    rng = np.random.default_rng(1)
    low, high = cert.states
    states = low + (high - low) * rng.beta(0.4, 0.4, (2000, len(low)))
    inputs = 2 * rng.beta(0.4, 0.4, (2000, 3)) - 1
    step = jax.jit(jax.vmap(lambda s, x: _jacobian(widen(cell), s, x)))
    found = np.asarray(step(states, inputs))
    back = np.linalg.inv(cert.metric)
    assert np.linalg.norm(cert.metric @ found @ back, 2, (1, 2)).max() <= cert.rate


def _jacobian(cell, state, x):
    _, back = jax.flatten_util.ravel_pytree(cell.initial_state())
    flat = lambda s: jax.flatten_util.ravel_pytree(cell(back(s), x))[0]
    return jax.jacfwd(flat)(state)


def test_states_never_leave_their_box(gated):
    cell, cert = gated
    low, high = cert.states
    xs = jnp.asarray(np.sign(np.random.default_rng(2).normal(size=(400, 3))))
    wide = widen(cell)

    def step(state, x):
        new = wide(state, x)
        return new, jax.flatten_util.ravel_pytree(new)[0]

    _, seen = jax.lax.scan(step, wide.initial_state(), xs)
    assert (np.asarray(seen) >= low).all()
    assert (np.asarray(seen) <= high).all()


def test_small_weights_are_certified_and_large_ones_refuted():
    cell = fx.networks.GRU(3, 5, key=jax.random.key(7))
    small = fx.certify(scaled(cell, 0.3), limit=1.0, box=(-1.0, 1.0))
    assert small.verdict is fx.Verdict.CERTIFIED
    assert small.margin > 0
    assert small.growth(500) < 1e-3
    large = fx.certify(scaled(cell, 8.0), limit=1.0, box=(-1.0, 1.0))
    assert large.verdict is fx.Verdict.REFUTED
    step = fx.maps.one_step(scaled(cell, 8.0), large.metric)
    assert large.witness.replay(step) == pytest.approx(large.witness.stretch, rel=1e-9)
    assert large.witness.stretch > 1


def test_rows_reach_the_norm_of_a_linear_map():
    """One form a row with the number 1: the best weighted norm is the spectral radius here."""
    A = np.array([[0.5, 4.0], [0.0, 0.5]])
    plain = contraction(Rows(A[:, None], np.ones((2, 1, 1))))
    assert 0.5 <= plain.rate < 0.7 < np.linalg.norm(A, 2)
    spin = np.array([[0.0, 0.9], [-0.9, 0.0]])
    assert contraction(Rows(spin[:, None], np.ones((2, 1, 1)))).rate == pytest.approx(0.9, 1e-6)


def test_rows_keep_the_cross_terms():
    """I + h S A with A antisymmetric: slopes (1, 0) give a shear, h/2 + sqrt(1 + h^2/4)."""
    cell = fx.networks.AntisymmetricRNN(1, 2, step_size=0.3, damping=0.0, key=jax.random.key(0))
    spin = jnp.array([[0.0, 1.0], [0.0, 0.0]], jnp.float32)
    cell = eqx.tree_at(lambda c: c.weight_hh, cell, spin)
    cert = fx.certify(cell)
    exact = 0.15 + np.sqrt(1 + 0.15**2)
    assert exact * (1 - 1e-9) <= cert.rate < exact * 1.001
    assert cert.bounds[0] == pytest.approx(exact, rel=1e-2)


def test_tanh_network_over_its_box_is_no_worse_than_everywhere(key):
    cell = fx.networks.RNN(2, 6, key=key)
    everywhere, boxed = fx.certify(cell), fx.certify(cell, box=(1.0, 2.0))
    assert boxed.rate <= everywhere.rate * (1 + 1e-6)
    radius = np.abs(np.linalg.eigvals(np.asarray(cell.weight_hh, np.float64))).max()
    assert radius <= everywhere.rate <= np.linalg.norm(cell.weight_hh, 2) * (1 + 1e-6)


LINEAR = {
    "LRU": lambda k: fx.networks.LRU(2, 4, key=k),
    "S5": lambda k: fx.networks.S5(2, 4, key=k),
    "S4D": lambda k: fx.networks.S4D(2, 3, key=k),
    "LinOSS": lambda k: fx.networks.LinOSS(2, 4, integrator="implicit", key=k),
    "LinOSS symplectic": lambda k: fx.networks.LinOSS(2, 4, integrator="symplectic", key=k),
}


@pytest.mark.parametrize("name", LINEAR)
def test_linear_cells_have_the_rate_of_their_spectrum(key, name):
    cell = LINEAR[name](key)
    bound = fx.maps.step_bound(cell, None)
    J = jacobian(cell, fx.maps.flat_state(cell), np.zeros(2))
    radius = np.abs(np.linalg.eigvals(J)).max()
    assert bound.rate == pytest.approx(radius, rel=1e-6)
    assert radius < 1 + 1e-6
    turned = bound.metric @ J @ np.linalg.inv(bound.metric)
    assert np.linalg.norm(turned, 2) <= bound.rate * (1 + 1e-9)


def test_a_linear_cell_attains_its_rate(key):
    cert = fx.certify(fx.networks.LRU(2, 4, key=key), limit=1.0)
    assert cert.verdict is fx.Verdict.CERTIFIED
    assert 0.98 * cert.rate <= cert.bounds[0] <= cert.rate * (1 + 1e-9)


@pytest.mark.parametrize("make", [fx.networks.ExpRNN, fx.networks.CayleyRNN, fx.networks.URNN])
def test_orthogonal_cells_do_not_expand_where_no_bias_is_positive(key, make):
    cell = make(2, 4, key=key)
    flat = eqx.tree_at(lambda c: c.bias, cell, -0.1 * jnp.ones_like(cell.bias))
    assert fx.maps.step_bound(flat, None).rate == pytest.approx(1, abs=1e-5)
    lifted = eqx.tree_at(lambda c: c.bias, cell, 0.1 * jnp.ones_like(cell.bias))
    assert fx.maps.step_bound(lifted, None).rate == np.inf


def test_input_gates_are_bounded_over_the_box(key):
    for make in (fx.networks.MinGRU, fx.networks.MinLSTM):
        cell = make(2, 4, key=key)
        rate = fx.maps.step_bound(cell, (-np.ones(2), np.ones(2))).rate
        kept = [jacobian(cell, np.zeros(4), np.array(x)) for x in ((1.0, 1.0), (1.0, -1.0))]
        assert max(np.abs(J).max() for J in kept) <= rate < 1
        assert fx.maps.step_bound(cell, None).rate == 1.0


def test_a_cell_without_a_rule_is_undecided(key):
    cert = fx.certify(fx.networks.LEM(2, 3, key=key), limit=1.0)
    assert cert.verdict in (fx.Verdict.UNDECIDED, fx.Verdict.REFUTED)
    assert cert.bounds[1] == np.inf
    assert "no rule for LEM" in cert.because
    gated = fx.certify(fx.networks.GRU(2, 3, key=key), limit=50.0)
    assert "give `box`" in gated.because


def test_intervals_hold_what_they_are_computed_from():
    """300 random points; equality at the ends is allowed."""
    rng = np.random.default_rng(0)
    low = rng.normal(size=50)
    a = Interval(low, low + rng.exponential(size=50))
    points = a.low + (a.high - a.low) * rng.uniform(size=(300, 50))
    logistic = 1 / (1 + np.exp(-points))
    cases = [(sigmoid, logistic), (tanh, np.tanh(points))]
    cases += [(sigmoid_slope, logistic * (1 - logistic)), (tanh_slope, 1 - np.tanh(points) ** 2)]
    for function, values in cases:
        found = function(a)
        assert (values >= found.low).all()
        assert (values <= found.high).all()
    W, b = rng.normal(size=(4, 50)), rng.normal(size=4)
    image = affine(W, a, b)
    assert (points @ W.T + b >= image.low).all()
    assert (points @ W.T + b <= image.high).all()
    product = a * -a
    assert (points * -points[::-1] >= product.low).all()


def test_every_value_lies_in_a_cell():
    """Cells that were dropped hold nothing: 2000 random points of the box are all covered."""
    rng = np.random.default_rng(3)
    forms, offsets = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3))
    box = Interval(-rng.uniform(size=4), rng.uniform(size=4))
    cells = joint_cells(forms, offsets, box, [], 5)
    assert cells[0].low.shape[1] < 5**3
    points = box.low + (box.high - box.low) * rng.beta(0.3, 0.3, (2000, 4))
    values = np.einsum("utd,pd->put", forms, points) + offsets
    for unit in range(2):
        inside = np.ones((2000, cells[0].low.shape[1]), bool)
        for term, cell in enumerate(cells):
            v = values[:, unit, term, None]
            inside &= (v >= cell.low[unit]) & (v <= cell.high[unit])
        assert inside.any(1).all()


@pytest.mark.parametrize("name", GATED)
def test_rows_cover_the_numbers_of_the_jacobian(name):
    """J = q^T Y with q in the hull of the corners: checked along random directions."""
    cell = GATED[name](2, 3, key=jax.random.key(1))
    box, zero = Interval(-np.ones(2), np.ones(2)), np.zeros(3)
    gates = gru_gates(cell, box, zero) if name == "gru" else lstm_gates(cell, box, (zero, zero))
    rng = np.random.default_rng(4)
    low, high = gates.states
    for _ in range(20):
        s = low + (high - low) * rng.beta(0.4, 0.4, len(low))
        J = jacobian(cell, s, 2 * rng.beta(0.4, 0.4, 2) - 1)
        assert (np.abs(J) <= gates.magnitude + 1e-12).all()
        v = rng.normal(size=len(low))
        along = np.einsum("umt,utd,d->um", gates.rows.corners, gates.rows.forms, v)
        assert (J @ v <= along.max(1) + 1e-12).all()
        assert (J @ v >= along.min(1) - 1e-12).all()


def test_corners_are_all_combinations():
    pair = [Interval(np.zeros((1, 1)), np.ones((1, 1)))] * 2
    assert sorted(map(tuple, corners(pair)[0])) == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_search_finds_the_norm_of_a_linear_cell(key):
    cell = fx.networks.RNN(2, 4, nonlinearity="relu", key=key)
    W = jnp.abs(cell.weight_hh)
    cell = eqx.tree_at(lambda c: (c.weight_hh, c.bias_hh), cell, (W, 9 + 0 * cell.bias_hh))
    one = np.ones(4)
    found = search(cell, np.eye(4), Interval(-one, one), Interval(-one[:2], one[:2]), key)
    assert found.stretch == pytest.approx(np.linalg.norm(np.asarray(W, np.float64), 2), rel=1e-3)


def test_wrong_boxes_are_named(key):
    cell = fx.networks.GRU(2, 3, key=key)
    with pytest.raises(ValueError, match="`box` must be a pair"):
        fx.certify(cell, box=(1.0, 2.0, 3.0))
    with pytest.raises(ValueError, match="`box` must have low <= high"):
        fx.certify(cell, box=(1.0, -1.0))
    with pytest.raises(ValueError, match="`inputs` must end with an axis of 2"):
        fx.certify(cell, inputs=np.ones((4, 3)))
    with pytest.raises(ValueError, match="`inputs` must be finite"):
        fx.certify(cell, inputs=np.full((4, 2), np.nan))
    with pytest.raises(ValueError, match="`x` must be left out for a cell"):
        fx.certify(cell, x=np.ones(2))
    with pytest.raises(ValueError, match="`box` must be left out for all but cells"):
        fx.certify(fx.networks.Sequential([]), box=(0.0, 1.0))
