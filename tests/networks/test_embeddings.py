"""Layers of every member against the one ODERNN that their records make."""

import inspect
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.networks import AbstractCell, run, stack_odernn
from feynax.testing._programs import moving, row, shifted, steps

# Cells without an embedding, and why.
EXCEPTIONS = {
    "ODERNN": "is one",
    "QUNN": "reads a ring of past inputs through a data-dependent operator of size dN",
}
CASES: dict[str, Any] = {
    name: (cell, {})
    for name, cell in vars(fx.networks).items()
    if inspect.isclass(cell)
    and issubclass(cell, AbstractCell)
    and not name.startswith("Abstract")
    and name not in EXCEPTIONS
}
VARIANTS = {
    "AntisymmetricRNN gated": ("AntisymmetricRNN", {"gated": True}),
    "CTRNN rate heun": ("CTRNN", {"form": "rate", "method": "heun"}),
    "CTRNN rk4": ("CTRNN", {"method": "rk4"}),
    "LinOSS symplectic": ("LinOSS", {"integrator": "symplectic"}),
    "LipschitzRNN midpoint": ("LipschitzRNN", {"method": "midpoint"}),
    "SymplecticRNN printed": ("SymplecticRNN", {"outer": "printed"}),
    "SymplecticRNN Verlet": ("SymplecticRNN", {"scheme": "verlet"}),
}
CASES |= {
    name: (CASES[cell][0], options) for name, (cell, options) in VARIANTS.items() if cell in CASES
}


def shaken(tree, key, size):
    """Move all numbers, so that no term is zero by its initial value."""
    draw = np.random.default_rng(np.asarray(jax.random.key_data(key)))
    return shifted(
        tree, [draw.normal(size=leaf.shape) for leaf in jax.tree.leaves(moving(tree))], size
    )


def starts(cells, key):
    whole = [cell.initial_state() for cell in cells]
    keys = jax.random.split(key, len(whole))
    return [
        s if type(cell).__name__ == "ClockworkRNN" else shaken(s, k, 0.5)
        for cell, s, k in zip(cells, whole, keys, strict=True)
    ]


def gaps(cells, net, states, xs):
    """Largest difference of outputs and last states between layers and the one step they are."""
    below, last = xs, []
    for cell, state in zip(cells, states, strict=True):
        below, new = steps(cell, below, state)
        last.append(row(new))
    first = np.concatenate([row(state) for state in states])
    start = jnp.asarray(first.reshape(net.places.length, net.state_size))
    outputs, memory = steps(net, xs, net.history(start))
    return np.abs(outputs - below).max(), np.abs(row(memory) - np.concatenate(last)).max()


@pytest.mark.parametrize("name", list(CASES))
def test_cell_is_its_odernn(name, key):
    """Three layers of a cell, one of a variant; `check_cell` asks it of each cell alone."""
    kind, options = CASES[name]
    keys = jax.random.split(key, 4)
    inputs = (2, 4, 4) if name == kind.__name__ else (2,)
    cells = [
        shaken(kind(m, 4, **options, key=k), k, 0.1) for m, k in zip(inputs, keys, strict=False)
    ]
    records = [cell.equation() for cell in cells]
    layers = [record.odernn for record in records]
    assert None not in layers, f"{name} has no embedding"
    xs = jax.random.normal(keys[3], (3, 2))
    assert max(gaps(cells, stack_odernn(layers), starts(cells, keys[3]), xs)) < 1e-12
    record, net = records[0], layers[0]
    stated = (record.stages, record.lags, record.coefficients)
    assert stated == (len(net.stages), net.lags, net.coefficients)


def test_lstm_is_its_odernn(key):
    """Claim 1 corrected: 2L stages, c by layers and h by layers, with gates as coefficients."""
    cells = [fx.networks.LSTM(n, 3, key=key) for n in (2, 3)]
    both = stack_odernn([cell.equation().odernn for cell in cells])
    assert len(both.stages) == 4
    assert both.lags == 1


@pytest.mark.parametrize(
    ("form", "n", "t"), [("minimal", 1, 1), ("output", 2, 2), ("constant", 4, 1)]
)
def test_lstm_forms(form, n, t, key):
    cell = shaken(fx.networks.LSTM(2, 3, key=key), key, 0.3)
    net = fx.networks.lstm_odernn(cell, form)
    xs = jax.random.normal(key, (6, 2))
    outputs, (c, _) = run(cell, xs)
    state, seen = net.initial_state(), xs
    if form == "output":
        # The first memory is zero, whatever came before.
        seen = jnp.concatenate([xs, jnp.concatenate([jnp.zeros((1, 2)), xs[:-1]])], axis=1)
    found, memory = run(net, seen, state=state)
    assert jnp.abs(found - outputs).max() < 1e-12
    assert form == "output" or jnp.abs(memory.history[0, :3] - c).max() < 1e-12
    assert (len(net.stages), net.lags) == (n, t)
    assert (net.coefficients == "constant") == (form == "constant")


def test_minimal_lstm_has_2l_minus_1_stages(key):
    cells = [fx.networks.LSTM(n, 3, key=key) for n in (2, 3, 3)]
    net = stack_odernn([fx.networks.lstm_odernn(cell, "minimal") for cell in cells])
    xs = seen = jax.random.normal(key, (4, 2))
    for cell in cells:
        seen = run(cell, seen).outputs
    assert jnp.abs(run(net, xs).outputs - seen).max() < 1e-12
    assert len(net.stages) == 5


def test_gru_is_its_odernn(key):
    """Claim 2 corrected: L stages, gamma = D[z] and kappa = D[1 - z] on torch's z."""
    cell = fx.networks.GRU(2, 3, key=key)
    net = cell.equation().odernn
    assert len(net.stages) == 1
    assert net.coefficients == "dynamical"
    assert len(stack_odernn([net, fx.networks.GRU(3, 3, key=key).equation().odernn]).stages) == 2


def test_adaptive_solver_has_no_fixed_number_of_stages(key):
    cell = fx.networks.ODEGRU(2, 3, tolerance=1e-3, key=key)
    assert cell.equation().odernn is None


def test_layers_are_one_odernn(key):
    """Layers of general coefficients, of which one has lags and one is in the inner form."""
    one = fx.networks.ODERNN(2, 3, stages=2, lags=2, h=0.3, key=key)
    two = fx.networks.ODERNN(3, 4, stages=2, inner=True, h=0.7, key=key)
    both = stack_odernn([one, two])
    xs = jax.random.normal(key, (5, 2))
    seen = run(two, run(one, xs).outputs).outputs
    assert jnp.abs(run(both, xs).outputs - seen).max() < 1e-14


@pytest.mark.parametrize(
    ("sizes", "words"),
    [((), "hold at least one"), (((2, 3), (4, 3)), r"`layers\[1\]` must take 3 inputs")],
)
def test_layers_that_do_not_fit_are_refused(sizes, words, key):
    layers = [fx.networks.ODERNN(m, n, key=key) for m, n in sizes]
    with pytest.raises(ValueError, match=words):
        stack_odernn(layers)
