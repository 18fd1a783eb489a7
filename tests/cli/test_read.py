"""`feynax read`: models and images of every kind, and what it refuses."""

import json
import shutil

import jax
import numpy as np
import pytest
from PIL import Image

import feynax as fx
from feynax import data, interop
from feynax.cli._app import run


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A small network in a file of its own."""
    net = fx.networks.PDENet(channels=(2,), steps=1, key=jax.random.key(0))
    folder = tmp_path_factory.mktemp("model")
    facts = {"data": "digits", "mean": 0.1307, "std": 0.3081}
    return interop.save_model(folder / "small.safetensors", net, extra=facts)


@pytest.fixture
def reads(tmp_path, capsys):
    """Run the command; return its result and what it printed."""

    def call(model, image, *more):
        out = tmp_path / "out"
        tokens = ["read", str(model), "--image", str(image), "--out", str(out), "--paths", "100"]
        assert run([*tokens, *map(str, more)]) == 0
        assert (out / "report.html").stat().st_size > 50_000
        result = json.loads((out / "result.json").read_text(encoding="utf-8"))
        return result["reading"], capsys.readouterr().out

    return call


@pytest.fixture
def refused(tmp_path, capsys):
    """Run the command, which must fail with one line and leave nothing."""

    def call(model, image, *more):
        out = tmp_path / "never"
        tokens = ["read", str(model), "--image", str(image), "--out", str(out)]
        assert run([*tokens, *map(str, more)]) == 2
        said = capsys.readouterr().err
        assert said.startswith("feynax: ")
        assert said.count("\n") == 1
        assert not out.exists()
        return said

    return call


def test_given_scale_is_used(model, reads):
    reading, _ = reads(model, 3, "--mean", 0.5, "--std", 0.25)
    seen = (data.digits("test").images[3][None] / np.float32(255) - 0.5) / 0.25
    own = np.asarray(interop.load_model(model)(seen.astype(np.float32)))
    np.testing.assert_allclose(reading["scores"], own, rtol=1e-4, atol=1e-5)


def test_index_is_standardised_as_in_training(model, reads):
    reading, said = reads(model, 3)
    digits = data.digits("test")
    own = np.asarray(interop.load_model(model)(digits.standard()[3]))
    np.testing.assert_allclose(reading["scores"], own, rtol=1e-4, atol=1e-5)
    assert reading["image"]["label"] == int(digits.labels[3])
    assert "path sum:" in said
    assert "sampled:" in said
    assert "certified: " in said


def test_file_of_the_same_pixels_reads_alike(model, reads, tmp_path):
    plane = data.digits("test").images[3]
    Image.fromarray(plane).save(tmp_path / "a.png")
    np.save(tmp_path / "b.npy", plane)
    np.save(tmp_path / "c.npy", np.repeat(plane[..., None], 3, 2) / 255.0)
    wanted = reads(model, 3)[0]["scores"]
    for name in ("a.png", "b.npy", "c.npy"):
        reading, _ = reads(model, tmp_path / name)
        np.testing.assert_allclose(reading["scores"], wanted, atol=1e-9)
        assert reading["image"]["label"] is None


def test_other_sizes_and_colours_are_noted(model, reads, tmp_path):
    Image.new("RGB", (60, 40), (250, 240, 230)).save(tmp_path / "photo.jpg")
    reading, said = reads(model, tmp_path / "photo.jpg", "--output", 4)
    assert reading["image"]["shape"] == [1, 28, 28]
    assert reading["paths"]["output"] == 4
    assert "turned to grey" in said
    assert "from 60 x 40 to 28 x 28" in said
    assert "light ground" in said


def test_weights_from_pytorch(reads, tmp_path, pytestconfig):
    here = pytestconfig.rootpath / "tests" / "recorded"
    net = interop.read_torch(here / "resnet_basic.pt")
    np.save(tmp_path / "in.npy", np.linspace(0, 1, 192).reshape(3, 8, 8))
    reading, said = reads(here / "resnet_basic.pt", tmp_path / "in.npy")
    assert reading["network"] == "ResNet"
    assert reading["paths"]["completeness"] < 1e-12
    assert len(reading["scores"]) == net.config()["classes"]
    assert "ImageNet" in said


def test_refuses_models(refused, model, tmp_path):
    assert "nothing to read" in refused(tmp_path / "none.pt", 0)
    assert "holds no model.safetensors" in refused(tmp_path, 0)
    assert "no model" in refused(shutil.copy(model, tmp_path / "model.bin"), 0)
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(model.read_bytes()[:-9])
    refused(cut, 0)
    (tmp_path / "bad.pt").write_bytes(b"\x80\x02cos\nsystem\n")
    refused(tmp_path / "bad.pt", 0)


def test_refuses_images(refused, model, tmp_path):
    assert "index from 0 to 1999" in refused(model, 2000)
    assert "index from 0 to 1999" in refused(model, -1)
    assert "no image" in refused(model, tmp_path / "none.png")
    assert "no image" in refused(model, model)
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 50)
    assert "cannot be read" in refused(model, tmp_path / "bad.png")
    for value, says in [
        (np.full((9, 9), np.nan), "NaN"),
        (np.full((9, 9), 1.5), "from 0 (black) to 1 (white)"),
        (np.ones((9, 9), np.int64), "bytes or floats"),
        (np.ones((2, 9, 9)), "shape"),
        (np.ones((5000, 2)), "4096 pixels"),
        (np.ones((0, 2)), "pixels a side"),
        (np.array([object()]), "cannot be read"),
    ]:
        np.save(tmp_path / "bad.npy", value)
        assert says in refused(model, tmp_path / "bad.npy")
    np.save(tmp_path / "good.npy", np.ones((9, 9)))
    assert "`std`" in refused(model, tmp_path / "good.npy", "--std", 0)
    assert "`output` must be below 10" in refused(model, 0, "--output", 10)
    assert "`data` must be one of" in refused(model, 0, "--data", "minst")
