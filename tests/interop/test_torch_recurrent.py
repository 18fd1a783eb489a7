"""PyTorch's recurrent modules: same outputs, recognised by their names, foreign ones refused."""

import pathlib

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax._errors import ConfigError, FileFormatError, UnknownLayoutError
from feynax.interop import load_model, read_pt, read_torch, save_model, to_torch

RECORDED = pathlib.Path(__file__).parent.parent / "recorded"
LAYOUTS = {"relu": {"nonlinearity": "relu"}}


def recorded(name):
    """A network read from its file, with the inputs and outputs that PyTorch recorded."""
    net = read_torch(RECORDED / f"recurrent_{name}.pt", LAYOUTS.get(name))
    with np.load(RECORDED / f"recurrent_{name}.npz") as file:
        return net, file["x"], file["y"]


@pytest.mark.parametrize("name", ["lstm", "gru", "rnn", "relu"])
def test_recorded_modules_answer_as_torch_did(name):
    net, x, y = recorded(name)
    ours = np.asarray(eqx.filter_jit(net)(jnp.asarray(x)))
    assert ours.dtype == x.dtype
    np.testing.assert_allclose(ours, y, rtol=0, atol=1e-12 if x.dtype == np.float64 else 1e-6)


@pytest.mark.parametrize(("name", "biases"), [("lstm", True), ("gru", False), ("rnn", True)])
def test_arrays_go_back_as_they_came(name, biases):
    net, _, _ = recorded(name)
    came = read_pt(RECORDED / f"recurrent_{name}.pt")
    gone = to_torch(net, biases=biases)
    assert len(gone) == len(came)
    ends = {key.rpartition(".")[2]: array for key, array in came.items() if "_l" in key}
    for key, array in gone.items():
        if "_l" in key:
            np.testing.assert_array_equal(array, ends[key.rpartition(".")[2]])
            assert array.dtype == ends[key.rpartition(".")[2]].dtype
    again = read_torch(gone)
    assert again.config() == net.config()


def test_sizes_are_read_off():
    net, _, _ = recorded("lstm")
    facts = {"input_size": 3, "output_size": 5, "cell": "LSTM", "hidden": 4, "layers": 2}
    assert facts.items() <= net.config().items()
    assert net.config()["bidirectional"] is True
    stack, _, _ = recorded("gru")
    assert isinstance(stack, fx.networks.RecurrentStack)
    assert (stack.output_size, len(stack.cells())) == (4, 2)
    assert not any(cell.bias_hh.any() for cell in stack.cells())


def test_read_out_of_the_last_step():
    each, x, y = recorded("lstm")
    last = read_torch(RECORDED / "recurrent_lstm.pt", {"readout": "last"})
    np.testing.assert_allclose(last(jnp.asarray(x)), y[-1], atol=1e-12)
    assert each.readout == "each"


def test_model_file_holds_a_stack(tmp_path):
    net, x, _ = recorded("gru")
    again = load_model(save_model(tmp_path / "gru.safetensors", net))
    np.testing.assert_array_equal(again(jnp.asarray(x)), net(jnp.asarray(x)))


def test_stack_masks_and_features():
    stack = fx.networks.RecurrentStack(2, cell="GRU", hidden=3, layers=2, key=jax.random.key(0))
    xs = jax.random.normal(jax.random.key(1), (6, 2))
    held = stack(xs, mask=jnp.arange(6) < 4)
    np.testing.assert_allclose(held[:4], stack(xs[:4]), atol=1e-12)
    np.testing.assert_allclose(held[5], held[3], atol=1e-12)
    first, second = stack.features(xs)
    np.testing.assert_array_equal(first, xs)
    np.testing.assert_allclose(fx.networks.run(stack.cells()[1], second).outputs, stack(xs))


