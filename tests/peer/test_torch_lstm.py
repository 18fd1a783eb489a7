"""LSTM and GRU, and their ODERNNs, against PyTorch in the same run, one to three layers."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.networks import run, stack_odernn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peer

NAMES = "weight_ih", "weight_hh", "bias_ih", "bias_hh"


def taken_over(peer, kind, inputs, hidden, layers, key):
    cells = []
    for layer in range(layers):
        cell = kind(hidden if layer else inputs, hidden, dtype=jnp.float64, key=key)
        arrays = [jnp.asarray(getattr(peer, f"{n}_l{layer}").detach().numpy()) for n in NAMES]
        cells.append(eqx.tree_at(lambda c: [getattr(c, n) for n in NAMES], cell, arrays))
    return cells


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_cells_and_odernns_are_torch(name, layers, key):
    torch.manual_seed(layers)
    peer = getattr(torch.nn, name)(2, 5, layers, dtype=torch.float64)
    xs = torch.randn(7, 2, dtype=torch.float64)
    want = peer(xs)[0].detach().numpy()
    cells = taken_over(peer, getattr(fx.networks, name), 2, 5, layers, key)
    inputs = seen = jnp.asarray(xs.numpy())
    for cell in cells:
        seen = run(cell, seen).outputs
    assert np.abs(seen - want).max() < 1e-13
    net = stack_odernn([cell.equation().odernn for cell in cells])
    assert np.abs(run(net, inputs).outputs - want).max() < 1e-13
    if name == "LSTM":
        minimal = stack_odernn([fx.networks.lstm_odernn(cell, "minimal") for cell in cells])
        assert len(minimal.stages) == 2 * layers - 1
        assert np.abs(run(minimal, inputs).outputs - want).max() < 1e-13
