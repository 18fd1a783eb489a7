"""A file is the old one or the new one, whatever happens while it is written."""

import os
import pathlib

import pytest

from feynax._atomic import write_atomically


def test_replaces_and_leaves_nothing_beside(tmp_path):
    path = tmp_path / "a"
    write_atomically(path, b"one")
    assert write_atomically(path, b"two") == path
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_alone(tmp_path, monkeypatch, call):
    path = tmp_path / "a"
    write_atomically(path, b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_missing_folder_is_an_os_error():
    with pytest.raises(FileNotFoundError):
        write_atomically(pathlib.Path("no") / "such" / "folder", b"")
