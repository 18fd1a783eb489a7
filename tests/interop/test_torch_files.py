"""PyTorch files without PyTorch: exact arrays, known networks, hostile files refused."""

import os
import pathlib
import pickle
import zipfile

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax._errors import ConfigError, FileFormatError, UnknownLayoutError
from feynax.interop import read_pt, read_torch, to_torch, write_safetensors

RECORDED = pathlib.Path(__file__).parent.parent / "recorded"
BASIC = RECORDED / "resnet_basic.pt"


def test_all_kinds_of_tensors():
    found = read_pt(RECORDED / "tensors.pt")
    with np.load(RECORDED / "tensors.npz") as expected:
        assert set(found) == set(expected.files)
        for name in expected.files:
            np.testing.assert_array_equal(found[name].astype(float), expected[name])
    kinds = {"half": "float16", "bfloat": "bfloat16", "long": "int64", "parameter": "float64"}
    assert all(found[name].dtype == kind for name, kind in kinds.items())


@pytest.mark.parametrize("name", ["basic", "bottleneck"])
def test_recorded_networks_answer_as_torch_did(name):
    layout = {"stem": {"pool": True}} if name == "basic" else None
    net = read_torch(RECORDED / f"resnet_{name}.pt", layout)
    with np.load(RECORDED / f"resnet_{name}.npz") as file:
        y = eqx.filter_jit(net)(jnp.asarray(file["x"]))
        np.testing.assert_allclose(y, file["y"], atol=1e-13)
    assert net.config()["groups"] == (2 if name == "bottleneck" else 1)


def test_names_go_out_and_come_back(tmp_path):
    net = read_torch(BASIC)
    table = to_torch(net)
    recorded = read_pt(BASIC)
    assert set(recorded) - set(table) == {"conv1.bias"}  # moved into the mean of bn1
    for name in set(table) - {"bn1.running_mean"}:
        np.testing.assert_array_equal(table[name], recorded[name])
    assert eqx.tree_equal(read_torch(table), net)
    write_safetensors(tmp_path / "n.safetensors", table)
    assert eqx.tree_equal(read_torch(tmp_path / "n.safetensors"), net)
    other = {k.replace("downsample", "shortcut").replace("fc.", "linear."): v
             for k, v in table.items()}  # fmt: skip
    assert eqx.tree_equal(read_torch(other), net)


def test_a_list_of_layers_in_toml(tmp_path):
    (tmp_path / "net.toml").write_text("""
        [[layers]]
        kind = "conv"
        name = "a"
        padding = 1
        [[layers]]
        kind = "residual"
        branch = [{ kind = "conv", name = "b" , padding = 1 }]
        [[layers]]
        kind = "global_mean"
        [[layers]]
        kind = "linear"
        name = "c"
    """)
    rng = np.random.default_rng(0)
    shapes = {"a.weight": (2, 1, 3, 3), "a.bias": (2,), "b.weight": (2, 2, 3, 3),
              "c.weight": (3, 2), "c.bias": (3,)}  # fmt: skip
    arrays = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    net = read_torch(arrays, tmp_path / "net.toml")
    np.testing.assert_array_equal(net.layers[1].branch.layers[0].weight, arrays["b.weight"])
    assert eqx.filter_jit(net)(jnp.ones((1, 4, 4))).shape == (3,)
    with pytest.raises(UnknownLayoutError, match="names `a`"):
        read_torch({"z.weight": np.ones(1)}, tmp_path / "net.toml")
    with pytest.raises(ConfigError, match="layout"):
        read_torch(arrays, [{"kind": "linear", "name": "c", "colour": 1}])
    (tmp_path / "net.toml").write_text("layers = [")
    with pytest.raises(ConfigError, match="TOML"):
        read_torch(arrays, tmp_path / "net.toml")


def edited(**changes):
    arrays = dict(read_pt(BASIC))
    for name, value in changes.items():
        key = name.replace("__", ".")
        arrays[key] = value(arrays.get(key)) if value else None
        if arrays[key] is None:
            del arrays[key]
    return arrays


