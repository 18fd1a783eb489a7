"""Commands as processes of their own: killed, doubled, out of disk."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from safetensors.numpy import load_file

from feynax.training import read_metrics


def finish(process, code=0):
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, err
    assert "Traceback" not in err
    return out, err


def wait_for_step(folder, step):
    """Return when the log of a run has reached a step."""
    log = folder / "metrics.jsonl"
    for _ in range(1200):
        if log.exists() and any(row["step"] >= step for row in read_metrics(log)):
            return
        time.sleep(0.05)
    raise AssertionError("the run does not get on")


def weights(folder):
    return {name: w.tobytes() for name, w in load_file(folder / "model.safetensors").items()}


def steps_and_losses(folder):
    rows = read_metrics(folder / "metrics.jsonl")
    return [(row["kind"], row["step"], row["loss"], row["accuracy"]) for row in rows]


def test_help_needs_neither_jax_nor_numpy():
    code = (
        "import sys; sys.argv = ['feynax', '--help']\n"
        "from feynax.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'jax', 'numpy', 'matplotlib', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "train" in done.stdout


@pytest.fixture(scope="module")
def whole(start, tmp_path_factory, write_config):
    """A configuration, and the folder of its undisturbed run."""
    home = tmp_path_factory.mktemp("whole")
    config = write_config(home, 60)
    finish(start("train", config, "--out", home / "run", "--quiet"))
    return config, home / "run"


def test_killed_and_resumed_is_bit_identical(whole, tmp_path, start):
    config, undisturbed = whole
    hurt = tmp_path / "hurt"
    run = start("train", config, "--out", hurt, "--quiet")
    wait_for_step(hurt, 30)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert not (hurt / "result.json").exists()
    finish(start("train", config, "--out", hurt, "--quiet", "--resume"))
    assert weights(hurt) == weights(undisturbed)
    assert steps_and_losses(hurt) == steps_and_losses(undisturbed)
    assert json.loads((hurt / "result.json").read_text())["steps"] == 900


@pytest.mark.slow
def test_two_processes_go_on_with_the_run_of_one(whole, tmp_path, start):
    config, one = whole
    two = tmp_path / "two"
    shutil.copytree(one, two)
    # Take the run back by 29 checkpoints, 116 steps, as if it had been killed there.
    for later in sorted((two / "checkpoints").iterdir())[1:]:
        later.unlink()
    (two / "model.safetensors").unlink()
    finish(start("train", config, "--out", two, "--quiet", "--resume", "--spawn", "2"))
    assert json.loads((two / "result.json").read_text())["processes"] == 2
    rows, others = steps_and_losses(one), steps_and_losses(two)
    assert [row[:2] for row in others] == [row[:2] for row in rows]
    assert [row for row in others if row[1] <= 784] == [row for row in rows if row[1] <= 784]
    # Sums are added up in another order from there; steps of a network with kinks let that grow.
    for row, other in zip(rows, others, strict=True):
        assert other[2] == pytest.approx(row[2], abs=2e-4 if row[1] <= 788 else 0.05)
    assert others != rows


@pytest.mark.slow
def test_killed_process_ends_the_others(long_config, tmp_path, start):
    out = tmp_path / "run"
    run = start("train", long_config, "--out", out, "--quiet", "--spawn", "2")
    wait_for_step(out, 6)
    found = subprocess.run(
        ["pgrep", "-P", str(run.pid)], capture_output=True, text=True, check=True
    )
    children = [int(pid) for pid in found.stdout.split()]
    assert len(children) == 2
    os.kill(children[1], signal.SIGKILL)
    begun = time.monotonic()
    run.communicate(timeout=60)
    assert time.monotonic() - begun < 30
    assert run.returncode != 0


def test_interrupted_says_how_to_go_on(long_config, tmp_path, start):
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        pytest.skip("a shell that starts jobs in the background lets them ignore interrupts")
    out = tmp_path / "run"
    run = start("train", long_config, "--out", out, "--quiet")
    wait_for_step(out, 6)
    run.send_signal(signal.SIGINT)
    _, err = finish(run, 130)
    assert f"feynax train {long_config} --resume --out {out}" in err


def test_file_that_may_not_grow(long_config, tmp_path):
    # The limit is set in the process itself: a fork of this one, with JAX's threads, may lock up.
    code = (
        "import resource, sys\n"
        "from feynax.cli._app import run\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
        "sys.exit(run(sys.argv[1:]))"
    )
    out = tmp_path / "run"
    tokens = ["train", str(long_config), "--out", str(out), "--quiet"]
    settings = os.environ | {"JAX_PLATFORMS": "cpu", "JAX_ENABLE_COMPILATION_CACHE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code, *tokens], capture_output=True, text=True, env=settings
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("feynax: File too large")
    assert done.stderr.count("\n") == 1
    assert list((out / "checkpoints").iterdir()) == []
