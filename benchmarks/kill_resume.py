"""Kill a training run at random moments, resume it each time, and compare the weights bit by bit.

`python benchmarks/kill_resume.py [KILLS [EPOCHS]]` (20 and 40 by default). Before that, the
undisturbed run goes on in two processes for its last 270 steps, which may differ by rounding
only.
"""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np
from safetensors.numpy import load_file

CONFIG = """
[data]
limit = 2000
holdout = 200
[network]
name = "PDENet"
channels = [8, 8]
steps = 2
[train]
epochs = {epochs}
batch = 50
average = 0.99
shift = 2.0
random_steps = [2, 4]
epsilon = 1e-4
log_every = 10
checkpoint_every = 7
keep = 40
"""


def feynax(*tokens: object) -> subprocess.Popen:
    settings = os.environ | {"JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-m", "feynax.cli", *map(str, tokens), "--quiet"]
    return subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL)


def done(process: subprocess.Popen) -> None:
    if process.wait():
        raise SystemExit(f"the run ended with code {process.returncode}")


def log(folder: pathlib.Path) -> list[dict]:
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{key: row[key] for key in row if key != "seconds"} for row in rows]


def bits(folder: pathlib.Path) -> dict[str, bytes]:
    arrays = load_file(folder / "model.safetensors")
    return {name: array.tobytes() for name, array in arrays.items()}


def last_checkpoint(folder: pathlib.Path) -> int:
    files = sorted((folder / "checkpoints").glob("step-*.safetensors"))
    return int(files[-1].stem.split("-")[1]) if files else 0


def killed(home: pathlib.Path, config: pathlib.Path, kills: int, draw: random.Random) -> None:
    """Kill the run at `kills` random steps from its first to its last, and once while it starts."""
    hurt, at, resume = home / "hurt", [], []
    total = log(home / "whole")[-1]["step"]
    targets = [0, *sorted(draw.randrange(1, total) for _ in range(kills - 1))]
    for target in targets:
        process = feynax("train", config, "--out", hurt, *resume)
        while process.poll() is None and (last_checkpoint(hurt) < target or not hurt.exists()):
            time.sleep(0.005)
        time.sleep(draw.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.wait()
        at.append(last_checkpoint(hurt))
        resume = ["--resume"]
        print(f"kill {len(at)}: last checkpoint at step {at[-1]}", flush=True)
    done(feynax("train", config, "--out", hurt, *resume))
    one, two = (bits(home / run) for run in ("whole", "hurt"))
    rows = log(home / "whole") == log(hurt)
    print(f"{len(at)} kills; weights bit-identical: {one == two}; log rows equal: {rows}")
    if one != two or not rows:
        raise SystemExit(1)


def doubled(home: pathlib.Path) -> None:
    """Take the run of one process back to its oldest checkpoint and let two go on."""
    two = home / "two"
    shutil.copytree(home / "whole", two)
    for later in sorted((two / "checkpoints").iterdir())[1:]:
        later.unlink()
    (two / "model.safetensors").unlink()
    begin = last_checkpoint(two)
    done(feynax("train", two / "config.toml", "--resume", "--out", two, "--spawn", 2))
    pairs = list(zip(log(home / "whole"), log(two), strict=True))
    apart = [abs(a["loss"] / b["loss"] - 1) for a, b in pairs if a["step"] > begin]
    one, other = (load_file(home / run / "model.safetensors") for run in ("whole", "two"))
    worst = max(float(np.abs(one[name] - other[name]).max()) for name in one)
    print(
        f"1 -> 2 processes from step {begin}: loss {apart[0]:.1e} apart (relative) in the first "
        f"row after it, {apart[-1]:.1e} in the last; weights {worst:.1e} apart in the end",
        flush=True,
    )


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        config = home / "config.toml"
        config.write_text(CONFIG.format(epochs=int(sys.argv[2]) if len(sys.argv) > 2 else 40))
        begun = time.monotonic()
        done(feynax("train", config, "--out", home / "whole"))
        print(f"undisturbed run: {time.monotonic() - begun:.0f} s", flush=True)
        doubled(home)
        killed(home, config, kills, random.Random(0))


if __name__ == "__main__":
    main()
