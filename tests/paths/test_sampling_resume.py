"""Runs on disk and on several devices: killed, prolonged, shared out, damaged."""

import os
import pathlib
import socket
import subprocess
import sys
import time
import warnings

import jax
import numpy as np
import pytest

import feynax as fx
from feynax import _errors as errors

P = fx.paths
PROGRAM = pathlib.Path(__file__)
OBSERVABLES = {"x2": P.Moment(2), "product": lambda ensemble, x: jax.lax.complex(x[0], x[0] ** 2)}


def draw(folder=None, *, draws=2000, mass=1.0, devices=None, chains=16):
    ensemble = P.PathEnsemble(lambda x: x**4, beta=4.0, slices=16, mass=mass)
    with warnings.catch_warnings():  # short chains and coarse slices: only bits matter here
        warnings.simplefilter("ignore", errors.FeynaxWarning)
        return P.sample(
            ensemble,
            key=jax.random.key(3),
            chains=chains,
            draws=draws,
            warmup=100,
            block=20,
            observables=OBSERVABLES,
            folder=folder,
            devices=devices,
        )


@pytest.fixture(scope="module")
def undisturbed():
    return draw()


def same(a, b):
    return (
        a.paths.tobytes() == b.paths.tobytes()
        and a.series["x2"].tobytes() == b.series["x2"].tobytes()
        and a.blocks["product"].tobytes() == b.blocks["product"].tobytes()
        and a.energy_change.tobytes() == b.energy_change.tobytes()
    )


def in_process(*arguments, **environment):
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
    )


def finish(process):
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 0, said


def test_a_killed_run_goes_on_bit_for_bit(undisturbed, tmp_path):
    run = in_process("run", tmp_path, 100_000)
    try:
        for _ in range(2400):
            if len(list(tmp_path.glob("block-*"))) >= 4:
                break
            assert run.poll() is None, run.communicate()[0]
            time.sleep(0.02)
    finally:
        run.kill()
        run.communicate()
    assert len(list(tmp_path.glob("block-*"))) < 100
    assert same(draw(tmp_path), undisturbed)


def test_a_finished_run_is_prolonged(undisturbed, tmp_path):
    draw(tmp_path, draws=100)
    assert same(draw(tmp_path), undisturbed)
    assert same(draw(tmp_path), undisturbed)  # read only
    with pytest.raises(errors.ConfigError, match="differs in `action`"):
        draw(tmp_path, mass=1.0001)
    with pytest.raises(errors.ConfigError, match="differs in `chains`"):
        draw(tmp_path, chains=8)


def test_a_damaged_file_is_refused(tmp_path):
    draw(tmp_path, draws=40)
    state = tmp_path / "state.safetensors"
    whole = state.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"\xff" * 200, b""):
        state.write_bytes(damaged)
        with pytest.raises(errors.FileFormatError, match="not sound"):
            draw(tmp_path, draws=40)


@pytest.mark.slow
def test_chains_are_the_same_on_any_devices(undisturbed, tmp_path):
    """Two and eight devices of one process, and two processes: configurations bit for bit.

    A series may differ in its last bits: how many chains a device has decides the order of sums.
    """
    for devices in (2, 8):
        finish(in_process("devices", tmp_path / f"{devices}.npz", devices))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ranks = [in_process("rank", tmp_path / f"rank{r}.npz", r, port) for r in (0, 1)]
    for run in ranks:
        finish(run)
    for path in tmp_path.glob("*.npz"):
        with np.load(path) as found:
            assert (found["paths"] == undisturbed.paths).all(), path.name
            assert np.allclose(found["x2"], undisturbed.series["x2"], rtol=1e-12, atol=0)


def main(kind, path, *numbers):
    if kind == "run":
        draw(path, draws=int(numbers[0]))
        return
    if kind == "devices":
        jax.config.update("jax_num_cpu_devices", int(numbers[0]))
        found = draw(devices=int(numbers[0]))
    else:
        rank, port = map(int, numbers)
        jax.distributed.initialize(f"127.0.0.1:{port}", 2, rank, heartbeat_timeout_seconds=20)
        found = draw()
    np.savez(path, paths=found.paths, x2=found.series["x2"])


if __name__ == "__main__":
    main(*sys.argv[1:])
