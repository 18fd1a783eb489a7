"""Sequence networks are their cells put together, and never see padding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from feynax import interop
from feynax.networks import GRU, LRU, SequenceNet, run

KINDS = [
    {"cell": "GRU"},
    {"cell": "LSTM", "layers": 2, "bidirectional": True},
    {"cell": "GRU", "block": "residual", "layers": 2, "readout": "each"},
    {"cell": "LRU", "layers": 2, "options": {"state_size": 5, "radii": [0.5, 0.9]}},
    {"cell": "MinGRU", "gate": None, "readout": "mean"},
]


def made(key, **kind):
    return SequenceNet(2, 3, hidden=6, **kind, key=key)


@pytest.mark.parametrize("kind", KINDS)
def test_padding_is_never_seen(key, kind):
    net = made(key, **kind)
    xs = jax.random.normal(key, (7, 2))
    there = jnp.arange(7) < 5
    padded = jnp.where(there[:, None], xs, 1e3)
    found, wanted = net(padded, mask=there), net(xs[:5])
    found = found[:5] if net.readout == "each" else found
    np.testing.assert_allclose(found, wanted, atol=1e-6 if xs.dtype == "float32" else 1e-12)


def test_plain_stack_by_hand(key):
    net = made(key, cell="GRU", layers=2)
    xs = jax.random.normal(key, (6, 2))
    one, two = (layer.forth for layer in net.layers)
    assert isinstance(one, GRU)
    last = run(two, run(one, xs).outputs).state
    np.testing.assert_allclose(net(xs), net.decoder.weight @ last + net.decoder.bias, rtol=1e-12)


def test_residual_block_by_hand(key):
    net = made(key, cell="LRU", readout="each")
    xs = jax.random.normal(key, (6, 2))
    block = net.layers[0]
    assert isinstance(block.cell.forth, LRU)
    x = xs @ net.encoder.weight.T + net.encoder.bias[None]
    u = x / jnp.sqrt((x**2).mean(1, keepdims=True) + 1e-6)
    y = jax.nn.gelu(run(block.cell.forth, u).outputs + u)
    a, b = jnp.split(y @ block.gate.weight.T + block.gate.bias[None], 2, axis=1)
    out = x + a / (1 + jnp.exp(-b))
    wanted = out @ net.decoder.weight.T + net.decoder.bias[None]
    np.testing.assert_allclose(net(xs), wanted, rtol=1e-10)


@pytest.mark.parametrize("cell", ["LRU", "GRU"])
def test_every_keeps_the_last_steps(key, cell):
    kind = {"cell": cell, "layers": 2, "block": "residual", "encoder": "cell"}
    thin, whole = (made(key, **kind, every=every) for every in ((3, 1), 1))
    xs = jax.random.normal(key, (12, 2))
    first = whole.layers[0](xs)[2::3]
    block, read = whole.layers[1], whole.decoder
    out = block.close(first[-1:], block.recur(first)[-1:], lambda x: x)
    np.testing.assert_allclose(thin(xs), read(out[0]), rtol=1e-9, atol=1e-12)
    padded = jnp.concatenate([xs, jnp.ones((6, 2))])
    np.testing.assert_allclose(thin(padded, mask=jnp.arange(18) < 12), thin(xs), rtol=1e-9)


def test_backwards_is_forwards_of_the_turned(key):
    net = made(key, cell="GRU", bidirectional=True, readout="each")
    xs = jax.random.normal(key, (5, 2))
    both = net.layers[0](xs)
    np.testing.assert_allclose(both[:, 6:], run(net.layers[0].back, xs[::-1]).outputs[::-1])


def test_tokens_are_one_hot(key):
    net = made(key, cell="GRU")
    tokens = jnp.array([0, 1, 1, 0], "int32")
    np.testing.assert_array_equal(net(tokens), net(jnp.eye(2)[tokens]))


def test_dropout_only_with_a_key(key):
    net = made(key, cell="GRU", layers=2, dropout=0.5)
    xs = jax.random.normal(key, (5, 2))
    assert (net(xs) == net(xs)).all()
    assert (net(xs, key=jax.random.key(0)) != net(xs, key=jax.random.key(1))).any()


@pytest.mark.parametrize("kind", KINDS)
def test_files_hold_it(key, kind, tmp_path):
    net = made(key, **kind, dropout=0.1)
    again = interop.load_model(interop.save_model(tmp_path / "m.safetensors", net))
    assert again.config() == net.config()
    xs = jnp.ones((4, 2))
    np.testing.assert_array_equal(again(xs), net(xs))


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ({"cell": "PDENet"}, "`cell` must name a cell"),
        ({"cell": "AbstractCell"}, "`cell` must name a cell"),
        ({"cell": "GRU", "options": {"speed": 1}}, "`options` must be arguments of GRU"),
        ({"cell": "GRU", "readout": "first"}, "`readout` must be one of"),
        ({"cell": "GRU", "layers": 0}, "`layers` must be a whole number"),
        ({"cell": "LRU", "every": 2, "readout": "each"}, "`every` must be 1"),
        ({"cell": "LRU", "every": (2, 2)}, "`every` must be one number"),
        ({"cell": "LRU", "gate": None, "bidirectional": True}, "`gate` must be"),
    ],
)
def test_what_does_not_fit(key, kind, says):
    with pytest.raises(ValueError, match=says):
        made(key, **kind)


def test_wrong_series(key):
    net = made(key, cell="GRU")
    with pytest.raises(ValueError, match=r"`xs` must have the shape \(time, 2\)"):
        net(jnp.ones((4, 3)))
    with pytest.raises(ValueError, match="at least one step"):
        net(jnp.ones((0, 2)))
    with pytest.raises(ValueError, match="declares no equation in time"):
        made(key, cell="ExpRNN")(jnp.ones((4, 2)), dts=jnp.ones(4))
