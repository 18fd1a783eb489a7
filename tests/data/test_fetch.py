"""Fetching copies whole, checked files or nothing."""

import numpy as np
import pytest

from feynax import data
from feynax.data import FileFormatError, MissingDataError


def test_from_folder(tmp_path, mnist_folder):
    home = data.fetch_mnist(tmp_path / "m", mnist_folder)
    assert len(list(home.iterdir())) == 4
    before = {file.name: file.stat().st_mtime_ns for file in home.iterdir()}
    stem = "t10k-labels-idx1-ubyte.gz"
    (home / stem).write_bytes((home / stem).read_bytes()[:-9])
    data.fetch_mnist(home, mnist_folder)
    after = {file.name: file.stat().st_mtime_ns for file in home.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {stem}
    assert len(data.mnist("test", home)) == 10000


def test_other_content_is_refused(tmp_path):
    source, home = tmp_path / "s", tmp_path / "h"
    source.mkdir()
    data.write_idx(source / "train-images-idx3-ubyte.gz", np.zeros((3, 4, 4), np.uint8))
    with pytest.raises(FileFormatError, match="not MNIST"):
        data.fetch_mnist(home, source)
    assert list(home.iterdir()) == []


def test_offline_is_one_sentence(tmp_path, monkeypatch):
    import pooch

    def refuse(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr(pooch, "retrieve", refuse)
    with pytest.raises(MissingDataError, match=r"--from DIR") as error:
        data.fetch_mnist(tmp_path)
    assert "\n" not in str(error.value)
    assert str(tmp_path) in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_full_disk_leaves_nothing(tmp_path, mnist_folder, monkeypatch):
    import shutil

    def full(source, target):
        target.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(OSError, match="No space"):
        data.fetch_mnist(tmp_path, mnist_folder)
    assert list(tmp_path.iterdir()) == []