def test_networks_that_are_not_known():
    with pytest.raises(UnknownLayoutError) as caught:
        read_torch({"features.0.weight": np.ones((2, 1, 3, 3))})
    said = str(caught.value)
    assert "Arrays found (1): features.0.weight (2, 1, 3, 3). Known" in said
    assert all(word in said for word in ("[[layers]]", "nn.LSTM", "weight_ih_l0", "residual"))
    with pytest.raises(UnknownLayoutError, match=r"m20 \(20,\), and 19 more"):
        read_torch({f"m{i}": np.ones(i) for i in range(10, 40)} | {"a": np.ones((2, 3))})
    with pytest.raises(UnknownLayoutError, match="attention"):
        read_torch(edited(layer1__0__attention__weight=lambda _: np.ones(2)))
    with pytest.raises(UnknownLayoutError, match="conv2"):
        read_torch(edited(layer1__1__conv2__weight=None))
    with pytest.raises(ValueError, match="running statistics"):
        read_torch(edited(bn1__running_mean=None, conv1__bias=None))
    with pytest.raises(FileFormatError, match="must have shape"):
        read_torch(edited(fc__bias=lambda a: a[:3]))
    with pytest.raises(FileFormatError, match="NaN"):
        read_torch(edited(fc__bias=lambda a: a * np.nan))
    with pytest.raises(FileFormatError, match="real numbers"):
        read_torch(edited(fc__bias=lambda a: a.astype(int)))
    with pytest.raises(ConfigError, match="colour"):
        read_torch(BASIC, {"colour": 1})