def lstm_arrays(layers=1, extra=None):
    """A state dict of an LSTM of 2 inputs and 3 units."""
    rng = np.random.default_rng(0)
    table = {}
    for layer in range(layers):
        width = 3 if layer else 2
        shapes = {
            "weight_ih": (12, width),
            "weight_hh": (12, 3),
            "bias_ih": (12,),
            "bias_hh": (12,),
        }
        table |= {f"lstm.{k}_l{layer}": rng.normal(size=s) for k, s in shapes.items()}
    return table | (extra or {})


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"lstm.weight_hh_l0": None}, FileFormatError, "no array `lstm.weight_hh_l0`"),
        ({"lstm.bias_hh_l0": None}, FileFormatError, "no array `lstm.bias_hh_l0`"),
        ({"lstm.weight_ih_l0": np.ones((11, 2))}, FileFormatError, r"must have shape \(12, 2\)"),
        ({"lstm.weight_ih_l0": np.ones(12)}, FileFormatError, "must be a matrix"),
        ({"lstm.weight_hh_l0": np.ones((12, 5))}, FileFormatError, "no RNN, GRU or LSTM"),
        ({"lstm.weight_hh_l0": np.ones((6, 3))}, FileFormatError, "1, 3 or 4 times"),
        ({"lstm.bias_ih_l0": np.full(12, np.nan)}, FileFormatError, "NaN"),
        ({"lstm.bias_ih_l0": np.ones(12, int)}, FileFormatError, "must hold real numbers"),
        ({"lstm.weight_ih_l9": np.ones((12, 3))}, FileFormatError, "not those below it"),
        ({"lstm.weight_hr_l0": np.ones((2, 3))}, UnknownLayoutError, "proj_size"),
        ({"gru.weight_ih_l0": np.ones((9, 2))}, UnknownLayoutError, "2 recurrent modules"),
        ({"embed.weight": np.ones((50, 2))}, UnknownLayoutError, "no part of it"),
        ({"fc.weight": np.ones((2, 3)), "top.weight": np.ones((2, 3))}, UnknownLayoutError, "top"),
        ({"fc.bias": np.ones(2)}, UnknownLayoutError, "no part of it"),
        ({"fc.weight": np.ones((2, 3)), "fc.bias": np.ones(3)}, FileFormatError, "must have shape"),
    ],
)
def test_foreign_state_dicts_are_refused(change, error, says):
    table = lstm_arrays(extra=change)
    with pytest.raises(error, match=says) as caught:
        read_torch({name: array for name, array in table.items() if array is not None})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("layout", "error", "says"),
    [
        ({"stride": 2}, ConfigError, "`nonlinearity` or `readout`"),
        ({"nonlinearity": "relu"}, ValueError, "left out but for an RNN"),
        ({"readout": "best"}, ValueError, "readout"),
    ],
)
def test_layouts_that_do_not_fit_are_refused(layout, error, says):
    with pytest.raises(error, match=says):
        read_torch(lstm_arrays(), layout)


def test_a_head_without_bias_and_any_prefix():
    head = np.arange(6.0).reshape(2, 3)
    net = read_torch(lstm_arrays(extra={"a.b.weight": head}))
    xs = jnp.ones((4, 2))
    cell = net.layers[0].forth
    np.testing.assert_allclose(net(xs), fx.networks.run(cell, xs).outputs @ head.T, atol=1e-12)


def test_other_stacks_do_not_go_to_torch():
    key = jax.random.key(0)
    with pytest.raises(ValueError, match="LSTM, GRU, RNN"):
        to_torch(fx.networks.RecurrentStack(2, cell="LEM", hidden=3, key=key))
    with pytest.raises(ValueError, match="block"):
        to_torch(fx.networks.SequenceNet(2, 2, cell="GRU", hidden=3, block="residual", key=key))
    with pytest.raises(ValueError, match="biases"):
        to_torch(fx.networks.RecurrentStack(2, cell="GRU", hidden=3, key=key), biases=False)


@pytest.mark.parametrize("sizes", [{"hidden": 0}, {"layers": 0}, {"cell": "Unheard"}])
def test_stacks_of_nothing_are_refused(sizes):
    with pytest.raises(ValueError, match="Argument"):
        fx.networks.RecurrentStack(2, key=jax.random.key(0), **sizes)
