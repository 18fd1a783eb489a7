"""Model files: exact round trips, and one sentence for everything else."""

import json
import os

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax._errors import FileFormatError
from feynax.interop import (
    load_model,
    load_model_with_header,
    read_safetensors,
    save_model,
    write_safetensors,
)

SPECS = [
    {"kind": "conv", "in_channels": 1, "out_channels": 2},
    {"kind": "activation"},
    {"kind": "flatten"},
    {"kind": "linear", "in_features": 8, "out_features": 2},
]


@pytest.fixture(scope="module")
def net():
    return fx.networks.Sequential(SPECS, key=jax.random.key(0))


@pytest.fixture
def path(net, tmp_path):
    return save_model(tmp_path / "net.safetensors", net, extra={"mean": 0.5})


def refused(path):
    with pytest.raises(FileFormatError) as caught:
        load_model(path)
    sentence = str(caught.value)
    assert sentence.startswith(path.name)
    assert "\n" not in sentence
    return sentence


@pytest.mark.float32
def test_round_trip_is_exact(net, path):
    again, header = load_model_with_header(path)
    assert eqx.tree_equal(again, net)
    assert header.extra == {"mean": 0.5}
    assert header.constructor == "Sequential"


@pytest.mark.parametrize(
    "make",
    [
        lambda k: fx.networks.ResNet(1, 2, stages=(2,), widths=(2,), stem="image", key=k),
        lambda k: fx.networks.PDENet((1, 8, 8), channels=(2, 3), key=k),
        lambda k: fx.networks.ThesisNet(3, in_shape=(1, 6, 6), hidden=(4,), key=k),
    ],
)
def test_every_network_comes_back(make, tmp_path):
    net = make(jax.random.key(1))
    assert eqx.tree_equal(load_model(save_model(tmp_path / "n.safetensors", net)), net)


def test_double_precision_narrows_where_x64_is_off(net, path):
    with jax.enable_x64(False):
        assert load_model(path).layers[0].weight.dtype == jnp.float32


def test_truncated_anywhere(path):
    data = path.read_bytes()
    for end in np.linspace(0, len(data) - 1, 30).astype(int):
        path.write_bytes(data[:end])
        refused(path)


def test_any_flipped_bit_is_noticed(path):
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.integers(len(data), size=120):
        broken = bytearray(data)
        broken[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(broken)
        refused(path)


def forge(path, header=None, arrays=None):
    """A file with a true checksum and a wrong content."""
    from feynax.interop import _model_file

    found, metadata = read_safetensors(path)
    text = json.dumps({**json.loads(metadata["feynax"]), **(header or {})}, sort_keys=True)
    arrays = found if arrays is None else arrays(dict(found))
    digest = _model_file._digest(text, arrays)
    write_safetensors(path, arrays, {"feynax": text, "sha256": digest})


def change(name, value):
    return lambda arrays: {**arrays, name: value(arrays[name])}


@pytest.mark.parametrize(
    ("header", "arrays", "message"),
    [
        ({"format": 2}, None, "format 2"),
        ({"constructor": "jax"}, None, "no network"),
        ({"constructor": "_resnet"}, None, "no network"),
        ({"constructor": ["ResNet"]}, None, "no network"),
        ({"config": []}, None, "arguments"),
        ({"config": {"layers": [{"kind": "conv", "colour": 1}]}}, None, "refuses"),
        ({"config": {"layers": 7}}, None, "refuses"),
        (
            {"config": {"layers": [{"kind": "linear", "in_features": 10**9,
                                    "out_features": 10**9}]}},
            None,
            "missing",
        ),
        (None, lambda a: {k: v for k, v in a.items() if k != "layers.0.bias"}, "missing"),
        (None, lambda a: {**a, "more": np.ones(1)}, "unknown"),
        (None, change("layers.0.bias", lambda a: a[:1]), "must have shape"),
        (None, change("layers.0.bias", lambda a: a.astype(int)), "wrong kind"),
        (None, change("layers.0.bias", lambda a: a * np.nan), "NaN"),
    ],
)  # fmt: skip
def test_forged_files(path, header, arrays, message):
    forge(path, header, arrays)
    assert message in refused(path)


def test_other_files(path, tmp_path):
    write_safetensors(path, {"w": np.ones(2)})
    assert "not a feynax model" in refused(path)
    path.write_bytes(b"hello, this is a text file and no model at all")
    refused(path)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]},
        {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]},
        [1, 2],
    ],
)
def test_headers_that_lie(entry, tmp_path):
    path = tmp_path / "lie.safetensors"
    text = json.dumps({"w": entry}).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"\0\0\0\0")
    with pytest.raises(FileFormatError):
        read_safetensors(path)


def test_other_libraries_read_what_is_written(path, net):
    from safetensors.numpy import load_file

    np.testing.assert_array_equal(load_file(path)["layers.3.weight"], net.layers[3].weight)


def test_failure_leaves_the_old_file(path, net, monkeypatch):
    before = path.read_bytes()

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        save_model(path, net)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_only_finite_networks_of_ours_are_written(net, tmp_path):
    with pytest.raises(ValueError, match="network of feynax"):
        save_model(tmp_path / "x", eqx.nn.Linear(1, 1, key=jax.random.key(0)))
    bad = eqx.tree_at(lambda n: n.layers[0].bias, net, jnp.array([jnp.inf, 0.0]))
    with pytest.raises(ValueError, match="finite"):
        save_model(tmp_path / "x", bad)
    assert list(tmp_path.iterdir()) == []
