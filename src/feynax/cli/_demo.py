"""`feynax demo`: train, read, look, in a minute."""

import shutil
import time
from pathlib import Path
from typing import Any

from .._errors import ConfigError
from ._config import parse_config, to_toml
from ._print import print_result, sentences
from ._read import tell
from ._train import run_training

_MARK = "# made by `feynax demo`, which replaces it\n"
_FILES = ("config.toml", "metrics.jsonl", "model.safetensors", "result.json", "report.html")


def demo(*, out: Path = Path("runs/demo"), epochs: int = 8, json: bool = False) -> None:
    """Train a PDE network on the bundled digits, read one digit with it, and write the page.

    Parameters
    ----------
    out
        The run folder; an earlier demo in it is replaced.
    epochs
        Passes over the 6,000 training images.
    json
        Print result.json instead of sentences.
    """
    with sentences(json=json):
        _train_and_read(out, epochs)
    if json:
        print_result(out)


def _train_and_read(out: Path, epochs: int) -> None:
    begun = time.perf_counter()
    settings = parse_config(_config(epochs), "demo")
    _clear(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "config.toml").write_text(_MARK + to_toml(_config(epochs)), encoding="utf-8")
    print(f"training on 6,000 handwritten digits, into {out} (an earlier demo there is replaced)")
    reading = run_training(settings, out, True, (1, 0, None))
    if reading is not None:
        tell(reading)
    print(f"{time.perf_counter() - begun:.0f} s; open {(out / 'report.html').resolve()}")


def _config(epochs: int) -> dict[str, Any]:
    return {
        "seed": 0,
        "data": {"name": "digits"},
        "network": {"name": "PDENet", "channels": (16, 32), "steps": 3},
        "train": {
            "epochs": epochs,
            "batch": 50,
            "rate": 8e-3,
            "log_every": 20,
            "shift": 1.5,
            "average": 0.99,
        },
    }


def _clear(folder: Path) -> None:
    """Take an earlier demo away, and nothing else."""
    if not folder.exists():
        return
    config = folder / "config.toml"
    ours = config.is_file() and config.read_text(encoding="utf-8").startswith(_MARK)
    if not folder.is_dir() or (any(folder.iterdir()) and not ours):
        raise ConfigError(f"`{folder}` holds something else than a demo: choose another `--out`.")
    for name in _FILES:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