def refused(path):
    with pytest.raises(FileFormatError) as caught:
        read_pt(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_truncated_anywhere(tmp_path):
    data, path = BASIC.read_bytes(), tmp_path / "cut.pt"
    for end in np.linspace(0, len(data) - 1, 30).astype(int):
        path.write_bytes(data[:end])
        refused(path)


def test_flipped_bits_never_escape(tmp_path):
    """A flip is refused, or it fell where the format has no meaning and the arrays are equal."""
    data, path = (RECORDED / "tensors.pt").read_bytes(), tmp_path / "flip.pt"
    whole = read_pt(RECORDED / "tensors.pt")
    rng = np.random.default_rng(0)
    noticed = 0
    for place in rng.integers(len(data), size=150):
        broken = bytearray(data)
        broken[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(broken)
        try:
            found = read_pt(path)
        except FileFormatError:
            noticed += 1
        else:
            assert all(np.array_equal(found[name], whole[name]) for name in whole)
    assert noticed > 50


def archive(path, pickled, storages=()):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", pickled)
        file.writestr("archive/version", "3")
        for name, data in storages:
            file.writestr(f"archive/data/{name}", data)
    return path


class Hostile:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def short(module, name, argument):
    """A pickle by hand: GLOBAL, one text argument, REDUCE."""
    return f"c{module}\n{name}\n(V{argument}\ntR.".encode()


def payloads(target):
    touch = f"touch {target}"
    stack = b"\x80\x04\x8c\x02os\x8c\x06system\x93(V" + touch.encode() + b"\ntR."
    instance = b"(V" + touch.encode() + b"\nios\nsystem\n."
    obj = b"(cos\nsystem\nV" + touch.encode() + b"\no."
    new = b"cos\nsystem\n(V" + touch.encode() + b"\nt\x81."
    extension = b"\x82\x01."
    walk = b"ccollections\nOrderedDict.__class__\n(tR."
    built = b"ctorch\nFloatStorage\n}Vdtype\nVobject\nsb."
    nested = b"ccollections\nOrderedDict\n)R}Vx\n" + stack[2:-1] + b"sb."
    return [
        pickle.dumps({"w": Hostile(os.system, touch)}),
        pickle.dumps(Hostile(eval, f"open({str(target)!r}, 'w')"), protocol=2),
        short("os", "system", touch),
        short("builtins", "exec", f"open({str(target)!r}, 'w')"),
        short("posix", "system", touch),
        stack,
        instance,
        obj,
        new,
        extension,
        walk,
        built,
        nested,
    ]


@pytest.mark.parametrize("index", range(13))
def test_hostile_pickles_run_nothing(index, tmp_path):
    target = tmp_path / "ran"
    refused(archive(tmp_path / "bad.pt", payloads(target)[index]))
    assert not target.exists()


def opcodes(value):
    """Plain values as the oldest opcodes write them."""
    if isinstance(value, tuple):
        return b"(" + b"".join(map(opcodes, value)) + b"t"
    if isinstance(value, str):
        return b"V" + value.encode() + b"\n"
    return b"I%d\n" % value


def tensor(storage=("storage", "FloatStorage", "0", "cpu", 4), offset=0, shape=(4,), stride=(1,)):
    """The pickle of {"w": tensor} as torch writes it, with any claims."""
    first, kind, *rest = storage
    named = b"(" + opcodes(first) + b"ctorch\n" + kind.encode() + b"\n"
    named += b"".join(map(opcodes, rest)) + b"tQ"  # Q: look up the persistent identifier
    arguments = b"(" + named + b"".join(map(opcodes, (offset, shape, stride, 0))) + b"Nt"
    return b"\x80\x02}Vw\nctorch._utils\n_rebuild_tensor_v2\n" + arguments + b"Rs."


BYTES = np.arange(4, dtype=np.float32).tobytes()


def test_a_tensor_by_hand_is_read(tmp_path):
    path = archive(tmp_path / "good.pt", tensor(shape=(2, 2), stride=(1, 2)), [("0", BYTES)])
    assert read_pt(path)["w"].tolist() == [[0.0, 2.0], [1.0, 3.0]]


@pytest.mark.parametrize(
    "claim",
    [
        {"offset": 1},
        {"offset": -1},
        {"shape": (5,)},
        {"shape": (2,), "stride": (4,)},
        {"shape": (2**40,), "stride": (0,)},
        {"shape": (2**61, 2**61), "stride": (1, 1)},
        {"shape": (4,), "stride": (1, 1)},
        {"shape": (-4,)},
        {"stride": (-1,)},
        {"shape": 4},
        {"offset": "0"},
        {"storage": ("storage", "FloatStorage", "0", "cpu", 5)},
        {"storage": ("storage", "FloatStorage", "0", "cpu", 2**60)},
        {"storage": ("storage", "FloatStorage", "../0", "cpu", 4)},
        {"storage": ("storage", "FloatStorage", "1", "cpu", 4)},
        {"storage": ("storage", "FancyStorage", "0", "cpu", 4)},
        {"storage": ("module", "FloatStorage", "0", "cpu", 4)},
    ],
)
def test_claims_beyond_the_file_are_refused(claim, tmp_path):
    refused(archive(tmp_path / "claim.pt", tensor(**claim), [("0", BYTES)]))


def test_memo_bombs_cost_nothing(tmp_path):
    bomb = b"\x80\x02}r\xff\xff\xff\x7f."  # LONG_BINPUT at index 2**31 - 1
    refused(archive(tmp_path / "bomb.pt", bomb))
    refused(archive(tmp_path / "long.pt", b"\x80\x04\x8e" + (2**50).to_bytes(8, "little") + b"."))


def test_files_of_other_kinds(tmp_path):
    path = tmp_path / "x.pt"
    path.write_bytes(pickle.dumps({"w": 1}, protocol=2))
    assert "before 1.6" in refused(path)
    path.write_bytes(b"")
    refused(path)
    path.write_text("not weights")
    refused(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme", "hello")
    assert "state dict" in refused(path)
    refused(archive(path, pickle.dumps([1, 2], protocol=2)))
    refused(archive(path, pickle.dumps({"w": "text"}, protocol=2)))
    refused(archive(path, b""))


def test_fx_names():
    assert fx.interop.read_torch is read_torch
