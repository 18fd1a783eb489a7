"""Checkpoints and logs are whole, whatever happens while they are written."""

import errno
import os

import jax.numpy as jnp
import numpy as np
import pytest

from feynax._errors import ConfigError, FileFormatError
from feynax.training import (
    MetricsLog,
    checkpoints,
    load_checkpoint,
    read_metrics,
    save_checkpoint,
)


@pytest.fixture
def tree():
    return {"a": jnp.arange(6.0, dtype="float32").reshape(2, 3), "n": (jnp.int32(4), None)}


def test_bits_come_back(tmp_path, tree):
    tree["a"] = tree["a"].at[0].set(jnp.array([jnp.nan, -0.0, 1e-42], "float32"))
    save_checkpoint(tmp_path, 3, tree, {"x": [1, "two"]})
    step, again, header = load_checkpoint(tmp_path, tree)
    assert (step, header) == (3, {"x": [1, "two"]})
    assert again["a"].tobytes() == np.asarray(tree["a"]).tobytes()
    assert again["n"][0] == 4
    assert again["n"][1] is None


def test_the_last_ones_stay(tmp_path, tree):
    for step in (9, 10, 100):
        save_checkpoint(tmp_path, step, tree, {})
    assert [int(file.stem[5:]) for file in checkpoints(tmp_path)] == [10, 100]


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_full_disk_leaves_the_last_checkpoint(tmp_path, tree, monkeypatch, call):
    save_checkpoint(tmp_path, 1, tree, {})

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        if call == "write":
            patch.setattr("builtins.open", full)
        else:
            patch.setattr(os, call, full)
        with pytest.raises(OSError, match="No space left"):
            save_checkpoint(tmp_path, 2, tree, {})
    assert [file.name for file in tmp_path.iterdir()] == ["step-000000001.safetensors"]
    assert load_checkpoint(tmp_path, tree)[0] == 1


def test_leftovers_of_a_kill_do_not_count(tmp_path, tree):
    save_checkpoint(tmp_path, 1, tree, {})
    (tmp_path / ".step-000000002.safetensors.part").write_bytes(b"half")
    assert load_checkpoint(tmp_path, tree)[0] == 1
    save_checkpoint(tmp_path, 2, tree, {})
    assert len(list(tmp_path.iterdir())) == 2


def test_damaged(tmp_path, tree):
    path = save_checkpoint(tmp_path, 1, tree, {})
    whole = path.read_bytes()
    for length in (0, 7, 20, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(FileFormatError, match="no sound checkpoint"):
            load_checkpoint(tmp_path, tree)


def test_another_tree(tmp_path, tree):
    save_checkpoint(tmp_path, 1, tree, {})
    with pytest.raises(ConfigError, match="differs in `a`"):
        load_checkpoint(tmp_path, {**tree, "a": jnp.zeros((3, 2))})
    with pytest.raises(ConfigError, match="differs in `b`"):
        load_checkpoint(tmp_path, {**tree, "b": jnp.zeros(1)})


def test_log_takes_back_what_the_checkpoint_does_not_hold(tmp_path):
    path = tmp_path / "metrics.jsonl"
    log = MetricsLog(path)
    for step in (2, 4, 6):
        log.write({"step": step})
    log.close()
    with open(path, "ab") as file:
        file.write(b'{"step": 8, "lo')
    log = MetricsLog(path, upto=4)
    log.write({"step": 5})
    log.close()
    assert read_metrics(path) == log.rows == [{"step": 2}, {"step": 4}, {"step": 5}]


def test_full_disk_leaves_no_half_row(tmp_path):
    path = tmp_path / "metrics.jsonl"
    log = MetricsLog(path)
    log.write({"step": 1})
    log._file = Full(log._file)
    with pytest.raises(OSError, match="No space left"):
        log.write({"step": 2})
    assert path.read_text() == '{"step": 1}\n'
    log.close()


class Full:
    """A file on a disk that takes five more bytes."""

    name = "metrics.jsonl"

    def __init__(self, file):
        self.file = file

    def write(self, line):
        return self.file.write(line[:5])

    def __getattr__(self, name):
        return getattr(self.file, name)


def test_damaged_log(tmp_path):
    path = tmp_path / "metrics.jsonl"
    for middle in (b"{", b"3", b'{"loss": 1}', b"\xff"):
        path.write_bytes(b'{"step": 1}\n' + middle + b"\n" + b'{"step": 2}\n')
        with pytest.raises(FileFormatError, match="line 2"):
            read_metrics(path)
